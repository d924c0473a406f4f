"""Stock of 住民票コード and making of 個人番号 (住民基本台帳法 第30条の2, 番号法 第8条)."""
