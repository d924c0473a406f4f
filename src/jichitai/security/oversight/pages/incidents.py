"""事案: what bodies reported, with the reports that they still owe."""

from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Final

from litestar.response import Template

from jichitai.security.incidents.model import Area, Kind, Severity, State
from jichitai.security.messages import S02
from jichitai.security.oversight.pages.shared import AnyRequest, crumbs, urls_of
from jichitai.security.oversight.service import overview
from jichitai.security.oversight.service.place import overseer_of
from jichitai.web.components import Column, Crumb, NavItem
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

WORDS: Final = SimpleNamespace(
    kind={str(one): one.japanese for one in Kind},
    area={str(one): one.japanese for one in Area},
    severity={str(one): one.japanese for one in Severity},
    state={str(one): one.japanese for one in State},
)
"""The words of an incident's codes; a code of a newer version stands for itself."""
_COLUMNS: Final = (
    Column("name", "団体・番号", head=True),
    Column("kind", "種類・場所", wide=True),
    Column("state", "重大度・状態"),
    Column("known", "知った時"),
    Column("due", "次の報告の期限"),
    Column("summary", "概要", wide=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """A line of the list."""

    incident: S02
    name: str
    next_due: datetime | None
    recipient: str
    late: bool


async def listed(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """Incidents, newest first; exercises on a tab of their own."""
    by, drills = overseer_of(principal), "drills" in request.query_params
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.incidents(tx, by, on=clock.today(), drills=drills)
        names = {one.code: one.full_name for one in await by.bodies(tx)}
    urls, now = urls_of(by), clock.now()
    path = f"{urls.bodies}/incidents"
    context = {
        "urls": urls,
        "drills": drills,
        "words": WORDS,
        "columns": _COLUMNS,
        "rows": [_row(one, names, now) for one in found[:200]],
        "tabs": [
            NavItem("事案", path, not drills),
            NavItem("訓練", f"{path}?drills=1", drills),
        ],
        "crumbs": crumbs(by, Crumb("事案")),
    }
    return page(request, "security_oversight/incidents.html", context)


def _row(one: S02, names: dict[str, str], now: datetime) -> IncidentRow:
    owed = [
        (line.due_at, line.recipient)
        for line in one.deadlines
        if line.sent_at is None and line.due_at is not None
    ]
    due, recipient = min(owed, default=(None, ""))
    return IncidentRow(
        incident=one,
        name=names.get(one.body, one.body),
        next_due=due,
        recipient=recipient,
        late=due is not None and due < now,
    )
