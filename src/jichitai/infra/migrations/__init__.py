"""SQL of each tier: one forward-only sequence per folder."""
