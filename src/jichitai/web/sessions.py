"""Sessions of people: kept by the server, locked when idle, ended for good after some hours.

The browser holds 256 random bits; the database holds only their hash. Staff work on shared
terminals, so five minutes without input lock the session: it keeps its place but opens nothing
until the same person proves again who they are.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from jichitai.infra.database import Database, Tx
from jichitai.kernel.errors import UnauthenticatedError
from jichitai.kernel.parties import Tier
from jichitai.web.accounts import COLUMNS, WIDTH, Account
from jichitai.web.rights import Kind, Principal

IDLE_LOCK: Final = timedelta(minutes=5)
IDLE_END: Final = timedelta(minutes=30)
STAFF_LIFETIME: Final = timedelta(hours=10)
RESIDENT_LIFETIME: Final = timedelta(hours=2)
_TOUCH_EVERY: Final = timedelta(seconds=5)


class SessionLockedError(UnauthenticatedError):
    """画面ロック: the session waits for the person to prove again who they are."""

    type = "web.session-locked"
    title = "画面がロックされています"


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names and flags of our cookies.

    The names carry the tier, because tiers on one machine differ only by port and browsers share
    cookies between ports.

    Attributes:
        tier: whose cookies.
        tls: adds `Secure` and the `__Host-` prefix.
    """

    tier: Tier
    tls: bool

    @property
    def session(self) -> str:
        """Name of the session cookie."""
        return self._name("session")

    @property
    def visit(self) -> str:
        """Name of the cookie that only binds the forms of people who are not signed in."""
        return self._name("visit")

    def _name(self, what: str) -> str:
        return f"{'__Host-' if self.tls else ''}jichitai-{self.tier}-{what}"

    def session_header(self, token: str) -> str:
        """`Set-Cookie` for a new session; it ends with the browser at the latest."""
        return self._header(self.session, token)

    def end_header(self) -> str:
        """`Set-Cookie` that removes the session cookie."""
        return f"{self._header(self.session, '')}; Max-Age=0"

    def visit_header(self, token: str) -> bytes:
        """`Set-Cookie` for a visit."""
        return self._header(self.visit, token).encode()

    def _header(self, name: str, value: str) -> str:
        flags = "Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if self.tls else "")
        return f"{name}={value}; {flags}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in browser.

    Attributes:
        key: hash of the cookie's value.
        account: who signed in.
        opened_at: when.
        seen_at: last activity, to within seconds.
        expires_at: end whatever happens.
        locked: waits for the person to prove again who they are.
        return_path: page to open after that.
        method: how they proved it: passkey or persona.
    """

    key: bytes
    account: Account
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    locked: bool
    return_path: str
    method: str

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return self.account.principal()

    @property
    def density(self) -> str:
        """How pages are drawn for this person: work or public."""
        return "work" if self.account.kind is Kind.STAFF else "public"


_RESOLVE = f"""
select {COLUMNS}, session.opened_at, session.seen_at, session.expires_at, session.locked,
       session.return_path, session.method
  from web.session as session
  join web.account as account on account.account_id = session.account_id
 where session.token_hash = %(key)s
   and session.expires_at > %(now)s
   and account.state = 'active'
"""

_OPEN = """
insert into web.session (token_hash, account_id, opened_at, seen_at, expires_at, locked,
                         return_path, method)
values (%(key)s, %(account_id)s, %(now)s, %(now)s, %(expires_at)s, false, '', %(method)s)
"""


def hash_of(token: str) -> bytes:
    """What the database knows of a cookie's value."""
    return hashlib.sha256(token.encode()).digest()


def instant() -> datetime:
    """The present for security objects; never the clock of a rehearsal."""
    return datetime.fromtimestamp(time.time(), UTC)


class Sessions:
    """The sessions of one tier.

    Args:
        database: gives the tier's open database.
        tier: in the town tier, sessions are found before the town is known.
    """

    def __init__(self, database: Callable[[], Database], tier: Tier) -> None:
        self._database = database
        self.all_towns = tier is Tier.TOWN

    async def resolve(self, token: str, *, touch: bool = True) -> Session | None:
        """The session of a cookie, or None when there is none or it has ended.

        Args:
            token: the cookie's value.
            touch: whether this request is a person's activity.
        """
        now = instant()
        async with self._database().transaction(all_towns=self.all_towns) as tx:
            session = await _find(tx, hash_of(token), now)
            if session is None:
                return None
            idle = now - session.seen_at
            if session.account.kind is Kind.STAFF and idle >= IDLE_LOCK and not session.locked:
                await lock(tx, session.key)
                return await _find(tx, session.key, now)
            if session.account.kind is not Kind.STAFF and idle >= IDLE_END:
                await close(tx, session.key)
                return None
            if touch and not session.locked and idle >= _TOUCH_EVERY:
                await tx.execute(
                    "update web.session set seen_at = %s where token_hash = %s", (now, session.key)
                )
            return session

    async def remember(self, session: Session, path: str) -> None:
        """Keep the page that a locked session asked for, to return to it."""
        async with self._database().transaction(all_towns=self.all_towns) as tx:
            await tx.execute(
                "update web.session set return_path = %s where token_hash = %s",
                (path, session.key),
            )


async def open_session(tx: Tx, account: Account, *, method: str) -> str:
    """Open a session for a person who has just proved who they are.

    Returns:
        The value for the cookie; it cannot be had a second time.
    """
    token = secrets.token_urlsafe(32)
    now = instant()
    life = STAFF_LIFETIME if account.kind is Kind.STAFF else RESIDENT_LIFETIME
    await tx.execute(
        _OPEN,
        {
            "key": hash_of(token),
            "account_id": account.account_id,
            "now": now,
            "expires_at": now + life,
            "method": method,
        },
    )
    return token


async def lock(tx: Tx, key: bytes, *, return_path: str = "") -> None:
    """Lock a session at the person's wish, or because it was idle."""
    await tx.execute(
        "update web.session set locked = true, return_path = %s where token_hash = %s",
        (return_path, key),
    )


async def close(tx: Tx, key: bytes) -> None:
    """End a session."""
    await tx.execute("delete from web.session where token_hash = %s", (key,))


async def close_all(tx: Tx, account_id: UUID) -> None:
    """End all sessions of an account."""
    await tx.execute("delete from web.session where account_id = %s", (account_id,))


async def sweep(tx: Tx) -> int:
    """Remove sessions that have ended, and return how many."""
    return (
        await tx.execute("delete from web.session where expires_at <= %s", (instant(),))
    ).rowcount


async def _find(tx: Tx, key: bytes, now: datetime) -> Session | None:
    row = await (await tx.execute(_RESOLVE, {"key": key, "now": now})).fetchone()
    if row is None:
        return None
    opened_at, seen_at, expires_at, locked, return_path, method = row[WIDTH:]
    return Session(
        key=key,
        account=Account.of(row[:WIDTH]),
        opened_at=opened_at,
        seen_at=seen_at,
        expires_at=expires_at,
        locked=locked,
        return_path=return_path,
        method=method,
    )
