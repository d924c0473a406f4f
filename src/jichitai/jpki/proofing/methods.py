"""Methods of proofing: a dated table, because laws renumber their letters.

A record names the method with the version of the law that was in force on its day.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Final

from jichitai.jpki.proofing.errors import UnknownMethodError

CHIP: Final = "card-chip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method in one version of its law.

    Attributes:
        id: of the method; rows with one id follow each other in time.
        law, article, letter: where it stands; the letter may be empty.
        valid_from: first day of this version.
        valid_to: last day; None for no end.
        version: of the law, for people.
        in_person: whether the person stands before the officer.
        medium: what is read: card-chip, jpki-signing, phone-mdoc, certificate or image.
        face: whether the face is compared.
        name: what is done.
        keep_years: how long records are kept; None where this table knows no rule.
        certainty: law, practice or secondary.
        basis: on what the row stands.
    """

    id: str
    law: str
    article: str
    letter: str
    valid_from: date
    valid_to: date | None
    version: str
    in_person: bool
    medium: str
    face: bool
    name: str
    keep_years: int | None
    certainty: str
    basis: str

    @property
    def place(self) -> str:
        """Law, article and letter in one.

        >>> method("crime-jpki", date(2026, 11, 20)).place
        '犯収法施行規則 第6条第1項第1号カ'
        """
        return f"{self.law} {self.article}{self.letter}"

    def holds_on(self, day: date) -> bool:
        """Whether this version is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def keep_until(self, day: date) -> date | None:
        """The last day on which a record of that day must be kept."""
        if self.keep_years is None:
            return None
        year = day.year + self.keep_years
        return day.replace(year=year, day=28) if _is_leap_day(day) else day.replace(year=year)


@cache
def rows() -> tuple[Method, ...]:
    """All rows of the table, in its order.

    Source: `proofing_methods.csv`; each row names its own.
    """
    text = (files("jichitai.data") / "proofing_methods.csv").read_text("utf-8")
    return tuple(_row(row) for row in csv.DictReader(StringIO(text)))


def methods_on(day: date, *, in_person: bool) -> list[Method]:
    """The methods in force on a day, met in person or not.

    Source: `proofing_methods.csv`.
    """
    return [row for row in rows() if row.in_person is in_person and row.holds_on(day)]


def method(name: str, on: date) -> Method:
    """A method as the law has it on a day.

    >>> method("crime-phone", date(2027, 4, 1)).letter
    'ト'

    Raises:
        UnknownMethodError: no such method is in force then.

    Source: 犯収法施行規則 第6条第1項第1号 and the other places that the table names.
    """
    for row in rows():
        if row.id == name and row.holds_on(on):
            return row
    raise UnknownMethodError(
        "選んだ本人確認の方法は、この日には使えません。法令の改正で廃止されたか、まだ施行されていません。"
        "一覧から選び直してください。",
        method=name,
    )


def _row(row: dict[str, str]) -> Method:
    return Method(
        id=row["id"],
        law=row["law"],
        article=row["article"],
        letter=row["letter"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        version=row["version"],
        in_person=row["in_person"] == "yes",
        medium=row["medium"],
        face=row["face"] == "yes",
        name=row["name"],
        keep_years=int(row["keep_years"]) if row["keep_years"] else None,
        certainty=row["certainty"],
        basis=row["basis"],
    )


def _is_leap_day(day: date) -> bool:
    return (day.month, day.day) == (2, 29)
