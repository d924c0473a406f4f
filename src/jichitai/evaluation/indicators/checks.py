"""What is wrong with a definition, a target or a value before it is kept. Pure.

Each fault is a (field, message) pair; a message says what is wrong, why, and what to do.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from msgspec import Meta, Struct

from jichitai.evaluation.indicators.live import Measured
from jichitai.evaluation.indicators.model import (
    LARGEST,
    WHOLE,
    Constant,
    Definition,
    Direction,
    IndicatorId,
    Line,
    Point,
    Query,
    Target,
    Text,
    Total,
    ratio,
)

Faults = list[tuple[str, str]]
SHORTEST_REASON: Final = 5
EARLIEST: Final = date(1990, 1, 1)

CONFIDENCE: Final[Mapping[str, str]] = {
    "counted": "本システムの集計",
    "summary": "評価書要旨の記載",
    "summary-qualitative": "評価書要旨の記載（数値なし）",
    "survey": "調査の結果",
    "reported": "公表値",
    "reported-rounded": "公表値（端数を丸めたもの）",
    "reported-range": "公表値（幅）",
    "reported-qualitative": "公表値（言葉による）",
    "reported-may-be-revised": "公表値（後に訂正された可能性）",
    "reported-corrected": "公表値（訂正後）",
    "derived": "公表値から計算",
    "secondary": "二次資料（原典未確認）",
}
"""How sure a value is, in words."""


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """実績値の入力: a value as somebody gives it.

    Attributes:
        indicator_id: which indicator.
        as_of: the day that it is about.
        dated: whether the source states that day.
        label: 年度 or 時点 as the source writes it; made from the day when empty.
        value: the number; may be left out where numerator and denominator make it.
        words: what the source says instead of a number, e.g. 99以上.
        numerator, denominator: what a rate is divided from.
        rate_only: the source gives the rate alone.
        source: who says so.
        confidence: how sure it is.
        reason: why it goes backwards, or why it corrects an earlier edition.
    """

    indicator_id: IndicatorId
    as_of: date
    dated: bool = True
    label: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""
    value: Decimal | None = None
    words: Annotated[str, Meta(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    rate_only: bool = False
    source: Line = ""
    confidence: Annotated[str, Meta(max_length=40, pattern=r"^[a-z-]*\Z")] = "reported"
    reason: Text = ""


class NewTarget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """目標値の入力: a target as somebody gives it.

    Attributes:
        value: the number; None for a target in words.
        words: the target in words.
        on: the day by which.
        yearly: on the way to the final one.
        source: where it was decided.
        reason: why it takes the place of an earlier edition.
    """

    indicator_id: IndicatorId
    on: date
    value: Decimal | None = None
    words: Annotated[str, Meta(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""
    yearly: bool = False
    source: Line = ""
    reason: Text = ""


def value_of(definition: Definition, entry: Entry) -> Decimal | None:
    """The number that an entry gives, a rate from its parts where they are known.

    Source: none; arithmetic.
    """
    whole = denominator_of(definition, entry)
    if definition.rate and entry.numerator is not None and whole:
        return ratio(entry.numerator, whole)
    return entry.value


def denominator_of(definition: Definition, entry: Entry) -> Decimal | None:
    """A rate's whole: the fixed one of the definition, or the one that was entered.

    Source: the definition.
    """
    if not definition.rate:
        return None
    fixed = definition.denominator
    return fixed.value if isinstance(fixed, Constant) else entry.denominator


def entry_faults(
    definition: Definition, entry: Entry, others: Sequence[Point], *, today: date
) -> Faults:
    """What is wrong with a value.

    Args:
        definition: of its indicator.
        entry: as it was given.
        others: values of the same series that hold, without the one that is corrected.
        today: in Japan.

    Source: this project's; a rate needs its denominator, a step back needs its reason.
    """
    faults = [*_day_faults(entry.as_of, today), *_source_faults(entry)]
    if entry.value is None and entry.numerator is None and not entry.words:
        faults.append(("value", "値がありません。数値か、出典の言葉のどちらかを入れてください。"))
        return faults
    faults += _rate_faults(definition, entry) if definition.rate else _count_faults(entry)
    value = value_of(definition, entry)
    if value is not None and not faults:
        faults += _range_faults(definition, value) or _backward_faults(
            definition, entry, value, others
        )
    return faults


def _day_faults(as_of: date, today: date) -> Faults:
    if as_of > today:
        text = f"時点（{as_of.isoformat()}）がまだ来ていません。実績は過ぎた日のものだけを記録できます。日付を確かめてください。"
        return [("as_of", text)]
    if as_of < EARLIEST:
        text = f"時点（{as_of.isoformat()}）が古すぎます。元号や年を確かめてください。"
        return [("as_of", text)]
    return []


def _source_faults(entry: Entry) -> Faults:
    faults: Faults = []
    if not entry.source.strip():
        text = "出典がありません。だれがいつ公表した値か確かめられないと使えません。資料の名前と日付を入れてください。"
        faults.append(("source", text))
    if entry.confidence not in CONFIDENCE or entry.confidence == "counted":
        faults.append(("confidence", "確からしさが一覧にありません。一覧から選んでください。"))
    return faults


def _rate_faults(definition: Definition, entry: Entry) -> Faults:
    whole = denominator_of(definition, entry)
    if entry.denominator is not None and entry.denominator <= 0:
        return [
            ("denominator", "分母が0以下です。割合を計算できません。分母の数を確かめてください。")
        ]
    fixed = definition.denominator
    if isinstance(fixed, Constant) and entry.denominator not in (None, fixed.value):
        text = (
            f"分母が定義（{fixed.name} {fixed.value:,f}）と違います。"
            "違う分母で数えたときは、定義の新しい版を作ってから記録してください。"
        )
        return [("denominator", text)]
    if entry.numerator is not None and whole is None:
        text = (
            "分母がありません。何に対する割合か分からない値は比べられません。分母を入れてください。"
        )
        return [("denominator", text)]
    if entry.numerator is not None and whole is not None:
        return _parts_faults(definition, entry, entry.numerator, whole)
    if entry.value is not None and not entry.rate_only:
        text = (
            "割合だけで、分子と分母がありません。両方を入れてください。"
            "出典に率しか書かれていないときは「出典が率だけを示している」に印を付けてください。"
        )
        return [("numerator", text)]
    return []


def _parts_faults(
    definition: Definition, entry: Entry, numerator: Decimal, whole: Decimal
) -> Faults:
    if not 0 <= numerator <= whole:
        text = f"分子（{numerator:,f}）が0から分母（{whole:,f}）までにありません。取り違えていないか確かめてください。"
        return [("numerator", text)]
    if entry.value is None:
        return []
    step = Decimal(1).scaleb(-definition.decimals)
    if abs(ratio(numerator, whole) - entry.value) > step:
        text = (
            f"値（{entry.value:f}）が、分子÷分母（{ratio(numerator, whole):.2f}）と合いません。"
            "どれかが誤っています。出典を見て直してください。"
        )
        return [("value", text)]
    return []


def _count_faults(entry: Entry) -> Faults:
    if entry.numerator is not None or entry.denominator is not None:
        text = "この指標は割合ではないので、分子と分母は使いません。値の欄に入れてください。"
        return [("numerator", text)]
    return []


def _range_faults(definition: Definition, value: Decimal) -> Faults:
    if value < 0:
        return [("value", "値が0より小さくなっています。件数や割合は負になりません。")]
    if definition.rate and value > WHOLE:
        text = f"割合が100 %を超えています（{value:f}）。分子と分母を確かめてください。"
        return [("value", text)]
    if abs(value) > LARGEST:
        return [("value", "値が大きすぎます。単位を確かめてください。")]
    return []


def _backward_faults(
    definition: Definition, entry: Entry, value: Decimal, others: Sequence[Point]
) -> Faults:
    """A cumulative figure, or a rate that should rise, went back; a reason makes it right."""
    rising = definition.cumulative or (definition.rate and definition.direction is Direction.UP)
    if not rising or len(entry.reason.strip()) >= SHORTEST_REASON:
        return []
    known = [one for one in others if one.value is not None and not one.part]
    before = max((o for o in known if o.as_of < entry.as_of), key=lambda o: o.as_of, default=None)
    after = min((o for o in known if o.as_of > entry.as_of), key=lambda o: o.as_of, default=None)
    if before is not None and before.value is not None and value < before.value:
        text = (
            f"前の時点（{before.as_of.isoformat()}）の{definition.with_unit(before.text)}より"
            "小さくなっています。値を確かめるか、下がった理由を5文字以上で書いてください。"
        )
        return [("reason", text)]
    if (
        definition.cumulative
        and after is not None
        and after.value is not None
        and value > after.value
    ):
        text = (
            f"後の時点（{after.as_of.isoformat()}）の{definition.with_unit(after.text)}より"
            "大きくなっています。値を確かめるか、理由を5文字以上で書いてください。"
        )
        return [("reason", text)]
    return []


def reason_faults(reason: str, *, what: str) -> Faults:
    """A change of what was recorded needs a reason.

    Source: this project's; 総務省 replaced published figures on 2024-04-26 and said why.
    """
    if len(reason.strip()) >= SHORTEST_REASON:
        return []
    text = f"{what}の理由がありません。前の値も理由とともに残ります。{SHORTEST_REASON}文字以上で書いてください。"
    return [("reason", text)]


def target_faults(
    definition: Definition, new: NewTarget, points: Sequence[Point], others: Sequence[Target]
) -> Faults:
    """What is wrong with a target.

    Source: this project's; 6.4 of the evaluation's rules: every target has a date and denominator.
    """
    faults: Faults = []
    if new.value is None and not new.words.strip():
        faults.append(("value", "目標値がありません。数値か言葉で入れてください。"))
    if not new.source.strip():
        text = "どこで決めた目標かがありません。計画や評価書の名前を入れてください。"
        faults.append(("source", text))
    faults += _before_baseline(definition, new, points)
    if new.value is not None:
        faults += _range_faults(definition, new.value)
    final = [one for one in others if not one.yearly and one.superseded_at is None]
    if new.yearly and final and new.on > max(one.on for one in final):
        text = "年度の目標が、最終目標の期限より後になっています。期限を確かめるか、最終目標として入れてください。"
        faults.append(("on", text))
    if definition.rate and definition.denominator is None:
        text = "この指標には分母がありません。何に対する割合か決まらない目標は立てられません。先に定義に分母を入れてください。"
        faults.append(("value", text))
    return faults


def _before_baseline(definition: Definition, new: NewTarget, points: Sequence[Point]) -> Faults:
    base = definition.baseline.on if definition.baseline else None
    word = "基準値の時点"
    if base is None:
        days = [one.as_of for one in points if one.holds and one.dated and not one.part]
        base, word = min(days, default=None), "最初の実績の時点"
    if base is None or new.on > base:
        return []
    text = (
        f"目標の期限（{new.on.isoformat()}）が、{word}（{base.isoformat()}）より後になっていません。"
        "目標はそれより後の日に立てます。元号や年を確かめてください。"
    )
    return [("on", text)]


def definition_faults(
    definition: Definition, measures: Mapping[str, Measured], known: Iterable[str]
) -> Faults:
    """What is wrong with a definition.

    Args:
        definition: as it was given.
        measures: what the tiers count, by key.
        known: ids of the other indicators.

    Source: this project's; a rate without a denominator is no rate.
    """
    faults: Faults = []
    if definition.rate and definition.denominator is None:
        text = "単位が % なのに分母がありません。何に対する割合か分からない値は比べられません。分母を決めてください。"
        faults.append(("denominator", text))
    if not definition.rate and definition.denominator is not None:
        text = "分母は割合（単位 %）の指標だけに付けます。単位を % にするか、分母を消してください。"
        faults.append(("denominator", text))
    if isinstance(definition.denominator, Query) and not isinstance(definition.numerator, Query):
        text = "分母だけを日次集計から数えることはできません。分子も日次集計から数えるようにしてください。"
        faults.append(("denominator", text))
    if not definition.name.strip():
        faults.append(("name", "指標の名前がありません。入れてください。"))
    if definition.replaces and definition.replaces not in set(known):
        text = f"引き継ぐ指標「{definition.replaces}」がありません。番号を確かめてください。"
        faults.append(("replaces", text))
    for field, one in (
        ("numerator", definition.numerator),
        ("denominator", definition.denominator),
    ):
        if isinstance(one, Query):
            faults += [(field, text) for text in _query_faults(one, measures)]
    faults += [
        (
            "breakdowns",
            f"内訳「{name}」は、数える測定項目にありません。使える内訳から選んでください。",
        )
        for name in definition.breakdowns
        if not _everywhere(definition, name, measures)
    ]
    return faults


def _query_faults(query: Query, measures: Mapping[str, Measured]) -> list[str]:
    measured = measures.get(query.measure)
    if measured is None:
        return [
            f"測定項目「{query.measure}」はありません。「届いた数字」の一覧から選んでください。"
        ]
    faults = [
        f"「{measured.title}」に内訳「{name}」はありません。使えるのは{'、'.join(measured.dimensions)}です。"
        for name in [*(one.dimension for one in query.where), query.distinct]
        if name and name not in measured.dimensions
    ]
    if (query.total is Total.LATEST) == measured.flow:
        kind = "日ごとに足す件数" if measured.flow else "その日の現在数"
        faults.append(
            f"「{measured.title}」は{kind}です。"
            f"{'年度計か累計' if measured.flow else '時点'}を選んでください。"
        )
    return faults


def _everywhere(definition: Definition, name: str, measures: Mapping[str, Measured]) -> bool:
    asked = [
        one for one in (definition.numerator, definition.denominator) if isinstance(one, Query)
    ]
    found = [measures.get(one.measure) for one in asked]
    return bool(found) and all(one is not None and name in one.dimensions for one in found)
