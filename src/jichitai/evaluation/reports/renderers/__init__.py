"""The formats of a report, each made from the document alone."""
