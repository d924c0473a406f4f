"""Status of credentials as a list of bits that anybody may fetch: it tells of nobody in particular.

Source: IETF Token Status List; ISO/IEC 18013-5 (second edition) names it in the security object.
"""

import base64
import binascii
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

import httpx
from cryptography import x509

from jichitai.jpki.phone import certificates, openid4vp
from jichitai.jpki.phone.cose import SigningKey
from jichitai.jpki.phone.mdoc import StatusEntry
from jichitai.jpki.phone.refusals import (
    RevokedCredentialError,
    StatusUnavailableError,
    UntrustedReaderError,
)

TOKEN_TYPE: Final = "statuslist+jwt"  # noqa: S105 - a media type
MEDIA_TYPE: Final = "application/statuslist+jwt"
SIZE: Final = 65_536
LIFE: Final = timedelta(minutes=15)
_LARGEST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class StatusList:
    """Which credentials of one list are no longer in force.

    Attributes:
        bits: one bit a credential, the lowest bit of a byte first; 1: ended.
    """

    bits: bytes

    @classmethod
    def of(cls, ended: Collection[int], size: int = SIZE) -> Self:
        """Build a list.

        >>> StatusList.of([0, 9], 16).bits.hex()
        '0102'

        Args:
            ended: indexes of credentials that are not in force.
            size: entries, a multiple of eight.
        """
        bits = bytearray(size // 8)
        for index in ended:
            bits[index // 8] |= 1 << (index % 8)
        return cls(bytes(bits))

    def check(self, index: int) -> None:
        """Refuse a credential that is not in force.

        Raises:
            RevokedCredentialError: its bit is set.
            StatusUnavailableError: the list has no such entry.
        """
        if not 0 <= index < len(self.bits) * 8:
            raise unavailable()
        if self.bits[index // 8] >> (index % 8) & 1:
            raise revoked()

    def token(
        self, uri: str, *, signer: x509.Certificate, signer_key: SigningKey, at: datetime
    ) -> str:
        """The signed list.

        Args:
            uri: its own address.
            signer: certificate of the document signer.
            signer_key: its key.
            at: law time.
        """
        packed = base64.urlsafe_b64encode(zlib.compress(self.bits, 9)).rstrip(b"=").decode()
        payload = {
            "sub": uri,
            "iat": int(at.timestamp()),
            "exp": int((at + LIFE).timestamp()),
            "ttl": int(LIFE.total_seconds()),
            "status_list": {"bits": 1, "lst": packed},
        }
        return openid4vp.sign_jwt(payload, signer_key, signer, TOKEN_TYPE)

    @classmethod
    def read(
        cls, token: str, uri: str, *, roots: tuple[x509.Certificate, ...], at: datetime
    ) -> Self:
        """Read a signed list.

        Raises:
            StatusUnavailableError: not signed by a trusted signer, for another address, or stale.
        """
        try:
            payload, _ = openid4vp.read_jwt(token, TOKEN_TYPE, roots, certificates.SIGNER_USAGE, at)
            match payload:
                case {
                    "sub": str(sub),
                    "exp": int(end),
                    "status_list": {"bits": 1, "lst": str(packed)},
                } if sub == uri and at.timestamp() <= end:
                    return cls(_unpacked(packed))
                case _:
                    raise unavailable()
        except (UntrustedReaderError, zlib.error, binascii.Error, ValueError):
            raise unavailable() from None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedStatus:
    """Status by the list at the credential's own address, for verifiers anywhere.

    Attributes:
        client: of the caller, with its time-outs.
        roots: trusted roots of phone credentials.
        at: law time.
    """

    client: httpx.AsyncClient
    roots: tuple[x509.Certificate, ...]
    at: datetime

    async def __call__(self, entry: StatusEntry) -> None:
        """Refuse a credential that is not in force.

        Raises:
            RevokedCredentialError: it has ended.
            StatusUnavailableError: the list cannot be had.
        """
        try:
            answer = await self.client.get(entry.uri, headers={"accept": MEDIA_TYPE})
            answer.raise_for_status()
        except httpx.HTTPError:
            raise unavailable() from None
        if len(answer.content) > _LARGEST:
            raise unavailable()
        found = StatusList.read(answer.text, entry.uri, roots=self.roots, at=self.at)
        found.check(entry.index)


def revoked() -> RevokedCredentialError:
    """The refusal of a credential that has ended."""
    return RevokedCredentialError(
        "この証明は失効しています。マイナンバーカードの署名用電子証明書が失効したか、証明が消去されました。"
        "カードの電子証明書を確かめ、証明を発行し直してください。"
    )


def unavailable() -> StatusUnavailableError:
    """The refusal of a credential whose status cannot be found out."""
    return StatusUnavailableError(
        "証明が今も有効かどうかを確かめられませんでした。確かめられない証明は受け付けません。"
        "しばらくしてからやり直してください。"
    )


def _unpacked(packed: str) -> bytes:
    data: Any = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    reader = zlib.decompressobj()
    bits = reader.decompress(data, _LARGEST)
    if reader.unconsumed_tail:
        raise unavailable()
    return bits
