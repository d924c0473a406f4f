"""An incident, from the clerk who noticed it to the last report, within its clocks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from jichitai.kernel.bodies import Body
from jichitai.rehearsal.driver import cast, guards
from jichitai.rehearsal.driver.visitor import Visitor
from jichitai.rehearsal.security.stage import Stage

INCIDENTS: Final = "/api/v1/security/incidents"
_NEEDS_A_WAY: Final = "Webの受付"


@dataclass(frozen=True, slots=True, kw_only=True)
class Responded:
    """How the reports of an incident went.

    Attributes:
        number: of the incident.
        owed: reports that it owed.
        sent: those that left.
        late: those that left after their end, or not at all.
        chain_holds: whether the time line is as it was written.
        seen_by_prefecture: whether the prefecture has the report.
        seen_by_ministry: whether the ministry has it.
    """

    number: str
    owed: int
    sent: int
    late: int
    chain_holds: bool
    seen_by_prefecture: bool
    seen_by_ministry: bool


async def respond(stage: Stage, one: Body) -> Responded:
    """A clerk reports ransomware; the officer triages, reports in time, recovers and closes."""
    officer = await stage.officer(one)
    incident = await _notice(stage, one)
    path = f"{INCIDENTS}/{incident}"
    known = await officer.call("GET", path)
    facts = {
        "summary": "窓口の共有フォルダのファイルが開けなくなった。",
        "system": "共有ファイルサーバ",
        "system_affected": "yes",
        "personal": "yes",
        "persons": 320,
        "improper_purpose": "yes",
        "crime": "yes",
        "network": "no",
        "share_consent": True,
    }
    change = {
        "version": known["version"],
        "severity": "high",
        "area": "lgwan",
        "facts": facts,
        "handler": "情報政策担当",
    }
    await officer.call("POST", f"{path}/triage", change)
    for wait in (timedelta(minutes=20), timedelta(days=2), timedelta(days=20)):
        await _report_due(stage, officer, path, before=_now(stage) + wait + timedelta(days=15))
        _pass(stage, wait)
    await _report_due(stage, officer, path, before=datetime.max.replace(tzinfo=_now(stage).tzinfo))
    for state, reason in (("contained", "隔離した。"), ("recovered", "複製から戻した。")):
        version = (await officer.call("GET", path))["version"]
        await officer.call(
            "POST", f"{path}/state", {"version": version, "to": state, "reason": reason}
        )
    await stage.settle()
    return await _outcome(stage, officer, path)


async def _notice(stage: Stage, one: Body) -> str:
    clerk = await stage.as_(cast.town_staff(one.code)[0])
    found = await clerk.call("POST", INCIDENTS, {"kind": "ransomware", "area": "unknown"})
    return str(found["incident_id"])


def _now(stage: Stage) -> datetime:
    return stage.nation.clock.now()


def _pass(stage: Stage, span: timedelta) -> None:
    stage.nation.clock.move_to(_now(stage) + span)


async def _report_due(stage: Stage, officer: Visitor, path: str, *, before: datetime) -> None:
    """Hand in every report that is owed, not yet sent, and ends before an instant."""
    del stage
    for clock in (await officer.call("GET", path))["clocks"]:
        if clock["owed"] != "yes" or clock["sent_at"] is not None:
            continue
        if datetime.fromisoformat(clock["late_at"]) <= before:
            await officer.call(
                "POST", f"{path}/reports", {"clock_id": clock["clock_id"], "method": _NEEDS_A_WAY}
            )


async def _outcome(stage: Stage, officer: Visitor, path: str) -> Responded:
    seen: dict[str, Any] = await officer.call("GET", path)
    timeline = await officer.call("GET", f"{path}/timeline")
    owed = [clock for clock in seen["clocks"] if clock["owed"] == "yes"]
    above = "/api/v1/security/oversight/incidents"
    supervisor = await stage.as_(guards.supervisor(stage.prefecture.prefecture_code))
    ministry = await stage.as_(guards.ministry_officer(1))
    number = seen["number"]
    return Responded(
        number=number,
        owed=len(owed),
        sent=sum(clock["sent_at"] is not None for clock in owed),
        late=sum(clock["sent_at"] is None or clock["was_late"] for clock in owed),
        chain_holds=timeline["holds"],
        seen_by_prefecture=number in str(await supervisor.call("GET", above)),
        seen_by_ministry=number in str(await ministry.call("GET", above)),
    )
