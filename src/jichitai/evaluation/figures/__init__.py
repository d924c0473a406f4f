"""日次集計: what the tiers count day by day, as signed statements that are only added to."""
