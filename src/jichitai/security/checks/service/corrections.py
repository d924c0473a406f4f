"""Corrections (是正): entered, worked on, reported done, confirmed by another; findings of others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final, cast
from uuid import UUID, uuid4

from jichitai.infra import audit
from jichitai.infra.audit import SYSTEM, Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.inbox import Handlers
from jichitai.infra.messages import Received
from jichitai.kernel.parties import Party
from jichitai.security.checks.errors import WrongStepError
from jichitai.security.checks.model.corrections import (
    Origin,
    Planned,
    Severity,
    Step,
    check_planned,
    check_step,
    finding_due,
)
from jichitai.security.checks.model.texts import plain
from jichitai.security.checks.store import registers
from jichitai.security.checks.store.registers import CorrectionRow
from jichitai.security.checks.store.rounds import next_number
from jichitai.security.errors import NotYourBodyError, StaleEditError, UnknownDocumentError
from jichitai.security.messages import S04, Finding, decode

WAITING: Final = "担当を決めてください"


class Corrections:
    """The register of corrections of a body (POA&M)."""

    def __init__(self, clock: Clock) -> None:
        """Take law time."""
        self._clock = clock

    async def open(self, tx: Tx, body: str, planned: Planned, *, by: Actor) -> UUID:
        """Enter a correction.

        Raises:
            CheckFormError: a field does not hold.

        Source: ガイドライン 対策基準 9.1(7), 9.2(3).
        """
        check_planned(planned, self._clock.today())
        return await self._enter(tx, body, planned, by=by)

    async def change(
        self, tx: Tx, body: str, correction_id: UUID, planned: Planned, *, version: int, by: Actor
    ) -> None:
        """Change what is planned, its owner or its day; the old values stay in the history.

        Raises:
            UnknownDocumentError, StaleEditError, CheckFormError.
            WrongStepError: it is closed.
        """
        row = await self._known(tx, body, correction_id)
        if row.step.closed:
            raise WrongStepError(
                f"この是正は「{row.step.japanese}」です。内容は変えられません。新しい是正を作ってください。"
            )
        if row.version != version:
            raise StaleEditError(
                "この是正は、ほかの人が先に変えました。今の内容を見て直してください。"
            )
        kept_day = planned.due_on == row.due_on
        check_planned(
            replace(planned, due_on=max(row.due_on, self._clock.today())) if kept_day else planned,
            self._clock.today(),
        )
        await registers.change(
            tx,
            "correction",
            body,
            correction_id,
            title=planned.title.strip(),
            detail=planned.detail.strip(),
            owner=planned.owner.strip(),
            due_on=planned.due_on,
            severity=planned.severity,
            version=version + 1,
        )
        await self._tell(tx, body, correction_id, by, "change", _changes(row, planned))

    async def move(
        self, tx: Tx, body: str, correction_id: UUID, after: Step, *, note: str, by: Actor
    ) -> None:
        """Take the next step: work, report done, confirm, take back.

        Raises:
            UnknownDocumentError, WrongStepError, CheckFormError.
            OwnDecisionError: somebody confirms their own work.

        Source: ガイドライン 対策基準 1(8), 9.1(7).
        """
        row = await self._known(tx, body, correction_id)
        check_step(row.step, after, done_by=row.done_by, by=by.id, note=note)
        now = self._clock.now()
        values: dict[str, object] = {"state": after, "version": row.version + 1}
        if after is Step.DONE:
            values |= {"done_by": by.id, "done_at": now}
        elif after is Step.VERIFIED:
            values |= {"verified_by": by.id, "verified_at": now}
        elif row.step is Step.DONE:
            values |= {"done_by": None, "done_at": None}
        await registers.change(tx, "correction", body, correction_id, **values)
        await self._tell(tx, body, correction_id, by, after.value, note)

    async def take_finding(
        self, tx: Tx, body: str, finding: Finding, *, by: Actor = SYSTEM
    ) -> bool:
        """Make a finding from outside a correction; told again, it only adds to the history.

        Returns:
            Whether it is new.

        Source: security_finding_days.csv for findings without a day of their own.
        """
        severity = Severity(finding.severity)
        known = await registers.correction_of_finding(tx, body, finding.finding_id)
        if known is not None:
            await self._tell(tx, body, known.correction_id, by, "told-again", plain(finding.advice))
            return False
        planned = Planned(
            title=plain(finding.title)[:200],
            detail=plain(finding.advice)[:2_000],
            owner=WAITING,
            due_on=finding.due_on or finding_due(severity, finding.found_on),
            severity=severity,
            origin=Origin.FINDING,
        )
        await self._enter(tx, body, planned, by=by, more=_finding_values(finding))
        return True

    async def adopt(
        self,
        tx: Tx,
        body: str,
        correction_id: UUID,
        planned: Planned,
        step: Step,
        *,
        source: str,
        by: Actor,
    ) -> None:
        """Enter a correction of another tool under the id that it has there."""
        more: dict[str, object] = {"source": source[:400], "state": step}
        await self._enter(tx, body, planned, by=by, correction_id=correction_id, more=more)

    async def receive(self, tx: Tx, batch: Sequence[Received]) -> None:
        """Findings that the prefecture passes on (S04).

        Raises:
            NotYourBodyError: somebody else than the body's prefecture signed it, or it is for
                another body.
        """
        for message in batch:
            told = cast(S04, decode(message.kind, message.version, message.body))
            sender = Party.prefecture(told.body[:2])
            if message.origin != sender or message.receiver != Party.town(told.body):
                raise NotYourBodyError(
                    "脆弱性等の通知は、その団体の都道府県からだけ受け取ります。宛先と差出人を確かめてください。",
                    origin=str(message.origin),
                )
            for finding in told.findings:
                await self.take_finding(tx, told.body, finding)

    async def _enter(
        self,
        tx: Tx,
        body: str,
        planned: Planned,
        *,
        by: Actor,
        correction_id: UUID | None = None,
        more: Mapping[str, object] | None = None,
    ) -> UUID:
        correction_id = correction_id or uuid4()
        await registers.insert(
            tx,
            "correction",
            {
                "municipality": body,
                "correction_id": correction_id,
                "number": await next_number(tx, body, "correction"),
                "title": planned.title.strip(),
                "detail": planned.detail.strip(),
                "owner": planned.owner.strip(),
                "due_on": planned.due_on,
                "severity": planned.severity,
                "origin": planned.origin,
                "state": Step.OPEN,
                "round_id": planned.round_id,
                "target_id": planned.target_id,
                "item_id": planned.item_id,
                "target_key": planned.target_key,
                "risk_id": planned.risk_id,
                "opened_by": by.id,
                "opened_at": self._clock.now(),
                **(more or {}),
            },
        )
        await self._tell(tx, body, correction_id, by, "enter", "")
        return correction_id

    async def _known(self, tx: Tx, body: str, correction_id: UUID) -> CorrectionRow:
        row = await registers.correction(tx, body, correction_id, lock=True)
        if row is None:
            raise UnknownDocumentError(
                "この団体に、その是正はありません。一覧から開き直してください。"
            )
        return row

    async def _tell(
        self, tx: Tx, body: str, correction_id: UUID, by: Actor, what: str, note: str
    ) -> None:
        await registers.tell(
            tx,
            body,
            correction_id,
            at=self._clock.now(),
            by_id=by.id,
            by_name=by.display,
            what=what,
            note=note.strip()[:2_000],
        )
        await audit.record(
            tx,
            by=by,
            action="security.correction.open" if what == "enter" else "security.correction.change",
            subject=str(correction_id),
            facts={"what": what},
        )


def handlers(clock: Clock) -> Handlers:
    """What a body does with findings that its prefecture passes on."""
    return {S04.kind: Corrections(clock).receive}


def _finding_values(finding: Finding) -> dict[str, object]:
    return {
        "finding_id": finding.finding_id,
        "source": plain(finding.source),
        "reference": plain(finding.reference),
        "target": plain(finding.target),
        "found_on": finding.found_on,
    }


def _changes(row: CorrectionRow, planned: Planned) -> str:
    """What changed, in words."""

    def said(value: object) -> str:
        return value.isoformat() if isinstance(value, date) else str(value)

    pairs = (
        ("件名", row.title, planned.title.strip()),
        ("担当", row.owner, planned.owner.strip()),
        ("期限", row.due_on, planned.due_on),
        ("重要度", row.weight.japanese, planned.severity.japanese),
    )
    found = [f"{name}：{said(old)} → {said(new)}" for name, old, new in pairs if old != new]
    if row.detail != planned.detail.strip():
        found.append("内容を変えました")
    return "、".join(found)
