"""Pages of 移行の状況."""
