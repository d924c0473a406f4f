"""Pages of policies and logic models."""
