"""Pages of the subsidy: the prefecture's desk and the ministry's."""
