"""Businesses, steps and the two measures of completion, as plain values.

Two measures stand side by side and never mix: by steps (how far the forty pieces of work are) and
by systems (how many systems have all of them behind them). Each carries its definition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from typing import Final

from jichitai.kernel.bodies import Body, BodyKind
from jichitai.kernel.municipalities import municipality
from jichitai.standardisation.errors import InvalidStepsError, UnknownBusinessError
from jichitai.standardisation.progress.tables import rows

STEPS: Final = 40
"""Pieces of work from plan to first day; MIC reports each system against them."""

UNKNOWN: Final = "—（未公表）"
"""What stands for a value that nobody has published."""


class SourceKind(StrEnum):
    """出所: data sets of different kinds are never counted together."""

    OPEN = "open"
    SURVEY = "survey"
    REHEARSAL = "rehearsal"

    @property
    def japanese(self) -> str:
        """Its name for people."""
        return _SOURCES[self]


_SOURCES: Final[Mapping[SourceKind, str]] = {
    SourceKind.OPEN: "公表資料",
    SourceKind.SURVEY: "団体の回答",
    SourceKind.REHEARSAL: "演習のデータ（実在の団体の状況ではありません）",
}


def answers_kind(*, rehearsal: bool) -> SourceKind:
    """The kind that answers of bodies belong to, in a rehearsal or in earnest.

    Source: none; a rule of this project.
    """
    return SourceKind.REHEARSAL if rehearsal else SourceKind.SURVEY


class BodyClass(StrEnum):
    """団体の区分 of the tables: core cities apart from other cities."""

    PREFECTURE = "都道府県"
    DESIGNATED_CITY = "指定都市"
    CORE_CITY = "中核市"
    CITY = "その他の市"
    SPECIAL_WARD = "特別区"
    TOWN = "町"
    VILLAGE = "村"


def body_class(body: Body) -> BodyClass:
    """The class that a body is counted in.

    Source: 地方自治法 第252条の22 (中核市).
    """
    if body.kind is BodyKind.CITY:
        return BodyClass.CORE_CITY if municipality(body.code).core_city else BodyClass.CITY
    return BodyClass(body.kind.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """標準化対象事務: one of the twenty, or the common functions (共通機能).

    Attributes:
        key: its name in addresses and data.
        number: 1 to 20; 21 stands for 共通機能.
        name: official name.
        common: whether it is 共通機能.
        steps_name: what the published table of steps calls it; empty if it is not in there.
    """

    key: str
    number: int
    name: str
    common: bool
    steps_name: str


@cache
def businesses() -> tuple[Business, ...]:
    """The twenty businesses and 共通機能, in official order.

    >>> len(businesses()), businesses()[20].name
    (21, '共通機能')

    Source: 標準化法 第2条第1項, 同項の事務を定める政令.
    """
    return tuple(
        Business(
            key=row["key"],
            number=int(row["number"]),
            name=row["name"],
            common=row["common"] == "yes",
            steps_name=row["steps_name"],
        )
        for row in rows("businesses")
    )


def business(key: str) -> Business:
    """The business with this key.

    Raises:
        UnknownBusinessError: none has it.

    >>> business("public-assistance").name
    '生活保護'

    Source: 標準化法 第2条第1項.
    """
    for one in businesses():
        if one.key == key:
            return one
    raise UnknownBusinessError(
        "この業務はありません。20業務か共通機能の中から選んでください。", business=key[:40]
    )


class StepState(StrEnum):
    """ステップの状態: one character of the forty."""

    NOT_STARTED = "0"
    WORKING = "1"
    DONE = "2"
    EXCLUDED = "3"

    @property
    def japanese(self) -> str:
        """The word that bodies choose."""
        return _STATES[self]


_STATES: Final[Mapping[StepState, str]] = {
    StepState.NOT_STARTED: "未着手",
    StepState.WORKING: "作業中",
    StepState.DONE: "完了",
    StepState.EXCLUDED: "対象外",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """ステップ: `phase` and `name` are empty where nobody has told them (confidence `unknown`)."""

    number: int
    phase: str
    name: str
    source: str
    confidence: str

    @property
    def label(self) -> str:
        """Its number, and its name where it is known."""
        return f"ステップ{self.number} {self.name}".rstrip()


@cache
def steps() -> tuple[Step, ...]:
    """The forty steps, in order.

    >>> steps()[23].name
    'RFPへの質問の受付'

    Source: 自治体情報システムの標準化・共通化に係る手順書 (総務省); names are mostly not published.
    """
    return tuple(
        Step(
            number=int(row["number"]),
            phase=row["phase"],
            name=row["name"],
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in rows("steps")
    )


def check_states(states: str) -> str:
    """The states of the forty steps, as they are kept.

    Raises:
        InvalidStepsError: not forty characters out of 0, 1, 2, 3.

    Source: 総務省 PMOツール (未着手・作業中・完了).
    """
    if len(states) != STEPS or set(states) - {state.value for state in StepState}:
        raise InvalidStepsError(
            "ステップの状態は、未着手・作業中・完了・対象外のどれかを40個そろえてください。",
            length=len(states),
        )
    return states


def done_of(states: str) -> int:
    """How many steps count as done: 完了 and 対象外.

    >>> done_of("2" * 10 + "3" * 5 + "1" * 5 + "0" * 20)
    15

    Source: 総務省 進捗の公表 (完了率 = (完了済み + 対象外) ÷ 40).
    """
    checked = check_states(states)
    return checked.count(StepState.DONE) + checked.count(StepState.EXCLUDED)


@dataclass(frozen=True, slots=True)
class Rate:
    """率: a whole number of a whole number; no rate over nothing."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> Decimal | None:
        """Per cent to one decimal, halves up; None over nothing."""
        if self.denominator <= 0:
            return None
        exact = Decimal(self.numerator) * 100 / Decimal(self.denominator)
        return exact.quantize(Decimal("0.1"), ROUND_HALF_UP)

    @property
    def text(self) -> str:
        """As every page and document prints it.

        >>> Rate(9933, 34820).text
        '28.5%'
        """
        return "—" if self.percent is None else f"{self.percent}%"


