"""What calls and open data answer: plain rows, one type a list; names are permanent."""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from jichitai.standardisation.progress.model import Dataset, MeasureKind, Rate


class DatasetItem(Struct, frozen=True, kw_only=True):
    """A data set: one set of facts about one day, from one source."""

    dataset: str
    title: str
    source_kind: str
    as_of: date
    published_on: date | None
    recorded_at: datetime
    covers: str
    of_systems: int | None
    source: str
    confidence: str
    note: str

    @classmethod
    def of(cls, one: Dataset) -> "DatasetItem":
        """The item of a data set."""
        return cls(
            dataset=one.dataset_id,
            title=one.title,
            source_kind=one.source_kind.value,
            as_of=one.as_of,
            published_on=one.published_on,
            recorded_at=one.recorded_at,
            covers=one.covers,
            of_systems=one.of_systems,
            source=one.source,
            confidence=one.confidence,
            note=one.note,
        )


class RateItem(Struct, frozen=True, kw_only=True):
    """A share of the whole country by one measure; two measures are never one figure.

    Attributes:
        measure: `steps`, `systems` or `late`.
        coverage: `in-scope`, `all-rows`, or `published` where a publisher told it.
        percent: one decimal, halves up; none where nothing was counted.
    """

    measure: str
    label: str
    coverage: str
    numerator: int
    denominator: int
    percent: Decimal | None
    unit: str
    as_of: date
    dataset: str
    source: str
    confidence: str
    definition: str

    @classmethod
    def of(cls, measure: MeasureKind, coverage: str, rate: Rate, dataset: Dataset) -> "RateItem":
        """A share that was counted from a data set."""
        return cls(
            measure=measure.value,
            label=measure.label,
            coverage=coverage,
            numerator=rate.numerator,
            denominator=rate.denominator,
            percent=rate.percent,
            unit=measure.unit,
            as_of=dataset.as_of,
            dataset=dataset.dataset_id,
            source=dataset.source,
            confidence=dataset.confidence,
            definition=measure.definition,
        )


class PrefectureItem(Struct, frozen=True, kw_only=True):
    """A prefecture by one measure.

    Attributes:
        bodies: bodies that the data set tells of.
        unanswered: bodies that should be told of and are not (回答なし); never counted as 0 %.
        unknown: systems of which nobody knows whether they are run; in no denominator.
    """

    prefecture: str
    name: str
    measure: str
    numerator: int
    denominator: int
    percent: Decimal | None
    bodies: int
    late_bodies: int
    unanswered: int
    unknown: int
    as_of: date
    dataset: str


class BodyItem(Struct, frozen=True, kw_only=True):
    """A body: both measures in columns of their own, each with its parts; none where untold."""

    code: str
    name: str
    prefecture: str
    kind: str
    systems: int | None
    done_steps: int | None
    steps_percent: Decimal | None
    complete_systems: int | None
    systems_percent: Decimal | None
    unknown_systems: int | None
    late_systems: int | None


class BusinessItem(Struct, frozen=True, kw_only=True):
    """A business of a class of bodies by one measure."""

    business: str
    number: int
    name: str
    kind: str
    measure: str
    numerator: int
    denominator: int
    percent: Decimal | None
    unanswered: int
    unknown: int
    outside: int
    as_of: date
    dataset: str


class SeriesItem(Struct, frozen=True, kw_only=True):
    """A point of a series; empty parts were not told.

    Attributes:
        origin: `published` as a publisher told it, `counted` from a data set.
    """

    measure: str
    origin: str
    as_of: date
    numerator: int | None
    denominator: int | None
    percent: Decimal | None
    bodies: int | None
    known_at: datetime
    source: str
    confidence: str
    note: str


class SlipItem(Struct, frozen=True, kw_only=True):
    """A change of a target date; the earlier one stays in `before`."""

    code: str
    business: str
    number: int
    as_of: date
    before: date | None
    target_on: date | None
    months: int | None
    reason: str
    recorded_at: datetime


class LateItem(Struct, frozen=True, kw_only=True):
    """A body with late systems. `office`, `mail` and `phone` are for the ministry only."""

    code: str
    name: str
    prefecture: str
    kind: str
    late: int
    systems: int
    businesses: list[str]
    reason_classes: list[int]
    last_target: date | None
    slips: int


class LateContactItem(LateItem, frozen=True, kw_only=True):
    """A body with late systems, and whom to call."""

    office: str = ""
    mail: str = ""
    phone: str = ""


class LatePageItem(Struct, frozen=True, kw_only=True):
    """A page of bodies with late systems; `after` leads to the next."""

    total: int
    items: list[LateContactItem]
    after: str | None
    dataset: str | None


class SystemItem(Struct, frozen=True, kw_only=True):
    """A system of a body. Vendor, contract, cloud and risks are empty in public answers.

    Attributes:
        runs: `yes`, `no` or `unknown`.
        states: forty characters, `0` not started, `1` working, `2` done, `3` excluded.
    """

    business: str
    name: str
    runs: str
    runs_reason: str
    done: int | None
    states: str | None
    late: bool | None
    reason_class: int | None
    target_on: date | None
    deadline_class: str
    vendor: str = ""
    contract: str = ""
    cloud: str = ""
    risks: str = ""


class BodyDetail(Struct, frozen=True, kw_only=True):
    """A body with its systems, the changes of its target dates and the data sets."""

    code: str
    name: str
    prefecture: str
    kind: str
    systems: list[SystemItem]
    slips: list[SlipItem]
    datasets: list[DatasetItem]


class NeededItem(Struct, frozen=True, kw_only=True):
    """What would have to happen each month to meet a date; nothing is forecast."""

    measure: str
    remaining: int
    total: int
    deadline: date
    months: int
    per_month: int | None
    months_at_pace: int | None
    as_of: date
    dataset: str
    plan: list[tuple[date, int]]


class CostItem(Struct, frozen=True, kw_only=True):
    """Running costs of a body, like for like; `fault` says why they are not compared."""

    code: str
    name: str
    kind: str
    population: int
    before_yen: int | None
    after_yen: int | None
    ratio: Decimal | None
    change_percent: Decimal | None
    meets_target: bool | None
    fault: str


class GroupItem(Struct, frozen=True, kw_only=True):
    """Systems that share one value; an empty value was not told."""

    value: str
    text: str
    systems: int
    complete: int
    late: int
    bodies: int


class Answer(Struct, frozen=True, kw_only=True):
    """A list of open data with what it is about."""

    as_of: date
    source: str
    items: list[object]
