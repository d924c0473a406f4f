"""事案: what happened, whom it must be told by when, and what was done about it.

A body's own record of an incident, from two minutes on a phone to its end. Clocks come from a
dated table, papers from one model of the forms, and the time line cannot be changed unseen.

Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン 対策基準 5.3, 7.3;
個人情報の保護に関する法律 第68条.
"""
