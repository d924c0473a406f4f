"""SQL of consents, of the requests that wait for a signature, and of what was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from jichitai.infra.database import Tx, fetch_value
from jichitai.jpki.status.consent.model import Consent, ConsentState, Item

_COLUMNS: Final = """
person_id, consent_id, body_id, verifying_body.name, consent.service, items, given_at, until,
       consent.state, ended_at, reviewed_on
  from jpki.consent join jpki.verifying_body using (body_id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A request that waits for the holder's signature."""

    request_id: UUID
    body_id: str
    items: tuple[Item, ...]
    until: date
    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One look-up under a consent, without values."""

    provision_id: UUID
    at: datetime
    items: tuple[Item, ...]
    result: str


async def ask(tx: Tx, challenge_hash: bytes, waiting: Waiting) -> None:
    """Keep a request until it is answered."""
    await tx.execute(
        "insert into jpki.consent_request"
        " (challenge_hash, request_id, body_id, items, until, text, expires_at)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (
            challenge_hash,
            waiting.request_id,
            waiting.body_id,
            [str(item) for item in waiting.items],
            waiting.until,
            waiting.text,
            waiting.expires_at,
        ),
    )


async def take(tx: Tx, challenge_hash: bytes, body_id: str) -> Waiting | None:
    """Take a request of a body out, so that nobody answers it twice."""
    cursor = await tx.execute(
        "delete from jpki.consent_request where challenge_hash = %s and body_id = %s"
        " returning request_id, body_id, items, until, text, expires_at",
        (challenge_hash, body_id),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return Waiting(
        request_id=row[0],
        body_id=row[1],
        items=_items(row[2]),
        until=row[3],
        text=row[4],
        expires_at=row[5],
    )


async def sweep(tx: Tx, now: datetime) -> int:
    """Forget requests that nobody answered in time; how many."""
    done = await tx.execute("delete from jpki.consent_request where expires_at <= %s", (now,))
    return done.rowcount


async def save(
    tx: Tx, consent: Consent, *, authority: str, serial: bytes, sealed: bytes, digest: bytes
) -> None:
    """Keep a consent with the object that the holder signed."""
    await tx.execute(
        "insert into jpki.consent (person_id, consent_id, body_id, service, items, given_at,"
        " until, authority, serial, sealed, digest, state, reviewed_on)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            consent.person_id,
            consent.consent_id,
            consent.body_id,
            consent.service,
            [str(item) for item in consent.items],
            consent.given_at,
            consent.until,
            authority,
            serial,
            sealed,
            digest,
            consent.state,
            consent.reviewed_on,
        ),
    )


async def of_holder(tx: Tx, person_id: UUID) -> list[Consent]:
    """Every consent of a holder, newest first."""
    query = f"select {_COLUMNS} where person_id = %s order by given_at desc, consent_id"
    return [_consent(row) for row in await (await tx.execute(query, (person_id,))).fetchall()]


async def one_of_holder(
    tx: Tx, person_id: UUID, consent_id: UUID, *, lock: bool = False
) -> Consent | None:
    """One consent of a holder."""
    query = f"select {_COLUMNS} where person_id = %s and consent_id = %s"
    query += " for update of consent" if lock else ""
    row = await (await tx.execute(query, (person_id, consent_id))).fetchone()
    return None if row is None else _consent(row)


async def one_of_body(
    tx: Tx, body_id: str, consent_id: UUID, *, lock: bool = False
) -> Consent | None:
    """One consent that a body was given."""
    query = f"select {_COLUMNS} where consent_id = %s and body_id = %s"
    query += " for update of consent" if lock else " for key share of consent"
    row = await (await tx.execute(query, (consent_id, body_id))).fetchone()
    return None if row is None else _consent(row)


async def any_given(tx: Tx, person_id: UUID, body_id: str, *, on: date) -> bool:
    """Whether a holder's consent to a body stands on a day."""
    query = (
        "select exists (select from jpki.consent where person_id = %s and body_id = %s"
        " and state = 'given' and until >= %s)"
    )
    return bool(await fetch_value(tx, query, (person_id, body_id, on)))


async def end(tx: Tx, consent: Consent, state: ConsentState, at: datetime) -> None:
    """Withdraw or return a consent."""
    await tx.execute(
        "update jpki.consent set state = %s, ended_at = %s"
        " where person_id = %s and consent_id = %s and state = 'given'",
        (state, at, consent.person_id, consent.consent_id),
    )


async def review(tx: Tx, consent: Consent, on: date) -> None:
    """Note that the holder wants it to go on."""
    await tx.execute(
        "update jpki.consent set reviewed_on = %s where person_id = %s and consent_id = %s",
        (on, consent.person_id, consent.consent_id),
    )


async def evidence(tx: Tx, consent: Consent) -> bytes:
    """The sealed object that the holder signed."""
    query = "select sealed from jpki.consent where person_id = %s and consent_id = %s"
    return bytes(await fetch_value(tx, query, (consent.person_id, consent.consent_id)))


async def note(tx: Tx, consent: Consent, given: Given) -> None:
    """Note a look-up for the holder to see."""
    await tx.execute(
        "insert into jpki.item_provision"
        " (person_id, provision_id, consent_id, body_id, at, items, result)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (
            consent.person_id,
            given.provision_id,
            consent.consent_id,
            consent.body_id,
            given.at,
            [str(item) for item in given.items],
            given.result,
        ),
    )


async def given(tx: Tx, consent: Consent, limit: int = 100) -> list[Given]:
    """Look-ups under a consent, newest first."""
    cursor = await tx.execute(
        "select provision_id, at, items, result from jpki.item_provision"
        " where person_id = %s and consent_id = %s order by at desc limit %s",
        (consent.person_id, consent.consent_id, limit),
    )
    return [
        Given(provision_id=row[0], at=row[1], items=_items(row[2]), result=row[3])
        for row in await cursor.fetchall()
    ]


async def is_protected(tx: Tx, person_id: UUID, on: date) -> bool:
    """Whether the person's address is withheld from everybody (支援措置)."""
    query = (
        "select exists (select from jukinet.protected_person where person_id = %s"
        " and since <= %s and (until is null or until >= %s))"
    )
    return bool(await fetch_value(tx, query, (person_id, on, on)))


def _items(texts: Sequence[str]) -> tuple[Item, ...]:
    return tuple(map(Item, texts))


def _consent(row: Sequence[Any]) -> Consent:
    return Consent(
        person_id=row[0],
        consent_id=row[1],
        body_id=row[2],
        body_name=row[3],
        service=row[4],
        items=_items(row[5]),
        given_at=row[6],
        until=row[7],
        state=ConsentState(row[8]),
        ended_at=row[9],
        reviewed_on=row[10],
    )
