"""調査: pages of the ministry."""
