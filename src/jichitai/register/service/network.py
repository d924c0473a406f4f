"""What the network's part of the town asks of the register, and tells it."""

import random
from collections.abc import AsyncIterator, Sequence
from datetime import date
from uuid import UUID

import msgspec

from jichitai.infra import audit
from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.register import events
from jichitai.register.errors import (
    ConflictingCodeError,
    StockRefusedError,
    UnknownResidentError,
)
from jichitai.register.events import ArrivalNotice, DepartureCertificate, Fact, IdentityRecord
from jichitai.register.model.reasons import EventKind
from jichitai.register.model.resident import Change, Resident
from jichitai.register.model.rules import corrections, departures
from jichitai.register.model.situation import Arrived
from jichitai.register.service import situations
from jichitai.register.service.certificates import certificate
from jichitai.register.service.writing import BY_CALENDAR, BY_NETWORK, LOW_STOCK, write
from jichitai.register.store import log, pool, residents
from jichitai.register.store.log import Event
from jichitai.register.store.rows import Vault

_LEAVING = frozenset({EventKind.MOVE_OUT})
_ENTERING = frozenset({EventKind.BIRTH, EventKind.MOVE_IN_ABROAD, EventKind.MOVE_IN})


class TownRegister:
    """The register as the network's worker sees it; every method works in the caller's `tx`."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        """Take the tier's keys and the law's clock."""
        self._vault = Vault(keys)
        self._clock = clock

    async def facts_after(self, tx: Tx, municipality: str, after: int, limit: int) -> list[Fact]:
        """The events after a number, in order, with the identity records that they changed.

        Args:
            tx: the transaction.
            municipality: code of the town.
            after: number of the last event that was read; 0 for none.
            limit: events at most.
        """
        found = await log.after(tx, municipality, after, limit)
        numbers = [event.number for event in found if event.kind != EventKind.INITIAL]
        changes = await log.changes(tx, self._vault, municipality, numbers)
        return [_fact(event, changes.get(event.number, [])) for event in found]

    async def last_number(self, tx: Tx, municipality: str) -> int:
        """Number of the newest event; 0 when there is none."""
        return (await log.peek(tx, municipality)).event_number

    async def last_numbers(self, tx: Tx) -> dict[str, int]:
        """Number of the newest event of every town; the transaction is for all towns."""
        return await log.last_numbers(tx)

    async def identity_records(self, tx: Tx, municipality: str) -> AsyncIterator[IdentityRecord]:
        """The identity record of every live resident, by resident id, read as a stream."""
        async for row in log.live_residents(tx, self._vault, municipality):
            yield events.identity_record(row)

    async def add_juki_codes(
        self, tx: Tx, municipality: str, codes: Sequence[JukiCode], batch_id: str
    ) -> int:
        """Put assigned codes into the town's stock (M10).

        Args:
            tx: the transaction.
            municipality: code of the town.
            codes: all different.
            batch_id: name of the delivery; the same delivery twice changes nothing.

        Returns:
            How many codes were added; 0 for a repetition.

        Raises:
            StockRefusedError: the batch came before with other codes, or names a code twice or
                one that the town has already.

        Source: 住民基本台帳法 第30条の2.
        """
        content = self._vault.digest(" ".join(code.reveal() for code in codes).encode())
        known = await pool.batch_hash(tx, municipality, batch_id)
        if known == content:
            return 0
        indexes = [self._vault.code_index(code) for code in codes]
        repeated = len(set(indexes)) != len(indexes)
        if known is not None or repeated or await pool.known_codes(tx, municipality, indexes):
            raise StockRefusedError(
                "配られた住民票コードの中に、既に受け取ったものか重複があります。"
                "1つのコードは1人にしか付けられないため、全部を受け取っていません。"
                "機構に確かめて、指定し直してもらってください。",
                batch_id=batch_id,
            )
        chance = random.Random(content)  # noqa: S311 - spreads codes that are random already
        await pool.add_batch(
            tx,
            self._vault,
            municipality,
            batch_id=batch_id,
            codes=codes,
            draws=[chance.getrandbits(31) for _ in codes],
            content_hash=content,
            at=self._clock.now(),
        )
        return len(codes)

    async def pool_size(self, tx: Tx, municipality: str) -> int:
        """How many unused codes the town has."""
        return await pool.size(tx, municipality)

    async def is_stock_low(self, tx: Tx, municipality: str) -> bool:
        """Whether more codes should be asked for.

        Source: 住民記録システム標準仕様書 4.3.1 (残数の警告).
        """
        return await pool.size(tx, municipality) < LOW_STOCK

    async def resident(self, tx: Tx, municipality: str, resident_id: UUID) -> IdentityRecord:
        """The identity record of one person as it stands, also of a removed line.

        Raises:
            UnknownResidentError: no such line in this town.
        """
        rows = await residents.by_ids(tx, self._vault, municipality, [resident_id])
        if not rows:
            raise _unknown()
        return events.identity_record(rows[0])

    async def by_code(self, tx: Tx, municipality: str, code: JukiCode) -> IdentityRecord | None:
        """The identity record of the person with a 住民票コード, the current line before a 除票."""
        rows = await self._by_code(tx, municipality, code)
        ordered = sorted(rows, key=lambda row: row.live)
        return events.identity_record(ordered[-1]) if ordered else None

    async def record_number(
        self, tx: Tx, municipality: str, resident_id: UUID, number: MyNumber, *, changed: bool
    ) -> int | None:
        """Record a 個人番号 that the network made (M12).

        Args:
            tx: the transaction.
            municipality: code of the town.
            resident_id: the line.
            number: the number.
            changed: it replaces an earlier number on request.

        Returns:
            The event's number, or None when the line had this number already.

        Raises:
            UnknownResidentError: no such line.
            ConflictingCodeError: the line has another number, or another line has this one.

        Source: 番号法 第7条, 第8条.
        """
        counter = await log.lock(tx, municipality)
        rows = await residents.by_ids(tx, self._vault, municipality, [resident_id])
        if not rows:
            raise _unknown()
        row = rows[0]
        holders = await residents.by_number_index(
            tx, self._vault, municipality, [self._vault.number_index(number)]
        )
        replaces = row.my_number is not None and row.my_number != number
        if (replaces and not changed) or any(other.id != resident_id for other in holders):
            raise ConflictingCodeError(
                "個人番号を記載できません。この人に別の個人番号があるか、同じ個人番号の住民票が既にあります。"
                "機構に誤りの有無を確かめてください。",
                resident=str(resident_id),
            )
        situation = await situations.around(
            tx, self._vault, municipality, rows, counter, today=self._clock.today()
        )
        decision = corrections.number_record(row, number, situation, changed=changed)
        if decision is None:
            return None
        return await write(
            tx, self._vault, counter, situation, decision, origin=BY_NETWORK, at=self._clock.now()
        )

    async def confirm_departure(
        self, tx: Tx, municipality: str, notice: ArrivalNotice
    ) -> int | None:
        """Take in a 転入通知 (M02) of a person who left this town.

        Returns:
            The event's number, or None when the notice tells nothing new.

        Raises:
            UnknownResidentError: the town has never had a line with this code.

        Source: 住民基本台帳法 第9条第1項; 住民記録システム標準仕様書 4.1.3.1.
        """
        counter = await log.lock(tx, municipality)
        rows = await self._by_code(tx, municipality, JukiCode.parse(notice.juki_code))
        if not rows:
            raise UnknownResidentError(
                "転入通知にある住民票コードの記録が、この市区町村にありません。"
                "前の市区町村の取り違えかもしれません。通知した市区町村に確かめてください。",
                origin=notice.municipality,
            )
        situation = await situations.around(
            tx, self._vault, municipality, rows[-1:], counter, today=self._clock.today()
        )
        told = Arrived(
            municipality=notice.municipality,
            address=notice.address,
            moved_on=notice.moved_on,
            told_at=notice.told_at,
        )
        decision = departures.confirm(rows[-1], told, situation)
        if decision is None:
            return None
        return await write(
            tx, self._vault, counter, situation, decision, origin=BY_NETWORK, at=self._clock.now()
        )

    async def apply_due(self, tx: Tx, municipality: str, on: date) -> list[int]:
        """Remove everybody whose planned departure has come; one event for those together.

        Args:
            tx: the transaction.
            municipality: code of the town.
            on: the day; planned days up to it are due.

        Returns:
            Numbers of the new events; empty when nobody is due.

        Source: 住民基本台帳法 第24条; 住民記録システム標準仕様書 4.1.3.0.1.
        """
        if not await residents.due(tx, self._vault, municipality, on):
            return []
        numbers = []
        counter = await log.lock(tx, municipality)
        leaving = await residents.due(tx, self._vault, municipality, on)
        groups: dict[object, list[Resident]] = {}
        for row in leaving:
            groups.setdefault((row.household_id, row.departure), []).append(row)
        for together in map(tuple, groups.values()):
            situation = await situations.around(
                tx, self._vault, municipality, together, counter, today=on
            )
            decision = departures.depart(together, situation)
            numbers.append(
                await write(
                    tx,
                    self._vault,
                    counter,
                    situation,
                    decision,
                    origin=BY_CALENDAR,
                    at=self._clock.now(),
                )
            )
            counter = await log.peek(tx, municipality)
        return numbers

    async def due_towns(self, tx: Tx, on: date) -> list[str]:
        """Towns for which `apply_due` has work; the transaction is for all towns."""
        return await residents.due_towns(tx, on)

    async def departure_certificate(
        self, tx: Tx, municipality: str, juki_code: JukiCode
    ) -> DepartureCertificate:
        """The departure certificate (M07) of those who leave together with this person.

        Raises:
            UnknownResidentError: nobody with this code has reported a departure.

        Source: 住民基本台帳法 第24条の2第4項.
        """
        rows = await self._by_code(tx, municipality, juki_code)
        leaver = rows[-1] if rows else None
        if leaver is None or leaver.departure is None or leaver.departure.planned_on is None:
            raise UnknownResidentError(
                "この人の転出届がありません。転出証明書情報は転出届を受けた後に送れます。"
                "転出の届出を先に案内してください。"
            )
        for event in await log.of_resident(tx, municipality, leaver.id):
            if event.kind == EventKind.MOVE_OUT:
                changes = await log.changes(tx, self._vault, municipality, [event.number])
                before = [c.before for c in changes[event.number] if c.before]
                homes = {row.household_id for row in before}
                present = await residents.members(tx, self._vault, municipality, homes)
                return certificate(event, changes[event.number], present)
        raise _unknown()

    async def receive_certificate(
        self, tx: Tx, municipality: str, received: DepartureCertificate
    ) -> bool:
        """Keep a departure certificate from the network until its people report here.

        Returns:
            False when it had come before.

        Source: 住民基本台帳法 第24条の2第4項; 住民記録システム標準仕様書 4.1.1.3.
        """
        kept = await pool.add_certificate(
            tx,
            self._vault,
            municipality,
            origin=received.municipality,
            number=received.number,
            body=msgspec.json.encode(received),
            codes=[JukiCode.parse(person.juki_code) for person in received.people],
            at=self._clock.now(),
        )
        if kept:
            await audit.record(
                tx,
                by=SYSTEM,
                action="register.certificate.receive",
                subject=f"{received.municipality}-{received.number}",
                facts={"people": len(received.people)},
                at=self._clock.now(),
            )
        return kept

    async def received_certificate(
        self, tx: Tx, municipality: str, juki_code: JukiCode
    ) -> DepartureCertificate | None:
        """The newest departure certificate that names this code, for filling in a move-in."""
        body = await pool.certificate(tx, self._vault, municipality, juki_code)
        return None if body is None else msgspec.json.decode(body, type=DepartureCertificate)

    async def _by_code(self, tx: Tx, town: str, code: JukiCode) -> tuple[Resident, ...]:
        return await residents.by_code_index(tx, self._vault, town, [self._vault.code_index(code)])


def _unknown() -> UnknownResidentError:
    return UnknownResidentError(
        "この市区町村に該当する住民票がありません。ほかの市区町村の人か、識別子の誤りです。検索し直してください。"
    )


def _fact(event: Event, changes: list[Change]) -> Fact:
    kind = EventKind(event.kind)
    told = (events.person_change(change) for change in changes)
    return Fact(
        municipality=event.municipality,
        number=event.number,
        kind=kind,
        reason=event.reason,
        net_reason=event.net_reason,
        occurred_on=UncertainDate.parse(event.occurred_on),
        recorded_at=event.recorded_at,
        changes=tuple(change for change in told if change is not None),
        previous_municipality=event.previous_municipality,
        destination=event.destination,
        planned_on=event.planned_on,
        special=event.special,
        needs_number=tuple(
            change.after.id
            for change in changes
            if kind in _ENTERING and change.after.live and change.after.my_number is None
        ),
        departing=tuple(
            change.after.juki_code
            for change in changes
            if kind in _LEAVING and change.after.departure is not None
        ),
        cancels=event.cancels,
    )
