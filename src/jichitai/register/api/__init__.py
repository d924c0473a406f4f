"""JSON of the register: entries in two phases, search, persons, households, the log.

The municipality is always the caller's own. 住民票コード and 個人番号 are taken in bodies only,
never in an address, and are given back by one audited call.
"""
