"""Pages of 見守り."""
