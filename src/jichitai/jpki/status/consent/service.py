"""Use cases of consents: ask for one, take it, look up under it, end it.

A consent is taken in two transactions. The first uses the challenge up and commits, whatever comes
of the rest; the second verifies the signature and keeps the object that was signed.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import msgspec

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.crypto import Sealer
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.lifecycle.model import items_of
from jichitai.jpki.status.consent import model, store
from jichitai.jpki.status.consent.model import Consent, ConsentState, Item
from jichitai.jpki.status.consent.store import Given, Waiting
from jichitai.jpki.status.errors import NoConsentError, NoSuchConsentError, UsedConsentError
from jichitai.jpki.status.record import RecordStatus, Roots
from jichitai.jpki.status.verifiers import Body
from jichitai.jpki.verifier.challenge import Statement
from jichitai.jpki.verifier.verify import verify_signature
from jichitai.jukinet.network import standing

CHALLENGE_LIFE: Final = timedelta(minutes=30)
"""How long a holder may take to read and sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a body shows the holder.

    Attributes:
        request_id: for the body's own records.
        challenge: goes to the card agent.
        text: what the holder reads and signs.
        items: in the usual order.
        until: the last day.
        expires_at: until when it may be answered.
    """

    request_id: UUID
    challenge: str
    text: str
    items: tuple[Item, ...]
    until: date
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the holder signed, as it is kept."""

    statement: bytes
    signature: bytes
    certificate: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """最新の利用者情報.

    Attributes:
        consent: under which it is given.
        provision_id: of the record that the holder sees.
        at: when this was so.
        live: whether the person has a standing record.
        values: item -> value.
    """

    consent: Consent
    provision_id: UUID
    at: datetime
    live: bool
    values: dict[Item, str]


async def ask(tx: Tx, body: Body, items: list[Item], until: date | None, *, clock: Clock) -> Asked:
    """Word a consent and give out a challenge for it.

    Raises:
        NotVerifierError: the body is no 署名検証者.
        UnfitConsentError: no items, or an end that may not be.
    """
    body.demand(CertificateKind.SIGNING)
    wanted, today = model.ordered(items), clock.today()
    last = model.last_day(today, until)
    text = model.wording(
        body=body.name, service=body.service, items=wanted, given_on=today, until=last
    )
    challenge = secrets.token_urlsafe(32)
    asked = Asked(
        request_id=uuid4(),
        challenge=challenge,
        text=text,
        items=wanted,
        until=last,
        expires_at=_now() + CHALLENGE_LIFE,
    )
    waiting = Waiting(
        request_id=asked.request_id,
        body_id=body.body_id,
        items=wanted,
        until=last,
        text=text,
        expires_at=asked.expires_at,
    )
    await store.ask(tx, _hash(challenge), waiting)
    return asked


async def take(
    database: Database,
    body: Body,
    challenge: str,
    signature: bytes,
    certificate: bytes,
    *,
    keys: Keys,
    clock: Clock,
    roots: Roots,
    by: Actor,
) -> Consent:
    """Take a signed consent.

    Args:
        database: the nation's.
        body: that hands it in.
        challenge: as it was given out.
        signature: by the card, over the statement with the challenge and the text.
        certificate: DER; a signing certificate in force.
        keys: to seal what was signed.
        clock: law time.
        roots: the authorities' certificates.
        by: who hands it in.

    Raises:
        UsedConsentError: the challenge was answered before, is too old, or another body's.
        RefusedError: the certificate or the signature is not good.

    Source: 公的個人認証法施行規則 第35条の2.
    """
    async with database.transaction() as tx:
        waiting = await store.take(tx, _hash(challenge), body.body_id)
    if waiting is None or waiting.expires_at <= _now():
        raise UsedConsentError(
            "この確認用データは既に使われたか、期限が過ぎたか、この検証者に出したものではありません。"
            "本人に同意を求めるところからやり直してください。"
        )
    statement = Statement(
        kind=CertificateKind.SIGNING, audience=body.origin, challenge=challenge, text=waiting.text
    ).signed
    now = clock.now()
    async with database.transaction() as tx:
        record = RecordStatus(tx)
        signed = await verify_signature(
            statement, signature, certificate, trust=await roots.trust(tx), status=record, at=now
        )
        subject = signed.by.subject
        consent = Consent(
            person_id=record.holder(subject),
            consent_id=uuid4(),
            body_id=body.body_id,
            body_name=body.name,
            service=body.service,
            items=waiting.items,
            given_at=now,
            until=waiting.until,
            state=ConsentState.GIVEN,
            ended_at=None,
            reviewed_on=clock.today(),
        )
        kept = Evidence(statement=statement, signature=signature, certificate=certificate)
        sealed = _seal(keys.columns, consent.consent_id, kept)
        await store.save(
            tx,
            consent,
            authority=subject.authority,
            serial=subject.serial_bytes,
            sealed=sealed,
            digest=signed.digest,
        )
        await _record(tx, "jpki.consent.take", consent, by)
    return consent


