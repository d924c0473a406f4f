"""Log formats: how bytes become lines, and how lines of each format become events, in SQL."""
