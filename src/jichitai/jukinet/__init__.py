"""住民基本台帳ネットワーク: identity data, provision, disclosure (住民基本台帳法 chapters 4-2 and 4-3)."""
