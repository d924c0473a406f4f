"""Use cases of the subsidy: the file of a case, the prefecture's part, the ministry's part."""
