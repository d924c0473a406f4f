"""Use cases of sign-in with the card."""
