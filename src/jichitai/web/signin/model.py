"""Passkeys, invitations and the questions that wait for an answer."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from jichitai.infra.clock import JST
from jichitai.infra.database import Tx
from jichitai.web.accounts import Account

CEREMONY_LIFE: Final = timedelta(minutes=5)
INVITATION_LIFE: Final = timedelta(hours=24)
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})
_CODE_LENGTH: Final = 16


class Purpose(StrEnum):
    """What a question is for."""

    SIGN_IN = "sign-in"
    ENROL = "enrol"
    ADD = "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """A question that waits for its one answer.

    Attributes:
        ceremony_id: names it to the browser.
        purpose: what it is for.
        challenge: random bytes that the answer must sign.
        account_id: whose, when that is known beforehand.
        code_hash: the invitation that it uses up.
        expires_at: no answer counts after this.
    """

    ceremony_id: UUID
    purpose: Purpose
    challenge: bytes
    account_id: UUID | None = None
    code_hash: bytes | None = None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One passkey of an account; only its public key is known here."""

    credential_id: bytes
    account_id: UUID
    public_key: bytes
    sign_count: int
    label: str
    state: str
    created_at: datetime
    used_at: datetime | None

    @property
    def name(self) -> str:
        """Short opaque name for addresses and audit."""
        return name_of(self.credential_id)

    @property
    def enrolled_on(self) -> date:
        """The day in Japan on which it was enrolled."""
        return self.created_at.astimezone(JST).date()

    @property
    def used_on(self) -> date | None:
        """The day in Japan of its last use."""
        return None if self.used_at is None else self.used_at.astimezone(JST).date()


@dataclass(frozen=True, slots=True)
class Question:
    """What the browser must be asked, and under which number it answers."""

    ceremony_id: UUID
    options: dict[str, Any]


class Authenticator(Protocol):
    """One way to prove who one is; passkeys now, OpenID Connect later."""

    async def begin(self, tx: Tx) -> Question:
        """Ask whoever stands there to prove who they are."""
        ...

    async def finish(self, tx: Tx, ceremony: Ceremony, answer: dict[str, Any]) -> Account:
        """Whom the answer proves; raises `NotProvenError` when nobody."""
        ...


def new_code() -> str:
    """An invitation code of 80 random bits, in groups that can be read aloud."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _CODE_LENGTH, 4))


def hash_code(code: str) -> bytes:
    """What the database knows of a code; case, spaces and look-alike letters do not matter."""
    plain = code.strip().upper().translate(_LOOKALIKES)
    return hashlib.sha256(b"jichitai invitation\0" + plain.encode()).digest()


def name_of(credential_id: bytes) -> str:
    """Short opaque name of a passkey."""
    digest = hashlib.sha256(credential_id).digest()[:12]
    return base64.urlsafe_b64encode(digest).decode()
