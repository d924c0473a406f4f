"""Append-only log with proofs (透明性ログ): hashing of RFC 9162, tiles in PostgreSQL, signed heads.

Who looked at whom is written here in the same commit as the look-up itself. Anybody who keeps a
signed head can later show that an entry was removed or changed.
"""
