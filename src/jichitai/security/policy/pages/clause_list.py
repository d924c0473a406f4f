"""The list of clauses with their marks, and what the pages of the text share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from litestar import Request

from jichitai.security.access import INSIDE, OFFICER, own_body
from jichitai.security.policy.model import drafting, interview
from jichitai.security.policy.model.states import State
from jichitai.security.policy.model.text import Clause, Part, label
from jichitai.security.policy.pages.shelf import BASE
from jichitai.security.policy.service import opening
from jichitai.security.policy.service.reading import Look
from jichitai.web.components import Colour, NavItem, Status
from jichitai.web.inject import LawClock
from jichitai.web.rights import Principal, Role

AnyRequest = Request[Any, Any, Any]
READ: Final[dict[str, Any]] = {"roles": INSIDE}
WRITE: Final[dict[str, Any]] = {"roles": OFFICER}
VERSION: Final = f"{BASE}/{{policy_id:uuid}}/versions/{{version:int}}"
_MARKS: Final[Mapping[str, tuple[str, Colour, str]]] = {
    "stale": ("古い", "orange", "ガイドラインの改定の後、だれも確かめていません"),
    "empty": ("空", "red", "本文がありません"),
    "rival": ("二つの文", "yellow", "二人が書きました。一つに合わせます"),
    "good": ("よい", "green", ""),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A clause in the list."""

    clause: Clause
    label: str
    mark: str
    href: str

    @property
    def status(self) -> Status:
        """Its mark as a chip."""
        word, colour, meaning = _MARKS[self.mark]
        return Status(word, colour, meaning)


def lines_of(seen: Look, base: str) -> list[Line]:
    """All clauses in order with their numbers and marks."""
    stale = {clause.id for clause in seen.seen.stale}
    rivals = {rival.clause_id for rival in seen.rivals}
    found = []
    for part in Part:
        for number, clause in enumerate(seen.part(part), start=1):
            mark = "good"
            if clause.id in rivals:
                mark = "rival"
            elif clause.empty:
                mark = "empty"
            elif clause.id in stale:
                mark = "stale"
            name = label(seen.version.shape, number, clause.title)
            found.append(Line(clause, name, mark, f"{base}/clauses/{clause.id}"))
    return found


def base_of(policy_id: UUID, version: int) -> str:
    """Where the pages of a version stand."""
    return f"{BASE}/{policy_id}/versions/{version}"


def tabs_of(seen: Look, base: str, view: str) -> list[NavItem]:
    """Views of the text, each with its count."""
    counts = {
        "all": ("条文 一覧", len(seen.clauses), "件"),
        "stale": ("古い", len(seen.seen.stale), "件"),
        "empty": ("空", len(seen.seen.empty), "件"),
        "rivals": ("二つの文", len({one.clause_id for one in seen.rivals}), "件"),
        "gaps": ("足りない項目", len(seen.seen.gaps), "件"),
        "declined": ("適用しない項目", len(seen.seen.declined), "件"),
    }
    return [
        NavItem(word, f"{base}/text?show={name}", current=name == view, count=count, unit=unit)
        for name, (word, count, unit) in counts.items()
    ]


def may_write(principal: Principal, seen: Look) -> bool:
    """Whether the text can be changed, and by this person."""
    return Role.SECURITY_OFFICER in principal.roles and seen.version.step is State.DRAFTING


def whole(text: str) -> int:
    """A number that a form carries; 0 for anything else."""
    return int(text) if text.isdecimal() and len(text) < 8 else 0


def uuid_of(text: str) -> UUID:
    """An id that a form carries; one that nothing has for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


async def inserted(tx: Any, code: str, seen: Look, item: str, clock: LawClock) -> str:
    """Our text for an item, filled in with the answers; empty for an unknown one."""
    if not item or item not in seen.current:
        return ""
    answers = interview.filled(
        await opening.questions_for(tx, code, clock.today()), seen.policy.answers
    )
    return drafting.proposal(seen.current.item(item).id, await own_body(tx, code), answers)
