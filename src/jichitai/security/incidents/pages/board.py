"""The board of incidents: late reports first, alerts that wait, notices that nobody has read."""

from typing import Any, Final

from litestar import Request, get
from litestar.response import Template

from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.incidents import desk_store, reading
from jichitai.security.incidents.due import Clock, Standing, remaining
from jichitai.security.incidents.model import State
from jichitai.security.incidents.pages import words
from jichitai.security.incidents.reading import Line
from jichitai.security.incidents.store import Wanted
from jichitai.web.components import Column, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

AnyRequest = Request[Any, Any, Any]
_OPT: Final = {"roles": INSIDE}
_MOST: Final = 200
_COLUMNS: Final = (
    Column("number", "番号", head=True),
    Column("kind", "事案", wide=True),
    Column("known_at", "知った時"),
    Column("state", "状態"),
    Column("severity", "重さ"),
    Column("next", "次の報告の期限", wide=True),
)
_ALERT_COLUMNS: Final = (
    Column("rule_title", "検知", head=True, wide=True),
    Column("severity", "重さ"),
    Column("last_seen", "最後に見た時"),
    Column("events", "件数", align="end"),
)


@get("/security/incidents", opt=_OPT, include_in_schema=False)
async def board(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """Open incidents; the ended ones stand below."""
    code, now = body_code(principal), clock.now()
    async with db.transaction(town=code, read_only=True) as tx:
        opened = await reading.board(tx, code, Wanted(over=False), limit=_MOST)
        ended = await reading.board(tx, code, Wanted(over=True), limit=20)
        alerts = await desk_store.alerts(tx, code, state="new")
        notices = await desk_store.unread(tx, code)
        members = await desk_store.members(tx, code)
    lines = reading.by_urgency(opened, now)
    real = [line for line in lines if not line.incident.drill]

    def shown(line: Line) -> dict[str, Any]:
        first = line.next(now)
        return {
            "incident": line.incident,
            "next": first,
            "left": remaining(first, now) if first else "",
            "standing": first.standing(now) if first else None,
            "late": line.late(now),
        }

    context = {
        "lines": [shown(line) for line in lines],
        "ended": [shown(line) for line in ended],
        "late": _late(real, now),
        "alerts": alerts,
        "notices": notices,
        "members": members,
        "tiles": _tiles(real, len(alerts), now),
        "columns": _COLUMNS,
        "alert_columns": _ALERT_COLUMNS,
        "officer": bool(principal.roles & OFFICER),
        "words": words,
        "now": now,
    }
    return page(request, "security_incidents/board.html", context)


def _late(lines: list[Line], now: Any) -> list[tuple[Line, Clock, str]]:
    return [
        (line, clock, remaining(clock, now))
        for line in lines
        for clock in line.clocks
        if clock.standing(now) is Standing.LATE
    ]


def _tiles(lines: list[Line], alerts: int, now: Any) -> list[Tile]:
    received = sum(line.incident.state is State.RECEIVED for line in lines)
    standings = [clock.standing(now) for line in lines for clock in line.clocks]
    return [
        Tile("期限を過ぎた報告", standings.count(Standing.LATE), "件"),
        Tile("期限が近い報告", standings.count(Standing.SOON), "件"),
        Tile(
            "終わっていない事案",
            len(lines),
            "件",
            f"うち受付のまま {received}件" if received else "",
        ),
        Tile("確かめていない検知", alerts, "件"),
    ]
