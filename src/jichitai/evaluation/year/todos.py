"""いますること: what waits for an officer of the evaluation, late first."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from jichitai.evaluation.access import WRITERS
from jichitai.evaluation.year import service, store
from jichitai.evaluation.year.model import Kind, Request, Task
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.kernel.dates import fiscal_year
from jichitai.web.rights import Principal

SOON: Final = timedelta(days=30)
"""How long before its last day a task of the officer's own is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """Something that waits, with its last day."""

    label: str
    href: str
    due: date | None
    late: bool
    note: str = ""


async def todos(tx: Tx, principal: Principal, clock: Clock) -> list[Todo]:
    """What waits today; nothing for those who only read."""
    if not WRITERS & principal.roles:
        return []
    today, now = clock.today(), clock.now()
    year = fiscal_year(today)
    found = [
        Todo(
            label=one.usual.title,
            href=one.usual.place,
            due=one.ends_on,
            late=today > one.ends_on,
            note=one.usual.work.word,
        )
        for one in await service.planned(tx, year, now)
        if one.starts_on <= today and one.word(today) in ("いま", "時期を過ぎた")
    ]
    for kept in await store.newest(tx, now, kinds=[Kind.TASK, Kind.REQUEST]):
        match kept.content:
            case Task(calendar_key="", done_on=None, dropped=False, due_on=due) as task if (
                due is not None and due <= today + SOON
            ):
                href = f"/evaluation/year/tasks/{kept.record_id}"
                found.append(Todo(label=task.title, href=href, due=due, late=due < today))
            case Request(answered_on=None, due_on=due) as asked if due < today:
                href = f"/evaluation/year/requests/{kept.record_id}"
                label = f"回答がまだの依頼に督促する：{asked.title}"
                found.append(Todo(label=label, href=href, due=due, late=True, note=asked.office))
            case _:
                pass
    return sorted(found, key=lambda one: (not one.late, one.due or date.max, one.label))
