"""The editor of an application or of a changed plan: from the draft to fields, and back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from jichitai.security.cloud import catalogue
from jichitai.security.subsidy.checks import Fault
from jichitai.security.subsidy.handed_in import Application, ChangeRequest
from jichitai.security.subsidy.pages.forms import Problems, day_of, whole_of

BLANK_PROJECTS: Final = 2
BLANK_LINES: Final = 4
_MOST: Final = 1000
_PROJECT: Final = ("key", "pname", "starts", "ends")
_LINE: Final = ("number", "project", "code", "item", "quantity", "unit", "from", "until")


def plan_of(body: Application | ChangeRequest) -> Application:
    """The plan inside a draft."""
    return body.plan if isinstance(body, ChangeRequest) else body


def fill(body: Application | ChangeRequest) -> dict[str, str]:
    """The fields as the draft says them."""
    plan = plan_of(body)
    values = {
        "purpose": plan.purpose,
        "renewal_ends_on": _text(plan.renewal_ends_on),
        "other_income": str(plan.other_income),
        "was_on_premises": "1" if plan.was_on_premises else "",
        "must_stay": "1" if plan.must_stay else "",
        "hardware_reason": plan.hardware_reason,
        "reason": body.reason if isinstance(body, ChangeRequest) else "",
    }
    for at, project in enumerate(plan.projects):
        row = (project.key, project.name, _text(project.starts_on), _text(project.ends_on))
        values |= _row(_PROJECT, at, row)
    for at, line in enumerate(plan.lines):
        cells = (
            str(line.number),
            line.project,
            line.code,
            line.item,
            str(line.quantity),
            str(line.unit_price),
            _text(line.licence_from),
            _text(line.licence_until),
        )
        values |= _row(_LINE, at, cells)
    return values


def _row(names: Sequence[str], at: int, values: Iterable[str]) -> dict[str, str]:
    return {f"{name}-{at}": value for name, value in zip(names, values, strict=True)}


def rows_of(typed: Mapping[str, str], names: Sequence[str], blank: int) -> list[int]:
    """Numbers of the rows that a page shows: those with something in them, and blank ones."""
    used = [
        at for at in range(_MOST) if any(typed.get(f"{name}-{at}", "").strip() for name in names)
    ]
    last = max(used, default=-1)
    return list(range(last + 1 + blank))


def project_rows(typed: Mapping[str, str]) -> list[int]:
    """Rows of the table of projects."""
    return rows_of(typed, _PROJECT, BLANK_PROJECTS)


def line_rows(typed: Mapping[str, str]) -> list[int]:
    """Rows of the table of costs."""
    names = [name for name in _LINE if name != "code"]
    return rows_of(typed, names, BLANK_LINES)


def read(
    before: Application | ChangeRequest,
    typed: Mapping[str, str],
    functions: Sequence[str],
    problems: Problems,
) -> Application | ChangeRequest:
    """The draft that typed fields make; unreadable fields go into the problems."""
    values: dict[str, Any] = {
        "purpose": typed.get("purpose", "").strip()[:4000],
        "renewal_ends_on": day_of(typed, "renewal_ends_on", problems),
        "other_income": whole_of(typed, "other_income", problems),
        "was_on_premises": typed.get("was_on_premises") == "1",
        "must_stay": typed.get("must_stay") == "1",
        "hardware_reason": typed.get("hardware_reason", "").strip()[:4000],
        "functions": [code for code in functions if code in catalogue.codes()],
        "projects": _projects(typed, problems),
        "lines": _lines(typed, problems),
    }
    if problems:
        return before
    plan = plan_of(before)
    kept = {name: getattr(plan, name) for name in ("call_id", "fiscal_year", "generation")}
    try:
        made = msgspec.convert(
            {"kind": "application", **kept, **values, "amount": plan.amount}, Application
        )
    except msgspec.ValidationError as error:
        problems[""] = (
            "事業の記号は英大文字と数字で8字まで、番号は1から9999、名前と内容は120字までです。"
            f"直してから保存してください（{_place(error)}）。"
        )
        return before
    if not isinstance(before, ChangeRequest):
        return made
    reason = typed.get("reason", "").strip()[:2000]
    if not reason:
        problems["reason"] = "変更の理由がありません。理由を書いてください。"
        return before
    return ChangeRequest(reason=reason, plan=made)


def _place(error: Exception) -> str:
    text = str(error)
    if "$.projects" in text:
        return "事業の表"
    return "経費の表" if "$.lines" in text else "そのほかの項目"


def _projects(typed: Mapping[str, str], problems: Problems) -> list[dict[str, Any]]:
    found = []
    for at in project_rows(typed):
        if not any(typed.get(f"{name}-{at}", "").strip() for name in _PROJECT):
            continue
        row = {
            "key": typed.get(f"key-{at}", "").strip().upper(),
            "name": typed.get(f"pname-{at}", "").strip(),
            "starts_on": day_of(typed, f"starts-{at}", problems),
            "ends_on": day_of(typed, f"ends-{at}", problems),
        }
        for name, field in (("starts_on", "starts"), ("ends_on", "ends"), ("name", "pname")):
            if not row[name] and f"{field}-{at}" not in problems:
                problems[f"{field}-{at}"] = "事業の名前と始まり・終わりの日を入れてください。"
        found.append(row)
    return found


def _lines(typed: Mapping[str, str], problems: Problems) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for at in line_rows(typed):
        names = [name for name in _LINE if name != "code"]
        if not any(typed.get(f"{name}-{at}", "").strip() for name in names):
            continue
        quantity = whole_of(typed, f"quantity-{at}", problems, unit="数量") or 1
        price = whole_of(typed, f"unit-{at}", problems)
        item = typed.get(f"item-{at}", "").strip()
        if not item:
            problems[f"item-{at}"] = "内容がありません。何を買うかを入れてください。"
        found.append(
            {
                "number": whole_of(typed, f"number-{at}", problems, unit="番号") or len(found) + 1,
                "project": typed.get(f"project-{at}", "").strip().upper(),
                "code": typed.get(f"code-{at}", "").strip(),
                "item": item,
                "quantity": quantity,
                "unit_price": price,
                "amount": quantity * price,
                "licence_from": day_of(typed, f"from-{at}", problems),
                "licence_until": day_of(typed, f"until-{at}", problems),
            }
        )
    return found


def field_errors(faults: Sequence[Fault], plan: Application) -> dict[str, str]:
    """Faults at the fields of the editor, several of one field joined."""
    rows = {f"line-{line.number}": f"item-{at}" for at, line in enumerate(plan.lines)}
    rows |= {"lines": "number-0", "projects": "key-0", "amount": "unit-0", "call_id": ""}
    found: dict[str, str] = {}
    for field, message in faults:
        name = rows.get(field, field)
        found[name] = f"{found[name]} {message}" if name in found else message
    return found


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""
