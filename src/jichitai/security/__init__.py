"""自治体の情報セキュリティ: policies, guideline, checks, incidents, security cloud, subsidy.

Tiers town, prefecture and ministry. A body (a town, a prefecture, a joint body) keeps its own
documents at its own tier; what it owes to others leaves as a signed message.

Source: 地方自治法 第244条の5, 第244条の6, 第292条; 地方自治法施行規則 第16条の3.
"""
