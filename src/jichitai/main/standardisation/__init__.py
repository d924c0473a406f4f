"""Parts of the standardisation, tier by tier."""
