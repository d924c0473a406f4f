"""The parts of a cloud's state that are edited by forms: from the state to fields, and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec
from msgspec import ValidationError

from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.security.cloud import catalogue
from jichitai.security.cloud.model import (
    Changes,
    Cloud,
    Cost,
    FunctionState,
    Have,
    Measurement,
    Member,
    Move,
    Promise,
    Step,
    StepDates,
)
from jichitai.security.cloud.pages import words

Typed = Mapping[str, str]
Problems = dict[str, str]
_NARROW: Final = str.maketrans("０１２３４５６７８９，．－", "0123456789,.-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One form.

    Attributes:
        name: last part of its address.
        title: in Japanese.
        template: of its fields.
        fill: the fields as the state says them.
        read: the change that typed fields ask for; what cannot be read goes into the problems.
        field_of: from the field that a refusal names to the field of the form.
    """

    name: str
    title: str
    template: str
    fill: Callable[[Cloud], dict[str, str]]
    read: Callable[[Typed, Cloud, Problems], Changes]
    field_of: Callable[[str], str] = lambda name: name


def _day(typed: Typed, name: str, problems: Problems) -> date | None:
    text = typed.get(name, "").strip()
    if not text:
        return None
    try:
        return parse_date(text)
    except InvalidError as refusal:
        problems[name] = refusal.detail
        return None


def _yen(typed: Typed, name: str, problems: Problems) -> int:
    text = typed.get(name, "").translate(_NARROW).replace(",", "").replace("円", "").strip() or "0"
    if not text.isascii() or not text.isdigit() or len(text) > 13:
        problems[name] = "金額が整数ではありません。円単位の数字だけを入れてください。"
        return 0
    return int(text)


def _number(typed: Typed, name: str, problems: Problems) -> Decimal:
    try:
        value = Decimal(typed.get(name, "").translate(_NARROW).strip())
        if value.is_finite():
            return value
    except InvalidOperation:
        pass
    problems[name] = "数ではありません。99.95 のように数字で入れてください。"
    return Decimal(0)


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _fill_basic(cloud: Cloud) -> dict[str, str]:
    return {
        "name": cloud.name,
        "contractor": cloud.contractor,
        "shared_with": "、".join(cloud.shared_with),
        "contract_from": _text(cloud.contract_from),
        "contract_until": _text(cloud.contract_until),
        "note": cloud.note,
    }


def _read_basic(typed: Typed, cloud: Cloud, problems: Problems) -> Changes:
    del cloud
    shared = typed.get("shared_with", "").translate(_NARROW).replace("、", ",").split(",")
    codes = tuple(code.strip() for code in shared if code.strip())
    known = {f"{number:02}" for number in range(1, 48)}
    if unknown := [code for code in codes if code not in known]:
        problems["shared_with"] = (
            f"「{unknown[0][:10]}」は都道府県の番号（01から47）ではありません。番号を入れてください。"
        )
        codes = ()
    return Changes(
        name=typed.get("name", "").strip()[:80],
        contractor=typed.get("contractor", "").strip()[:80],
        shared_with=codes[:10],
        contract_from=_day(typed, "contract_from", problems),
        contract_until=_day(typed, "contract_until", problems),
        note=typed.get("note", "").strip()[:2000],
    )


def _fill_steps(cloud: Cloud) -> dict[str, str]:
    values = {}
    for step in Step:
        dates = cloud.dates_of(step)
        values[f"planned-{step}"] = _text(dates.planned_on)
        values[f"done-{step}"] = _text(dates.done_on)
    return values


def _read_steps(typed: Typed, cloud: Cloud, problems: Problems) -> Changes:
    del cloud
    return Changes(
        steps=tuple(
            StepDates(
                step=step,
                planned_on=_day(typed, f"planned-{step}", problems),
                done_on=_day(typed, f"done-{step}", problems),
            )
            for step in Step
        )
    )


def _fill_functions(cloud: Cloud) -> dict[str, str]:
    values = {f"have-{code}": str(cloud.have(code)) for code in catalogue.codes()}
    return values | {f"note-{one.code}": one.note for one in cloud.functions}


def _read_functions(typed: Typed, cloud: Cloud, problems: Problems) -> Changes:
    del cloud
    found = []
    for code in sorted(catalogue.codes()):
        value = typed.get(f"have-{code}", "")
        if value not in set(Have):
            if value:
                problems[f"have-{code}"] = "状況が選択肢にありません。選び直してください。"
            continue
        note = typed.get(f"note-{code}", "").strip()[:300]
        found.append(FunctionState(code=code, have=Have(value), note=note))
    return Changes(functions=tuple(found))


def _fill_members(cloud: Cloud) -> dict[str, str]:
    values = {}
    for one in cloud.members:
        values[f"move-{one.code}"] = str(one.move)
        values[f"on-{one.code}"] = _text(one.moved_on)
        values[f"reason-{one.code}"] = one.reason
    return values


