"""Pages of reports: the desk of those who write and decide, and what is published."""
