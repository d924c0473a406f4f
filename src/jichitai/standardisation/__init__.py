"""システム標準化: where every body stands in the migration to standard systems."""
