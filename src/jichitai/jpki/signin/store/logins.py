"""SQL of sign-ins that are under way: requests, logins, and the cards' questions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx
from jichitai.jpki.signin.requests import AuthorizationRequest
from jichitai.jpki.signin.tokens import TOKEN_LIFE


class Refusal(msgspec.Struct, frozen=True):
    """Why the card's answer was not taken, as the person is told."""

    type: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One person at one browser who is about to sign in.

    Attributes:
        login_id: opaque; stands in addresses.
        browser_hash: of the cookie of the browser that began it.
        request: what a relying party asked for; None on our own pages.
        return_path: page of our own to go to; empty for relying parties.
        language: of its pages.
        state: waiting, proven (somebody's browser brought a good answer), confirmed (it was this
            browser), refused.
        refusal: why the last answer was not taken.
        proof: what the card proved, sealed.
        expires_at: end whatever happens.
    """

    login_id: UUID
    browser_hash: bytes
    request: AuthorizationRequest | None
    return_path: str
    language: str
    state: str
    refusal: Refusal | None
    proof: bytes | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChallenge:
    """What a card is asked to sign.

    Attributes:
        transaction: names the question to the card agent.
        login_id: what it is for.
        challenge: random, base64url.
        purpose: `user-auth` or `signature`.
        statement: the text that the holder is shown and signs.
        expires_at: no answer counts after this.
    """

    transaction: str
    login_id: UUID
    challenge: str
    purpose: str
    statement: str
    expires_at: datetime


_OLD: Final = timedelta(minutes=4)
"""A question of this age is asked anew when its page is opened again: a minute is too short."""
_LOGIN: Final = (
    "login_id, browser_hash, request, return_path, language, state, refusal, proof, expires_at"
)
_CHALLENGE: Final = "transaction_name, login_id, challenge, purpose, statement, expires_at"


async def push(tx: Tx, request_hash: bytes, request: AuthorizationRequest, until: datetime) -> None:
    """Keep a pushed request until its browser comes."""
    await tx.execute(
        "insert into jpki.pushed_request (request_hash, client_id, request, expires_at)"
        " values (%s, %s, %s, %s)",
        (request_hash, request.client_id, Jsonb(msgspec.to_builtins(request)), until),
    )


async def take_pushed(
    tx: Tx, request_hash: bytes, client_id: str, now: datetime
) -> AuthorizationRequest | None:
    """Take a pushed request out; whoever comes second, late or in another's name gets None."""
    row = await (
        await tx.execute(
            "delete from jpki.pushed_request"
            " where request_hash = %s and client_id = %s and expires_at > %s returning request",
            (request_hash, client_id, now),
        )
    ).fetchone()
    return None if row is None else msgspec.convert(row[0], AuthorizationRequest)


async def begin(tx: Tx, login: Login) -> None:
    """Keep a new login."""
    request = login.request
    await tx.execute(
        "insert into jpki.login"
        " (login_id, browser_hash, client_id, request, return_path, language, state, expires_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            login.login_id,
            login.browser_hash,
            request and request.client_id,
            request and Jsonb(msgspec.to_builtins(request)),
            login.return_path,
            login.language,
            login.state,
            login.expires_at,
        ),
    )


async def find(tx: Tx, login_id: UUID, now: datetime, *, lock: bool = False) -> Login | None:
    """A login that has not ended, or None."""
    query = f"select {_LOGIN} from jpki.login where login_id = %s and expires_at > %s"
    row = await (
        await tx.execute(f"{query} for update" if lock else query, (login_id, now))
    ).fetchone()
    if row is None:
        return None
    return Login(
        login_id=row[0],
        browser_hash=bytes(row[1]),
        request=None if row[2] is None else msgspec.convert(row[2], AuthorizationRequest),
        return_path=row[3],
        language=row[4],
        state=row[5],
        refusal=None if row[6] is None else msgspec.convert(row[6], Refusal),
        proof=None if row[7] is None else bytes(row[7]),
        expires_at=row[8],
    )


async def speak(tx: Tx, login_id: UUID, language: str) -> None:
    """Remember the language that the person chose."""
    await tx.execute(
        "update jpki.login set language = %s where login_id = %s", (language, login_id)
    )


