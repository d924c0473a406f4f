"""Everything of a body in one set of files, gathered from the parts that keep it."""
