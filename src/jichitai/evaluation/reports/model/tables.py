"""Tables that a report makes of itself: facts, targets and actuals, sources, corrections. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from itertools import groupby

from jichitai.evaluation.reports.model.document import (
    UNKNOWN,
    Block,
    Column,
    Correction,
    Figure,
    Heading,
    Line,
    Mention,
    Point,
    Points,
    Series,
    Table,
    Words,
)
from jichitai.evaluation.reports.model.known import Indicator, Known, Value
from jichitai.evaluation.reports.model.looking import Figures, period_text, short_year, year_text
from jichitai.kernel.dates import both, wareki

_ROLES = {"actual": "実績", "target": "目標", "baseline": "基準"}


def _words(text: str) -> Line:
    return (Words(text),)


def policy_facts(known: Known, office: str) -> Table:
    """What is evaluated.

    Source: 行政機関が行う政策の評価に関する法律 第10条第1項第1号.
    """
    rows = (
        ("政策", f"政策{known.policy}　{known.policy_name}"),
        ("政策目的", known.purpose),
        ("節", "、".join(f"{one.number} {one.name}" for one in known.sections)),
        ("評価の年度", year_text(known.fiscal_year)),
        ("時点", f"{both(known.as_of)}までに分かっていた値"),
        ("担当", office.strip() or "—"),
    )
    return Table(
        "評価の対象とした政策",
        (Column("項目", 1), Column("内容", 4)),
        tuple((_words(head), _words(text)) for head, text in rows),
    )


def series_blocks(
    rows: Sequence[Series], figures: Figures, years: Sequence[int], known: Known
) -> list[Block]:
    """目標と実績, section by section; a year without a value is empty, never zero.

    Source: 行政機関が行う政策の評価に関する法律 第10条第1項第4号.
    """
    if not rows:
        return []
    columns = (
        Column("指標", 7),
        Column("段階", 3),
        Column("基準値", 2, end=True),
        *(Column(short_year(year), 3, end=True) for year in years),
        Column("目標値", 3),
        Column("期限", 3),
        Column("状況", 3),
    )
    found: list[Block] = []
    names = {one.number: one.name for one in known.sections}
    for number, group in groupby(rows, key=lambda one: one.section):
        cells = tuple(_series_row(one, figures) for one in group)
        found.append(Table(f"{number}　{names.get(number, '')}", columns, cells))
    notes = [
        "各年度の欄は、その年度の最も新しい値です。「—」は公表された値がないことを示します。",
        "実績の時点と出典は、数値の一覧にあります。",
    ]
    found.append(Points(tuple(Point("※", 0, _words(text)) for text in notes)))
    return found


def _series_row(row: Series, figures: Figures) -> tuple[Line, ...]:
    def cell(ref: str) -> Line:
        return (Mention(ref, figures.found[ref].text),) if ref else _words("—")

    day = figures.found[row.target].as_of if row.target else ""
    until = wareki(date.fromisoformat(day)) if day else "—"
    return (
        _words(f"{row.indicator}　{row.name}"),
        _words(row.level),
        cell(row.baseline),
        *map(cell, row.actuals),
        cell(row.target),
        _words(until),
        _words(row.status or "—"),
    )


def remarks(known: Known) -> list[Block]:
    """学識経験者の意見 and what was done with each.

    Source: 行政機関が行う政策の評価に関する法律 第3条第2項第2号, 第10条第1項第5号.
    """
    rows = tuple(
        (_words(one.by_name), _words(one.content), _words(one.answers[-1] if one.answers else "—"))
        for one in known.remarks
        if one.sort == "expert"
    )
    if not rows:
        return []
    columns = (Column("学識経験者", 2), Column("意見", 5), Column("対応", 5))
    return [Table("学識経験者の意見と対応", columns, rows)]


def materials(figures: Figures) -> list[Block]:
    """Sources of the figures that are used, each once.

    Source: 行政機関が行う政策の評価に関する法律 第10条第1項第6号.
    """
    sources = dict.fromkeys(
        one.source for one in figures.found.values() if one.source and one.text != UNKNOWN
    )
    if not sources:
        return []
    return [
        Heading(2, "数値の出典"),
        Points(tuple(Point("・", 0, _words(one)) for one in sources)),
    ]


def _replaced(indicator: Indicator) -> Iterable[tuple[Value, Value]]:
    """Pairs of a value that was published and the edition that took its place."""
    for old in indicator.values:
        if old.superseded_at is None:
            continue
        for new in indicator.values:
            same = (new.place or new.as_of) == (old.place or old.as_of)
            if same and new.known_at >= old.superseded_at and new is not old:
                yield old, new
                break


def corrections(known: Known) -> tuple[Correction, ...]:
    """訂正: values that were replaced, in the order of the indicators.

    Source: ours; the ministry replaced published figures on 2024-04-26 without keeping the old.
    """
    return tuple(
        Correction(
            indicator=one.id,
            name=one.name,
            period=period_text(new),
            before=old.text,
            after=new.text,
            corrected_on=new.known_on.isoformat(),
            reason=new.reason or "—",
        )
        for one in known.indicators.values()
        for old, new in _replaced(one)
    )


def correction_blocks(known: Known) -> list[Block]:
    """The corrections as a table with both values.

    Source: ours.
    """
    rows = tuple(
        (
            _words(f"{one.indicator}　{one.name}"),
            _words(one.period),
            _words(one.before),
            _words(one.after),
            _words(both(date.fromisoformat(one.corrected_on))),
            _words(one.reason),
        )
        for one in corrections(known)
    )
    if not rows:
        return []
    columns = (
        Column("指標", 4),
        Column("時点", 3),
        Column("訂正前", 2, end=True),
        Column("訂正後", 2, end=True),
        Column("訂正日", 3),
        Column("理由", 4),
    )
    return [Table("公表された後に訂正された数値", columns, rows)]


def figure_table(figures: Figures) -> Table:
    """数値の一覧: every figure with its day, source and definition.

    Source: 行政機関が行う政策の評価に関する法律 第10条第1項第6号.
    """
    columns = (
        Column("番号", 1, end=True),
        Column("指標", 5),
        Column("時点", 3),
        Column("値", 3, end=True),
        Column("出典", 5),
        Column("数え方", 4),
    )
    rows = tuple(_figure_row(one) for one in figures.found.values())
    return Table("数値の一覧", columns, rows)


def _figure_row(one: Figure) -> tuple[Line, ...]:
    sure = f"（{one.confidence}）" if one.confidence else ""
    share = f"　{one.evidence}" if one.evidence else ""
    return (
        _words(str(one.number)),
        _words(f"{one.indicator} {one.name}（{_ROLES[one.role]}）"),
        _words(one.period or "—"),
        (Mention(one.ref, one.text),),
        _words(f"{one.source}{sure}" or "—"),
        _words(f"{one.definition}{share}" or "—"),
    )


def source_table(figures: Figures, used: Collection[str]) -> Table:
    """数値の出典 of a summary: number, value, day, source.

    Args:
        figures: all of the document.
        used: references that the paper mentions.

    Source: layout of the ministry's summary (※ 出典と時点).
    """
    columns = (Column("番号", 1, end=True), Column("指標", 6), Column("値", 3, end=True),
               Column("時点", 3), Column("出典", 6))  # fmt: skip
    rows = tuple(
        (
            _words(str(one.number)),
            _words(f"{one.indicator} {one.name}（{_ROLES[one.role]}）"),
            (Mention(one.ref, one.text),),
            _words(one.period or "—"),
            _words(one.source or "—"),
        )
        for one in figures.found.values()
        if one.ref in used
    )
    return Table("数値の出典", columns, rows)
