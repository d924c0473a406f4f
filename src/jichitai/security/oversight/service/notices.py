"""依頼と督促 at a body: read, drafted, answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from anyio import to_thread

from jichitai.correspondence.model.preview import Preview
from jichitai.correspondence.service.archives import File
from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.kernel.parties import MINISTRY, Party, Tier
from jichitai.security.access import own_body
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.messages import S11
from jichitai.security.oversight.errors import BadAnswerError
from jichitai.security.oversight.model.forms import LONGEST_ANSWER, Form, form_of, must_fit
from jichitai.security.oversight.service import sheets
from jichitai.security.oversight.store import notices
from jichitai.security.oversight.store.notices import Notice, Sent
from jichitai.security.oversight.store.surveys import Round


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One request with what the body answered so far."""

    notice: Notice
    form: Form | None
    answers: Mapping[str, str]
    drafted: bool
    sent: list[Sent]


@dataclass(frozen=True)
class Inbox:
    """A body's requests."""

    clock: Clock
    outbox: Outbox

    async def open(self, tx: Tx, body: str, notice_id: UUID, *, actor: Actor) -> Opened:
        """One request; that somebody opened it is noted once."""
        found = await notices.notice(tx, body, notice_id)
        if found.read_at is None:
            await notices.mark_read(tx, body, notice_id, at=self.clock.now(), by=actor.id)
        if found.round_id is None or not found.form:
            return Opened(notice=found, form=None, answers={}, drafted=False, sent=[])
        sent = await notices.sent_answers(tx, body, found.round_id)
        drafted = await notices.draft(tx, body, found.round_id)
        answers = drafted or (sent[0].answers if sent else {})
        return Opened(
            notice=found,
            form=form_of(found.form),
            answers=answers,
            drafted=bool(drafted),
            sent=sent,
        )

    async def _asked(self, tx: Tx, body: str, notice_id: UUID) -> tuple[Notice, UUID, Form]:
        found = await notices.notice(tx, body, notice_id)
        if found.round_id is None or not found.form:
            raise UnknownDocumentError(
                "この依頼には調査票が付いていません。調査の依頼を開いて回答してください。"
            )
        return found, found.round_id, form_of(found.form)

    async def keep(
        self, tx: Tx, body: str, notice_id: UUID, answers: Mapping[str, str], *, actor: Actor
    ) -> None:
        """Keep a draft; it may hold faults."""
        _, round_id, form = await self._asked(tx, body, notice_id)
        asked = {one.key for one in form.questions}
        kept = {
            key: str(value)[:LONGEST_ANSWER]
            for key, value in answers.items()
            if key in asked and str(value).strip()
        }
        await notices.save_draft(tx, body, round_id, kept, at=self.clock.now(), by=actor.id)

    async def answer(
        self,
        tx: Tx,
        body: str,
        notice_id: UUID,
        answers: Mapping[str, str],
        *,
        reason: str,
        actor: Actor,
    ) -> int:
        """Send an answer; an earlier one stays, and a later one says why.

        Returns:
            The revision of the answer.

        Raises:
            BadAnswerError: with every fault by question, or a correction without a reason.
        """
        _, round_id, form = await self._asked(tx, body, notice_id)
        good = must_fit(form, answers)
        before = await notices.sent_answers(tx, body, round_id)
        if before and not reason.strip():
            why = "回答を直す理由がありません。前の回答も残るため、理由を入れてください。"
            raise BadAnswerError(why, faults={"reason": why})
        now = self.clock.now()
        told = reason.strip()[:LONGEST_ANSWER]
        revision = await notices.add_sent(
            tx, body, round_id, answers=good, reason=told, at=now, by=actor.id
        )
        party = (await own_body(tx, body)).party
        to = MINISTRY if party.tier is Tier.PREFECTURE else Party.prefecture(body[:2])
        message = S11(
            round_id=round_id,
            body=body,
            revision=revision,
            answers=good,
            reason=told,
            answered_at=now,
        )
        await self.outbox.send(tx, origin=party, to=to, kind="S11", version=1, body=message)
        await notices.drop_draft(tx, body, round_id)
        await audit.record(
            tx,
            by=actor,
            action="security.notices.answer",
            subject=str(round_id),
            facts={"revision": revision},
        )
        return revision

    async def sheet(self, tx: Tx, body: str, notice_id: UUID) -> bytes:
        """The form as a spreadsheet with what was answered so far."""
        found, round_id, form = await self._asked(tx, body, notice_id)
        sent = await notices.sent_answers(tx, body, round_id)
        answers = await notices.draft(tx, body, round_id) or (sent[0].answers if sent else {})
        row = (await own_body(tx, body), dict(answers))
        head = self._head(found, round_id)
        return await to_thread.run_sync(sheets.file_of, head, form, [row])

    async def take(
        self, tx: Tx, body: str, notice_id: UUID, data: bytes, *, actor: Actor
    ) -> Preview:
        """Read the body's own filled-in file into the draft; a row of another body is refused.

        Raises:
            WorkbookRefusedError: it cannot be read.
        """
        _, round_id, form = await self._asked(tx, body, notice_id)
        own = await own_body(tx, body)
        found = await to_thread.run_sync(
            lambda: sheets.preview([File("", data)], form, {own.code: own}, only=own.code)
        )
        if found.right == len(found.rows) == 1:
            await notices.save_draft(
                tx, body, round_id, found.rows[0].values, at=self.clock.now(), by=actor.id
            )
        return found

    def _head(self, found: Notice, round_id: UUID) -> Round:
        day: date = self.clock.today()
        return Round(
            round_id=round_id,
            title=found.subject,
            purpose=found.body,
            form=found.form,
            as_of=day,
            due_on=found.due_on or day,
            denominator="",
            state="open",
            made_at=found.sent_at,
            opened_at=None,
            closed_at=None,
            asked=1,
            answered=0,
        )
