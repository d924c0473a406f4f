"""情報セキュリティポリシーガイドライン as data: versions, control items, differences, publication.

The catalogue that comes with Jichitai is unofficial: its items were gathered from published
headings and regulations, and every one says how sure it is. A ministry may publish an official one.

Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン; 地方自治法 第244条の6第3項.
"""
