"""情報システムとネットワークの構成: systems, areas, segments, links, and whether they keep apart.

A body's picture of its own network stays with the body. Rules are checked on the picture, not on
the wires: a link that nobody entered is found by nobody.

Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン 対策基準 2, 3.
"""
