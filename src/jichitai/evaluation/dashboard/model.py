"""見方: what can be told of single bodies, and how many of them make a rate. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from jichitai.evaluation.indicators.model import ratio, shown
from jichitai.kernel.bodies import Body
from jichitai.kernel.municipalities import prefectures
from jichitai.standardisation.progress.model import BodyClass, body_class

NO_ANSWER: Final = "回答なし"


class Sight(StrEnum):
    """What is looked at place by place; each has one definition and one denominator."""

    STEPS = "steps"
    SYSTEMS = "systems"
    LATE = "late"
    POLICIES = "policies"
    PUBLISHED = "published"
    CLOUDS = "clouds"

    @property
    def label(self) -> str:
        """Its name for people."""
        return _SIGHTS[self][0]

    @property
    def part(self) -> str:
        """What the numerator counts."""
        return _SIGHTS[self][1]

    @property
    def unit(self) -> str:
        """Unit of numerator and denominator."""
        return _SIGHTS[self][2]

    @property
    def definition(self) -> str:
        """What is counted over what."""
        return _SIGHTS[self][3]

    @property
    def few(self) -> bool:
        """Whether less is better."""
        return self is Sight.LATE

    @property
    def silence(self) -> str:
        """What a body without an answer is called."""
        return NO_ANSWER if self.migration else "報告なし"

    @property
    def migration(self) -> bool:
        """Whether it is told by the data sets of the standardisation."""
        return self in (Sight.STEPS, Sight.SYSTEMS, Sight.LATE)


_SIGHTS: Final[Mapping[Sight, tuple[str, str, str, str]]] = {
    Sight.STEPS: (
        "ステップの進捗率",
        "済んだステップ",
        "ステップ",
        "完了または対象外のステップの数÷（実施する業務のシステムの数×40）。作業の重さは考えない。",
    ),
    Sight.SYSTEMS: (
        "移行完了システムの率",
        "移行が済んだシステム",
        "システム",
        "40ステップのすべてが完了または対象外のシステムの数÷実施する業務のシステムの数。途中のシステムは数えない。",
    ),
    Sight.LATE: (
        "特定移行支援システムのある団体の率",
        "特定移行支援システムのある団体",
        "団体",
        "期限までの移行が困難なシステム（特定移行支援システム、見込みを含む）が一つ以上ある団体の数÷団体の数。",
    ),
    Sight.POLICIES: (
        "方針の策定率",
        "策定した団体",
        "団体",
        "長の方針（地方自治法第244条の6）の決裁が済んだと報告した団体の数÷団体の数。",
    ),
    Sight.PUBLISHED: (
        "方針の策定・公表の率",
        "策定し公表した団体",
        "団体",
        "長の方針の決裁が済み、公表の場所で文書を確かめた団体の数÷団体の数。",
    ),
    Sight.CLOUDS: (
        "次期セキュリティクラウドへの移行",
        "移行した都道府県",
        "都道府県",
        "次期（第3世代）の運用を始めた都道府県の数÷47。",
    ),
}

_BY_INDICATOR: Final[Mapping[str, Sight]] = {
    "P8-3-01": Sight.SYSTEMS,
    "P8-3-03": Sight.LATE,
    "P8-3-04": Sight.LATE,
    "P8-3-05": Sight.LATE,
    "P8-3-06": Sight.LATE,
    "P8-3-08": Sight.STEPS,
    "P8-3-L1": Sight.STEPS,
    "P8-3-L2": Sight.SYSTEMS,
    "P8-3-L3": Sight.STEPS,
    "P8-3-L4": Sight.SYSTEMS,
    "P8-4-04": Sight.POLICIES,
    "P8-4-05": Sight.CLOUDS,
    "P8-4-L1": Sight.PUBLISHED,
}
_SURVEYED: Final = frozenset({"P8-3-L3", "P8-3-L4"})


def sight_of(indicator_id: str) -> Sight | None:
    """What an indicator can be looked at by; None for a figure of the whole country only.

    >>> sight_of("P8-4-04").label, sight_of("P8-2-01")
    ('方針の策定率', None)

    Source: none; a table of this project.
    """
    return _BY_INDICATOR.get(indicator_id)


def surveyed(indicator_id: str) -> bool:
    """Whether it rests on what bodies answered, not on published data.

    Source: none; definitions of P8-3-L3 and P8-3-L4.
    """
    return indicator_id in _SURVEYED


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of one body.

    Attributes:
        part: its share of the numerator; None when it gave no answer.
        whole: its share of the denominator.
        count: systems that are late, where that is what is looked at.
    """

    body: Body
    part: int | None
    whole: int
    count: int = 0

    @property
    def percent(self) -> Decimal | None:
        """The rate of the body alone; None without an answer."""
        return None if self.part is None or not self.whole else _percent(self.part, self.whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A sight on a day.

    Attributes:
        bodies: by code; a body that gave no answer is among them.
        source: who told.
        as_of: the day; None when nobody has told anything.
        note: what to know before comparing it with the figure of the country.
        rehearsal: whether it tells of no real body.
    """

    sight: Sight
    bodies: tuple[Told, ...]
    source: str
    as_of: date | None
    note: str = ""
    rehearsal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Bodies counted together.

    Attributes:
        key: code of the prefecture, or name of the class.
        bodies: how many there are.
        silent: how many gave no answer.
        whole: the denominator; of a body without an answer only what is known of it, which is
            itself where bodies are counted, and nothing where systems are.
        count: late systems, where that is what is looked at.
    """

    key: str
    name: str
    bodies: int
    part: int
    whole: int
    silent: int
    count: int = 0

    @property
    def percent(self) -> Decimal | None:
        """The rate; None when nobody answered."""
        return (
            None
            if not self.whole or self.silent == self.bodies
            else _percent(self.part, self.whole)
        )

    @property
    def share(self) -> str:
        """Numerator and denominator as they are printed."""
        return "—" if self.percent is None else f"{self.part:,}／{self.whole:,}"

    @property
    def text(self) -> str:
        """The rate as it is printed; empty when nobody answered."""
        return "" if self.percent is None else percent_text(self.percent)


def of_class(seen: Seen, chosen: BodyClass | None) -> Seen:
    """The bodies of one class only; all of them without one.

    Source: none; a view of this project.
    """
    if chosen is None:
        return seen
    kept = tuple(one for one in seen.bodies if body_class(one.body) is chosen)
    return replace(seen, bodies=kept)


def told_openly(seen: Seen) -> Seen:
    """The same for everybody: a draft and no report look alike, as soon as anybody reported.

    Source: this project's; drafts of a body are nobody else's business.
    """
    if seen.sight.migration or all(one.part is None for one in seen.bodies):
        return seen
    return replace(seen, bodies=tuple(replace(one, part=one.part or 0) for one in seen.bodies))


def _percent(part: int, whole: int) -> Decimal:
    return ratio(Decimal(part), Decimal(whole))


def percent_text(value: Decimal | None) -> str:
    """A rate to one decimal; what is short of 100 is never rounded up to it.

    >>> percent_text(Decimal("99.97")), percent_text(None)
    ('99.9 %', '回答なし')

    Source: this project's.
    """
    return NO_ANSWER if value is None else f"{shown(value, 1)} %"


def group(key: str, name: str, told: Iterable[Told]) -> Group:
    """Some bodies as one.

    Source: none; arithmetic.
    """
    every = list(told)
    answered = [one for one in every if one.part is not None]
    return Group(
        key=key,
        name=name,
        bodies=len(every),
        part=sum(one.part or 0 for one in answered),
        whole=sum(one.whole for one in every),
        silent=len(every) - len(answered),
        count=sum(one.count for one in answered),
    )


def by_prefecture(seen: Seen) -> list[Group]:
    """The 47 prefectures, by code.

    Source: none; arithmetic.
    """
    parts = _split(seen.bodies, lambda one: one.body.prefecture_code)
    return [
        group(one.prefecture_code, one.name, parts.get(one.prefecture_code, ()))
        for one in prefectures()
    ]


def by_class(seen: Seen) -> list[Group]:
    """Classes of bodies (団体の区分) that the sight has any of.

    Source: 地方自治法 第252条の19, 第252条の22, 第281条.
    """
    parts = _split(seen.bodies, lambda one: body_class(one.body))
    return [group(one, one.value, parts[one]) for one in BodyClass if one in parts]


def _split(told: Iterable[Told], key: Callable[[Told], str]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for one in told:
        found.setdefault(key(one), []).append(one)
    return found


def like(body: Body, bodies: Sequence[Body], *, most: int = 20) -> list[Body]:
    """Bodies of the same class whose population is nearest, the body itself among them, by size.

    Source: this project's; population of the census (国勢調査).
    """
    same = [one for one in bodies if body_class(one) is body_class(body)]
    near = sorted(same, key=lambda one: (abs(one.population - body.population), one.code))
    return sorted(near[: most + 1], key=lambda one: (-one.population, one.code))
