"""What the register tells the network: messages derived from its event log, in its order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Draft
from jichitai.jukinet import hashing
from jichitai.jukinet.errors import UnknownCaseError, UnknownPersonError
from jichitai.jukinet.messages import M01, M06, M07, M10R, M11, Identity
from jichitai.jukinet.model import bucket_of
from jichitai.jukinet.network.notice import open_numbers, seal_numbers
from jichitai.jukinet.node import Node, draft
from jichitai.jukinet.town import model, store
from jichitai.jukinet.town.store import IdentityRow
from jichitai.kernel.identifiers import JukiCode
from jichitai.kernel.parties import NATION, Party
from jichitai.register.events import EventKind, Fact, IdentityRecord
from jichitai.register.service.network import TownRegister

_FACTS: Final = 200
_CODES_WANTED: Final = 500
_STREAM: Final = 1_000


@dataclass(slots=True)
class _Derived:
    """What comes of a run of facts."""

    drafts: list[Draft] = field(default_factory=list)
    rows: list[IdentityRow] = field(default_factory=list)


async def derive(
    tx: Tx, node: Node, register: TownRegister, municipality: str, *, limit: int = _FACTS
) -> int:
    """Read the next events of the register and send what they cause.

    Identity file, messages and cursor change in the one transaction, so that each event has its
    effect once.

    Args:
        tx: of this town.
        node: this process.
        register: the register's service.
        municipality: the town.
        limit: events at most.

    Returns:
        How many events were read; 0 when there are no new ones.

    Source: 住民基本台帳法 第30条の6; 住民記録システム標準仕様書 v1.0 7.1.1.1.
    """
    at = node.clock.now()
    cursor = await store.lock_cursor(tx, municipality, at)
    facts = await register.facts_after(tx, municipality, cursor, limit)
    derived = _Derived()
    for fact in facts:
        if fact.kind is EventKind.INITIAL:
            await _take_over(tx, node, register, fact)
        await _derive_fact(tx, node, register, fact, derived)
    if await register.is_stock_low(tx, municipality):
        await _ask_codes(tx, node, register, municipality, derived)
    await store.save_identities(tx, derived.rows)
    if derived.drafts:
        await node.outbox.send_many(tx, derived.drafts)
    if facts:
        await store.move_cursor(tx, municipality, facts[-1].number, at)
    return len(facts)


async def _derive_fact(
    tx: Tx, node: Node, register: TownRegister, fact: Fact, derived: _Derived
) -> None:
    town = Party.town(fact.municipality)
    above = Party.prefecture(town.prefecture_code)
    for change, notice in model.notices_of(fact):
        record = change.after or change.before
        if record is None:
            continue
        derived.drafts.append(draft(town, above, notice))
        derived.rows.append(_row(node, record.resident_id, notice))
    for arrival in model.arrivals_of(fact):
        derived.drafts.append(draft(town, Party.town(arrival.previous_municipality), arrival))
    if model.sends_certificate(fact):
        derived.drafts.append(await _certificate(tx, node, register, fact))
    wanting = set(fact.needs_number)
    for record in model.entered(fact):
        if record.resident_id in wanting:
            derived.drafts.append(await _ask_number(tx, node, fact.municipality, record))


async def _take_over(tx: Tx, node: Node, register: TownRegister, fact: Fact) -> None:
    """Fill the identity file after the first load of a register; nothing is sent.

    Prefecture and nation take the people in from the town's signed file.
    """
    rows: list[IdentityRow] = []
    async for record in register.identity_records(tx, fact.municipality):
        notice = M01(
            municipality=fact.municipality,
            event_number=fact.number,
            change="entry",
            net_reason="N03",
            changed_on=fact.occurred_on.code,
            residence_since=record.resident_since,
            recorded_at=fact.recorded_at,
            identity=model.identity_of(record),
        )
        rows.append(_row(node, record.resident_id, notice))
        if len(rows) >= _STREAM:
            await store.save_identities(tx, rows)
            rows.clear()
    await store.save_identities(tx, rows)


async def _certificate(tx: Tx, node: Node, register: TownRegister, fact: Fact) -> Draft:
    town, destination = Party.town(fact.municipality), fact.destination or ""
    certificate = await register.departure_certificate(tx, fact.municipality, fact.departing[0])
    body = M07(
        request_id=None,
        municipality=fact.municipality,
        destination_municipality=destination,
        sent_at=node.clock.now(),
        certificates=(model.certificate_body(certificate),),
    )
    return draft(town, Party.town(destination), body)


async def _ask_number(
    tx: Tx, node: Node, municipality: str, record: IdentityRecord, *, change: bool = False
) -> Draft:
    request_id, at = uuid4(), node.clock.now()
    await store.ask_number(tx, municipality, request_id, record.resident_id, at, change=change)
    body = M11(
        request_id=request_id,
        municipality=municipality,
        juki_code=record.juki_code.reveal(),
        change=change,
    )
    return draft(Party.town(municipality), NATION, body)


async def _ask_codes(
    tx: Tx, node: Node, register: TownRegister, municipality: str, derived: _Derived
) -> None:
    if await store.waits_for_codes(tx, municipality):
        return
    request_id = uuid4()
    await store.ask_codes(tx, municipality, request_id, _CODES_WANTED, node.clock.now())
    body = M10R(
        request_id=request_id,
        municipality=municipality,
        wanted=_CODES_WANTED,
        left=await register.pool_size(tx, municipality),
    )
    derived.drafts.append(draft(Party.town(municipality), NATION, body))


async def request_number_change(
    tx: Tx, node: Node, register: TownRegister, municipality: str, resident_id: UUID, *, by: Actor
) -> None:
    """Ask the nation for another 個人番号 of a resident whose number may be misused.

    Raises:
        UnknownResidentError: no such line in this town.

    Source: 番号法 第7条第2項.
    """
    record = await register.resident(tx, municipality, resident_id)
    asked = await _ask_number(tx, node, municipality, record, change=True)
    await node.outbox.send_many(tx, [asked])
    await audit.record(
        tx,
        by=by,
        action="jukinet.number.request-change",
        subject=str(resident_id),
        at=node.clock.now(),
    )


async def request_certificates(
    tx: Tx,
    node: Node,
    municipality: str,
    previous: str,
    codes: Sequence[JukiCode],
    *,
    by: Actor,
) -> UUID:
    """Ask the departure town for 転出証明書情報 of people who report with a card (M06).

    Returns:
        The id under which the answer comes.

    Source: 住民基本台帳法 第24条の2第3項.
    """
    request_id, at = uuid4(), node.clock.now()
    await store.save_transfer(
        tx,
        municipality,
        request_id,
        direction="asked",
        other=previous,
        persons=len(codes),
        at=at,
    )
    body = M06(
        request_id=request_id,
        municipality=municipality,
        previous_municipality=previous,
        reported_at=at,
        juki_codes=[code.reveal() for code in codes],
    )
    await node.send(tx, Party.town(municipality), Party.town(previous), body)
    await audit.record(
        tx,
        by=by,
        action="jukinet.certificate.request",
        subject=str(request_id),
        facts={"previous": previous, "persons": len(codes)},
        at=at,
    )
    return request_id


async def resend(tx: Tx, node: Node, municipality: str, report_id: UUID, *, by: Actor) -> None:
    """Send the last word about a person once more, to mend a difference that was reported.

    Raises:
        UnknownCaseError: no such report, or it is closed.
        UnknownPersonError: the town never had a record with this code; it has to be looked into.

    Source: 住民記録システム標準仕様書 v1.0 7.1.1.1 (再送).
    """
    report, at = await store.open_report(tx, municipality, report_id), node.clock.now()
    if report is None:
        raise UnknownCaseError("この通報はないか、既に処理されています。一覧を更新してください。")
    row = None
    if report.code_hash is not None:
        row = await store.identity_by_code(tx, municipality, report.code_hash)
    if row is None:
        raise UnknownPersonError(
            "通報された住民票コードの記録がこの市区町村にありません。"
            "再送では解消できないので、通報元に連絡して原因を調べてください。"
        )
    town = Party.town(municipality)
    notice = _last_word(node, row, at)
    await store.mark_resent(tx, municipality, row.resident_id, notice.resent)
    await node.send(tx, town, Party.prefecture(town.prefecture_code), notice)
    await store.close_report(tx, municipality, report_id, by=by.id, at=at)
    await audit.record(tx, by=by, action="jukinet.notice.resend", subject=str(report_id), at=at)


def _last_word(node: Node, row: IdentityRow, at: datetime) -> M01:
    live = row.state == "live"
    code, number = open_numbers(node.keys.columns, row.sealed, row.resident_id)
    return M01(
        municipality=row.municipality,
        event_number=row.event_number,
        change="correction" if live else "deletion",
        net_reason="N08" if live else row.net_reason,
        changed_on=row.changed_on,
        residence_since=row.residence_since,
        recorded_at=at,
        identity=Identity(
            juki_code=code,
            my_number=number,
            name=row.name,
            kana=row.kana,
            birth_date=row.birth_date,
            sex=row.sex,  # type: ignore[arg-type]  # the table holds what a message held
            postal_code=row.postal_code,
            address=row.address,
            former_name=row.former_name,
            former_kana=row.former_kana,
            alias=row.alias,
            alias_kana=row.alias_kana,
        ),
        resent=row.resent + 1,
    )


def _row(node: Node, resident_id: UUID, notice: M01) -> IdentityRow:
    """The row of the identity file that a notice makes; the hashes are those of every level."""
    identity = notice.identity
    blind = node.keys.network_blind
    code_hash = hashing.code_hash(blind, identity.juki_code)
    return IdentityRow(
        municipality=notice.municipality,
        resident_id=resident_id,
        state="removed" if notice.change == "deletion" else "live",
        sealed=seal_numbers(node.keys.columns, identity.juki_code, identity.my_number, resident_id),
        code_hash=code_hash,
        name=identity.name,
        kana=identity.kana,
        birth_date=identity.birth_date,
        sex=identity.sex,
        postal_code=identity.postal_code,
        address=identity.address,
        former_name=identity.former_name,
        former_kana=identity.former_kana,
        alias=identity.alias,
        alias_kana=identity.alias_kana,
        net_reason=notice.net_reason,
        changed_on=notice.changed_on,
        residence_since=notice.residence_since,
        event_number=notice.event_number,
        row_hash=hashing.row_hash(blind, identity, notice.municipality, notice.residence_since),
        bucket=bucket_of(code_hash),
        resent=0,
        updated_at=node.clock.now(),
    )