def _read_members(typed: Typed, cloud: Cloud, problems: Problems) -> Changes:
    codes = [one.code for one in cloud.members]
    added = typed.get("add", "").translate(_NARROW).strip()
    if added and (len(added) != 6 or not added.isdigit()):
        problems["add"] = "団体コードは6桁の数字です。確かめて入れ直してください。"
    elif added and added not in codes:
        codes.append(added)
    found = []
    for code in codes:
        move = typed.get(f"move-{code}", Move.PLANNED)
        if move not in set(Move):
            problems[f"move-{code}"] = "移行の状況が選択肢にありません。選び直してください。"
            continue
        found.append(
            Member(
                code=code,
                move=Move(move),
                moved_on=_day(typed, f"on-{code}", problems),
                reason=typed.get(f"reason-{code}", "").strip()[:300],
            )
        )
    return Changes(members=tuple(found))


def _fill_level(cloud: Cloud) -> dict[str, str]:
    return {f"promise-{one}": str(cloud.target_of(one)) for one in catalogue.metrics()}


def _read_level(typed: Typed, cloud: Cloud, problems: Problems) -> Changes:
    promises = []
    for metric in catalogue.metrics():
        if typed.get(f"promise-{metric}", "").strip():
            target = _number(typed, f"promise-{metric}", problems)
            if target != cloud.target_of(metric):
                promises.append(Promise(metric=metric, target=target))
    measured = []
    month = typed.get("month", "").translate(_NARROW).strip()
    for metric in catalogue.metrics():
        if typed.get(f"value-{metric}", "").strip():
            value = _number(typed, f"value-{metric}", problems)
            source = typed.get("source", "").strip()[:300]
            measured.append({"metric": metric, "month": month, "value": value, "source": source})
    try:
        rows = msgspec.convert(measured, tuple[Measurement, ...])
    except ValidationError:
        problems["month"] = "測った月を 2026-10 の形で入れてください。"
        rows = ()
    return Changes(promises=tuple(promises), measured=rows)


def _fill_costs(cloud: Cloud) -> dict[str, str]:
    return {
        f"{part}-{one.fiscal_year}-{one.sort}": str(getattr(one, part))
        for one in cloud.costs
        for part in PARTS
    }


PARTS: Final = ("total", "subsidy", "prefecture", "members")


def _read_costs(typed: Typed, cloud: Cloud, problems: Problems) -> Changes:
    rows: list[dict[str, Any]] = []
    for one in cloud.costs:
        key = f"{one.fiscal_year}-{one.sort}"
        amounts = {part: _yen(typed, f"{part}-{key}", problems) for part in PARTS}
        rows.append({"fiscal_year": one.fiscal_year, "sort": one.sort, **amounts})
    year = typed.get("year", "").translate(_NARROW).strip()
    if year:
        amounts = {part: _yen(typed, part, problems) for part in PARTS}
        if not (year.isdigit() and 2015 <= int(year) <= 2100):
            problems["year"] = "年度を西暦4桁（例 2027）で入れてください。"
        else:
            rows.append({"fiscal_year": int(year), "sort": typed.get("sort", ""), **amounts})
    try:
        found = msgspec.convert(rows, tuple[Cost, ...])
    except ValidationError:
        problems["sort"] = "費用の種類（構築・運用）を選んでください。"
        found = ()
    return Changes(costs=found)


def _cost_field(name: str) -> str:
    return name.replace("cost-", "total-", 1)


SECTIONS: Final[Mapping[str, Section]] = {
    one.name: one
    for one in (
        Section(
            name="basic",
            title="名称と契約",
            template="security_cloud/basic.html",
            fill=_fill_basic,
            read=_read_basic,
        ),
        Section(
            name="steps",
            title="段階と予定",
            template="security_cloud/steps.html",
            fill=_fill_steps,
            read=_read_steps,
            field_of=lambda name: name.replace("step-", "done-", 1),
        ),
        Section(
            name="functions",
            title="機能の状況",
            template="security_cloud/functions.html",
            fill=_fill_functions,
            read=_read_functions,
        ),
        Section(
            name="members",
            title="参加団体の移行",
            template="security_cloud/members.html",
            fill=_fill_members,
            read=_read_members,
            field_of=lambda name: name.replace("member-", "move-", 1),
        ),
        Section(
            name="level",
            title="サービス水準",
            template="security_cloud/level.html",
            fill=_fill_level,
            read=_read_level,
        ),
        Section(
            name="costs",
            title="費用",
            template="security_cloud/costs.html",
            fill=_fill_costs,
            read=_read_costs,
            field_of=_cost_field,
        ),
    )
}
"""By the last part of the address."""

SORT_OPTIONS: Final = tuple(words.SORTS.items())
