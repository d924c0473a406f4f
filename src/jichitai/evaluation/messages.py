"""The messages of the policy evaluation (電文): daily figures on their way to the ministry."""

from datetime import date, datetime
from typing import Annotated, ClassVar, TypeAlias

from msgspec import Meta

from jichitai.jukinet.messages import Body, Part, reader

Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]
Key: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9_.]{1,60}$", description="測定項目の名前")]
Value: TypeAlias = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*$")]

STATEMENTS = 400
"""Statements in one message."""

FIGURES = 3_000
"""Figures in one message, and so in one statement."""


class Figure(Part, frozen=True, kw_only=True):
    """One count: values of the measure's dimensions, in their order, and the number."""

    parts: Annotated[tuple[Value, ...], Meta(max_length=6)]
    value: Annotated[int, Meta(ge=-(2**53), le=2**53)]


class Statement(Part, frozen=True, kw_only=True):
    """Everything that the sender counted for one measure and one day.

    Of a stock it is what there is at the end of the day, until the next statement. `revision` counts the statements on this measure and day; a later one takes the place of an
    earlier one and says why.
    """

    measure: Key
    day: date
    revision: Annotated[int, Meta(ge=1, le=1_000_000)]
    reason: Annotated[str, Meta(max_length=200)] = ""
    figures: Annotated[tuple[Figure, ...], Meta(max_length=FIGURES)]


class Covered(Part, frozen=True, kw_only=True):
    """How far the sender has told of a measure.

    Days up to here that no statement is about are empty (a flow), or as the day before (a stock).
    """

    measure: Key
    through: date


class F01(Body, frozen=True, kw_only=True):
    """日次集計の通知: what a tier counted from its own records, day by day.

    A flow is stated for days on which there was something, a stock for days on which it changed.
    The figures are sums; none is about a person. The form is this project's.

    Source: 行政機関が行う政策の評価に関する法律 第3条 (政策効果の定量的な把握).
    """

    kind: ClassVar[str] = "F01"
    title: ClassVar[str] = "日次集計の通知"
    basis: ClassVar[str] = "行政機関が行う政策の評価に関する法律 第3条。形式はこの製品の定め"
    route: ClassVar[str] = "town → prefecture → ministry; prefecture, nation → ministry"

    statements: Annotated[tuple[Statement, ...], Meta(max_length=STATEMENTS)]
    covered: Annotated[tuple[Covered, ...], Meta(max_length=100)]
    counted_at: Instant


CATALOGUE: tuple[type[Body], ...] = (F01,)

decode = reader(*CATALOGUE)
"""Reads one message of the evaluation."""
