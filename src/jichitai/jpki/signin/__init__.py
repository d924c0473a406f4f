"""Sign-in with the card: an OpenID Connect provider for relying parties, and residents' own pages.

Source: 公的個人認証法 第17条, 第36条 (署名検証者, 利用者証明検証者); OpenID Connect Core 1.0.
"""
