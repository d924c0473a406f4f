"""What is known of policy 8, in small: the built-in policy and a few values."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from jichitai.evaluation.policies import builtin
from jichitai.evaluation.reports.model.known import Goal, Indicator, Known, Remark, Value
from jichitai.evaluation.reports.service.adapting import numbers, path_of, section_of

MAY = datetime(2026, 5, 1, tzinfo=UTC)
SOURCE = "総務省 評価書要旨（第１部）"


def value(text: str, as_of: date | None, year: int | None, **changes: Any) -> Value:
    number = text.rstrip("団体回枚システム都道府県 %")
    values: dict[str, Any] = {
        "period": f"R{year - 2018}" if year else "",
        "year": year,
        "as_of": as_of,
        "value": Decimal(number.replace(",", "")),
        "text": text,
        "plain": number,
        "source": SOURCE,
        "confidence": "公表値",
        "known_at": MAY,
    }
    return Value(**(values | changes))


def goal(text: str, on: date) -> Goal:
    number = text.rstrip("都道府県 %")
    return Goal(year=None, on=on, value=Decimal(number), text=text, plain=number, source=SOURCE)


def indicator(key: str, name: str, level: str, unit: str, **changes: Any) -> Indicator:
    values: dict[str, Any] = {
        "id": key,
        "name": name,
        "section": key.split("-")[1],
        "level": level,
        "unit": unit,
        "definition": "定義の文",
    }
    return Indicator(**(values | changes))


def indicators() -> dict[str, Indicator]:
    """Four of section 4, and one of section 3 with a correction."""
    found = [
        indicator("P8-3-03", "特定移行支援システム該当見込み（システム数）", "短期アウトカム", "システム",
                  values=[value("3,770システム", date(2025, 7, 31), 2025),
                          value("8,900システム", date(2025, 12, 31), 2025,
                                superseded_at=datetime(2026, 6, 1, tzinfo=UTC)),
                          value("8,956システム", date(2025, 12, 31), 2025, reason="集計もれの訂正",
                                known_at=datetime(2026, 6, 1, tzinfo=UTC))]),
        indicator("P8-4-01", "総務大臣指針（案）の発出先団体数", "アウトプット", "団体",
                  values=[value("1,788団体", date(2025, 4, 1), 2025)]),
        indicator("P8-4-02", "ガイドラインの改定回数", "アウトプット", "回",
                  values=[value("2回", date(2025, 3, 31), 2024), value("1回", date(2026, 3, 27), 2025)]),
        indicator("P8-4-03", "補助金の交付件数", "アウトプット", "都道府県",
                  goals=[goal("47都道府県", date(2028, 3, 31))]),
        indicator("P8-4-04", "地方自治法上の方針の策定率", "短期アウトカム", "%",
                  goals=[goal("100 %", date(2027, 3, 31))],
                  values=[value("45.0 %", date(2026, 11, 20), 2026, numerator="805団体",
                                denominator="1,788団体")]),
        indicator("P8-4-05", "次期自治体情報セキュリティクラウドへ移行した都道府県の割合",
                  "短期アウトカム", "%", goals=[goal("100 %", date(2028, 3, 31))]),
    ]  # fmt: skip
    return {one.id: one for one in found}


def known(**changes: Any) -> Known:
    """Policy 8 with these values and no text of an officer."""
    built = builtin.policies()[0]
    by_key = numbers(built.policy)
    values: dict[str, Any] = {
        "policy": 8,
        "policy_name": built.policy.name,
        "purpose": built.policy.purpose,
        "fiscal_year": 2026,
        "as_of": date(2026, 11, 20),
        "sections": [section_of(one) for one in built.policy.sections],
        "paths": [path_of(one, by_key[one.section], 1) for one in built.models],
        "indicators": indicators(),
        "texts": {
            "result": "方針の策定率は{{P8-4-04@最新}}（{{P8-4-04|分子}}÷{{P8-4-04|分母}}）であり、"
            "目標の{{P8-4-04@目標}}に達していない。",
            "analysis-3": "該当見込みは、{{P8-3-03@R7.7.31}}から{{P8-3-03@2025-12}}に増えた。",
        },
        "remarks": [
            Remark(sort="expert", by_name="学識 花子", content="分母を示すべきである。",
                   answers=("分子と分母を本文に示した。",)),
        ],
    }  # fmt: skip
    return Known(**(values | changes))
