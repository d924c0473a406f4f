"""セキュリティクラウドの目: logs of a prefecture's bodies, rules over them, alerts, notices, findings.

Tier prefecture. Logs arrive by syslog or HTTP from registered sources, become rows of one schema
after OCSF in Parquet files, and are read by Sigma rules. What a rule finds becomes an alert, which an
analyst judges and passes on to the body. The logs themselves never leave the prefecture.

Source: 自治体情報セキュリティクラウド (総務省 2020-08-18 の標準要件); OCSF 1.x; Sigma 2.
"""
