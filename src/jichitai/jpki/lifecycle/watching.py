"""Certificates follow the standing record of their holders, in the transaction that changes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

import msgspec

from jichitai.infra.crypto import Sealer
from jichitai.infra.database import Tx
from jichitai.jpki.authority import model as authority_model
from jichitai.jpki.authority import service as authority
from jichitai.jpki.authority.model import CertificateRecord, serial_hex, serial_of
from jichitai.jpki.kinds import CertificateState, Medium
from jichitai.jpki.lifecycle import model, store
from jichitai.jpki.lifecycle.model import Basis, Followed, Step
from jichitai.jpki.lifecycle.store import Ending, Row
from jichitai.jpki.messages import J04
from jichitai.jukinet.events import PersonHeard
from jichitai.jukinet.network import standing
from jichitai.jukinet.network.standing import StandingRecord
from jichitai.jukinet.node import Node, draft
from jichitai.kernel.parties import NATION, Party

_encode = msgspec.json.Encoder().encode
_basis = msgspec.json.Decoder(Basis)


@dataclass(frozen=True, slots=True)
class Told:
    """Whom an ending is told to: the town of residence, by the person's 住民票コード."""

    municipality: str
    juki_code: str


def seal_basis(columns: Sealer, basis: Basis, person_id: UUID) -> bytes:
    """Seal what a certificate rests on, bound to the person."""
    return columns.seal(_encode(basis), person_id.bytes)


def open_basis(columns: Sealer, sealed: bytes, person_id: UUID) -> Basis:
    """Open what `seal_basis` made."""
    return _basis.decode(columns.open(sealed, person_id.bytes))


class Watcher:
    """Told by the record of persons of every change; see `jukinet.events.Watcher`."""

    def __init__(self, node: Node) -> None:
        """Take the nation's node."""
        self._node = node

    async def __call__(self, tx: Tx, heard: Sequence[PersonHeard]) -> None:
        """End and re-date the certificates of the persons whose record changed.

        Source: 公的個人認証法 第12条, 第15条, 第31条, 第34条.
        """
        persons = {person.person_id: person for person in heard}
        at = self._node.clock.now()
        rows = await store.in_force(tx, persons, at)
        if not rows:
            return
        steps, told = await self._steps(tx, [persons[i] for i in {row.person_id for row in rows}])
        endings: list[Ending] = []
        changes = []
        for row in rows:
            before = self._followed(row)
            after = model.follow(before, steps[row.person_id])
            if after.end is not None:
                endings.append(Ending(row, after.end, at))
            elif after != before:
                sealed = seal_basis(self._node.keys.columns, after.basis, row.person_id)
                changes.append((row, sealed, after.lapse_on))
        await store.keep_following(tx, changes)
        await end_and_tell(tx, self._node, endings, told)

    def _followed(self, row: Row) -> Followed:
        basis = open_basis(self._node.keys.columns, row.basis, row.person_id)
        return Followed(kind=row.kind, basis=basis, lapse_on=row.lapse_on)

    async def _steps(
        self, tx: Tx, heard: Sequence[PersonHeard]
    ) -> tuple[dict[UUID, list[Step]], dict[UUID, Told]]:
        silent = [person.person_id for person in heard if not person.messages]
        records = await standing.by_persons(tx, self._node.keys, silent) if silent else {}
        steps: dict[UUID, list[Step]] = {}
        told: dict[UUID, Told] = {}
        for person in heard:
            if person.messages:
                steps[person.person_id] = [model.step_of(message) for message in person.messages]
                code = person.messages[-1].identity.juki_code
            else:
                record = records[person.person_id]
                steps[person.person_id] = [restored(record, self._node.clock.today())]
                code = record.identity.juki_code
            told[person.person_id] = Told(person.municipality, code)
        return steps, told


def restored(record: StandingRecord, today: date) -> Step:
    """An earlier residence that came back, because a later one was cancelled."""
    return model.restored_step(
        municipality=record.municipality,
        live=record.live,
        net_reason=record.net_reason,
        changed_on=record.changed_on,
        identity=record.identity,
        heard_on=today,
    )


async def end_and_tell(
    tx: Tx, node: Node, endings: Sequence[Ending], told: Mapping[UUID, Told]
) -> None:
    """End certificates, with those of phones that rest on them, and tell the towns (J04).

    Args:
        tx: of the nation.
        node: to send.
        endings: what ends, and how.
        told: whom to tell, by person.

    Source: 公的個人認証法 第13条第2項, 第32条第2項 (通知); 第16条の14, 第35条の13 (移動端末設備用).
    """
    if not endings:
        return
    endings = [*endings, *await _on_phones(tx, endings, node.clock.now())]
    changed: list[CertificateRecord] = []
    for at, together in groupby(sorted(endings, key=_instant), key=_instant):
        ended = [_ended(ending) for ending in together]
        changed += await authority.revoke_many(tx, ended, at)
    notices = [_notice(record, told[record.person_id]) for record in changed]
    await node.outbox.send_many(
        tx, [draft(NATION, Party.town(notice.municipality), notice) for notice in notices]
    )


async def _on_phones(tx: Tx, endings: Sequence[Ending], at: datetime) -> list[Ending]:
    """Certificates in phones that end with the card's certificate of the same kind."""
    ended = {(e.row.person_id, e.row.kind): e for e in endings if e.row.medium is Medium.CARD}
    if not ended:
        return []
    already = {(e.row.authority, e.row.serial) for e in endings}
    rows = await store.in_force(tx, {person_id for person_id, _ in ended}, at)
    return [
        Ending(row, ended[row.person_id, row.kind].end, ended[row.person_id, row.kind].at)
        for row in rows
        if row.medium is Medium.PHONE
        and (row.person_id, row.kind) in ended
        and (row.authority, row.serial) not in already
    ]


def _instant(ending: Ending) -> datetime:
    return ending.at


def _ended(ending: Ending) -> authority_model.Ending:
    row, end = ending.row, ending.end
    return authority_model.Ending(row.authority, serial_of(row.serial), end.reason, end.cause)


def _notice(record: CertificateRecord, told: Told) -> J04:
    assert record.reason is not None  # noqa: S101 - it has just ended
    assert record.cause is not None  # noqa: S101
    assert record.ended_at is not None  # noqa: S101
    return J04(
        municipality=told.municipality,
        juki_code=told.juki_code,
        certificate=record.kind,
        serial=serial_hex(record.serial),
        reason=record.reason,
        cause=record.cause,
        state="held" if record.state is CertificateState.HELD else "revoked",
        at=record.ended_at,
    )
