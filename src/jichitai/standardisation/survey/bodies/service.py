"""Use cases of a body: its draft, business by business, and its answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final
from uuid import UUID

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import Body, BodyKind
from jichitai.kernel.bodies import body as body_with
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.standardisation.messages import G02
from jichitai.standardisation.progress.costs import CostItem
from jichitai.standardisation.progress.model import Business
from jichitai.standardisation.progress.reports import BodyReport, SystemReport, check_report
from jichitai.standardisation.survey.bodies import store
from jichitai.standardisation.survey.bodies.content import costs_of, systems_of
from jichitai.standardisation.survey.bodies.store import Request, Sent
from jichitai.standardisation.survey.errors import (
    BadAnswerError,
    BodyNotAskedError,
    RoundStatusError,
)
from jichitai.standardisation.survey.model import (
    Fault,
    asked_businesses,
    by_business,
    faults_of,
    merge,
    same,
)

LONGEST_REASON: Final = 400
LONGEST_NOTE: Final = 2_000


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One request with the body's work on it.

    Attributes:
        body: who is asked.
        request: what is asked.
        report: the draft; without one, what was answered last.
        drafted: whether it is a draft.
        sent: what was sent to this round, newest first.
        last: what was answered last, to whichever round.
    """

    body: Body
    request: Request
    report: BodyReport
    drafted: bool
    sent: list[Sent]
    last: BodyReport | None

    @property
    def businesses(self) -> tuple[Business, ...]:
        """The businesses that the body is asked about."""
        return asked_businesses(self.body, on=self.request.as_of)

    @cached_property
    def systems(self) -> Mapping[str, SystemReport]:
        """What stands in the report, by business."""
        return by_business(self.report)

    def faults(self, one: SystemReport) -> list[Fault]:
        """What is wrong with the answer on one business."""
        before = by_business(self.last).get(one.business)
        return faults_of(self.body, one, as_of=self.request.as_of, before=before)

    @cached_property
    def wrong(self) -> dict[str, str]:
        """What is wrong with the report, by business."""
        found = {}
        for one in self.report.systems:
            if told := self.faults(one):
                found[one.business] = "　".join(f"{it.why}。{it.remedy}。" for it in told)
        return found


