"""Pages of 指標の状況."""
