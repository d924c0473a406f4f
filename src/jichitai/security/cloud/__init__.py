"""自治体情報セキュリティクラウド: what each prefecture runs, who has moved to it, how it keeps its word.

A prefecture keeps the state of each generation of its cloud in versions that are only added to, and
reports it to the ministry, which sees all 47.

Source: 総務省「次期自治体情報セキュリティクラウドの標準要件の決定について」(令和2年8月18日).
"""
