"""Reading one row of costs."""

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Final

from jichitai.correspondence.model.preview import Wrong
from jichitai.correspondence.service.returns import RowRead
from jichitai.standardisation.progress.costs import CostItem
from jichitai.standardisation.survey.layout import BASES, COST_COLUMNS, ITEMS, LABELS, PHASES

COST_KEYS: Final = frozenset(one.key for one in COST_COLUMNS[4:])
_MOST_YEN: Final = 10**13
_LIMITS: Final = {
    "fiscal_year": (2000, 2100, "西暦の年度（例 2018）を入れてください"),
    "yen": (0, _MOST_YEN, "円単位の0以上の整数を入れてください（例 1234000）"),
    "months": (1, 120, "1から120までの整数を入れてください（1年なら12）"),
}


def cost_of(row: RowRead, seen: set[tuple[str, str]]) -> tuple[CostItem | None, list[Wrong]]:
    """An amount, and what is wrong with its row.

    Args:
        row: whose cells were all readable.
        seen: phase and item of the rows before; this one's are added.
    """
    found: list[Wrong] = []

    def wrong(key: str, why: str, remedy: str) -> None:
        value = str(row.values.get(key, ""))[:60]
        cell = row.places.get(key, f"{row.number}行")
        found.append(Wrong(cell=cell, value=value, why=why, remedy=remedy))

    text = {key: str(value) for key, value in row.values.items()}
    for key in ("phase", "item", "fiscal_year", "yen", "basis"):
        if not text.get(key):
            wrong(key, f"「{LABELS[key]}」が空です", f"{LABELS[key]}を入れてください")
    numbers: dict[str, int] = {"months": 12}
    for key, (least, most, remedy) in _LIMITS.items():
        if text.get(key):
            number = _whole(text[key])
            if number is None or not least <= number <= most:
                wrong(key, f"「{LABELS[key]}」が正しい数ではありません", remedy)
            else:
                numbers[key] = number
    rate = _rate(text.get("usd_rate", ""))
    if text.get("usd_rate") and rate is None:
        wrong(
            "usd_rate",
            "為替レートが正しい数ではありません",
            "1ドルが何円かを入れてください（例 140.5）",
        )
    pair = (text.get("phase", ""), text.get("item", ""))
    if all(pair) and pair in seen:
        wrong("item", "同じ項目の行が前にあります", "どちらかの行を消してください")
    seen.add(pair)
    if found:
        return None, found
    return (
        CostItem(
            phase=PHASES[pair[0]],
            item=ITEMS[pair[1]],
            fiscal_year=numbers["fiscal_year"],
            yen=numbers["yen"],
            months=numbers["months"],
            basis=BASES[text["basis"]],
            usd_rate=rate,
            note=text.get("note", ""),
        ),
        [],
    )


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(",", "").strip()


def _whole(text: str) -> int | None:
    digits = _plain(text).removesuffix("円").removesuffix("年度").removesuffix("か月")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None


def _rate(text: str) -> Decimal | None:
    try:
        found = Decimal(_plain(text).removesuffix("円")) if text else None
    except InvalidOperation:
        return None
    if found is None or not found.is_finite() or not 1 <= found < 10_000:
        return None
    return found.quantize(Decimal("0.001"))
