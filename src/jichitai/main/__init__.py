"""Composition root: settings are read here, tiers are put together here, commands start here."""
