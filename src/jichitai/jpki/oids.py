"""Object identifiers of this project: an arc of its own, never the real service's.

Source: ITU-T X.667 (2.25, identifiers made from a UUID).
"""

from typing import Final

from cryptography.x509 import ObjectIdentifier

ARC: Final = "2.25.123383312743673043436367536012301427821"
"""2.25 with the UUID 5cd2c2fc-7b75-40f6-8e9c-9de16393e46d, drawn at random for this project."""

SIGNING_POLICY: Final = ObjectIdentifier(f"{ARC}.1.1")
"""署名用電子証明書 in a card."""
USER_AUTH_POLICY: Final = ObjectIdentifier(f"{ARC}.1.2")
"""利用者証明用電子証明書 in a card."""
PHONE_SIGNING_POLICY: Final = ObjectIdentifier(f"{ARC}.1.3")
"""移動端末設備用署名用電子証明書."""
PHONE_USER_AUTH_POLICY: Final = ObjectIdentifier(f"{ARC}.1.4")
"""移動端末設備用利用者証明用電子証明書."""

NAME: Final = ObjectIdentifier(f"{ARC}.2.1")
"""氏名, a value of subjectAltName/otherName (as all that follow)."""
NAME_REPLACED: Final = ObjectIdentifier(f"{ARC}.2.2")
"""氏名 代替文字の使用位置情報."""
SEX: Final = ObjectIdentifier(f"{ARC}.2.3")
"""性別."""
BIRTH_DATE: Final = ObjectIdentifier(f"{ARC}.2.4")
"""生年月日."""
ADDRESS: Final = ObjectIdentifier(f"{ARC}.2.5")
"""住所."""
ADDRESS_REPLACED: Final = ObjectIdentifier(f"{ARC}.2.6")
"""住所 代替文字の使用位置情報."""
