"""Rules as rows of a dated table, and what a check says of them."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal
from uuid import UUID

from jichitai.security.tables import rows_on

Severity = Literal["violation", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """規則: one condition on a network, as a row of the table.

    Attributes:
        code: e.g. N01.
        title: what it asks for.
        severity: a violation, or something to be made sure of.
        item_id: the item of the guideline behind it.
        remedy: what to do.
        source: where it is from.
        confidence: `read`, `recalled` or `ours`.
    """

    code: str
    title: str
    severity: Severity
    item_id: str
    remedy: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """指摘: what does not fit, where, and what to do.

    Attributes:
        rule: the rule.
        what: what was found, naming the places.
        link: number of the link, as the diagram shows it; 0 when it is no link.
        link_id, system_id, segment_id: where it was found.
    """

    rule: Rule
    what: str
    link: int = 0
    link_id: UUID | None = None
    system_id: UUID | None = None
    segment_id: UUID | None = None

    @property
    def violation(self) -> bool:
        """Whether it is more than something to be made sure of."""
        return self.rule.severity == "violation"


@cache
def rules_on(on: date) -> dict[str, Rule]:
    """The rules that hold on a day, by code.

    >>> "N09" in rules_on(date(2024, 4, 1)), "N09" in rules_on(date(2026, 4, 1))
    (False, True)

    Source: ガイドライン 対策基準 3 と改定の経緯.
    """
    return {
        row["rule"]: Rule(
            code=row["rule"],
            title=row["title"],
            severity="violation" if row["severity"] == "violation" else "warning",
            item_id=row["item"],
            remedy=row["remedy"],
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in rows_on("network_rules", on)
    }
