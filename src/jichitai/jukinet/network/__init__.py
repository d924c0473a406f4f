"""Prefecture and nation: the standing record of every person (住民基本台帳法 第30条の6 to 第30条の8)."""
