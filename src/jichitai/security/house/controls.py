"""Which items of the guideline this software helps to meet, each with the test that shows it.

Helping is not meeting: a body meets an item by its own rules, people and machines.

Source: data/security_own_controls.csv; 地方公共団体における情報セキュリティポリシーに関するガイドライン.
"""

from dataclasses import dataclass

from jichitai.security.tables import rows


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnControl:
    """One item, how the software helps, and the test (a file, or a test in it) that shows it."""

    item: str
    helps: str
    test: str


def own_controls() -> tuple[OwnControl, ...]:
    """All of them, in the order of the table."""
    return tuple(
        OwnControl(item=row["item"], helps=row["helps"], test=row["test"])
        for row in rows("own_controls")
    )
