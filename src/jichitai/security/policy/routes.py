"""All that the workshop brings to a tier: routes, templates, what waits for the officer."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.security.desk.service import Todo
from jichitai.security.policy.api.deciding import DECIDING_ROUTES
from jichitai.security.policy.api.reading import READING_ROUTES
from jichitai.security.policy.api.writing import WRITING_ROUTES
from jichitai.security.policy.model.states import State
from jichitai.security.policy.pages.asking import ASKING_ROUTES
from jichitai.security.policy.pages.clause import CLAUSE_ROUTES
from jichitai.security.policy.pages.importing import IMPORT_ROUTES
from jichitai.security.policy.pages.public import PUBLIC_ROUTES
from jichitai.security.policy.pages.shelf import SHELF_ROUTES
from jichitai.security.policy.pages.text import TEXT_ROUTES
from jichitai.security.policy.service.opening import organs_owing
from jichitai.security.policy.service.reading import look_at, standing, working
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.store.policies import PolicyRow, VersionRow

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *READING_ROUTES,
    *WRITING_ROUTES,
    *DECIDING_ROUTES,
    *SHELF_ROUTES,
    *ASKING_ROUTES,
    *TEXT_ROUTES,
    *CLAUSE_ROUTES,
    *IMPORT_ROUTES,
    *PUBLIC_ROUTES,
)
"""For both tiers that have bodies: town and prefecture."""

_AREA: Final = "方針"
_NEXT: Final = {
    State.DRAFTING: "案を仕上げて委員会に出す",
    State.REVIEW: "委員会の結果を記録する",
    State.APPROVAL: "各機関の決裁を受ける",
    State.ADOPTED: "遅滞なく公表する",
}


async def todos(tx: Tx, body: Body, today: date) -> Sequence[Todo]:
    """What of the policies waits for the body's officer."""
    policies = await store.policies(tx, body.code)
    versions = await store.versions(tx, body.code)
    found: list[Todo] = []
    adopting = {organ for row in policies for organ in row.organs}
    missing = [one for one in await organs_owing(tx, body.code, today) if one not in adopting]
    if missing:
        found.append(
            Todo(
                label="方針を作り始める",
                href="/security/policies",
                area=_AREA,
                count=len(missing),
                unit="機関",
            )
        )
    for policy in policies:
        rows = [one for one in versions if one.policy_id == policy.policy_id]
        found += await _of_policy(tx, policy, rows, today)
    return found


async def _of_policy(
    tx: Tx, policy: PolicyRow, rows: Sequence[VersionRow], today: date
) -> list[Todo]:
    href = f"/security/policies/{policy.policy_id}"
    found = []
    now, public = working(rows), standing(rows)
    if now is not None:
        found.append(Todo(label=f"{policy.name}：{_NEXT[now.step]}", href=href, area=_AREA))
    if public is None:
        return found
    if public.checked_at is not None and public.reachable_at is None:
        label = f"{policy.name}：公開先のページを直す"
        found.append(Todo(label=label, href=href, area=_AREA, late=True))
    due = policy.next_review_on
    if now is None and due is not None and (due - today).days <= 60:
        label = f"{policy.name}：見直す"
        found.append(Todo(label=label, href=href, area=_AREA, due=due, late=due < today))
    if now is None:
        stale = len((await look_at(tx, policy, public, on=today)).seen.stale)
        if stale:
            label = f"{policy.name}：ガイドラインの改定で古くなった条を直す"
            found.append(Todo(label=label, href=href, area=_AREA, count=stale, unit="条"))
    return found
