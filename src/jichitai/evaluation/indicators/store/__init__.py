"""SQL of indicators: what was entered, and what daily figures add up to."""
