"""方針と対策基準: the workshop, the decisions of the organs, and publication.

Source: 地方自治法 第244条の6; 地方公共団体における情報セキュリティポリシーに関するガイドライン 第2編.
"""
