"""Sigma rules: reading and checking them, and turning them into SQL."""
