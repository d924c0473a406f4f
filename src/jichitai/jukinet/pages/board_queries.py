"""What the operations board reads: the state of every town's link, set by set and not by town."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.kernel.municipalities import Municipality, municipalities
from jichitai.web.components import Status
from jichitai.web.maps import Fill

LATE: Final = timedelta(minutes=5)
"""A notice that took longer from the town's record to here is late."""
NEWS: Final = timedelta(minutes=10)
"""So long a late notice marks its town; after that it has arrived, and nothing else is known."""


class Condition(StrEnum):
    """Condition of a town's link, from the worst to the best."""

    CUT = "cut"
    QUARANTINED = "quarantined"
    DIFFERENT = "different"
    LATE = "late"
    FINE = "fine"
    UNHEARD = "unheard"

    @property
    def status(self) -> Status:
        """The word, its colour and what it means."""
        return _STATUSES[self]

    @property
    def fill(self) -> Fill:
        """Colour on the map."""
        return _FILLS[self]


_STATUSES: Final = {
    Condition.CUT: Status("切断", "purple", "通知を受け取らず、ためています"),
    Condition.QUARANTINED: Status("隔離", "red", "処理できない通知を分けて置いています"),
    Condition.DIFFERENT: Status("不一致", "orange", "下位の記録と一致しない記録があります"),
    Condition.LATE: Status("遅れ", "yellow", "届くまでに5分より長くかかりました"),
    Condition.FINE: Status("正常", "green", "遅れも不一致もありません"),
    Condition.UNHEARD: Status("未接続", "grey", "まだ通知も初期データも届いていません"),
}
_FILLS: Final[dict[Condition, Fill]] = {
    Condition.CUT: "cut",
    Condition.QUARANTINED: "bad",
    Condition.DIFFERENT: "bad",
    Condition.LATE: "warn",
    Condition.FINE: "ok",
    Condition.UNHEARD: "none",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TownState:
    """What is known of one town's link."""

    town: Municipality
    heard_at: datetime | None = None
    lag: timedelta | None = None
    late: bool = False
    messages: int = 0
    loaded_at: datetime | None = None
    waiting: int = 0
    quarantined: int = 0
    compared_at: datetime | None = None
    equal_at: datetime | None = None
    digest: str = ""
    cases: int = 0
    owner: str = ""
    cut_since: datetime | None = None
    requested: str = ""

    @property
    def code(self) -> str:
        """Code of the town."""
        return str(self.town.code)

    @property
    def condition(self) -> Condition:
        """The worst of what is known."""
        if self.cut_since is not None:
            return Condition.CUT
        if self.quarantined:
            return Condition.QUARANTINED
        if self.cases or self.digest == "differs":
            return Condition.DIFFERENT
        if self.late:
            return Condition.LATE
        if self.heard_at is None and self.loaded_at is None:
            return Condition.UNHEARD
        return Condition.FINE

    @property
    def digest_word(self) -> str:
        """The last comparison in a word."""
        return {"equal": "一致", "differs": "不一致", "comparing": "照合中"}.get(self.digest, "—")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    """A refused message, without its content."""

    receiver: str
    quarantine_id: UUID
    received_at: datetime
    sender: str
    origin: str
    number: int | None
    message_id: str
    kind: str
    reason_type: str
    reason: str
    size: int
    state: str
    owner: str | None


_QUARANTINE = """
select receiver, quarantine_id, received_at, sender, origin, number, message_id, kind,
       reason_type, reason, octet_length(content) as size, state, owner
  from infra.quarantine
 where receiver = 'nation' and state = 'open'
   and (%(origin)s::text is null or origin = %(origin)s)
   and (%(id)s::uuid is null or quarantine_id = %(id)s)
 order by received_at desc
 limit 200
"""

_TOWNS = """
with heard as (
    select municipality, received_at, received_at - recorded_at as lag, messages,
           received_at - recorded_at > %(late)s and received_at > %(now)s - %(news)s as late
      from jukinet.town_intake
), loaded as (
    select municipality, loaded_at from jukinet.initial_load
), waiting as (
    select substring(receiver from 6) as municipality, count(*) as waiting
      from infra.outbox where receiver like 'town-%%' group by receiver
), quarantined as (
    select substring(origin from 6) as municipality, count(*) as quarantined
      from infra.quarantine
     where receiver = 'nation' and state = 'open' and origin like 'town-%%' group by origin
), cases as (
    select municipality, count(*) as cases, min(owner) as owner
      from jukinet.digest_case where state = 'open' group by municipality
), cut as (
    select substring(party from 6) as municipality, since
      from infra.link where state = 'cut' and party like 'town-%%'
), asked as (
    select municipality, action from jukinet.link_request where state = 'waiting'
)
select municipality, heard.received_at, heard.lag, coalesce(heard.late, false),
       coalesce(heard.messages, 0), loaded.loaded_at,
       coalesce(waiting.waiting, 0), coalesce(quarantined.quarantined, 0), digest.compared_at,
       digest.equal_at, coalesce(digest.state, ''), coalesce(cases.cases, 0),
       coalesce(cases.owner, ''), cut.since, coalesce(asked.action, '')
  from heard
  full join loaded using (municipality)
  full join waiting using (municipality)
  full join quarantined using (municipality)
  full join jukinet.digest_state as digest using (municipality)
  full join cases using (municipality)
  full join cut using (municipality)
  full join asked using (municipality)
"""


async def towns(tx: Tx, now: datetime) -> list[TownState]:
    """The state of all 1,741 towns, in the order of their codes."""
    cursor = await tx.execute(_TOWNS, {"late": LATE, "news": NEWS, "now": now})
    rows = {row[0]: row[1:] for row in await cursor.fetchall()}
    names = [
        "heard_at",
        "lag",
        "late",
        "messages",
        "loaded_at",
        "waiting",
        "quarantined",
        "compared_at",
        "equal_at",
        "digest",
        "cases",
        "owner",
        "cut_since",
        "requested",
    ]
    return [
        TownState(town=town, **dict(zip(names, rows.get(str(town.code), ()), strict=False)))
        for town in municipalities()
    ]


async def quarantine(
    tx: Tx, *, origin: str | None = None, quarantine_id: UUID | None = None
) -> list[QuarantineRow]:
    """Open entries of the quarantine, newest first, at most 200."""
    async with tx.cursor(row_factory=class_row(QuarantineRow)) as cursor:
        await cursor.execute(_QUARANTINE, {"origin": origin, "id": quarantine_id})
        return await cursor.fetchall()


async def content(tx: Tx, quarantine_id: UUID) -> tuple[bytes, int]:
    """The sealed content of an entry, and its place in a frame that was passed on."""
    cursor = await tx.execute(
        "select content, part from infra.quarantine"
        " where receiver = 'nation' and quarantine_id = %s",
        (quarantine_id,),
    )
    row = await cursor.fetchone()
    return (b"", 0) if row is None else (row[0], row[1])


async def last_heard(tx: Tx) -> datetime | None:
    """When the last frame of anybody arrived here."""
    cursor = await tx.execute("select max(received_at) from infra.inbox_mark")
    row = await cursor.fetchone()
    return row[0] if row else None
