"""What the pages of a body share: addresses, one system as a form."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from litestar import Request
from litestar.di import NamedDependency

from jichitai.infra.outbox import Outbox
from jichitai.kernel.dates import parse_date, wareki
from jichitai.kernel.errors import InvalidError
from jichitai.standardisation.progress.reports import Cloud, DeadlineClass, SystemReport
from jichitai.standardisation.survey.bodies import steps

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
"""Folder of the templates, to be added to the application's."""

HOME: Final = "/standardisation/answers"

AnyRequest = Request[Any, Any, Any]
Outgoing = NamedDependency[Outbox]


def here(round_id: UUID) -> str:
    """The address of a request."""
    return f"{HOME}/{round_id}"


def texts(form: Mapping[str, Any]) -> dict[str, str]:
    """The text fields of a form."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def fields_of(one: SystemReport | None) -> dict[str, str]:
    """What stands in the form of one system."""
    if one is None:
        return steps.fields_of(None)
    return {
        **steps.fields_of(one.states),
        "vendor": one.vendor,
        "contract": one.contract,
        "cloud": one.cloud.value,
        "deadline_class": one.deadline_class.value,
        "late": {True: "yes", False: "no", None: ""}[one.late],
        "reason_class": str(one.reason_class or ""),
        "target_on": wareki(one.target_on) if one.target_on else "",
        "target_reason": one.target_reason,
        "risks": one.risks,
        "reason": one.reason,
    }


def system_of(business: str, typed: Mapping[str, str]) -> tuple[SystemReport, dict[str, str]]:
    """One system from its form, and what could not be read by field."""
    states, faults = steps.states_of(typed)
    told = {name: typed.get(name, "").strip() for name in typed}
    one = SystemReport(
        business=business,
        states=states,
        vendor=told.get("vendor", ""),
        contract=told.get("contract", ""),
        cloud=_choice(Cloud, told, "cloud", faults),
        deadline_class=_choice(DeadlineClass, told, "deadline_class", faults),
        late={"yes": True, "no": False}.get(told.get("late", "")),
        target_reason=told.get("target_reason", ""),
        risks=told.get("risks", ""),
        reason=told.get("reason", ""),
    )
    number = told.get("reason_class", "")
    if number and number not in ("1", "2", "3", "4"):
        faults["reason_class"] = "理由の区分は1から4までです。選び直してください。"
        number = ""
    day, wrong = _day(told.get("target_on", ""))
    if wrong:
        faults["target_on"] = wrong
    return replace(one, reason_class=int(number) if number else None, target_on=day), faults


def _choice(kind: Any, told: Mapping[str, str], name: str, faults: dict[str, str]) -> Any:
    try:
        return kind(told.get(name, ""))
    except ValueError:
        faults[name] = "選択肢にない値です。選び直してください。"
        return kind("")


def _day(text: str) -> tuple[date | None, str]:
    if not text:
        return None, ""
    try:
        return parse_date(text), ""
    except InvalidError as refusal:
        return None, refusal.detail
