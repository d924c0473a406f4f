"""最新の利用者情報の提供: current items under a consent that the holder signed with the card.

Source: 公的個人認証法 第18条第3項, 同施行規則 第35条の2.
"""
