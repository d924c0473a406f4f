"""Checks and registers for programs (JSON)."""
