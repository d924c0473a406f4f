"""本人確認書類: which documents prove who stands at the counter; dated tables and one rule."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from io import StringIO

from jichitai.jpki.counter.errors import InsufficientDocumentsError


class Case(StrEnum):
    """Who comes to the counter.

    Source: 番号法 第17条; 番号法施行令 第13条.
    """

    HOLDER = "holder"
    REPRESENTATIVE = "representative"
    AGENT = "agent"

    @property
    def japanese(self) -> str:
        """The words on the form."""
        return {
            "holder": "本人が来た",
            "representative": "本人と法定代理人が来た（15歳未満、成年被後見人）",
            "agent": "任意代理人が来た（本人が来られない理由がある）",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that is accepted.

    Attributes:
        id: of the table.
        group: A (photo, public office) or B.
        name: in Japanese.
        photo: whether it carries a photo.
        valid_from, valid_to: while it is accepted.
    """

    id: str
    group: str
    name: str
    photo: bool
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """How many documents of each group are enough, at least.

    Attributes:
        case: who comes.
        party: holder or agent, whose documents these are.
        a, b: of each group; an A counts for a B as well.
        photo: how many must carry a photo.
    """

    case: Case
    party: str
    a: int
    b: int
    photo: int
    valid_from: date
    valid_to: date | None

    def is_met(self, documents: Sequence[Document]) -> bool:
        """Whether documents, each counted once, are enough."""
        of_a = sum(document.group == "A" for document in documents)
        with_photo = sum(document.photo for document in documents)
        return of_a >= self.a and len(documents) >= self.a + self.b and with_photo >= self.photo

    @property
    def japanese(self) -> str:
        """Such as `A1点とB1点`."""
        parts = [f"{name}{count}点" for name, count in (("A", self.a), ("B", self.b)) if count]
        return "と".join(parts) + (f"（うち写真付き{self.photo}点）" if self.photo else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReason:
    """A recognised reason why the holder cannot come."""

    id: str
    name: str
    valid_from: date
    valid_to: date | None


def documents(on: date) -> tuple[Document, ...]:
    """Documents accepted on a day.

    Source: `identity_documents.csv`; 番号法施行令 第13条, カード省令.
    """
    return tuple(one for one in _documents() if _stands(one, on))


def combinations(case: Case, party: str, on: date) -> tuple[Combination, ...]:
    """Combinations of which one is enough.

    Source: `identity_combinations.csv`; 番号法施行令 第13条.
    """
    mine = [one for one in _combinations() if (one.case, one.party) == (case, party)]
    return tuple(one for one in mine if _stands(one, on))


def agent_reasons(on: date) -> tuple[AgentReason, ...]:
    """Reasons for an agent that are recognised on a day.

    Source: `agent_reasons.csv`; 個人番号カードの交付等に関する事務処理要領.
    """
    return tuple(one for one in _agent_reasons() if _stands(one, on))


def check(case: Case, holder: Iterable[str], agent: Iterable[str], on: date) -> None:
    """Check that the documents of both are enough.

    Args:
        case: who comes.
        holder: ids of the holder's documents.
        agent: ids of the agent's; not looked at when the holder comes alone.
        on: the day.

    Raises:
        InsufficientDocumentsError: too few, or one that is not accepted.

    Source: 番号法 第17条; 番号法施行令 第13条.
    """
    _check_party(case, "holder", holder, on)
    if case is not Case.HOLDER:
        _check_party(case, "agent", agent, on)


def _check_party(case: Case, party: str, shown: Iterable[str], on: date) -> None:
    accepted = {document.id: document for document in documents(on)}
    known = [accepted[one] for one in dict.fromkeys(shown) if one in accepted]
    enough = combinations(case, party, on)
    if any(combination.is_met(known) for combination in enough):
        return
    whose = "本人" if party == "holder" else "代理人"
    wanted = "、または".join(combination.japanese for combination in enough)
    raise InsufficientDocumentsError(
        f"{whose}の本人確認書類が足りません。{wanted}が要ります。見せてもらった書類をすべて選ぶか、"
        "足りない書類を持ってきてもらってください。（番号法施行令13条）",
        party=party,
    )


def _stands(one: Document | Combination | AgentReason, on: date) -> bool:
    return one.valid_from <= on and (one.valid_to is None or on <= one.valid_to)


@cache
def _documents() -> tuple[Document, ...]:
    return tuple(
        Document(
            id=row["id"],
            group=row["group"],
            name=row["name"],
            photo=row["photo"] == "yes",
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_until(row),
        )
        for row in _rows("identity_documents.csv")
    )


@cache
def _combinations() -> tuple[Combination, ...]:
    return tuple(
        Combination(
            case=Case(row["case"]),
            party=row["party"],
            a=int(row["a"]),
            b=int(row["b"]),
            photo=int(row["photo"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_until(row),
        )
        for row in _rows("identity_combinations.csv")
    )


@cache
def _agent_reasons() -> tuple[AgentReason, ...]:
    return tuple(
        AgentReason(
            id=row["id"],
            name=row["name"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_until(row),
        )
        for row in _rows("agent_reasons.csv")
    )


def _until(row: dict[str, str]) -> date | None:
    return date.fromisoformat(row["valid_to"]) if row["valid_to"] else None


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("jichitai.data") / name).read_text("utf-8")
    return list(csv.DictReader(StringIO(text)))
