"""移行の状況 as pages and calls: for the ministry, a prefecture, a body and the public."""
