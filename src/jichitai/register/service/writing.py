"""Writing a decision: numbers, log, rows, households and stock in one transaction."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.register.model.findings import Level
from jichitai.register.model.situation import Decision, Situation
from jichitai.register.store import log, pool, residents
from jichitai.register.store.log import Counter, Event
from jichitai.register.store.rows import Vault

LOW_STOCK = 100
"""Fewer unused codes than this are reported to the operators (4.3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an event comes from.

    Attributes:
        entered_by: account that entered it, or `system`.
        approved_by: account that approved it, or `system`.
        entry_id: the entry, when there was one.
    """

    entered_by: str
    approved_by: str
    entry_id: UUID | None = None


BY_NETWORK = Origin(entered_by="network", approved_by="network")
BY_CALENDAR = Origin(entered_by="calendar", approved_by="calendar")


async def write(
    tx: Tx,
    vault: Vault,
    counter: Counter,
    situation: Situation,
    decision: Decision,
    *,
    origin: Origin,
    at: datetime,
) -> int:
    """Append one event and save every row that it changes.

    Args:
        tx: holds the town's lock (`log.lock`).
        vault: seals the numbers.
        counter: as `log.lock` gave it.
        situation: what the decision was made on.
        decision: not blocked.
        origin: who entered and approved.
        at: the instant of 本登録.

    Returns:
        The event's number.
    """
    assert not decision.blocked  # noqa: S101 - callers refuse before
    assert decision.occurred_on is not None  # noqa: S101 - follows from not blocked
    town = situation.municipality.value
    number = counter.event_number + 1
    rows = [change.after for change in decision.changes]
    new = [change.after for change in decision.changes if change.before is None]
    known = set(situation.households)
    await log.append(
        tx,
        Event(
            municipality=town,
            number=number,
            event_id=uuid.uuid4(),
            kind=decision.kind.value,
            reason=decision.reason.value,
            net_reason=decision.reason.net,
            basis=decision.basis.value,
            delta=decision.resident_count_delta,
            occurred_on=decision.occurred_on.code,
            reported_on=decision.reported_on,
            recorded_at=at,
            entry_id=origin.entry_id,
            entered_by=origin.entered_by,
            approved_by=origin.approved_by,
            alerts=sorted({f.code for f in decision.findings if f.level is Level.ALERT}),
            previous_municipality=decision.previous_municipality,
            destination=decision.destination,
            destination_address=decision.destination_address,
            planned_on=decision.planned_on,
            special=decision.special,
            cancels=decision.cancels,
            persons=len(rows),
        ),
    )
    await residents.save(tx, vault, number, rows, decision.households)
    if situation.supply.codes:
        used = {row.juki_code for row in rows}
        codes = [code for code in situation.supply.codes if code in used]
        await pool.take(tx, vault, town, codes, number)
    opened = [home for home in decision.households if home.id not in known]
    await log.advance(
        tx,
        town,
        replace(
            counter,
            event_number=number,
            addressee_serial=max(
                [counter.addressee_serial, *(row.addressee_number.serial for row in new)]
            ),
            household_serial=max(
                [counter.household_serial, *(home.number.serial for home in opened)]
            ),
        ),
    )
    return number
