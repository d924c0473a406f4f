"""Status services: OCSP, published lists, links between serials, and consents signed by the card.

Source: 公的個人認証法 第18条, 第19条, 第37条; 施行規則 第35条の2.
"""
