"""報告: hand in what is owed, keep what left, and tell the prefecture and the ministry (S02)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import Body, BodyKind
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.security.access import own_body
from jichitai.security.incidents import documents, forms, journal, store
from jichitai.security.incidents.due import Clock
from jichitai.security.incidents.errors import BadReportError, NotOwedError
from jichitai.security.incidents.forms import Filled
from jichitai.security.incidents.model import Answer, Incident
from jichitai.security.incidents.store import ReportRow
from jichitai.security.incidents.texts import check_text
from jichitai.security.incidents.timeline import EntryKind
from jichitai.security.messages import S02, Deadline

BY_MESSAGE: Final = "S02"
METHODS: Final = ("Webの受付", "メール", "電話", "FAX", "書面", "対面", "その他")
"""Ways by which a report leaves where no message carries it."""

_AHEAD: Final = timedelta(minutes=5)
_LONGEST: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What an officer says about a report that leaves.

    Attributes:
        clock: id of the clock that it answers.
        method: one of `METHODS`; left out where a message carries it.
        sent_at: when it left; now when left out. It may have left before it is written down.
        receipt: number or name that the recipient gave.
    """

    clock: str
    method: str = ""
    sent_at: datetime | None = None
    receipt: str = ""


async def submit(
    tx: Tx,
    municipality: str,
    incident_id: UUID,
    sending: Sending,
    *,
    outbox: Outbox,
    by: Actor,
    at: datetime,
) -> ReportRow:
    """Hand in a report; a second one to the same recipient is a 続報.

    What left is kept as it was filled in, with its hash. Where the table says so it leaves as a
    message; once the prefecture or the ministry knows of the incident, every further report of it
    tells them too. An exercise leaves only where it was opened so, and says that it is one.

    Raises:
        UnknownIncidentError: none of this body's.
        NotOwedError: the incident has no such clock.
        BadReportError: method, time or receipt are wrong; `fields` names them.
    """
    incident = await store.incident(tx, municipality, incident_id, lock=True)
    clock = _found(await journal.clocks_of(tx, incident), sending.clock)
    by_message = clock.rule.channel == BY_MESSAGE
    sent_at = _checked(sending, incident, at, by_message=by_message)
    body = await own_body(tx, municipality)
    again = clock.done is not None
    name = "続報" if again and clock.rule.report != "確報" else clock.rule.report
    paper = await paper_of(tx, incident, body, clock, report=name, at=at)
    content: dict[str, Any] | None = None if paper is None else msgspec.to_builtins(paper)
    outward = incident.outward and (by_message or incident.revision > 0)
    row = ReportRow(
        report_id=uuid4(),
        incident_id=incident_id,
        clock=clock.rule.id,
        recipient=clock.rule.recipient,
        report=name,
        sort="sent",
        due_at=clock.late_at,
        sent_at=sent_at,
        recorded_at=at,
        sent_by=by.id,
        method=_method(sending, incident, by_message=by_message),
        receipt=sending.receipt.strip(),
        reason="",
        form="" if paper is None else paper.form.value,
        content=content,
        document_hash="" if content is None else documents.content_hash(content),
        revision=incident.revision + 1 if outward else 0,
    )
    await store.add_report(tx, municipality, row)
    last = await _written(tx, incident, row, by=by, at=at)
    if outward:
        incident = replace(incident, revision=row.revision)
        await store.save(tx, incident)
        message = await _message(tx, incident, body, last, at)
        to = _recipient(body)
        await outbox.send(tx, origin=body.party, to=to, kind=S02.kind, version=1, body=message)
    await journal.audited(
        tx,
        by,
        "security.incident.report",
        incident,
        {"clock": row.clock, "report": name, "revision": row.revision},
    )
    return row


def _found(clocks: Sequence[Clock], clock_id: str) -> Clock:
    for clock in clocks:
        if clock.rule.id == clock_id:
            return clock
    raise NotOwedError(
        "この事案には、その報告の期限がありません。内容（個人情報・システムへの影響など）を確かめ、"
        "必要なら記録を直してください。",
        clock=clock_id[:40],
    )


def _checked(sending: Sending, incident: Incident, at: datetime, *, by_message: bool) -> datetime:
    fields: dict[str, str] = {}
    sent_at = at if by_message or sending.sent_at is None else sending.sent_at
    if sent_at > at + _AHEAD:
        fields["sent_at"] = (
            "報告した時が未来です。まだ報告していないものは記録できません。報告してから記録してください。"
        )
    elif sent_at < incident.known_at - _AHEAD:
        fields["sent_at"] = (
            "報告した時が、事案を知った時より前です。どちらかの日時が違います。直してください。"
        )
    if not by_message and sending.method not in METHODS:
        fields["method"] = "報告の方法が選ばれていません。後で確かめられるように選んでください。"
    if len(sending.receipt) > _LONGEST:
        fields["receipt"] = "受付番号・担当者が長すぎます。400文字以内にしてください。"
    if fields:
        raise BadReportError(" ".join(fields.values()), fields=fields)
    check_text(sending.receipt)
    return sent_at


