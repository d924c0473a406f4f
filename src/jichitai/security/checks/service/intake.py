"""OSCAL documents that come in: answers of a plan or of results, corrections of a POA&M.

Answers go the way of a workbook: read, looked at, confirmed. Corrections are entered by their own
id, so that the same file twice adds nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.security.checks.errors import CheckFormError
from jichitai.security.checks.model.answers import Answer, Given, check_given
from jichitai.security.checks.model.corrections import (
    Origin,
    Planned,
    Severity,
    Step,
    finding_due,
)
from jichitai.security.checks.model.sheet import Asked, Wanted, Wrong, parted
from jichitai.security.checks.model.texts import plain
from jichitai.security.checks.service.corrections import WAITING, Corrections
from jichitai.security.checks.service.oscal import REASON
from jichitai.security.checks.store import registers
from jichitai.security.errors import BadUploadError, NotYourBodyError
from jichitai.security.guideline import service as guideline
from jichitai.security.oscal import reading
from jichitai.security.oscal.model import Correction, Implementation, RiskState

_ANSWERS: Final[Mapping[Implementation, Answer]] = {
    Implementation.IMPLEMENTED: Answer.MET,
    Implementation.ALTERNATIVE: Answer.MET,
    Implementation.PARTIAL: Answer.PARTLY,
    Implementation.PLANNED: Answer.UNMET,
    Implementation.NOT_APPLICABLE: Answer.NOT_APPLICABLE,
}
_STEPS: Final[Mapping[RiskState, Step]] = {
    RiskState.OPEN: Step.OPEN,
    RiskState.INVESTIGATING: Step.DOING,
    RiskState.REMEDIATING: Step.DOING,
}
_SEVERITIES: Final = {"low": Severity.LOW, "moderate": Severity.MEDIUM, "high": Severity.HIGH}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a document says about one question."""

    where: str
    control_id: str
    system_key: str
    state: Implementation
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a POA&M brought.

    Attributes:
        added: corrections entered now.
        known: those that were here already.
        faults: entries that were not taken, and why.
    """

    added: int
    known: int
    faults: tuple[Wrong, ...]


def read_answers(data: bytes, body: str) -> tuple[list[Said], list[Wrong]]:
    """What an OSCAL plan or results document says, by question.

    Raises:
        BadUploadError: it is neither.
        UnreadableOscalError: its form is wrong.
        NotYourBodyError: it is another body's.
    """
    head = data[:400]
    if b'"assessment-results"' in head:
        results = reading.read_results(data)
        _require_own(results.about.body_code, body)
        said = [
            Said(
                where=f"{one.control_id}　{one.system_key}".strip(),
                control_id=one.control_id,
                system_key=one.system_key,
                state=one.state,
                description=one.description,
            )
            for found in results.rounds
            for one in found.answers
        ]
        return said, [_fault(one) for one in results.faults]
    if b'"system-security-plan"' in head:
        plan = reading.read_ssp(data)
        _require_own(plan.about.body_code, body)
        said = [
            Said(
                where=f"{one.control_id}　{one.system_key}".strip(),
                control_id=one.control_id,
                system_key=one.system_key,
                state=one.state,
                description=one.description,
            )
            for one in plan.statements
        ]
        return said, [_fault(one) for one in plan.faults]
    raise BadUploadError(
        "回答を取り込めるOSCALの文書は、system-security-planとassessment-resultsです。"
        "書き出した文書の種類を確かめてください。"
    )


def wanted_of(
    said: Sequence[Said], asked: Mapping[tuple[str, str], Asked]
) -> tuple[list[Wanted], list[Wrong]]:
    """What a document asks to change; what says the same as today asks for nothing.

    Args:
        said: of the document.
        asked: (control, system's key) -> the question.
    """
    changes: list[Wanted] = []
    faults: list[Wrong] = []
    seen: set[tuple[str, str]] = set()
    for one in said:
        key = (one.control_id, one.system_key)
        question = asked.get(key)
        if question is None or key in seen:
            why = (
                "この点検にない項目と対象の組です"
                if question is None
                else "同じ項目が2度出ています"
            )
            remedy = "文書を作った点検と、取り込む点検の対象を合わせてください"
            faults.append(Wrong(where=one.where, value=str(one.state), why=why, remedy=remedy))
            continue
        seen.add(key)
        given = _given(one, question)
        if given == question.given and question.confirmed:
            continue
        try:
            changes.append(Wanted(asked=question, given=check_given(given)))
        except CheckFormError as refusal:
            why, remedy = parted(refusal.detail)
            faults.append(Wrong(where=one.where, value=str(one.state), why=why, remedy=remedy))
    return changes, faults


class Intake:
    """Take in corrections of other tools."""

    def __init__(self, clock: Clock) -> None:
        """Take law time."""
        self._clock = clock
        self._corrections = Corrections(clock)

    async def take_corrections(self, tx: Tx, body: str, data: bytes, *, by: Actor) -> Taken:
        """Enter the corrections of a POA&M that are not here yet.

        Raises:
            UnreadableOscalError: the file is no such document.
            NotYourBodyError: it is another body's.
        """
        found = reading.read_poam(data)
        _require_own(found.about.body_code, body)
        catalogue = await guideline.current(tx, on=self._clock.today())
        faults = [_fault(one) for one in found.faults]
        added = known = 0
        for one in found.corrections:
            if await self._is_here(tx, body, one.id):
                known += 1
            elif one.state not in _STEPS:
                faults.append(_not_taken(one))
            else:
                controls = [c for c in one.control_ids if c in catalogue]
                item = catalogue.item(controls[0]).id if controls else ""
                await self._enter(tx, body, one, item, by=by)
                added += 1
        await audit.record(
            tx,
            by=by,
            action="security.check.import",
            facts={"corrections": added, "known": known, "faults": len(faults)},
        )
        return Taken(added=added, known=known, faults=tuple(faults))

    async def _is_here(self, tx: Tx, body: str, found: UUID) -> bool:
        if await registers.correction(tx, body, found) is not None:
            return True
        return await registers.exception(tx, body, found) is not None

    async def _enter(self, tx: Tx, body: str, one: Correction, item: str, *, by: Actor) -> None:
        severity = _SEVERITIES.get(one.risk, Severity.MEDIUM)
        planned = Planned(
            title=plain(one.title)[:200],
            detail=plain("\n".join(filter(None, (one.description, one.compensating))))[:2_000],
            owner=plain(one.owner)[:80] or WAITING,
            due_on=one.due_on or finding_due(severity, _from(one.opened_on)),
            severity=severity,
            origin=Origin.MANUAL,
            item_id=item,
        )
        await self._corrections.adopt(
            tx, body, one.id, planned, _STEPS[one.state], source=plain(one.source), by=by
        )


def _from(day: date) -> date:
    """A day for which there is a table of days."""
    return max(day, date(2020, 1, 1))


def _given(one: Said, question: Asked) -> Given:
    said = "" if one.description == one.state.japanese else plain(one.description)
    lines = said.splitlines()
    reasons = [line.removeprefix(REASON) for line in lines if line.startswith(REASON)]
    practice = "\n".join(line for line in lines if not line.startswith(REASON))
    answer = _ANSWERS[one.state]
    if not reasons and answer is not Answer.MET:
        reasons, practice = [practice], ""
    evidence = () if question.given is None else question.given.evidence
    return Given(answer=answer, reason="\n".join(reasons), practice=practice, evidence=evidence)


def _require_own(code: str, body: str) -> None:
    if code and code != body:
        raise NotYourBodyError(
            f"この文書は団体{code}のものです。ほかの団体の文書は取り込めません。"
        )


def _not_taken(one: Correction) -> Wrong:
    deviation = one.state in (RiskState.DEVIATION_REQUESTED, RiskState.DEVIATION_APPROVED)
    return Wrong(
        where=one.title[:60],
        value=str(one.state),
        why="例外措置は、この団体の決定がないと許可になりません" if deviation else "終わっています",
        remedy="例外措置の画面で申請してください" if deviation else "取り込む必要はありません",
    )


def _fault(fault: reading.Fault) -> Wrong:
    return Wrong(where=fault.where, value="", why=fault.why, remedy=fault.remedy)
