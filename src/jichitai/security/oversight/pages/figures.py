"""Figures of the boards: tiles, rates by denominator, prefectures counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from jichitai.kernel.dates import wareki
from jichitai.kernel.municipalities import prefectures
from jichitai.security.obligations.model import Denominator
from jichitai.security.oversight.model.standing import (
    Rates,
    Standing,
)
from jichitai.security.oversight.pages.shared import (
    address,
)
from jichitai.web.components import (
    Column,
    Finding,
    Tile,
)
from jichitai.web.maps import MAP_SOURCE

_COUNTRY: Final = (
    Column("name", "都道府県", head=True),
    Column("total", "団体", align="end"),
    Column("adopted", "策定", align="end"),
    Column("counted", "策定・公表", align="end"),
    Column("rate", "策定・公表の率", align="end"),
    Column("silent", "報告なし", align="end"),
)
RATE_COLUMNS: Final = (
    Column("name", "分母", head=True),
    Column("total", "分母の数", align="end"),
    Column("adopted", "策定", align="end"),
    Column("adopted_rate", "策定率", align="end"),
    Column("counted", "策定・公表", align="end"),
    Column("counted_rate", "策定・公表の率", align="end"),
    Column("silent", "報告なし", align="end"),
    Column("definition", "数え方", wide=True),
)
WEAK_COLUMNS: Final = (
    Column("title", "弱い所", head=True, wide=True),
    Column("reported", "報告した団体", align="end"),
    Column("done", "すべてできている", align="end"),
    Column("open", "できていない項目がある", align="end"),
    Column("unmet", "できていない項目の数", align="end"),
)
_DEFINITION: Final = "策定は、長の方針の決裁が済んだと報告した団体。策定・公表は、そのうち公表の場所で文書を確かめた団体"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectureRow:
    """The bodies of a prefecture, counted."""

    code: str
    name: str
    href: str
    total: int
    adopted: int
    counted: int
    silent: int

    @property
    def rate(self) -> float:
        """Share of the bodies that count, for sorting."""
        return self.counted / self.total if self.total else 0.0


def month_before(on: date) -> date:
    """The day that figures are compared with."""
    return on - timedelta(days=30)


def tiles(now: Rates, before: Rates | None, *, within: str = "") -> list[Tile]:
    """The figures on top of a board; `within` names the prefecture that is counted alone."""

    def note(value: int, past: int | None, percent: float | None) -> str:
        change = "" if past is None else f"　30日前から {value - past:+,}"
        if percent is None or not now.reported:
            return "報告なし"
        return f"{percent} %{change}"

    old_adopted = before.adopted.numerator if before else None
    old_counted = before.counted.numerator if before else None
    return [
        Tile(
            "策定済み",
            now.adopted.numerator,
            "団体",
            note(now.adopted.numerator, old_adopted, now.adopted.percent),
        ),
        Tile(
            "策定・公表済み",
            now.counted.numerator,
            "団体",
            note(now.counted.numerator, old_counted, now.counted.percent),
        ),
        Tile("報告なし", now.silent, "団体"),
        Tile(
            "分母",
            now.counted.total,
            "団体",
            f"{now.denominator.japanese}のうち{within}" if within else "都道府県と市区町村のすべて",
        ),
    ]


def rate_row(one: Rates, *, within: str = "") -> dict[str, object]:
    """A line of the table of rates; where nobody reported there is no rate, not 0 %."""

    def percent(value: float | None) -> str:
        return "—" if value is None or not one.reported else f"{value} %"

    unit = "組" if one.denominator is Denominator.ORGAN_PAIRS else "団体"
    return {
        "name": f"{one.denominator.japanese}のうち{within}" if within else one.denominator.japanese,
        "total": f"{one.counted.total:,}{unit}",
        "adopted": f"{one.adopted.numerator:,}",
        "adopted_rate": percent(one.adopted.percent),
        "counted": f"{one.counted.numerator:,}",
        "counted_rate": percent(one.counted.percent),
        "silent": f"{one.silent:,}",
        "definition": one.denominator.definition,
    }


def finding(now: Rates, on: date, *, within: str = "") -> Finding:
    """What the map shows, in one sentence."""
    left = now.counted.total - now.counted.numerator
    text = (
        f"策定・公表がまだの団体は{left:,}団体です"
        if left
        else "すべての団体が策定・公表を済ませました"
    )
    if not now.reported:
        text = "まだどの団体からも報告がありません"
    return Finding(
        text=text,
        source=f"団体の報告、地図は{MAP_SOURCE}",
        as_of=wareki(on),
        definition=f"分母 {now.denominator.japanese}{f'のうち{within}' if within else ''}。{_DEFINITION}",
    )


def by_prefecture(standings: Sequence[Standing]) -> list[PrefectureRow]:
    """The bodies of the 1,788, counted by prefecture."""
    of: dict[str, list[Standing]] = {}
    for one in standings:
        if not one.body.kind.joint:
            of.setdefault(one.body.prefecture_code, []).append(one)
    return [
        PrefectureRow(
            code=one.prefecture_code,
            name=one.name,
            href=f"/security/bodies/prefectures/{one.prefecture_code}",
            total=len(of[one.prefecture_code]),
            adopted=sum(body.adopted for body in of[one.prefecture_code]),
            counted=sum(body.counted for body in of[one.prefecture_code]),
            silent=sum(not body.reports for body in of[one.prefecture_code]),
        )
        for one in prefectures()
    ]


def sorted_rows(rows: list[PrefectureRow], sort: str) -> list[PrefectureRow]:
    """The prefectures in the order that was asked for."""
    match sort:
        case "counted" | "rate":
            return sorted(rows, key=lambda one: (one.rate, one.code))
        case "silent":
            return sorted(rows, key=lambda one: (-one.silent, one.code))
        case _:
            return rows


def sortable(sort: str, on: date, today: date) -> list[Column]:
    """The columns of the prefectures, with the links that sort."""
    day = {"as_of": on.isoformat()} if on != today else {}
    found = []
    for one in _COUNTRY:
        key = {"rate": "rate", "silent": "silent", "name": "name"}.get(one.key)
        if key is None:
            found.append(one)
            continue
        direction = "descending" if key == "silent" else "ascending"
        found.append(
            Column(
                one.key,
                one.label,
                align=one.align,
                head=one.head,
                sort_url=address("/security/bodies", {**day, "sort": key}),
                sorted=direction if key == (sort or "name") else "",  # type: ignore[arg-type]
            )
        )
    return found
