"""SQL of the rounds at the ministry."""
