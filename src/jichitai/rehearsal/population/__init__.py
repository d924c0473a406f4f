"""The synthetic nation: invented residents of real municipalities, the same for the same seed."""
