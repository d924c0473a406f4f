"""Intake of 本人確認情報通知 (M01): a batch of hundreds becomes a few statements.

Persons are found by the hash of any code they ever had; who is new gets a person id that never
changes. The rules are in `fold` and `jukinet.model`; here they meet the tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID, uuid4

from jichitai.infra.crypto import BlindIndex
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.jukinet import hashing
from jichitai.jukinet.errors import CodeOfAnotherPersonError, NumberOfAnotherPersonError
from jichitai.jukinet.events import PersonHeard
from jichitai.jukinet.messages import M01
from jichitai.jukinet.model import Claim
from jichitai.jukinet.network import store
from jichitai.jukinet.network.fold import Fold, Verdict
from jichitai.jukinet.network.notice import Notice, person_row
from jichitai.jukinet.network.scope import Scope
from jichitai.jukinet.network.store import Known, PersonKey, PersonRow


@dataclass(frozen=True, slots=True)
class SecondLive:
    """A live record that arrived beside a newer residence: a contradiction to be explained."""

    person_id: UUID
    municipality: str
    code_hash: bytes
    event_number: int
    stands_in: str


@dataclass(slots=True)
class Effect:
    """What a batch did.

    Attributes:
        second_lives: contradictions that a message of this batch brought.
        settled: (town, code hash) of contradictions that are over.
        heard: persons whose standing record changed; told at the nation only.
    """

    second_lives: list[SecondLive] = field(default_factory=list)
    settled: list[tuple[str, bytes]] = field(default_factory=list)
    heard: list[PersonHeard] = field(default_factory=list)


async def take_in(
    tx: Tx, scope: Scope, notices: Sequence[Notice], keys: Keys, at: datetime
) -> Effect:
    """Apply notices in their order.

    Args:
        tx: the transaction of the inbox.
        scope: whose tables.
        notices: checked; of one town in the order of its events.
        keys: to seal the numbers and make match keys.
        at: now.

    Raises:
        NumberOfAnotherPersonError: a 個人番号 belongs to somebody else.
        CodeOfAnotherPersonError: old and new 住民票コード belong to different persons.
    """
    persons = await _identify(tx, scope, notices)
    await _check_numbers(tx, scope, notices, persons)
    ids = list(dict.fromkeys(persons))
    known = await store.lock_persons(tx, scope, ids)
    former = await store.former_claims(tx, scope, list(known))
    fold = Fold({key: row.claim for key, row in known.items()}, former)
    latest: dict[tuple[UUID, str], PersonRow] = {}
    passed: list[PersonRow] = []
    told: dict[tuple[UUID, str], list[M01]] = {}
    for notice, person_id in zip(notices, persons, strict=True):
        row = person_row(notice, person_id, keys.columns)
        if fold.hear(person_id, notice.claim):
            told.setdefault((person_id, row.municipality), []).append(notice.message)
            before = latest.pop((person_id, row.municipality), None)
            latest[person_id, row.municipality] = row
            passed += [] if before is None else [before]
        else:
            passed.append(row)
    verdicts = dict(fold.verdicts())
    await _write(tx, scope, _Change(known, verdicts, latest, passed, keys.network_blind, at))
    await _note(tx, scope, notices, at)
    effect = await _residences(tx, scope, verdicts, at)
    if scope.is_nation:  # a prefecture has nobody to tell
        effect.heard = _heard(verdicts, told)
    return effect


def _heard(
    verdicts: Mapping[UUID, Verdict], told: Mapping[tuple[UUID, str], Sequence[M01]]
) -> list[PersonHeard]:
    return [
        PersonHeard(
            person_id=person_id,
            municipality=verdict.stands.municipality,
            live=verdict.stands.live,
            messages=tuple(told.get((person_id, verdict.stands.municipality), ())),
        )
        for person_id, verdict in verdicts.items()
        if verdict.replaced
    ]


async def _identify(tx: Tx, scope: Scope, notices: Sequence[Notice]) -> list[UUID]:
    """The person of each notice, new ones named."""
    hashes = {notice.code_hash for notice in notices}
    hashes.update(n.previous_hash for n in notices if n.previous_hash is not None)
    owners = await store.find_by_codes(tx, scope, hashes)
    holders = await _holders(tx, scope, notices, owners)
    fresh: dict[bytes, UUID] = {}
    for notice in notices:
        pair = [h for h in (notice.code_hash, notice.previous_hash) if h is not None]
        person_id = next((owners[h] for h in pair if h in owners), None)
        person_id = person_id or _by_number(notice, holders) or uuid4()
        for code in pair:
            if code not in owners:
                owners[code] = fresh[code] = person_id
        if notice.number_hash is not None:
            who = notice.message.identity
            holders.setdefault(notice.number_hash, (person_id, who.birth_date, who.sex))
    owners.update(await store.claim_codes(tx, scope, fresh))
    for notice in notices:
        if notice.previous_hash and owners[notice.previous_hash] != owners[notice.code_hash]:
            raise CodeOfAnotherPersonError(
                "変更前と変更後の住民票コードが別々の人の記録にあります。"
                "どちらの記録が正しいかを市区町村に確かめてから、隔離を解いてください。",
                municipality=notice.claim.municipality,
                event_number=notice.claim.event_number,
            )
    return [owners[notice.code_hash] for notice in notices]


Holders: TypeAlias = dict[bytes, tuple[UUID, str, str]]
"""Number hash -> person, birth date, sex."""


async def _holders(
    tx: Tx, scope: Scope, notices: Sequence[Notice], owners: Mapping[bytes, UUID]
) -> Holders:
    """Who has the numbers of people whose code was never heard of."""
    unknown = {
        notice.number_hash
        for notice in notices
        if notice.number_hash is not None and notice.code_hash not in owners
    }
    return await store.find_holders(tx, scope, unknown)


def _by_number(notice: Notice, holders: Holders) -> UUID | None:
    """The person whose code changed in another town, which has not been heard yet.

    A number alone is not enough: birth date and sex must agree.
    """
    if notice.number_hash is None or notice.number_hash not in holders:
        return None
    person_id, birth_date, sex = holders[notice.number_hash]
    who = notice.message.identity
    return person_id if (birth_date, sex) == (who.birth_date, who.sex) else None


async def _check_numbers(
    tx: Tx, scope: Scope, notices: Sequence[Notice], persons: Sequence[UUID]
) -> None:
    wanted: dict[bytes, UUID] = {}
    pairs = list(zip(notices, persons, strict=True))
    for notice, person_id in pairs:
        if notice.number_hash is not None:
            wanted.setdefault(notice.number_hash, person_id)
    owners = await store.claim_numbers(tx, scope, wanted)
    for notice, person_id in pairs:
        if notice.number_hash is not None and owners[notice.number_hash] != person_id:
            raise NumberOfAnotherPersonError(
                "通知の個人番号は、別の住民票コードの人の記録にあります。"
                "個人番号を確かめ、誤りなら修正して送り直してください。",
                municipality=notice.claim.municipality,
                event_number=notice.claim.event_number,
            )


@dataclass(frozen=True, slots=True)
class _Change:
    """Everything that decides what is written."""

    known: dict[UUID, Known]
    verdicts: dict[UUID, Verdict]
    latest: dict[tuple[UUID, str], PersonRow]
    passed: list[PersonRow]
    blind: BlindIndex
    at: datetime


async def _write(tx: Tx, scope: Scope, change: _Change) -> None:
    standing: list[PersonRow] = []
    aside = list(change.passed)
    restored: list[PersonKey] = []
    for person_id, verdict in change.verdicts.items():
        if verdict.restored:
            restored.append(_key(person_id, verdict.stands))
    for (person_id, town), row in change.latest.items():
        stands = change.verdicts[person_id].stands
        (standing if town == stands.municipality else aside).append(row)
    gone = [key for key, v in change.verdicts.items() if v.replaced and key in change.known]
    await store.retire(tx, scope, gone)
    await store.write_history(tx, scope, aside, change.at)
    await store.write_persons(tx, scope, standing, change.at)
    standing += await store.restore(tx, scope, restored, change.at)
    await _index(tx, scope, change, standing)


async def _index(tx: Tx, scope: Scope, change: _Change, standing: Sequence[PersonRow]) -> None:
    """Keep the look-ups in step with the standing rows."""
    codes: dict[bytes, bool] = {}
    numbers: dict[bytes, bool] = {}
    drop: list[tuple[bytes, UUID]] = []
    add: list[tuple[bytes, UUID]] = []
    for row in standing:
        known = change.known.get(row.person_id)
        if known is None or known.code_hash != row.code_hash:
            codes |= {} if known is None else {known.code_hash: False}
            codes[row.code_hash] = True
        if known is None or known.number_hash != row.number_hash:
            if known is not None and known.number_hash is not None:
                numbers[known.number_hash] = False
            if row.number_hash is not None:
                numbers[row.number_hash] = True
        new = match_keys(change.blind, row.name_reduced, row.kana_key, row.birth_date)
        old: tuple[bytes, ...] = ()
        if known is not None:
            old = match_keys(change.blind, known.name_reduced, known.kana_key, known.birth_date)
        drop += [(key, row.person_id) for key in old if key not in new]
        add += [(key, row.person_id) for key in new if key not in old]
    await store.mark_current(tx, scope, codes=codes, numbers=numbers)
    await store.change_matches(tx, scope, drop=drop, add=add)


def match_keys(
    blind: BlindIndex, name_reduced: str, kana_key: str, birth_date: str
) -> tuple[bytes, bytes]:
    """The two keys by which a person is found without a number."""
    return (
        hashing.name_key(blind, name_reduced, birth_date),
        hashing.kana_match_key(blind, kana_key, birth_date),
    )


async def _residences(tx: Tx, scope: Scope, verdicts: dict[UUID, Verdict], at: datetime) -> Effect:
    settled = {(key, town) for key, verdict in verdicts.items() for town in verdict.settled}
    others = [_key(key, claim) for key, verdict in verdicts.items() for claim in verdict.others]
    late = [(key, claim) for key, verdict in verdicts.items() for claim in verdict.late]
    effect = Effect(settled=await store.drop_other_residences(tx, scope, settled))
    hashes = await store.add_other_residences(tx, scope, others, at)
    effect.second_lives = [
        SecondLive(
            person_id=key,
            municipality=claim.municipality,
            code_hash=hashes[key, claim.municipality],
            event_number=claim.event_number,
            stands_in=verdicts[key].stands.municipality,
        )
        for key, claim in late
    ]
    return effect


async def _note(tx: Tx, scope: Scope, notices: Sequence[Notice], at: datetime) -> None:
    heard: dict[str, tuple[str, int, int, datetime]] = {}
    for notice in notices:
        town, number = notice.claim.municipality, notice.claim.event_number
        _, last, count, recorded = heard.get(town, (town, 0, 0, notice.message.recorded_at))
        recorded = max(recorded, notice.message.recorded_at)
        heard[town] = (town, max(last, number), count + 1, recorded)
    await store.note_heard(tx, scope, heard.values(), at)


def _key(person_id: UUID, claim: Claim) -> PersonKey:
    return PersonKey(person_id, claim.municipality, claim.event_number, claim.resent)
