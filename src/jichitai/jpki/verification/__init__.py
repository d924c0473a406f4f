"""The verifier as a service of the nation, for bodies whose programs do not verify themselves.

It stands on `verifier` (the checks), `authority` and `status` (trust, records, who may ask).

Source: 公的個人認証法 第17条, 第19条, 第36条, 第36条の2.
"""
