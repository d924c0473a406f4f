"""Access tokens for programs of public bodies: OAuth 2.0 client credentials.

A body registers the public keys of its program; the program proves itself with a signed assertion
(RFC 7523) and gets a signed access token (RFC 9068) for at most ten minutes.
"""
