"""Pages of 一年の仕事."""
