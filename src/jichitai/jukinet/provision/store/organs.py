"""Registered bodies, their operators, what they asked today and what was refused."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from jichitai.infra.database import Tx
from jichitai.jukinet.provision.model import Organ, State


@dataclass(frozen=True, slots=True)
class Refusal:
    """A question that was refused: who asked and why, never the key."""

    at: datetime
    month: date
    organ_id: str
    affair_id: str
    operator_id: str
    key_kind: str
    type: str


@dataclass(frozen=True, slots=True)
class Operator:
    """操作者: who asks for a body. The name is shown to the network's operators only."""

    operator_id: str
    name: str
    state: State


async def save_organ(tx: Tx, organ: Organ, at: datetime) -> None:
    """Register a body, or change its registration."""
    await tx.execute(
        "insert into jukinet.organ (organ_id, name, affairs, daily_quota, state, registered_at)"
        " values (%s, %s, %s, %s, %s, %s)"
        " on conflict (organ_id) do update set name = excluded.name, affairs = excluded.affairs,"
        "    daily_quota = excluded.daily_quota, state = excluded.state",
        (organ.organ_id, organ.name, sorted(organ.affairs), organ.daily_quota, organ.state, at),
    )


async def save_operator(
    tx: Tx, organ_id: str, operator_id: str, name: str, state: State, at: datetime
) -> None:
    """Register an operator of a body, or change the registration."""
    await tx.execute(
        "insert into jukinet.operator (organ_id, operator_id, name, state, registered_at)"
        " values (%s, %s, %s, %s, %s)"
        " on conflict (organ_id, operator_id) do update"
        "    set name = excluded.name, state = excluded.state",
        (organ_id, operator_id, name, state, at),
    )


async def organ(tx: Tx, organ_id: str) -> Organ | None:
    """One registered body."""
    cursor = await tx.execute(
        "select organ_id, name, affairs, daily_quota, state from jukinet.organ where organ_id = %s",
        (organ_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return Organ(row[0], row[1], frozenset(row[2]), row[3], State(row[4]))


async def organs(tx: Tx) -> list[Organ]:
    """All registered bodies, by id."""
    cursor = await tx.execute(
        "select organ_id, name, affairs, daily_quota, state from jukinet.organ order by organ_id"
    )
    return [
        Organ(row[0], row[1], frozenset(row[2]), row[3], State(row[4]))
        for row in await cursor.fetchall()
    ]


async def operators(tx: Tx, organ_id: str) -> list[Operator]:
    """The operators of a body, by id."""
    cursor = await tx.execute(
        "select operator_id, name, state from jukinet.operator where organ_id = %s"
        " order by operator_id",
        (organ_id,),
    )
    return [Operator(row[0], row[1], State(row[2])) for row in await cursor.fetchall()]


async def operator_state(tx: Tx, organ_id: str, operator_id: str) -> State | None:
    """Whether an operator may ask; None when there is no such operator."""
    cursor = await tx.execute(
        "select state from jukinet.operator where organ_id = %s and operator_id = %s",
        (organ_id, operator_id),
    )
    row = await cursor.fetchone()
    return None if row is None else State(row[0])


async def asked_on(tx: Tx, organ_id: str, day: date) -> int:
    """How many questions of a body were answered on a day."""
    cursor = await tx.execute(
        "select asked from jukinet.organ_usage where organ_id = %s and day = %s", (organ_id, day)
    )
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def add_refusals(tx: Tx, refusals: Sequence[Refusal]) -> None:
    """Keep refused questions."""
    await tx.execute(
        "insert into jukinet.provision_refusal"
        " (refusal_id, month, at, organ_id, affair_id, operator_id, key_kind, type)"
        " select * from unnest(%s::uuid[], %s::date[], %s::timestamptz[], %s::text[], %s::text[],"
        "                      %s::text[], %s::text[], %s::text[])",
        (
            [uuid.uuid4() for _ in refusals],
            [one.month for one in refusals],
            [one.at for one in refusals],
            [one.organ_id for one in refusals],
            [one.affair_id for one in refusals],
            [one.operator_id for one in refusals],
            [one.key_kind for one in refusals],
            [one.type for one in refusals],
        ),
    )


async def ensure_month(tx: Tx, month: date) -> None:
    """Make the partition of a month; nothing when it is there."""
    await tx.execute("select jukinet.ensure_provision_month(%s)", (month,))


async def protect(
    tx: Tx, person_id: uuid.UUID, since: date, until: date | None, decided_by: str
) -> None:
    """Withhold a person's address, or change the period."""
    await tx.execute(
        "insert into jukinet.protected_person (person_id, since, until, decided_by)"
        " values (%s, %s, %s, %s) on conflict (person_id) do update"
        "    set since = excluded.since, until = excluded.until, decided_by = excluded.decided_by",
        (person_id, since, until, decided_by),
    )
