"""Pages of the workshop, and the public pages of policies."""
