"""点検・監査・リスク・例外措置・是正: how far a body does what its standard says, and what it owes.

Answers, evidence and registers stay with the body. Only counts leave it (S05).

Source: 地方自治法施行規則 第16条の3第1項第8号; ガイドライン 対策基準 7.4, 9.1, 9.2.
"""
