"""What of the requests waits on the officer's first page."""

from collections.abc import Sequence
from datetime import date

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.security.desk.service import Todo
from jichitai.security.oversight.store import notices

_AREA = "依頼と督促"


async def todos(tx: Tx, body: Body, on: date) -> Sequence[Todo]:
    """Surveys that are not answered, and reminders that nobody has opened."""
    found = []
    for one in await notices.notices(tx, body.code):
        href = f"/security/notices/{one.notice_id}"
        if one.sort == "survey" and not one.answered:
            late = one.due_on is not None and one.due_on < on
            label = f"調査に回答する：{one.subject}"
            found.append(Todo(label=label, href=href, area=_AREA, due=one.due_on, late=late))
        elif one.sort != "survey" and one.read_at is None:
            label = f"督促を確かめる：{one.subject}"
            found.append(Todo(label=label, href=href, area=_AREA, due=one.due_on))
    return found
