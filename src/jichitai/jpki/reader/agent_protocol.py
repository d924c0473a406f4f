"""What a site and the card agent on the same computer say to each other.

1. A page of the site holds a form whose action is `http://127.0.0.1:35970/sign`, with the fields of
   `CardRequest`. The page is sent with `Referrer-Policy: origin`: under a stricter policy the
   browser names no origin, and the agent refuses. Its content security policy lists the agent in
   `form-action`.
2. The agent shows who asks, what for, and the text; it takes the PIN, which never leaves it.
3. The agent's page posts the fields of `CardAnswer` to `return_url`, as a form that sends itself.
   This POST comes from another site, so it carries no cookies: `transaction` says whose it is.
   Answer with 303 to a page of your own that checks the browser's cookie (SameSite=Lax).

Every signature is over `signed_bytes`, which begins with the purpose and the origin of the site: a
site cannot pass on another site's challenge, and a signature for signing in is none of a document.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self
from urllib.parse import urlsplit

import msgspec

from jichitai.jpki.reader.errors import BadAgentRequestError

PORT: Final = 35970
SIGN_PATH: Final = "/sign"
WRITE_PATH: Final = "/write"
STATUS_PATH: Final = "/status"
TEXT_LENGTH: Final = 4000
_OPAQUE: Final = re.compile(r"[A-Za-z0-9_.~-]{1,200}")
_TICKET: Final = re.compile(r"[0-9a-f-]{36}\.[A-Za-z0-9_-]{16,200}")
_CONTROL: Final = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]"
)
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Purpose(StrEnum):
    """What the card is asked for."""

    USER_AUTH = "user-auth"
    SIGNATURE = "signature"
    READ = "read"


class Outcome(StrEnum):
    """How the request ended."""

    DONE = "done"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"


class CardRequest(msgspec.Struct, frozen=True, kw_only=True):
    """依頼: the fields of the form that a site sends through the browser.

    Attributes:
        purpose: `user-auth` (利用者証明用, four digits), `signature` (署名用) or `read`
            (券面と基本4情報, opened by 照合番号B).
        challenge: base64url without padding of 16 to 64 random bytes, used once.
        return_url: where the answer goes; of the origin that asks.
        transaction: the site's own name for this request, in the characters of a URL.
        text: what the holder signs, or why the site asks; lines end in a line feed. Needed for
            `signature`, and part of what is signed.
    """

    purpose: Purpose
    challenge: str
    return_url: str
    transaction: str
    text: str = ""

    @property
    def origin(self) -> str:
        """The site, from the return address."""
        return origin_of(self.return_url)

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> Self:
        """Read the fields of the form.

        Raises:
            BadAgentRequestError: a field is missing or not of the agreed form.
        """
        try:
            purpose = Purpose(fields.get("purpose", ""))
        except ValueError:
            raise _bad("purpose") from None
        text = fields.get("text", "").replace("\r\n", "\n")
        if len(text) > TEXT_LENGTH or _CONTROL.search(text):
            raise _bad("text")
        if purpose is Purpose.SIGNATURE and not text.strip():
            raise _bad("text")
        if not 16 <= len(from_base64url(fields.get("challenge", ""), "challenge")) <= 64:
            raise _bad("challenge")
        return_url, transaction = fields.get("return_url", ""), fields.get("transaction", "")
        origin_of(return_url)
        if not _OPAQUE.fullmatch(transaction):
            raise _bad("transaction")
        return cls(
            purpose=purpose,
            challenge=fields["challenge"],
            return_url=return_url,
            transaction=transaction,
            text=text,
        )

    @property
    def signed(self) -> bytes:
        """What the card signs."""
        return signed_bytes(self.purpose, self.origin, self.challenge, self.text)


class CardAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """回答: the fields of the form that the agent posts to `return_url`.

    Attributes:
        transaction: of the request.
        purpose: of the request.
        outcome: `done`, `cancelled` by the holder, or `blocked` (the PIN has no tries left).
        certificate: DER in base64url; empty unless signed.
        signature: over `signed_bytes`, base64url; empty unless signed.
        objects: for `read`: `faces.FaceObjects`, packed. Its challenge is `chip_challenge` of the
            request.
    """

    transaction: str
    purpose: Purpose
    outcome: Outcome
    certificate: str = ""
    signature: str = ""
    objects: str = ""

    def fields(self) -> dict[str, str]:
        """The form's fields."""
        return {name: str(value) for name, value in msgspec.structs.asdict(self).items() if value}

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> Self:
        """Read the fields at the site that asked.

        Raises:
            BadAgentRequestError: a field is missing or not of the agreed form.
        """
        known = {name: fields[name] for name in cls.__struct_fields__ if name in fields}
        try:
            return msgspec.convert(known, cls)
        except msgspec.ValidationError:
            raise _bad("outcome") from None


class WriteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """書込みの依頼: what a counter's page posts to `/write`.

    Attributes:
        ticket: `<request id>.<secret>`, as the counter gave it out.
        return_url: page of the counter that is shown after the writing. The writing API is asked
            at its origin.
    """

    ticket: str
    return_url: str

    def __repr__(self) -> str:
        """Hide the ticket."""
        return "<WriteRequest>"

    @property
    def origin(self) -> str:
        """The site, from the return address."""
        return origin_of(self.return_url)

    @property
    def request_id(self) -> str:
        """The part of the ticket that stands in addresses."""
        return self.ticket.partition(".")[0]

    @property
    def secret(self) -> str:
        """The part of the ticket that stands in a header."""
        return self.ticket.partition(".")[2]

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> Self:
        """Read the fields of the form.

        Raises:
            BadAgentRequestError: a field is missing or not of the agreed form.
        """
        found = cls(ticket=fields.get("ticket", ""), return_url=fields.get("return_url", ""))
        origin_of(found.return_url)
        if not _TICKET.fullmatch(found.ticket):
            raise _bad("ticket")
        return found


def signed_bytes(purpose: Purpose, origin: str, challenge: str, text: str = "") -> bytes:
    """What the card signs (RSASSA-PKCS1-v1_5 with SHA-256) for a request.

    >>> signed_bytes(Purpose.USER_AUTH, "https://example.jp", "AAAA").decode().splitlines()
    ['jichitai-card/1', 'user-auth', 'https://example.jp', 'AAAA']

    Args:
        purpose: of the request.
        origin: of the site that asks, such as `https://example.jp`.
        challenge: as it stood in the form.
        text: as it stood in the form; ends of lines may be those of a browser.
    """
    head = "\n".join(("jichitai-card/1", purpose, origin, challenge, ""))
    return (head + text.replace("\r\n", "\n")).encode()


def chip_challenge(request: CardRequest) -> bytes:
    """What the chip proves itself with when its faces are read: SHA-256 of what it would sign."""
    return hashlib.sha256(request.signed).digest()


def origin_of(address: str) -> str:
    """The origin of an https address, or of an http address of this computer.

    >>> origin_of("https://Example.jp:443/a?b")
    'https://example.jp'

    Raises:
        BadAgentRequestError: the address is none of the two.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise _bad("return_url") from None
    host = parts.hostname or ""
    good = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    printable = address.isascii() and address.isprintable() and " " not in address
    if not (good and host and printable) or parts.username is not None or len(address) > 1000:
        raise _bad("return_url")
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in (None, usual) else "")


def base64url(data: bytes) -> str:
    """Bytes as the fields carry them."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str, field: str = "challenge") -> bytes:
    """The bytes of a field.

    Raises:
        BadAgentRequestError: the text is no base64url without padding.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise _bad(field)
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise _bad(field) from None
    if base64url(data) != text:
        raise _bad(field)
    return data


def _bad(field: str) -> BadAgentRequestError:
    return BadAgentRequestError(
        f"カードの操作の依頼の項目 {field} が取り決めの形式ではありません。カードには何も送って"
        "いません。依頼元のサイトに戻ってやり直し、続くときはサイトの運営者に知らせてください。",
        field=field,
    )
