"""接続先: whom a network may be joined with, as a dated table."""

from dataclasses import dataclass
from datetime import date

from jichitai.security.tables import rows_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A network or system outside the body.

    Attributes:
        code: our name for it.
        name: its name.
        areas: areas that may be joined with it.
        faces_internet: whether it can be reached from the Internet.
        source: where the row is from.
        confidence: how sure it is.
    """

    code: str
    name: str
    areas: frozenset[str]
    faces_internet: bool
    source: str
    confidence: str


def partners_on(on: date) -> dict[str, Partner]:
    """The partners known on a day, by code.

    >>> "juki-net" in partners_on(date(2026, 11, 20))
    True

    Source: ガイドライン 対策基準 3(1)① (特定通信).
    """
    return {
        row["code"]: Partner(
            code=row["code"],
            name=row["name"],
            areas=frozenset(row["areas"].split(";")),
            faces_internet=row["faces_internet"] == "yes",
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in rows_on("network_partners", on)
    }
