"""Pages of 試算."""
