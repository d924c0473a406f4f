"""Pages of the guideline: browse and search, one item, differences, versions, import."""
