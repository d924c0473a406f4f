"""Provision (本人確認情報の提供): answering public bodies, with a record of every look-up.

住民基本台帳法 第30条の9 から 第30条の15. Works at the nation.
"""
