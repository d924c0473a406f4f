"""Where every body stood at the end of each day, told by what changes from day to day."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from jichitai.correspondence.service.place import MINISTRY_KEY
from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import JST
from jichitai.security.messages import S01
from jichitai.security.oversight.model.standing import Standing, standing
from jichitai.security.oversight.service.place import Overseer
from jichitai.security.tables import rows

_READ: Final = """
select body, policy_id, revision, content::text, received_at
  from security.oversight_policy
 where prefecture = %(overseer)s
   and received_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
 order by received_at, body, policy_id, revision
"""

_REGISTERED: Final = "select municipality, registered_at from security.joint_body"


async def standings_by_day(
    tx: Tx, first: date, last: date, *, silent: bool
) -> AsyncIterator[tuple[date, list[Standing]]]:
    """Days from the first to the last, each with the bodies whose standing may have changed.

    A body's standing on a day is what `overview.standings` says of that day. Days before the first
    report ever came are left out.

    Args:
        tx: of the ministry.
        first: day in Japan.
        last: day in Japan, included.
        silent: whether bodies that never reported are told as well.
    """
    reports = await _reports(tx, last)
    if not reports:
        return
    joined = await _registered(tx)
    bodies = {one.code: one for one in await Overseer(MINISTRY_KEY).bodies(tx)}
    began = min(reports)
    known: dict[str, dict[object, S01]] = {}
    for number in range((max(first, began) - began).days):
        _take(known, reports.get(began + timedelta(days=number), ()))
    day = max(first, began)
    while day <= last:
        moved = {code for code in _take(known, reports.get(day, ())) if code in bodies}
        if day == max(first, began) or day in _turns():
            moved |= {code for code in bodies if silent or code in known}
        moved |= {code for code, on in joined.items() if on == day and (silent or code in known)}
        moved = {code for code in moved if joined.get(code, day) <= day}
        yield day, [_standing(bodies[code], known, day) for code in sorted(moved)]
        day += timedelta(days=1)


def _standing(body: Body, known: Mapping[str, Mapping[object, S01]], day: date) -> Standing:
    return standing(body, tuple(known.get(body.code, {}).values()), on=day)


def _take(known: dict[str, dict[object, S01]], came: Sequence[S01]) -> set[str]:
    """Let reports take the place of earlier revisions; the bodies that they are of."""
    for one in came:
        held = known.setdefault(one.body, {})
        before = held.get(one.policy_id)
        if before is None or before.revision <= one.revision:
            held[one.policy_id] = one
    return {one.body for one in came}


async def _reports(tx: Tx, last: date) -> dict[date, list[S01]]:
    cursor = await tx.execute(_READ, {"overseer": MINISTRY_KEY, "last": last})
    decoder = msgspec.json.Decoder(S01)
    found: dict[date, list[S01]] = {}
    for _, _, _, content, received_at in await cursor.fetchall():
        found.setdefault(_day(received_at), []).append(decoder.decode(content))
    return found


async def _registered(tx: Tx) -> dict[str, date]:
    cursor = await tx.execute(_REGISTERED)
    return {code: _day(at) for code, at in await cursor.fetchall()}


def _day(at: datetime) -> date:
    return at.astimezone(JST).date()


def _turns() -> frozenset[date]:
    """Days on which what organs owe may change: of the law, and of the table of organs."""
    dated = (*rows("organs"), *rows("law"))
    begins = {date.fromisoformat(row["valid_from"]) for row in dated}
    ends = {
        date.fromisoformat(row["valid_to"]) + timedelta(days=1) for row in dated if row["valid_to"]
    }
    return frozenset(begins | ends)
