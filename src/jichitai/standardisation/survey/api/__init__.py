"""調査: calls of the ministry."""
