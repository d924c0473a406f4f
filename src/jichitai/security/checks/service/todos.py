"""What checks have waiting for a body on a day."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.security.checks.store import registers, rounds
from jichitai.security.desk.service import Todo

SOON: Final = timedelta(days=30)
_AREA: Final = "点検と監査"


async def todos(tx: Tx, body: Body, on: date) -> Sequence[Todo]:
    """Open rounds, late and coming corrections, applications, exceptions and risks that run out."""
    progress = await rounds.progress(tx, body.code)
    found = [
        Todo(
            label=f"{row.title}に回答する",
            href=f"/security/checks/{row.round_id}",
            area=_AREA,
            due=row.due_on,
            count=progress[row.round_id][0] - progress[row.round_id][1],
            late=row.due_on is not None and row.due_on < on,
        )
        for row in await rounds.rounds(tx, body.code)
        if row.open and row.round_id in progress
    ]
    return [*found, *await _corrections(tx, body.code, on), *await _rest(tx, body.code, on)]


async def _corrections(tx: Tx, body: str, on: date) -> list[Todo]:
    corrections = await registers.corrections(tx, body, states=("open", "doing", "done"))
    late = [one for one in corrections if one.late(on)]
    soon = [one for one in corrections if one.step.unfinished and on <= one.due_on <= on + SOON]
    done = [one for one in corrections if not one.step.unfinished]
    place = "/security/checks/corrections?only="
    groups = (
        ("期限を過ぎた是正を進める", f"{place}late", late, True),
        ("期限の近い是正を進める", f"{place}open", soon, False),
        ("是正が済んだことを確かめる", f"{place}done", done, False),
    )
    return [
        Todo(
            label=label,
            href=href,
            area=_AREA,
            due=min(one.due_on for one in group) if group is not done else None,
            count=len(group),
            late=is_late,
        )
        for label, href, group, is_late in groups
        if group
    ]


async def _rest(tx: Tx, body: str, on: date) -> list[Todo]:
    exceptions = await registers.exceptions(tx, body)
    risks = [one for one in await registers.risks(tx, body) if one.state != "closed"]
    applied = [one for one in exceptions if one.state == "applied"]
    ending = [one for one in exceptions if one.in_force(on) and one.until <= on + SOON]
    review = [one for one in risks if one.review_on <= on]
    found: list[Todo] = []
    if applied:
        found.append(
            Todo(
                label="例外措置の申請を決める",
                href="/security/checks/exceptions",
                area=_AREA,
                count=len(applied),
            )
        )
    if ending:
        found.append(
            Todo(
                label="終わりの近い例外措置を見直す",
                href="/security/checks/exceptions",
                area=_AREA,
                due=min(one.until for one in ending),
                count=len(ending),
            )
        )
    if review:
        found.append(
            Todo(
                label="リスクを評価し直す",
                href="/security/checks/risks",
                area=_AREA,
                due=min(one.review_on for one in review),
                count=len(review),
                late=any(one.review_on < on for one in review),
            )
        )
    return found
