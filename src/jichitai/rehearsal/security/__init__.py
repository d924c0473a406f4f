"""The rehearsal of 情報セキュリティ: three towns and a prefecture, from nothing to published."""