async def look_up(tx: Tx, body: Body, consent_id: UUID, *, keys: Keys, clock: Clock) -> Current:
    """最新の利用者情報: the items as they are now, under a consent that stands.

    An address that is withheld from everybody is left out, and nothing says why.

    Raises:
        NoConsentError: there is none, it was ended, or its time is over.

    Source: 公的個人認証法 第18条第3項.
    """
    consent = await store.one_of_body(tx, body.body_id, consent_id)
    today = clock.today()
    if consent is None or not consent.stands_on(today):
        raise NoConsentError(
            "この同意はないか、取り消されたか、期限が過ぎています。利用者情報は提供できません。"
            "必要なときは、本人にもう一度同意を求めてください。"
        )
    record = (await standing.by_persons(tx, keys, [consent.person_id])).get(consent.person_id)
    values: dict[Item, str] = {}
    live = record is not None and record.live
    if record is not None and live:
        items = items_of(record.identity, record.municipality)
        hidden = {Item.ADDRESS} if await store.is_protected(tx, consent.person_id, today) else set()
        values = {item: item.of(items) for item in consent.items if item not in hidden}
    current = Current(
        consent=consent, provision_id=uuid4(), at=clock.now(), live=live, values=values
    )
    noted = Given(
        provision_id=current.provision_id,
        at=current.at,
        items=tuple(values),
        result="given" if live else "no-record",
    )
    await store.note(tx, consent, noted)
    return current


async def withdraw(tx: Tx, person_id: UUID, consent_id: UUID, *, clock: Clock, by: Actor) -> None:
    """The holder takes the consent back; a second time changes nothing.

    Raises:
        NoSuchConsentError: it is not the holder's.

    Source: 公的個人認証法施行規則 第35条の2 (同意の取消し).
    """
    consent = await of_holder(tx, person_id, consent_id, lock=True)
    await _end(tx, consent, ConsentState.WITHDRAWN, "jpki.consent.withdraw", clock, by)


async def give_back(tx: Tx, body: Body, consent_id: UUID, *, clock: Clock, by: Actor) -> None:
    """The body needs it no more, such as when the contract ended.

    Raises:
        NoSuchConsentError: it is not the body's.
    """
    consent = await store.one_of_body(tx, body.body_id, consent_id, lock=True)
    if consent is None:
        raise _no_such()
    await _end(tx, consent, ConsentState.RETURNED, "jpki.consent.return", clock, by)


async def go_on(tx: Tx, person_id: UUID, consent_id: UUID, *, clock: Clock, by: Actor) -> None:
    """The holder, reminded of it, lets the consent go on.

    Raises:
        NoSuchConsentError: it is not the holder's.
        NoConsentError: it does not stand any more.
    """
    consent = await of_holder(tx, person_id, consent_id, lock=True)
    if not consent.stands_on(clock.today()):
        raise NoConsentError(
            "この同意は取り消されたか、期限が過ぎています。続けることはできません。"
            "必要なときは、サービスでもう一度同意してください。"
        )
    await store.review(tx, consent, clock.today())
    await _record(tx, "jpki.consent.review", consent, by)


async def of_holder(tx: Tx, person_id: UUID, consent_id: UUID, *, lock: bool = False) -> Consent:
    """One consent of a holder.

    Raises:
        NoSuchConsentError: it is not the holder's.
    """
    consent = await store.one_of_holder(tx, person_id, consent_id, lock=lock)
    if consent is None:
        raise _no_such()
    return consent


async def evidence(tx: Tx, consent: Consent, *, keys: Keys) -> Evidence:
    """What the holder signed, opened."""
    sealed = await store.evidence(tx, consent)
    plain = keys.columns.open(sealed, consent.consent_id.bytes)
    return msgspec.msgpack.decode(plain, type=Evidence)


async def _end(
    tx: Tx, consent: Consent, state: ConsentState, action: str, clock: Clock, by: Actor
) -> None:
    if consent.state is ConsentState.GIVEN:
        await store.end(tx, consent, state, clock.now())
        await _record(tx, action, consent, by)


async def _record(tx: Tx, action: str, consent: Consent, by: Actor) -> None:
    facts = {"body": consent.body_id, "items": [str(item) for item in consent.items]}
    await audit.record(tx, by=by, action=action, subject=str(consent.consent_id), facts=facts)


def _seal(sealer: Sealer, consent_id: UUID, kept: Evidence) -> bytes:
    return sealer.seal(msgspec.msgpack.encode(kept), consent_id.bytes)


def _hash(challenge: str) -> bytes:
    return hashlib.sha256(challenge.encode()).digest()


def _now() -> datetime:
    """The machine's time: challenges are no matter of law time."""
    return datetime.fromtimestamp(time.time(), UTC)


def _no_such() -> NoSuchConsentError:
    return NoSuchConsentError("この同意はありません。一覧から選び直してください。")
