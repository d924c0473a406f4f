"""SQL of sign-in with the card."""
