"""The year that is played: what happens to whom on which day, and what must be true afterwards."""
