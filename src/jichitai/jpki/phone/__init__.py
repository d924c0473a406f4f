"""カード代替電磁的記録: a credential in the holder's phone (ISO/IEC 18013-5 mdoc), made from the card.

The card signs the request, the phone keeps its own key, and a verifier receives by OpenID for
Verifiable Presentations (1.0) the items that the holder agreed to and no others. Under
番号法 第18条の2 and following; names and layout are in `docs/reference/phone-credential.md`.
"""
