"""Rules of checks, corrections, exceptions and risks: pure values."""