async def prove(tx: Tx, login_id: UUID, *, ticket_hash: bytes, proof: bytes) -> bool:
    """Keep a good answer; False when the login has gone on meanwhile."""
    done = await tx.execute(
        "update jpki.login set state = 'proven', ticket_hash = %s, proof = %s, refusal = null"
        " where login_id = %s and state in ('waiting', 'refused')",
        (ticket_hash, proof, login_id),
    )
    return done.rowcount == 1


async def refuse(tx: Tx, login_id: UUID, refusal: Refusal) -> None:
    """Keep why an answer was not taken; the person may try again."""
    await tx.execute(
        "update jpki.login set state = 'refused', refusal = %s, ticket_hash = null, proof = null"
        " where login_id = %s and state in ('waiting', 'refused', 'proven')",
        (Jsonb(msgspec.to_builtins(refusal)), login_id),
    )


async def confirm(tx: Tx, login_id: UUID, ticket_hash: bytes) -> bool:
    """The browser that brought the answer is the one that began; its ticket is used up."""
    done = await tx.execute(
        "update jpki.login set state = 'confirmed', ticket_hash = null"
        " where login_id = %s and state = 'proven' and ticket_hash = %s",
        (login_id, ticket_hash),
    )
    return done.rowcount == 1


async def end(tx: Tx, login_id: UUID) -> bool:
    """Forget a login with all that was proved; False when somebody was faster."""
    done = await tx.execute("delete from jpki.login where login_id = %s", (login_id,))
    return done.rowcount == 1


async def ask(tx: Tx, question: CardChallenge, transaction_hash: bytes) -> CardChallenge:
    """Keep a question for the card, or find the one that waits already.

    The caller holds the login, so that two pages of it do not ask at once.
    """
    row = await (
        await tx.execute(
            f"select {_CHALLENGE} from jpki.card_challenge where login_id = %s",
            (question.login_id,),
        )
    ).fetchone()
    waiting = None if row is None else _challenge(row)
    if waiting is not None and waiting.expires_at > question.expires_at - _OLD:
        return waiting
    if waiting is not None:
        await tx.execute(
            "delete from jpki.card_challenge where login_id = %s", (question.login_id,)
        )
    await tx.execute(
        "insert into jpki.card_challenge (transaction_hash, transaction_name, login_id, challenge,"
        " purpose, statement, expires_at) values (%s, %s, %s, %s, %s, %s, %s)",
        (
            transaction_hash,
            question.transaction,
            question.login_id,
            question.challenge,
            question.purpose,
            question.statement,
            question.expires_at,
        ),
    )
    return question


async def take_challenge(tx: Tx, transaction_hash: bytes, now: datetime) -> CardChallenge | None:
    """Take a question out; whoever comes second, or late, gets None."""
    row = await (
        await tx.execute(
            f"delete from jpki.card_challenge where transaction_hash = %s returning {_CHALLENGE}",
            (transaction_hash,),
        )
    ).fetchone()
    if row is None or row[5] <= now:
        return None
    return _challenge(row)


async def end_all(tx: Tx, client_id: str) -> None:
    """Forget what is under way at a party: logins, and requests that wait for their browser."""
    await tx.execute("delete from jpki.login where client_id = %s", (client_id,))
    await tx.execute("delete from jpki.pushed_request where client_id = %s", (client_id,))


async def sweep(tx: Tx, now: datetime) -> int:
    """Forget what has ended, and return how many rows went.

    Codes are remembered as long as a token may live, to notice one that is used a second time.
    """
    gone = 0
    for table in ("card_challenge", "login", "pushed_request", "access_token"):
        done = await tx.execute(f"delete from jpki.{table} where expires_at <= %s", (now,))
        gone += done.rowcount
    done = await tx.execute(
        "delete from jpki.authorization_code where expires_at <= %s",
        (now - timedelta(seconds=TOKEN_LIFE),),
    )
    return gone + done.rowcount


def _challenge(row: Any) -> CardChallenge:
    return CardChallenge(
        transaction=row[0],
        login_id=row[1],
        challenge=row[2],
        purpose=row[3],
        statement=row[4],
        expires_at=row[5],
    )
