"""Obligations of (body, organ) pairs, the eight measures, and named denominators."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from jichitai.kernel.bodies import KINDS_OF_1788, Body, BodyKind, all_bodies
from jichitai.security.organs import Organ
from jichitai.security.tables import rows, rows_on


class Presence(StrEnum):
    """Whether bodies of a kind have an organ."""

    ALWAYS = "always"
    USUAL = "usual"
    SOMETIMES = "sometimes"
    NEVER = "never"
    OUTSIDE = "outside"
    """It exists, but its policy is outside the minister's guideline (第244条の6第3項)."""


_COLUMNS: Final[Mapping[BodyKind, str]] = {
    BodyKind.PREFECTURE: "prefecture",
    BodyKind.DESIGNATED_CITY: "designated_city",
    BodyKind.CITY: "city",
    BodyKind.SPECIAL_WARD: "special_ward",
    BodyKind.TOWN: "town",
    BodyKind.VILLAGE: "village",
    BodyKind.UNION: "joint",
    BodyKind.WIDE_UNION: "joint",
}


def presence(kind: BodyKind, organ: Organ, *, on: date) -> Presence:
    """Whether bodies of this kind have this organ on a day; never before the duty began.

    Source: 地方自治法 第138条の4, 第180条の5; 地方公務員法 第7条.
    """
    column = _COLUMNS[kind]
    found = (row[column] for row in rows_on("organs", on) if row["organ"] == organ)
    return Presence(next(found, Presence.NEVER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """義務: one organ of one body owes a policy.

    Attributes:
        body: the body's code.
        organ: who adopts.
        since: first day of the duty.
        article: where it stands.
        certain: whether every body of the kind has the organ, or this body has said so.

    Source: 地方自治法 第244条の6第1項.
    """

    body: str
    organ: Organ
    since: date
    article: str
    certain: bool


def organs_of(
    body: Body, *, on: date, established: Mapping[Organ, bool] | None = None
) -> tuple[Organ, ...]:
    """The organs of a body that each owe a policy on a day, in the order of the law.

    Args:
        body: whose.
        on: the day; before 2026-04-01 nobody owes.
        established: what the body itself said about its organs; it wins over what is usual, never
            over what the law fixes.

    Source: 地方自治法 第244条の6第1項; 第292条.
    """
    return tuple(one.organ for one in obligations(body, on=on, established=established))


def obligations(
    body: Body, *, on: date, established: Mapping[Organ, bool] | None = None
) -> tuple[Obligation, ...]:
    """What the organs of a body owe on a day.

    Args:
        body: whose.
        on: the day.
        established: what the body itself said about its organs.

    Source: 地方自治法 第244条の6第1項; 第292条.
    """
    article = "地方自治法 第244条の6第1項" + ("（第292条で準用）" if body.kind.joint else "")
    since = _since("adopt")
    said = established or {}
    found = []
    for organ in Organ:
        rule = presence(body.kind, organ, on=on)
        if not _owes(rule, said.get(organ)):
            continue
        certain = rule is Presence.ALWAYS or organ in said
        found.append(
            Obligation(body=body.code, organ=organ, since=since, article=article, certain=certain)
        )
    return tuple(found)


def _owes(rule: Presence, said: bool | None) -> bool:  # noqa: FBT001 - what a body said of an organ
    match rule:
        case Presence.ALWAYS:
            return True
        case Presence.USUAL:
            return said is not False
        case Presence.SOMETIMES:
            return said is True
        case Presence.NEVER | Presence.OUTSIDE:
            return False


def _since(key: str) -> date:
    return min(date.fromisoformat(row["valid_from"]) for row in rows("law") if row["key"] == key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """措置の分野: one of the eight fields of necessary measures.

    Attributes:
        number: 号, 1 to 8.
        name: its heading.
        chapters: chapters of the guideline's 対策基準 that belong to it; `P4` is 第4編.
        grace: whether systems and contracts that exist already have a grace.
        in_force_on: first day of the duty.
        source: where it stands.

    Source: 地方自治法施行規則 第16条の3第1項.
    """

    number: int
    name: str
    chapters: tuple[str, ...]
    grace: bool
    in_force_on: date
    source: str


def measures() -> tuple[Measure, ...]:
    """The eight measures, by 号.

    >>> [one.name for one in measures()][:2]
    ['組織体制の整備', '情報資産の分類及び管理']

    Source: 地方自治法施行規則 第16条の3第1項.
    """
    return tuple(
        Measure(
            number=int(row["number"]),
            name=row["name"],
            chapters=tuple(row["chapters"].split()),
            grace=row["grace"] == "yes",
            in_force_on=date.fromisoformat(row["valid_from"]),
            source=row["source"],
        )
        for row in rows("measures")
    )


class Duty(StrEnum):
    """How a measure binds on a day."""

    NOT_YET = "not-yet"
    IN_GRACE = "in-grace"
    BINDING = "binding"
    EXEMPT = "exempt"

    @property
    def japanese(self) -> str:
        """The state in a word."""
        return {
            Duty.NOT_YET: "これから",
            Duty.IN_GRACE: "経過措置",
            Duty.BINDING: "義務",
            Duty.EXEMPT: "適用除外",
        }[self]


def duty(measure: Measure, *, on: date, existed_before: bool = False, exempt: bool = False) -> Duty:
    """How a measure binds on a day.

    Args:
        measure: which.
        on: the day.
        existed_before: the system or contract was there when the rule came into force.
        exempt: the body is not linked to a network that can affect others and holds little
            personal information.

    Source: 地方自治法施行規則 第16条の3; 令和8年総務省令第80号 附則第2項.
    """
    if exempt:
        return Duty.EXEMPT
    if on < measure.in_force_on:
        return Duty.NOT_YET
    return Duty.IN_GRACE if measure.grace and existed_before else Duty.BINDING


class Denominator(StrEnum):
    """分母: the set of things that a rate is counted on; a rate never stands without its name."""

    ALL_1788 = "bodies-1788"
    PREFECTURES = "prefectures-47"
    MUNICIPALITIES = "municipalities-1741"
    JOINT = "joint-bodies"
    EVERY_BODY = "every-body"
    ORGAN_PAIRS = "organ-pairs"

    @property
    def japanese(self) -> str:
        """The name that stands beside the figure."""
        return _NAMES[self][0]

    @property
    def definition(self) -> str:
        """What is counted."""
        return _NAMES[self][1]


_NAMES: Final[Mapping[Denominator, tuple[str, str]]] = {
    Denominator.ALL_1788: (
        "1,788団体",
        "47都道府県と1,741市区町村。政策評価の指標の分母。組合は含まない",
    ),
    Denominator.PREFECTURES: ("47都道府県", "都道府県"),
    Denominator.MUNICIPALITIES: ("1,741市区町村", "指定都市・市・特別区・町・村"),
    Denominator.JOINT: ("一部事務組合・広域連合", "登録された一部事務組合と広域連合"),
    Denominator.EVERY_BODY: ("義務のある全団体", "1,788団体と、登録された一部事務組合・広域連合"),
    Denominator.ORGAN_PAIRS: (
        "団体と機関の組",
        "方針を定める義務のある（団体、機関）の組。機関の有無は法律の定めと団体の申出による",
    ),
}


def bodies_in(denominator: Denominator, *, joint: Iterable[Body] = ()) -> tuple[Body, ...]:
    """The bodies that a denominator counts, by code; for pairs, the bodies that have them.

    Args:
        denominator: which set.
        joint: the registered joint bodies.

    >>> len(bodies_in(Denominator.ALL_1788)), len(bodies_in(Denominator.MUNICIPALITIES))
    (1788, 1741)

    Source: 総務省 政策評価（電子自治体の推進）の指標の定義; 地方自治法 第244条の6, 第292条.
    """
    registered = tuple(sorted(joint, key=lambda one: one.code))
    match denominator:
        case Denominator.ALL_1788:
            return all_bodies()
        case Denominator.PREFECTURES:
            return tuple(one for one in all_bodies() if one.kind is BodyKind.PREFECTURE)
        case Denominator.MUNICIPALITIES:
            kinds = set(KINDS_OF_1788) - {BodyKind.PREFECTURE}
            return tuple(one for one in all_bodies() if one.kind in kinds)
        case Denominator.JOINT:
            return registered
        case Denominator.EVERY_BODY | Denominator.ORGAN_PAIRS:
            return tuple(sorted((*all_bodies(), *registered), key=lambda one: one.code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """率: a figure that carries its parts, its denominator's name and its day.

    Source: 総務省 政策評価の指標 (分子, 分母, 時点).
    """

    numerator: int
    total: int
    denominator: Denominator
    as_of: date

    @property
    def percent(self) -> float | None:
        """Percent with one decimal; none when there is nothing to count.

        A rate that is not whole is never shown as 100 %.

        Source: 総務省 政策評価の指標.
        """
        if self.total == 0:
            return None
        shown = round(100 * self.numerator / self.total, 1)
        return 99.9 if shown == 100 and self.numerator < self.total else shown
