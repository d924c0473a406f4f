"""Use cases of 照会と督促."""
