"""Words, colours and legends of the views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jichitai.standardisation.progress.model import MeasureKind, Rate, Tally
from jichitai.web.components import Colour, Status
from jichitai.web.maps import Fill, Step

DASH: Final = "—"
_SCALE: Final = (
    Step("4", "90%以上"),
    Step("3", "75%以上"),
    Step("2", "50%以上"),
    Step("1", "0%を超える"),
    Step("0", "0%"),
    Step("none", "回答なし・対象外・資料にない"),
)
_RATES: Final[Sequence[tuple[int, Fill]]] = ((90, "4"), (75, "3"), (50, "2"))
_LATE: Final[Sequence[tuple[int, Fill]]] = ((50, "4"), (25, "3"), (10, "2"))
LEGENDS: Final[Mapping[MeasureKind, tuple[Step, ...]]] = {
    MeasureKind.STEPS: _SCALE,
    MeasureKind.SYSTEMS: _SCALE,
    MeasureKind.LATE: (
        Step("4", "50%以上が間に合わない"),
        Step("3", "25%以上"),
        Step("2", "10%以上"),
        Step("1", "0%を超える"),
        Step("0", "なし"),
        Step("none", "回答なし・対象外・資料にない"),
    ),
}
_CONFIDENCE: Final[Mapping[str, tuple[str, Colour]]] = {
    "read": ("原資料で確認", "green"),
    "reported": ("公表値", "green"),
    "derived": ("計算した値", "blue"),
    "secondary": ("二次資料", "yellow"),
    "recalled": ("未確認", "orange"),
    "ours": ("この府省の集計", "blue"),
    "unknown": ("不明", "grey"),
}


def confidence(word: str) -> Status:
    """How sure a source is, as a word with its colour.

    >>> confidence("secondary").word
    '二次資料'
    """
    return Status(*_CONFIDENCE.get(word, (word, "grey")))


@dataclass(frozen=True, slots=True)
class Cell:
    """A share with its colour, and what it is a share of."""

    fill: Fill
    text: str
    note: str = ""


NO_ANSWER: Final = Cell("none", "資料にない")


def fill_of(measure: MeasureKind, rate: Rate) -> Fill:
    """The colour class of a share; nothing counted is hatched, never 0 %.

    >>> from jichitai.standardisation.progress.model import MeasureKind, Rate
    >>> fill_of(MeasureKind.STEPS, Rate(36, 40)), fill_of(MeasureKind.LATE, Rate(0, 10))
    ('4', '0')
    >>> fill_of(MeasureKind.SYSTEMS, Rate(0, 0))
    'none'
    """
    if rate.denominator <= 0:
        return "none"
    scale = _LATE if measure is MeasureKind.LATE else _RATES
    return next(
        (fill for least, fill in scale if 100 * rate.numerator >= least * rate.denominator),
        "1" if rate.numerator else "0",
    )


def cell(measure: MeasureKind, tally: Tally | None) -> Cell:
    """A tally as one cell: hatched where nothing was counted, and why."""
    if tally is None:
        return NO_ANSWER
    if not tally.systems:
        return Cell("none", why_none(tally))
    rate = tally.rate(measure)
    return Cell(fill_of(measure, rate), rate.text, f"{rate.numerator:,}／{rate.denominator:,}")


def small_cell(measure: MeasureKind, tally: Tally) -> Cell:
    """The same for a table of many columns: how many systems, and how many are left out."""
    if not tally.systems:
        why = why_none(tally)
        return Cell("none", "—" if why == NO_ANSWER.text else why)
    rate = tally.rate(measure)
    steps = measure is MeasureKind.STEPS
    parts = [f"対象{tally.systems:,}" if steps else f"{rate.numerator:,}／{rate.denominator:,}"]
    if tally.unanswered:
        parts.append(f"回答なし{tally.unanswered:,}")
    if tally.unknown:
        parts.append(f"不明{tally.unknown:,}")
    return Cell(fill_of(measure, rate), rate.text, "\n".join(parts))


def why_none(tally: Tally) -> str:
    """Why there is no share.

    >>> why_none(Tally(outside=3)), why_none(Tally(unanswered=2)), why_none(Tally())
    ('対象外', '回答なし', '資料にない')
    """
    if tally.unanswered:
        return "回答なし"
    if tally.unknown:
        return "不明"
    return "対象外" if tally.outside else "資料にない"
