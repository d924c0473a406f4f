"""The editor of a settlement: contracts and payments by line, the split, the assets."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from jichitai.security.subsidy import checks, rules
from jichitai.security.subsidy.checks import Fault
from jichitai.security.subsidy.handed_in import Application, Settlement
from jichitai.security.subsidy.pages.forms import Problems, day_of, whole_of
from jichitai.security.subsidy.pages.plan import rows_of

_ASSET: Final = ("aname", "aquantity", "aprice", "acquired", "place")
BLANK_ASSETS: Final = 2


def keys_of(plan: Application, on: date) -> list[tuple[str, str]]:
    """The parts of the split: every project with every category that its plan has."""
    known = rules.categories(on)
    found = [(line.project, known[line.code].category) for line in plan.lines if line.code in known]
    return list(dict.fromkeys(found))


def fill(body: Settlement, plan: Application, on: date) -> dict[str, str]:
    """The fields as the draft says them; contracts begin with what was planned."""
    values = {
        "finished_on": body.finished_on.isoformat(),
        "other_income": str(body.other_income),
        "result": body.result,
        "total_cost": str(body.total_cost),
        "total_grant": str(body.total_grant),
    }
    for line in body.lines:
        values |= {
            f"contractor-{line.number}": line.contractor,
            f"contracted-{line.number}": line.contracted_on.isoformat(),
            f"contract-{line.number}": str(line.contract_amount),
            f"paid-{line.number}": str(line.paid),
            f"paidon-{line.number}": line.paid_on.isoformat(),
        }
    splits = {(one.project, one.category): one for one in body.splits}
    for project, category in keys_of(plan, on):
        if (split := splits.get((project, category))) is not None:
            values[f"cost-{project}-{category}"] = str(split.cost)
            values[f"grant-{project}-{category}"] = str(split.grant)
    for at, asset in enumerate(body.assets):
        values |= {
            f"aname-{at}": asset.name,
            f"akind-{at}": asset.kind,
            f"aquantity-{at}": str(asset.quantity),
            f"aprice-{at}": str(asset.unit_price),
            f"acquired-{at}": asset.acquired_on.isoformat(),
            f"place-{at}": asset.place,
        }
    return values


def asset_rows(typed: Mapping[str, str]) -> list[int]:
    """Rows of the table of assets."""
    return rows_of(typed, _ASSET, BLANK_ASSETS)


def read(
    typed: Mapping[str, str], plan: Application, on: date, problems: Problems
) -> Settlement | None:
    """The settlement that typed fields make; None when something cannot be read."""
    values: dict[str, Any] = {
        "kind": "settlement",
        "finished_on": day_of(typed, "finished_on", problems),
        "other_income": whole_of(typed, "other_income", problems),
        "result": typed.get("result", "").strip()[:4000],
        "total_cost": whole_of(typed, "total_cost", problems),
        "total_grant": whole_of(typed, "total_grant", problems),
        "lines": _lines(typed, plan, problems),
        "splits": _splits(typed, plan, on, problems),
        "assets": _assets(typed, problems),
    }
    if values["finished_on"] is None and "finished_on" not in problems:
        problems["finished_on"] = "完了した日がありません。入れてください。"
    if problems:
        return None
    try:
        return msgspec.convert(values, Settlement)
    except msgspec.ValidationError:
        problems[""] = "名前は120字まで、金額は1兆円までです。長すぎる項目を直してください。"
        return None


def _lines(typed: Mapping[str, str], plan: Application, problems: Problems) -> list[dict[str, Any]]:
    found = []
    for line in plan.lines:
        number = line.number
        names = ("contractor", "contracted", "contract", "paid", "paidon")
        if not any(typed.get(f"{name}-{number}", "").strip() for name in names):
            continue
        row = {
            "number": number,
            "project": line.project,
            "code": line.code,
            "item": line.item,
            "contractor": typed.get(f"contractor-{number}", "").strip(),
            "contracted_on": day_of(typed, f"contracted-{number}", problems),
            "contract_amount": whole_of(typed, f"contract-{number}", problems),
            "paid": whole_of(typed, f"paid-{number}", problems),
            "paid_on": day_of(typed, f"paidon-{number}", problems),
        }
        for name, field in (
            ("contractor", "contractor"),
            ("contracted_on", "contracted"),
            ("paid_on", "paidon"),
        ):
            if not row[name] and f"{field}-{number}" not in problems:
                problems[f"{field}-{number}"] = (
                    f"{number}番の契約先・契約日・支払日のどれかがありません。入れてください。"
                )
        found.append(row)
    return found


def _splits(
    typed: Mapping[str, str], plan: Application, on: date, problems: Problems
) -> list[dict[str, Any]]:
    found = []
    for project, category in keys_of(plan, on):
        cost, grant = f"cost-{project}-{category}", f"grant-{project}-{category}"
        if typed.get(cost, "").strip() or typed.get(grant, "").strip():
            found.append(
                {
                    "project": project,
                    "category": category,
                    "cost": whole_of(typed, cost, problems),
                    "grant": whole_of(typed, grant, problems),
                }
            )
    return found


def _assets(typed: Mapping[str, str], problems: Problems) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for at in asset_rows(typed):
        if not any(typed.get(f"{name}-{at}", "").strip() for name in _ASSET):
            continue
        acquired = day_of(typed, f"acquired-{at}", problems)
        name, kind = typed.get(f"aname-{at}", "").strip(), typed.get(f"akind-{at}", "")
        if acquired is None or not name or not kind:
            problems.setdefault(
                f"aname-{at}", "財産の名前・種類・取得した日のどれかがありません。入れてください。"
            )
        found.append(
            {
                "number": len(found) + 1,
                "name": name,
                "kind": kind,
                "quantity": whole_of(typed, f"aquantity-{at}", problems, unit="数量") or 1,
                "unit_price": whole_of(typed, f"aprice-{at}", problems),
                "acquired_on": acquired,
                "place": typed.get(f"place-{at}", "").strip()[:300],
            }
        )
    return found


def with_splits(body: Settlement, granted: int, on: date) -> Settlement:
    """The settlement with a split and totals that add up."""
    splits = checks.suggested_splits(body, granted, on)
    return msgspec.structs.replace(
        body,
        splits=splits,
        total_cost=sum(one.cost for one in splits),
        total_grant=sum(one.grant for one in splits),
    )


def field_errors(faults: Sequence[Fault], plan: Application, on: date) -> dict[str, str]:
    """Faults at the fields of the editor, several of one field joined."""
    keys = keys_of(plan, on)
    first = f"cost-{keys[0][0]}-{keys[0][1]}" if keys else ""
    number = plan.lines[0].number if plan.lines else 0
    places = {"splits": first, "lines": f"contractor-{number}", "assets": "aname-0"}
    found: dict[str, str] = {}
    for field, message in faults:
        name = places.get(field, field.replace("line-", "contractor-", 1))
        found[name] = f"{found[name]} {message}" if name in found else message
    return found
