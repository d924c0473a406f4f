"""情報セキュリティ in the tiers: what each of them is given of it."""
