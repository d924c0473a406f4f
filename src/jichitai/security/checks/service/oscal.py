"""A body's checks and corrections as the values that OSCAL documents are made of.

An area stands among the systems of the document, with a key of its own (`area:lgwan`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Final
from uuid import UUID, uuid5

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import JST
from jichitai.security.access import own_body
from jichitai.security.assets.model.kinds import Area
from jichitai.security.checks.errors import WrongStepError
from jichitai.security.checks.model.answers import Answer
from jichitai.security.checks.model.corrections import Severity, Step
from jichitai.security.checks.model.exceptions import Permission
from jichitai.security.checks.model.rounds import Sort, TargetKind
from jichitai.security.checks.service.rounds import known_round
from jichitai.security.checks.service.systems import KnownSystem, known
from jichitai.security.checks.store import evidence, registers, rounds
from jichitai.security.checks.store.evidence import EvidenceRow
from jichitai.security.checks.store.registers import CorrectionRow, ExceptionRow
from jichitai.security.checks.store.rounds import Line, RoundRow, TargetRow
from jichitai.security.guideline import service as guideline
from jichitai.security.guideline.model import NetworkModel
from jichitai.security.oscal import model as oscal
from jichitai.security.oscal.model import Implementation, RiskState

REASON: Final = "理由："
"""Begins the line of a description that says why something is not done."""

_STATES: Final[Mapping[Answer, Implementation]] = {
    Answer.MET: Implementation.IMPLEMENTED,
    Answer.PARTLY: Implementation.PARTIAL,
    Answer.UNMET: Implementation.PLANNED,
    Answer.NOT_APPLICABLE: Implementation.NOT_APPLICABLE,
}
_STEPS: Final[Mapping[Step, RiskState]] = {
    Step.OPEN: RiskState.OPEN,
    Step.DOING: RiskState.REMEDIATING,
    Step.DONE: RiskState.REMEDIATING,
    Step.VERIFIED: RiskState.CLOSED,
    Step.WITHDRAWN: RiskState.CLOSED,
}
_PERMISSIONS: Final[Mapping[Permission, RiskState]] = {
    Permission.APPLIED: RiskState.DEVIATION_REQUESTED,
    Permission.APPROVED: RiskState.DEVIATION_APPROVED,
    Permission.REFUSED: RiskState.OPEN,
    Permission.ENDED: RiskState.CLOSED,
}
_RISKS: Final[Mapping[Severity, str]] = {
    Severity.INFORMATIONAL: "low",
    Severity.LOW: "low",
    Severity.MEDIUM: "moderate",
    Severity.HIGH: "high",
    Severity.CRITICAL: "high",
}


async def assessment(tx: Tx, body: str, round_id: UUID, now: datetime) -> oscal.Assessment:
    """One round, for an assessment plan and assessment results.

    Raises:
        UnknownDocumentError: there is no such round.
    """
    row = await known_round(tx, body, round_id)
    lines = await rounds.lines(tx, body, round_id, now.astimezone(JST).date())
    papers = await _papers(tx, body, lines)
    return oscal.Assessment(
        id=row.round_id,
        subject=_subject(await own_body(tx, body), row),
        sort=oscal.Sort(row.sort),
        title=row.title,
        description=_about(row),
        fiscal_year=row.fiscal_year,
        started_at=row.opened_at,
        ended_at=None if row.open else row.closed_at,
        modified_at=_modified(row, lines),
        systems=await _systems(tx, body, row),
        control_ids=tuple(dict.fromkeys(line.slug for line in lines)),
        answers=tuple(_answer(line, papers) for line in lines if line.counted is not None),
    )


async def security_plan(tx: Tx, body: str, now: datetime) -> oscal.SecurityPlan:
    """What the body does about each control, as its newest self-check says.

    Raises:
        WrongStepError: there is no self-check with an answer yet.
    """
    row = await _newest(tx, body, now)
    if row is None:
        raise WrongStepError(
            "自己点検の回答がまだありません。自己点検を始めて回答すると、実施状況の文書を書き出せます。"
        )
    lines = await rounds.lines(tx, body, row.round_id, now.astimezone(JST).date())
    return oscal.SecurityPlan(
        subject=_subject(await own_body(tx, body), row),
        version=f"{row.fiscal_year}.{row.number}",
        modified_at=_modified(row, lines),
        systems=await _systems(tx, body, row),
        statements=tuple(
            oscal.Statement(
                control_id=line.slug,
                state=_STATES[counted],
                description=_said(line),
                system_key=system_key(line),
            )
            for line in lines
            if (counted := line.counted) is not None
        ),
    )


async def action_plan(tx: Tx, body: str, now: datetime) -> oscal.ActionPlan:
    """The corrections and exceptions of the body.

    Raises:
        WrongStepError: there is none; OSCAL knows no empty plan.
    """
    corrections = await registers.corrections(tx, body)
    permitted = await registers.exceptions(tx, body)
    if not corrections and not permitted:
        raise WrongStepError(
            "是正も例外措置もありません。OSCALのPOA&Mには1件以上が要ります。登録してから書き出してください。"
        )
    row = await _newest(tx, body, now)
    version = (await guideline.current(tx, on=now.astimezone(JST).date())).version
    slugs = {item.id: item.oscal_id for item in (await guideline.catalogue(tx, version)).items}
    owner = await own_body(tx, body)
    subject = (
        _subject(owner, row)
        if row is not None
        else oscal.Subject(
            code=body,
            name=owner.full_name,
            network_model=NetworkModel.ALPHA,
            cloud=True,
            guideline_version=version,
        )
    )
    moments = [one.verified_at or one.done_at or one.opened_at for one in corrections]
    moments += [one.decided_at or one.applied_at for one in permitted]
    return oscal.ActionPlan(
        subject=subject,
        version=f"{max(moments).astimezone(JST):%Y%m%d.%H%M}",
        modified_at=max(moments),
        corrections=(
            *(_correction(one, slugs) for one in corrections),
            *(_exception(one, slugs) for one in permitted),
        ),
    )


async def _newest(tx: Tx, body: str, now: datetime) -> RoundRow | None:
    """The newest self-check with a confirmed answer."""
    today = now.astimezone(JST).date()
    for row in await rounds.rounds(tx, body):
        if row.kind is not Sort.SELF_CHECK:
            continue
        lines = await rounds.lines(tx, body, row.round_id, today)
        if any(line.counted is not None for line in lines):
            return row
    return None


async def _systems(tx: Tx, body: str, row: RoundRow) -> tuple[oscal.System, ...]:
    kept = {str(one.system_id): one for one in await known(tx, body)}
    found = await rounds.targets(tx, body, row.round_id)
    return tuple(_system(one, kept.get(one.ref)) for one in found if one.kind != TargetKind.WHOLE)


def _system(row: TargetRow, kept: KnownSystem | None) -> oscal.System:
    area = Area(row.area).japanese if row.area in set(Area) else row.area
    if row.kind == TargetKind.AREA:
        return oscal.System(
            key=row.target.key, title=row.name, description=f"領域（{row.name}）", area=area
        )
    return oscal.System(
        key=row.ref,
        title=row.name,
        area=area,
        cloud=row.cloud,
        description="" if kept is None else kept.description,
        vendor="" if kept is None else kept.vendor,
        confidentiality="" if kept is None else kept.confidentiality,
        integrity="" if kept is None else kept.integrity,
        availability="" if kept is None else kept.availability,
    )


def system_key(line: Line) -> str:
    """The key of a line's target among the systems of a document."""
    match TargetKind(line.target_kind):
        case TargetKind.WHOLE:
            return ""
        case TargetKind.AREA:
            return line.target_key
        case TargetKind.SYSTEM:
            return line.target_key.removeprefix("system:")


