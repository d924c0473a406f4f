"""JSON of 見守り."""
