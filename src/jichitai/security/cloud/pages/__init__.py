"""Pages of the security clouds: the prefecture's own record, the ministry's map and list."""