def _subject(owner: Body, row: RoundRow) -> oscal.Subject:
    return oscal.Subject(
        code=owner.code,
        name=owner.full_name,
        network_model=row.model,
        cloud=row.cloud,
        guideline_version=row.guideline_version,
    )


def _about(row: RoundRow) -> str:
    who = f"（実施者：{row.auditor}）" if row.auditor else ""
    return f"{row.title}{who}。ガイドライン{row.guideline_version}の項目ごとに確かめた。"


def _modified(row: RoundRow, lines: Sequence[Line]) -> datetime:
    moments = [line.answered_at for line in lines if line.answered_at is not None]
    return max([row.closed_at or row.opened_at, row.opened_at, *moments])


def _said(line: Line) -> str:
    reason = f"{REASON}{line.reason}" if line.reason else ""
    return "\n".join(filter(None, (line.practice, reason)))


async def _papers(tx: Tx, body: str, lines: Sequence[Line]) -> dict[UUID, EvidenceRow]:
    ids = list({one for line in lines for one in line.evidence or []})
    return {row.evidence_id: row for row in await evidence.some(tx, body, ids)}


def _answer(line: Line, papers: Mapping[UUID, EvidenceRow]) -> oscal.Answer:
    standing = line.standing
    if standing is None:
        raise WrongStepError("回答のない項目です。")
    shown = [papers[one] for one in standing.given.evidence if one in papers]
    ends = [row.valid_until for row in shown if row.valid_until is not None]
    return oscal.Answer(
        id=uuid5(line.target_id, f"{line.item_id}/{standing.version}"),
        control_id=line.slug,
        state=_STATES[standing.given.answer],
        description=_said(line),
        collected_at=standing.at,
        expires_at=datetime.combine(min(ends), time(23, 59, 59), JST) if ends else None,
        evidence=tuple(
            oscal.Evidence(
                title=row.title,
                href=f"urn:uuid:{row.evidence_id}",
                sha256=row.sha256 or "",
                description=row.place,
            )
            for row in shown
        ),
        system_key=system_key(line),
    )


def _correction(row: CorrectionRow, slugs: Mapping[str, str]) -> oscal.Correction:
    closed = row.verified_at or (row.done_at if row.step.closed else None)
    return oscal.Correction(
        id=row.correction_id,
        title=row.title,
        description=row.detail or row.title,
        control_ids=(slugs[row.item_id],) if row.item_id in slugs else (),
        state=_STEPS[row.step],
        risk=_RISKS[row.weight],
        owner=row.owner,
        opened_on=row.opened_at.astimezone(JST).date(),
        due_on=row.due_on,
        closed_on=None if closed is None else closed.astimezone(JST).date(),
        source=" ".join(filter(None, (row.cause.japanese, row.source, row.reference))),
    )


def _exception(row: ExceptionRow, slugs: Mapping[str, str]) -> oscal.Correction:
    ended = row.permission is Permission.ENDED
    return oscal.Correction(
        id=row.exception_id,
        title=row.title,
        description=f"{row.reason}\n{row.risk}",
        control_ids=tuple(slugs[item] for item in row.items if item in slugs),
        state=_PERMISSIONS[row.permission],
        opened_on=row.applied_at.astimezone(JST).date(),
        due_on=row.until,
        closed_on=row.until if ended else None,
        source="例外措置",
        compensating=row.compensating,
    )
