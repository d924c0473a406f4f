"""訓練: exercises from written scenarios, marked as such wherever they appear, and their review."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.security import tables
from jichitai.security.incidents import journal, service, store
from jichitai.security.incidents.errors import UnknownScenarioError, WrongIncidentStateError
from jichitai.security.incidents.model import Area, Facts, Incident, Kind
from jichitai.security.incidents.service import Intake
from jichitai.security.incidents.store import ReportRow
from jichitai.security.incidents.timeline import Entry, EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """状況付与: what the players are told, and what they are expected to do.

    Attributes:
        number: from 1.
        after: minutes after the start at which it should be given.
        text: what the players are told.
        expects: `triage`, `note`, `move:<state>` or `report:<clock>`.
    """

    number: int
    after: int
    text: str
    expects: str

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        action, _, what = self.expects.partition(":")
        return {
            "triage": "トリアージをする",
            "note": "したことを経緯に記録する",
            "move": "封じ込める",
            "report": f"{_RECIPIENTS.get(what, what)}に報告する",
        }[action]


_RECIPIENTS: Mapping[str, str] = {
    "prefecture": "都道府県",
    "ministry": "総務省",
    "ppc-first": "個人情報保護委員会（速報）",
    "persons": "本人",
    "police": "警察",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """筋書き of an exercise."""

    id: str
    title: str
    about: str
    kind: Kind
    area: Area
    steps: tuple[Step, ...]


def scenarios(on: date) -> tuple[Scenario, ...]:
    """The exercises that are offered on a day.

    Source: `security_drills.csv`; written by this project.
    """
    grouped: dict[str, list[Mapping[str, str]]] = {}
    for row in tables.rows_on("drills", on):
        grouped.setdefault(row["scenario"], []).append(row)
    return tuple(_scenario(name, rows) for name, rows in grouped.items())


def _scenario(name: str, rows: Sequence[Mapping[str, str]]) -> Scenario:
    first = rows[0]
    return Scenario(
        id=name,
        title=first["title"],
        about=first["about"],
        kind=Kind(first["kind"]),
        area=Area(first["area"]),
        steps=tuple(
            Step(
                number=int(row["step"]),
                after=int(row["after_minutes"]),
                text=row["text"],
                expects=row["expects"],
            )
            for row in rows
        ),
    )


def scenario(name: str, on: date) -> Scenario:
    """One exercise.

    Raises:
        UnknownScenarioError: none of that name.
    """
    for found in scenarios(on):
        if found.id == name:
            return found
    raise UnknownScenarioError("この訓練の筋書きはありません。一覧から選び直してください。")


async def start(
    tx: Tx,
    municipality: str,
    name: str,
    *,
    outward: bool,
    on: date,
    by: Actor,
    at: datetime,
) -> Incident:
    """Begin an exercise: an incident of its own series of numbers, with the first step given.

    Args:
        tx: of the body.
        municipality: the body.
        name: of the scenario.
        outward: whether reports leave as messages, marked as an exercise; otherwise none leaves.
        on: the day.
        by: who leads it.
        at: the instant.

    Raises:
        UnknownScenarioError: none of that name.
    """
    chosen = scenario(name, on)
    intake = Intake(
        kind=chosen.kind,
        area=chosen.area,
        known_at=at,
        facts=Facts(summary=f"【訓練】{chosen.title}：{chosen.steps[0].text}"),
        drill=True,
        outward=outward,
        scenario=chosen.id,
    )
    incident = await service.record(tx, municipality, intake, by=by, at=at)
    await _inject(tx, incident, chosen.steps[0], by=by, at=at)
    return incident


async def give_next(
    tx: Tx, municipality: str, incident_id: UUID, *, on: date, by: Actor, at: datetime
) -> Step:
    """Give the players the next step.

    Raises:
        UnknownIncidentError: none of this body's.
        WrongIncidentStateError: no exercise, it is over, or all steps were given.
    """
    incident = await store.incident(tx, municipality, incident_id, lock=True)
    steps = scenario(incident.scenario, on).steps if incident.scenario else ()
    given = _given(await store.entries(tx, municipality, incident_id))
    if incident.state.over or len(given) >= len(steps):
        raise WrongIncidentStateError(
            "次の状況はありません。訓練でないか、終わっているか、すべて出し終えています。",
            state=incident.state.value,
        )
    step = steps[len(given)]
    await _inject(tx, incident, step, by=by, at=at)
    return step


async def _inject(tx: Tx, incident: Incident, step: Step, *, by: Actor, at: datetime) -> None:
    text = f"状況{step.number}：{step.text}"
    facts = {"step": step.number}
    await journal.write(tx, incident, EntryKind.INJECT, text, by=by, at=at, facts=facts)


def _given(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.kind is EntryKind.INJECT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the players did about one step.

    Attributes:
        step: of the scenario.
        given_at: when it was given; None when it was not.
        done_at: when the expected action was first taken at or after that; None when it was not.
    """

    step: Step
    given_at: datetime | None
    done_at: datetime | None

    @property
    def taken(self) -> timedelta | None:
        """From the step to the action."""
        if self.given_at is None or self.done_at is None:
            return None
        return max(self.done_at - self.given_at, timedelta())


def review(
    chosen: Scenario, entries: Sequence[Entry], reports: Sequence[ReportRow]
) -> list[Outcome]:
    """講評: each step with what was done about it and how long it took.

    A report or move that came before its step counts as done at once.
    """
    given = {_step_of(entry): entry.at for entry in _given(entries)}
    outcomes = []
    for step in chosen.steps:
        at = given.get(step.number)
        done = None if at is None else _done(step.expects, at, entries, reports)
        outcomes.append(Outcome(step=step, given_at=at, done_at=done))
    return outcomes


def _step_of(entry: Entry) -> int:
    facts: dict[str, Any] = msgspec.json.decode(entry.facts)
    return int(facts.get("step", 0))


def _done(
    expects: str, given_at: datetime, entries: Sequence[Entry], reports: Sequence[ReportRow]
) -> datetime | None:
    action, _, what = expects.partition(":")
    match action:
        case "triage":
            found = [entry.at for entry in entries if entry.kind is EntryKind.TRIAGED]
        case "note":
            found = [
                entry.at
                for entry in entries
                if entry.kind in (EntryKind.NOTE, EntryKind.AMENDED) and entry.at >= given_at
            ]
        case "move":
            found = [
                entry.at
                for entry in entries
                if entry.kind is EntryKind.MOVED and f'"{what}"]' in entry.facts
            ]
        case _:
            found = [row.recorded_at for row in reports if row.clock == what]
    return min(found, default=None)
