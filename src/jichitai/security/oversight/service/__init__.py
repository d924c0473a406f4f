"""Use cases of 見守り."""
