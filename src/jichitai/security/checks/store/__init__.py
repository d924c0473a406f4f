"""SQL of the tables of checks."""
