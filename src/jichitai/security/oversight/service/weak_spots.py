"""五つの弱い所: what the checks of all bodies say of the spots that are known to be weak."""

from collections.abc import Sequence
from dataclasses import dataclass

from jichitai.security.messages import S05
from jichitai.security.obligations.model import measures
from jichitai.security.tables import rows

_POLICY = {"policy": "方針"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakSpot:
    """One weak spot over the newest check of each body.

    Attributes:
        key: its key in the reports.
        title: its name.
        reported: bodies whose check covers it.
        done: bodies where every item of it is met or does not apply.
        unmet: items that are unmet or met in part, of all bodies together.
    """

    key: str
    title: str
    reported: int
    done: int
    unmet: int

    @property
    def open(self) -> int:
        """Bodies where something is left to do."""
        return self.reported - self.done


def titles() -> dict[str, str]:
    """The names of what a report counts: the eight measures, the policy, the weak spots."""
    law = {f"law-{one.number}": f"第{one.number}号 {one.name}" for one in measures()}
    return {**law, **_POLICY, **{row["key"]: row["title"] for row in rows("weak_spots")}}


def weak_spots(checks: Sequence[S05]) -> list[WeakSpot]:
    """The five weak spots, in the order of their table, over the newest check of each body."""
    newest: dict[str, S05] = {}
    for one in sorted(checks, key=lambda check: (check.finished_on, check.reported_at)):
        newest[one.body] = one
    found = []
    for key, title in {row["key"]: row["title"] for row in rows("weak_spots")}.items():
        counts = [part for one in newest.values() for part in one.measures if part.key == key]
        done = sum(part.partly + part.unmet + part.unanswered == 0 for part in counts)
        unmet = sum(part.partly + part.unmet for part in counts)
        spot = WeakSpot(key=key, title=title, reported=len(counts), done=done, unmet=unmet)
        found.append(spot)
    return found