class MeasureKind(StrEnum):
    """Which of the measures; no figure mixes two."""

    STEPS = "steps"
    SYSTEMS = "systems"
    LATE = "late"

    @property
    def label(self) -> str:
        """Its name for people."""
        return _MEASURES[self][0]

    @property
    def unit(self) -> str:
        """What numerator and denominator count."""
        return _MEASURES[self][1]

    @property
    def definition(self) -> str:
        """What is counted, and what not."""
        return _MEASURES[self][2]


_MEASURES: Final[Mapping[MeasureKind, tuple[str, str, str]]] = {
    MeasureKind.STEPS: (
        "ステップの進捗率",
        "ステップ",
        (
            "分子は、完了または対象外のステップの数。分母は、対象のシステムの数×40。"
            "ステップごとの作業の重さは考えない（1ステップ＝2.5%）。"
        ),
    ),
    MeasureKind.SYSTEMS: (
        "移行完了システムの率",
        "システム",
        (
            "分子は、40ステップのすべてが完了または対象外のシステムの数。分母は、対象のシステムの数。"
            "途中まで進んだシステムは数えない。"
        ),
    ),
    MeasureKind.LATE: (
        "特定移行支援システムの率",
        "システム",
        (
            "分子は、期限までの移行が困難なもの（特定移行支援システム、見込みを含む）の数。"
            "分母は、対象のシステムの数。移行が完了した割合ではない。"
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """資料: one set of facts about one day, from one source.

    Attributes:
        dataset_id: its name in addresses.
        title: its name for people.
        source_kind: open data, answers of bodies, or a rehearsal.
        as_of: 時点, the day that it is about.
        recorded_at: when this node knew of it first.
        published_on: 公表日; None if nobody told it, and then `recorded_at` is the end of `as_of`.
        holds: which measures can be counted from it.
        covers: `all` 1,788 bodies, or `municipalities` only.
        of_systems: the denominator that its publisher states, if any.
        source: where it is from.
        confidence: how sure it is.
        note: what to know before one reads it.
    """

    dataset_id: str
    title: str
    source_kind: SourceKind
    as_of: date
    recorded_at: datetime
    published_on: date | None = None
    holds: frozenset[MeasureKind]
    covers: str = "all"
    of_systems: int | None = None
    source: str
    confidence: str
    note: str = ""

    @property
    def rehearsal(self) -> bool:
        """Whether it tells of no real body."""
        return self.source_kind is SourceKind.REHEARSAL


class Coverage(StrEnum):
    """Which rows a figure counts."""

    IN_SCOPE = "in-scope"
    """Systems that the body is known to run."""
    ALL_ROWS = "all-rows"
    """Every row of the source, as it was published, systems that a body does not run included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was counted of one data set, or of a part of it.

    Attributes:
        systems: systems in the denominator.
        done_steps: steps done or excluded, of systems x 40.
        complete: systems with all forty done or excluded.
        late: systems that miss the deadline.
        unknown: systems that nobody knows to be run or not; in no denominator but of ALL_ROWS.
        outside: systems that the body does not run; in no denominator but of ALL_ROWS.
        bodies: bodies that answered.
        late_bodies: bodies with one late system or more.
        unanswered: bodies that should have answered and have not (回答なし).
    """

    systems: int = 0
    done_steps: int = 0
    complete: int = 0
    late: int = 0
    unknown: int = 0
    outside: int = 0
    bodies: int = 0
    late_bodies: int = 0
    unanswered: int = 0

    def rate(self, measure: MeasureKind) -> Rate:
        """One measure of it."""
        match measure:
            case MeasureKind.STEPS:
                return Rate(self.done_steps, self.systems * STEPS)
            case MeasureKind.SYSTEMS:
                return Rate(self.complete, self.systems)
            case MeasureKind.LATE:
                return Rate(self.late, self.systems)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMeasure:
    """ステップの進捗率 with what it was counted from."""

    dataset: Dataset
    tally: Tally
    coverage: Coverage
    definition: str = MeasureKind.STEPS.definition

    @property
    def rate(self) -> Rate:
        """Steps done of all steps."""
        return self.tally.rate(MeasureKind.STEPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemMeasure:
    """移行完了システムの率 with what it was counted from."""

    dataset: Dataset
    tally: Tally
    coverage: Coverage
    definition: str = MeasureKind.SYSTEMS.definition

    @property
    def rate(self) -> Rate:
        """Systems complete of all systems."""
        return self.tally.rate(MeasureKind.SYSTEMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateMeasure:
    """特定移行支援システム: counted by body, over the denominator that the publisher states.

    Attributes:
        rate: late systems over `dataset.of_systems`, or over the systems in scope without one.
        bodies: bodies with a late system over all bodies that the data set covers.
    """

    dataset: Dataset
    tally: Tally
    rate: Rate
    bodies: Rate
    definition: str = MeasureKind.LATE.definition