@dataclass(frozen=True)
class Answers:
    """A body's answers to the survey."""

    clock: Clock
    outbox: Outbox

    async def open(self, tx: Tx, code: str, round_id: UUID) -> Opened:
        """One request with the draft and what was sent.

        Raises:
            UnknownRoundError: the body was not told of it.
            BodyNotAskedError: the body only checks others in it.
        """
        request = await store.request(tx, code, round_id)
        if not request.asked:
            raise BodyNotAskedError(
                "この団体はこの調査の対象ではありません。構成団体の回答は「回答の確認」で見てください。"
            )
        sent = await store.sent_answers(tx, code, round_id)
        drafted = await store.draft(tx, code, round_id)
        last = await store.last_answer(tx, code)
        return Opened(
            body=body_with(code),
            request=request,
            report=drafted or _begun(code, sent, last),
            drafted=drafted is not None,
            sent=sent,
            last=last.report if last else None,
        )

    async def _writable(self, tx: Tx, code: str, round_id: UUID) -> Opened:
        await store.lock(tx, code)
        found = await self.open(tx, code, round_id)
        if not found.request.open:
            raise RoundStatusError(
                "この調査は受付を終えています。直すことがあるときは総務省に連絡してください。"
            )
        return found

    async def keep(
        self, tx: Tx, code: str, round_id: UUID, told: SystemReport, *, actor: Actor
    ) -> None:
        """Put the answer on one business into the draft.

        Raises:
            BadAnswerError: it has faults; `faults` names them by field.
            RoundStatusError: the round is closed.
        """
        found = await self._writable(tx, code, round_id)
        if wrong := found.faults(told):
            faults = {one.field: f"{one.why}。{one.remedy}。" for one in wrong}
            raise BadAnswerError("　".join(faults.values()), faults=faults)
        await self._save(tx, found, replace(found.report, systems=(told,)), actor)

    async def keep_all(
        self, tx: Tx, code: str, round_id: UUID, told: BodyReport, *, actor: Actor
    ) -> None:
        """Put what is told into the draft; what it leaves out stays as it was.

        Raises:
            BadAnswerError: a row has faults; `faults` names them by business.
            InvalidReportError: costs that cannot be, or a business twice.
            RoundStatusError: the round is closed.
        """
        found = await self._writable(tx, code, round_id)
        if told.body != code:
            raise BodyNotAskedError("ほかの団体に代わって回答することはできません。")
        check_report(told)
        must_be_right(replace(found, report=told))
        if len(told.note) > LONGEST_NOTE:
            raise BadAnswerError(f"備考が{LONGEST_NOTE:,}文字を超えています。短くしてください。")
        await self._save(tx, found, told, actor)

    async def keep_costs(
        self, tx: Tx, code: str, round_id: UUID, told: Sequence[CostItem], *, actor: Actor
    ) -> None:
        """Put costs into the draft in place of those that stand there.

        Raises:
            InvalidReportError: costs that cannot be.
            RoundStatusError: the round is closed.
        """
        found = await self._writable(tx, code, round_id)
        report = replace(found.report, costs=tuple(told))
        check_report(report)
        await self._put(tx, found, report, actor)

    async def _save(self, tx: Tx, found: Opened, told: BodyReport, actor: Actor) -> None:
        await self._put(tx, found, merge(found.report, told), actor)

    async def _put(self, tx: Tx, found: Opened, report: BodyReport, actor: Actor) -> None:
        await store.save_draft(tx, found.request.round_id, report, at=self.clock.now(), by=actor.id)

    async def answer(self, tx: Tx, code: str, round_id: UUID, *, reason: str, actor: Actor) -> int:
        """Send the draft; an earlier answer stays, and a later one says why.

        Returns:
            The revision of the answer.

        Raises:
            BadAnswerError: with every fault by business, nothing answered, or a correction that
                changes nothing or has no reason.
            RoundStatusError: the round is closed.
        """
        found = await self._writable(tx, code, round_id)
        told = reason.strip()
        check_report(found.report)
        must_be_right(found)
        _must_be_new(found, told)
        now = self.clock.now()
        revision = await store.add_sent(
            tx, round_id, found.report, reason=told, at=now, by=actor.id
        )
        to = (
            MINISTRY
            if found.body.kind is BodyKind.PREFECTURE
            else Party.prefecture(found.body.prefecture_code)
        )
        message = G02(
            round_id=round_id,
            body=code,
            revision=revision,
            systems=systems_of(found.report),
            costs=costs_of(found.report),
            note=found.report.note,
            reason=told,
            answered_at=now,
        )
        party = found.body.party
        await self.outbox.send(tx, origin=party, to=to, kind="G02", version=1, body=message)
        await store.drop_draft(tx, code, round_id)
        await audit.record(
            tx,
            by=actor,
            action="standardisation.answers.send",
            subject=str(round_id),
            facts={"revision": revision, "systems": len(found.report.systems)},
        )
        return revision


def must_be_right(found: Opened) -> None:
    """Refuse a report with faults.

    Raises:
        BadAnswerError: `faults` names them by business.
    """
    if found.wrong:
        raise BadAnswerError("　".join(found.wrong.values()), faults=found.wrong)


def _must_be_new(found: Opened, reason: str) -> None:
    if not any(one.states is not None for one in found.report.systems):
        why = (
            "どの業務にもステップの状態が入っていません。一つ以上の業務に入れてから送ってください。"
        )
        raise BadAnswerError(why, faults={"systems": why})
    if len(reason) > LONGEST_REASON:
        why = f"直した理由が{LONGEST_REASON}文字を超えています。短くしてください。"
        raise BadAnswerError(why, faults={"reason": why})
    if not found.sent:
        return
    if same(found.report, found.sent[0].report):
        why = "前に送った回答と同じ内容です。直すところがなければ、送る必要はありません。"
        raise BadAnswerError(why, faults={"systems": why})
    if not reason:
        why = "回答を直す理由がありません。前の回答も残るため、理由を入れてください。"
        raise BadAnswerError(why, faults={"reason": why})


def _begun(code: str, sent: Sequence[Sent], last: Sent | None) -> BodyReport:
    """Where a draft begins: the newest answer; reasons of an earlier round do not come along."""
    if sent:
        return sent[0].report
    if last is None:
        return BodyReport(body=code, systems=())
    systems = tuple(replace(one, target_reason="", reason="") for one in last.report.systems)
    return replace(last.report, systems=systems)
