"""整合性確認: digests of a town's records compared between the levels, and what comes of them."""
