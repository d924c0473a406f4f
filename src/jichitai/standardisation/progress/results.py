"""What the queries answer: rows for pages, documents and programs."""

from dataclasses import dataclass
from datetime import date, datetime

from jichitai.kernel.bodies import Body
from jichitai.standardisation.progress.costs import Comparison, CostItem
from jichitai.standardisation.progress.model import (
    BodyClass,
    Business,
    Dataset,
    LateMeasure,
    MeasureKind,
    Rate,
    SourceKind,
    StepMeasure,
    SystemMeasure,
    Tally,
)
from jichitai.standardisation.progress.reports import Cloud, DeadlineClass
from jichitai.standardisation.progress.scope import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A national figure as its publisher told it; empty parts were not told.

    Attributes:
        measure: `LATE` or `SYSTEMS`; the series by systems is not comparable with a recount.
        as_of: the last day that it can be about; `as_of_text` as it was told.
        number: editions of the same figure, the latest being the greatest.
    """

    measure: MeasureKind
    as_of: date
    number: int
    as_of_text: str
    what: str
    systems: int | None
    of_systems: int | None
    bodies: int | None
    published_on: date | None
    recorded_at: datetime
    source: str
    confidence: str
    note: str

    @property
    def rate(self) -> Rate | None:
        """Systems over all systems, if both were told."""
        if self.systems is None or self.of_systems is None:
            return None
        return Rate(self.systems, self.of_systems)


@dataclass(frozen=True, slots=True, kw_only=True)
class National:
    """The country on a day: each measure by itself, None where no data set tells it.

    Attributes:
        steps: by steps, systems in scope.
        steps_all: by steps, every row of the source.
        systems: by systems, systems in scope.
        systems_all: by systems, every row of the source.
        late: late systems.
        published: the latest national figures that were published, one of each measure at most.
    """

    as_of: date
    known_at: datetime
    source_kind: SourceKind
    steps: StepMeasure | None
    steps_all: StepMeasure | None
    systems: SystemMeasure | None
    systems_all: SystemMeasure | None
    late: LateMeasure | None
    published: tuple[Published, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One business of one class of bodies."""

    business: Business
    body_class: BodyClass
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """Businesses by classes of bodies; cells in the order of both, all 21 x 7 of them."""

    dataset: Dataset
    measure: MeasureKind
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectureCell:
    """One prefecture: its municipalities, and itself as a body where the data set covers it."""

    prefecture: str
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPrefecture:
    """All 47, by code."""

    dataset: Dataset
    measure: MeasureKind
    cells: tuple[PrefectureCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateFilters:
    """What to list; empty parts do not narrow."""

    prefecture: str = ""
    body_class: BodyClass | None = None
    business: str = ""
    reason_class: int | None = None
    at_least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LateBody:
    """One body with late systems.

    Attributes:
        late: how many.
        systems: how many it runs, as far as known.
        businesses: names of the late ones, in official order.
        reason_classes: those that were told.
        last_target: the latest target date that was told.
        slips: how often a target date moved to a later day.
    """

    code: str
    name: str
    prefecture: str
    body_class: BodyClass
    late: int
    systems: int
    businesses: tuple[str, ...]
    reason_classes: tuple[int, ...]
    last_target: date | None
    slips: int

    @property
    def key(self) -> tuple[int, str]:
        """Where the next page begins after this row."""
        return self.late, self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePage:
    """A page of bodies, the one with most late systems first.

    Attributes:
        after: key of the last row, for the next page; None at the end.
        total: bodies that the filters let through.
    """

    dataset: Dataset | None
    rows: tuple[LateBody, ...]
    after: tuple[int, str] | None
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One statement of a target date; the first of a system has no `before`."""

    code: str
    business: Business
    number: int
    as_of: date
    before: date | None
    target_on: date | None
    reason: str
    recorded_at: datetime

    @property
    def months(self) -> int | None:
        """Whole months by which it moved, later ones positive; None for the first."""
        if self.before is None or self.target_on is None:
            return None
        years = self.target_on.year - self.before.year
        return years * 12 + self.target_on.month - self.before.month


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemView:
    """One system of one body: what each data set tells, the newest of each fact.

    Attributes:
        runs: whether the body runs the business, and `runs_reason` why that is thought.
        done: steps done or excluded; None if unknown.
        states: forty characters; None if only the sum is known.
    """

    business: Business
    runs: Answer
    runs_reason: str
    done: int | None
    states: str | None
    late: bool | None
    reason_class: int | None
    target_on: date | None
    deadline_class: DeadlineClass
    vendor: str
    contract: str
    cloud: Cloud
    risks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One edition of what a body reported in a data set."""

    dataset: Dataset
    number: int
    recorded_at: datetime
    recorded_by: str
    origin: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyView:
    """One body on a day.

    Attributes:
        systems: all 21, in official order; those it does not run included and marked.
        steps_from: the data set that the steps are from; None if it told nothing.
        late_from: the data set that lateness is from.
        tally: counted over the systems in scope.
        slips: statements of target dates, the newest first.
        editions: what is known of this body, the newest first.
        costs: amounts that it told.
        comparison: costs like for like; None if they cannot be compared, then `cost_fault` says why.
    """

    body: Body
    body_class: BodyClass
    as_of: date
    known_at: datetime
    source_kind: SourceKind
    systems: tuple[SystemView, ...]
    steps_from: Dataset | None
    late_from: Dataset | None
    tally: Tally
    slips: tuple[Slip, ...]
    editions: tuple[Edition, ...]
    costs: tuple[CostItem, ...]
    comparison: Comparison | None
    cost_fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPoint:
    """One data set of a time series."""

    dataset: Dataset
    tally: Tally

    @property
    def as_of(self) -> date:
        """The day."""
        return self.dataset.as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What would have to happen each month to meet a date.

    Attributes:
        measure: by systems, or by steps; the months of both are never added.
        dataset: where the count stands now.
        remaining: systems or steps that are left.
        deadline: the date to meet.
        months: whole months from the count to the deadline; 0 when it is past.
        per_month: how many a month, rounded up; None when no month is left.
        done_per_month: how many were done a month between the two last data sets of the same
            source; None with one data set only.
        months_at_pace: months at that pace, rounded up; None without one, or at a pace of none.
        plan: (first day of the month, how many are left at its end).
    """

    measure: MeasureKind
    dataset: Dataset
    remaining: int
    total: int
    deadline: date
    months: int
    per_month: int | None
    done_per_month: Rate | None
    months_at_pace: int | None
    plan: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostBody:
    """Costs of one body; `fault` says why they cannot be compared."""

    code: str
    name: str
    body_class: BodyClass
    population: int
    comparison: Comparison | None
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostClass:
    """Bodies of one class whose costs are like for like, summed."""

    body_class: BodyClass
    bodies: int
    before: int
    after: int
    people: int

    @property
    def rate(self) -> Rate:
        """After over before."""
        return Rate(self.after, self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Costs before and after against the aim of 30 % less than in fiscal year 2018.

    Attributes:
        dataset: None if no body told its costs.
        bodies: those that told any, by code.
        classes: sums over those that can be compared.
        compared: how many can be.
        met: how many of them meet the aim.
    """

    dataset: Dataset | None
    bodies: tuple[CostBody, ...]
    classes: tuple[CostClass, ...]
    compared: int
    met: int
