"""Verifying certificates, sign-ins, signatures and signed documents (署名検証, 利用者証明検証).

A library without database or settings, for every tier and for programs of others. Each function
returns a proof or raises a refusal that names the check that failed; none returns a boolean.

Source: 公的個人認証法 第19条 (署名検証者等の確認), 第36条の2, RFC 5280 6, RFC 6960, RFC 8017 8.2.
"""