def _method(sending: Sending, incident: Incident, *, by_message: bool) -> str:
    if not by_message:
        return sending.method
    return "本システムの電文" if incident.outward else "訓練のため送信しない"


async def _written(tx: Tx, incident: Incident, row: ReportRow, *, by: Actor, at: datetime) -> bytes:
    receipt = f"。受付 {row.receipt}" if row.receipt else ""
    text = f"{row.recipient}に{row.report}を報告しました（{row.method}）{receipt}"
    facts = {"clock": row.clock, "document": row.document_hash, "revision": row.revision}
    return await journal.write(tx, incident, EntryKind.REPORTED, text, by=by, at=at, facts=facts)


async def waive(
    tx: Tx,
    municipality: str,
    incident_id: UUID,
    clock_id: str,
    reason: str,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Decide that a report is not needed, and say why.

    Raises:
        UnknownIncidentError: none of this body's.
        NotOwedError: no such clock, or it was answered.
        BadReportError: no reason.
    """
    incident = await store.incident(tx, municipality, incident_id, lock=True)
    clock = _found(await journal.clocks_of(tx, incident), clock_id)
    if clock.done is not None:
        raise NotOwedError("この報告は済んでいるか、不要と判断済みです。画面を開き直してください。")
    if not reason.strip() or len(reason) > _LONGEST:
        problem = "不要とする理由がないか、400文字を超えています。後で説明できるように短く書いてください。"
        raise BadReportError(problem, fields={"reason": problem})
    check_text(reason)
    row = ReportRow(
        report_id=uuid4(),
        incident_id=incident_id,
        clock=clock.rule.id,
        recipient=clock.rule.recipient,
        report=clock.rule.report,
        sort="waived",
        due_at=clock.late_at,
        sent_at=at,
        recorded_at=at,
        sent_by=by.id,
        method="",
        receipt="",
        reason=reason.strip(),
        form="",
        content=None,
        document_hash="",
        revision=0,
    )
    await store.add_report(tx, municipality, row)
    text = f"{clock.rule.name}は不要と判断しました：{row.reason}"
    await journal.write(
        tx, incident, EntryKind.WAIVED, text, by=by, at=at, facts={"clock": clock_id}
    )
    await journal.audited(tx, by, "security.incident.waive", incident, {"clock": clock_id})


async def paper_of(
    tx: Tx, incident: Incident, body: Body, clock: Clock, *, report: str, at: datetime
) -> Filled | None:
    """The paper of a clock, filled in now; None where it has none."""
    form = forms.form_for(clock.rule.form, incident.kind)
    if form is None:
        return None
    last = await store.last_entry(tx, incident.municipality, incident.incident_id)
    return forms.filled(
        form,
        incident,
        body,
        recipient=clock.rule.recipient,
        report=report,
        at=at,
        timeline_hash=last.hash if last else b"",
    )


def _recipient(body: Body) -> Party:
    if body.kind is BodyKind.PREFECTURE:
        return MINISTRY
    return Party.prefecture(body.prefecture_code)


async def _message(
    tx: Tx, incident: Incident, body: Body, timeline_hash: bytes, at: datetime
) -> S02:
    facts = incident.facts
    clocks = await journal.clocks_of(tx, incident)
    return S02(
        body=body.code,
        incident_id=incident.incident_id,
        number=incident.number,
        revision=incident.revision,
        drill=incident.drill,
        kind_of_incident=incident.kind.value,
        area=incident.area.value,
        system=facts.system,
        severity=incident.severity.value,
        state=incident.state.value,
        known_at=incident.known_at,
        detected_at=facts.detected_at,
        occurred_at=facts.occurred_at,
        service_deviation=facts.service_deviation is Answer.YES,
        persons=facts.persons,
        special_personal=Answer.YES in (facts.special_care, facts.specific_personal),
        share_consent=facts.share_consent,
        summary=facts.summary,
        details={key: value for key, value in facts.details.items() if value},
        deadlines=tuple(_deadline(clock) for clock in clocks),
        timeline_hash=timeline_hash.hex(),
        reported_at=at,
    )


def _deadline(clock: Clock) -> Deadline:
    sent = clock.done.sent_at if clock.done and clock.done.sort == "sent" else None
    return Deadline(
        recipient=clock.rule.recipient,
        report=clock.rule.report,
        due_at=clock.due_at,
        sent_at=sent,
    )
