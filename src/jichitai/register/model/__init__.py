"""Residents, households, events, and the rules for changing the register. Pure values, no I/O."""
