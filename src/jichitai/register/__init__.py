"""住民基本台帳: residents, households and the events that change them (住民基本台帳法 chapters 2 to 4)."""
