"""Object identifiers of this project: an arc of its own, never the real service's.

The arc comes from a UUID, so that nobody has to allot it. ITU-T X.667 would put the UUID into one
component (2.25.n), but a component of 128 bits is more than RFC 5280 asks a verifier to read
(2^28 - 1), and GnuTLS, Botan and pkilint refuse it. So the UUID stands cut into seven small
components, under the arc that is set aside for that.

Source: RFC 5280 appendix B (size of components); 1.2.840.113556.1.8000.2554 in the OID repository
(identifiers made from a GUID).
"""

from typing import Final

from cryptography.x509 import ObjectIdentifier

ARC: Final = "1.2.840.113556.1.8000.2554.23762.49916.31605.16630.36508.10346851.9692269"
"""Of the UUID 5cd2c2fc-7b75-40f6-8e9c-9de16393e46d, drawn at random for this project."""

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

PHONE_SIGNER: Final = ObjectIdentifier(f"{ARC}.3.1")
"""Extended key usage of the certificate that signs phone credentials (カード代替電磁的記録)."""
PHONE_READER: Final = ObjectIdentifier(f"{ARC}.3.2")
"""Extended key usage of a verifier that asks phones for items of a credential."""
