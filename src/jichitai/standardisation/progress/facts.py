"""What systems can be grouped by, and the groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class Fact(StrEnum):
    """What systems can be grouped by."""

    VENDOR = "vendor"
    CLOUD = "cloud"
    DEADLINE = "deadline_class"
    REASON = "reason_class"
    TARGET_YEAR = "target_year"

    @property
    def japanese(self) -> str:
        """The heading on pages."""
        return _FACTS[self]


_FACTS: Final[Mapping[Fact, str]] = {
    Fact.VENDOR: "事業者",
    Fact.CLOUD: "ガバメントクラウド",
    Fact.DEADLINE: "期限の区分",
    Fact.REASON: "特定移行支援の理由",
    Fact.TARGET_YEAR: "移行の目標年度",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Systems that share one value; an empty `value` means that nobody told it.

    Attributes:
        value: as it is kept.
        text: as people read it.
        systems: systems in scope.
        complete: of them, those with all forty steps behind them.
        late: of them, those that miss the deadline.
        bodies: bodies that have one of them.
    """

    value: str
    text: str
    systems: int
    complete: int
    late: int
    bodies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """理由の区分 of late systems, 1 to 4; `systems` as published, if it was."""

    number: int
    name: str
    meaning: str
    systems: int | None
    as_of: date | None
    source: str
    confidence: str
