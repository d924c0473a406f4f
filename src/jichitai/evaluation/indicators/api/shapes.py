"""What programs send and get."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from jichitai.evaluation.indicators.checks import Entry, NewTarget
from jichitai.evaluation.indicators.model import Definition, IndicatorId, Line, Point, Target, Text
from jichitai.evaluation.indicators.standing import Forecast, Status

Number = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$", max_length=24)]
Words = Annotated[str, Meta(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")]
Label = Annotated[str, Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
Edition = Annotated[int, Meta(ge=0, le=1_000_000)]


class NewPoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value as somebody gives it; numbers are texts, so that nothing is rounded on the way.

    Attributes:
        as_of: the day that it is about.
        dated: whether the source states that day.
        label: 年度 or 時点 as the source writes it; made from the day when empty.
        value: the number; may be left out where numerator and denominator make it.
        words: what the source says instead of a number.
        numerator, denominator: what a rate is divided from.
        rate_only: the source gives the rate alone.
        source: who says so.
        confidence: how sure it is.
        reason: why it goes backwards.
    """

    as_of: date
    dated: bool = True
    label: Label = ""
    value: Number | None = None
    words: Words = ""
    numerator: Number | None = None
    denominator: Number | None = None
    rate_only: bool = False
    source: Line = ""
    confidence: Annotated[str, Meta(max_length=40, pattern=r"^[a-z-]*$")] = "reported"
    reason: Text = ""

    def entry(self, indicator_id: str) -> Entry:
        """The same, for the rules."""
        return Entry(
            indicator_id=indicator_id,
            as_of=self.as_of,
            dated=self.dated,
            label=self.label,
            value=number(self.value),
            words=self.words,
            numerator=number(self.numerator),
            denominator=number(self.denominator),
            rate_only=self.rate_only,
            source=self.source,
            confidence=self.confidence,
            reason=self.reason,
        )


class Correction(NewPoint, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value as it should have been, with the edition that it corrects and the reason."""

    edition: Annotated[int, Meta(ge=1, le=1_000_000)]


class TargetGiven(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A target as somebody gives it.

    Attributes:
        on: the day by which.
        edition: the edition that it takes the place of; 0 for a new one.
    """

    on: date
    value: Number | None = None
    words: Words = ""
    yearly: bool = False
    source: Line = ""
    reason: Text = ""
    edition: Edition = 0

    def target(self, indicator_id: str) -> NewTarget:
        """The same, for the rules."""
        return NewTarget(
            indicator_id=indicator_id,
            on=self.on,
            value=number(self.value),
            words=self.words,
            yearly=self.yearly,
            source=self.source,
            reason=self.reason,
        )


class DefinitionGiven(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A definition; its version and edition are those that the writer had (1 and 0 for a new one).

    Attributes:
        definition: the whole of it.
        new_series: whether what is counted changes.
        reason: why; not asked of a new indicator.
    """

    definition: Definition
    new_series: bool = False
    reason: Text = ""


class IndicatorLine(Struct, frozen=True, kw_only=True):
    """An indicator with its newest value and its standing.

    Attributes:
        shown: the value with its unit, ready to print.
    """

    indicator_id: IndicatorId
    section: str
    level: str
    name: str
    unit: str
    live: bool
    shown: str
    point: Point | None
    target: Target | None
    standing: str
    standing_text: str
    reason: str


class IndicatorList(Struct, frozen=True, kw_only=True):
    """Indicators as they were known at an instant."""

    known_at: datetime
    indicators: list[IndicatorLine]


class IndicatorDetail(Struct, frozen=True, kw_only=True):
    """One indicator: definitions with the newest first, targets, standing and forecast."""

    known_at: datetime
    definitions: list[Definition]
    targets: list[Target]
    status: Status
    forecast: Forecast | None


class PointList(Struct, frozen=True, kw_only=True):
    """Values of an indicator, superseded editions among them."""

    known_at: datetime
    indicator_id: str
    points: Sequence[Point]


class ImportFault(Struct, frozen=True, kw_only=True):
    """What is wrong with a cell."""

    cell: str
    value: str
    why: str
    remedy: str


class ImportRow(Struct, frozen=True, kw_only=True):
    """A row of a workbook that says something."""

    row: str
    values: Mapping[str, str]
    faults: list[ImportFault]


class ImportRead(Struct, frozen=True, kw_only=True):
    """What was read of a workbook, and what was written of it.

    Attributes:
        right: rows without a fault.
        written: rows that were recorded; 0 when nothing was to be written.
    """

    cells: int
    right: int
    written: int
    rows: list[ImportRow]


def number(text: str | None) -> Decimal | None:
    """A number that was sent as text."""
    return None if text is None else Decimal(text)
