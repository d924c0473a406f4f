"""調査: rounds that ask bodies, and what comes back."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

import msgspec
from anyio import to_thread

from jichitai.correspondence.errors import AlreadyAppliedError
from jichitai.correspondence.model.letters import sensible
from jichitai.correspondence.model.preview import Preview, preview_of
from jichitai.correspondence.service.archives import files_of
from jichitai.correspondence.store import uploads
from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Draft, Outbox
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import both
from jichitai.security.messages import S10
from jichitai.security.obligations.model import Denominator, bodies_in
from jichitai.security.oversight.area import SECURITY
from jichitai.security.oversight.errors import (
    BadFormError,
    RoundStateError,
)
from jichitai.security.oversight.model.forms import Form, checked, form_of, tally, written
from jichitai.security.oversight.service import sheets
from jichitai.security.oversight.service.place import Overseer
from jichitai.security.oversight.store import surveys
from jichitai.security.oversight.store.surveys import Round


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a round asks, of whom and until when."""

    title: str
    purpose: str
    form: Form
    as_of: date
    due_on: date
    denominator: Denominator


@dataclass(frozen=True)
class Surveys:
    """Survey rounds of one tier."""

    clock: Clock
    outbox: Outbox

    # --- making a round --------------------------------------------------------

    async def save(
        self, tx: Tx, by: Overseer, asked: Asked, *, actor: Actor, round_id: UUID | None = None
    ) -> UUID:
        """Keep a draft; its form may still be unfinished.

        Raises:
            RoundStateError: the round was opened already.
            BadFormError: no title.
        """
        if round_id is not None:
            await self._in_state(
                tx, by, round_id, "draft", "調査票を直せるのは、始める前だけです。"
            )
        if not 0 < len(asked.title.strip()) <= 120 or len(asked.purpose) > 2000:
            raise BadFormError(
                "調査の名前を1文字以上120文字以内で入れてください。目的は2,000文字までです。"
            )
        sensible(asked.as_of)
        sensible(asked.due_on)
        found = round_id or uuid4()
        values = {
            "round_id": found,
            "title": asked.title.strip(),
            "purpose": asked.purpose.strip(),
            "form": written(asked.form),
            "as_of": asked.as_of,
            "due_on": asked.due_on,
            "denominator": str(asked.denominator),
            "at": self.clock.now(),
            "by": actor.id,
        }
        await surveys.save_round(tx, by.key, values)
        await audit.record(
            tx, by=actor, action="security.oversight.survey-draft", subject=str(found)
        )
        return found

    async def open(self, tx: Tx, by: Overseer, round_id: UUID, *, actor: Actor) -> int:
        """Ask: the bodies are fixed and each gets the form in its inbox.

        Returns:
            How many bodies are asked.

        Raises:
            RoundStateError: opened before, or the last day has passed.
            BadFormError: a form that cannot be asked.
        """
        found = await self._in_state(tx, by, round_id, "draft", "この調査は始めてあります。")
        form = checked(form_of(found.form))
        if found.due_on < self.clock.today():
            raise RoundStateError("回答の期限が過ぎています。期限を直してから始めてください。")
        bodies = await self._meant(tx, by, Denominator(found.denominator))
        if not bodies:
            raise RoundStateError("この分母に当たる団体がありません。対象を選び直してください。")
        await surveys.set_targets(tx, by.key, round_id, [one.code for one in bodies])
        await surveys.move(tx, by.key, round_id, "open", at=self.clock.now())
        text = written(form)
        drafts = [
            Draft(by.party, one.party, "S10", 1, self._request(one, found, text)) for one in bodies
        ]
        await self.outbox.send_many(tx, drafts)
        await audit.record(
            tx,
            by=actor,
            action="security.oversight.survey-open",
            subject=str(round_id),
            facts={"bodies": len(bodies)},
        )
        return len(bodies)

    def _request(self, body: Body, found: Round, form: str) -> S10:
        return S10(
            notice_id=uuid4(),
            body=body.code,
            sort="survey",
            subject=found.title,
            text=f"{found.purpose}\n時点は{both(found.as_of)}、期限は{both(found.due_on)}です。".strip(),
            due_on=found.due_on,
            round_id=found.round_id,
            form=form,
            sent_at=self.clock.now(),
        )

    async def close(self, tx: Tx, by: Overseer, round_id: UUID, *, actor: Actor) -> None:
        """Stop reminding; answers that come later are still kept."""
        await self._in_state(tx, by, round_id, "open", "受付中の調査だけが締め切れます。")
        await surveys.move(tx, by.key, round_id, "closed", at=self.clock.now())
        await audit.record(
            tx, by=actor, action="security.oversight.survey-close", subject=str(round_id)
        )

    async def _meant(self, tx: Tx, by: Overseer, denominator: Denominator) -> list[Body]:
        overseen = await by.bodies(tx)
        joint = [one for one in overseen if one.kind.joint]
        meant = {one.code for one in bodies_in(denominator, joint=joint)}
        return [one for one in overseen if one.code in meant]

    async def _in_state(
        self, tx: Tx, by: Overseer, round_id: UUID, state: str, refusal: str
    ) -> Round:
        found = await surveys.round_of(tx, by.key, round_id, lock=True)
        if found.state != state:
            raise RoundStateError(refusal, state=found.state)
        return found

    # --- spreadsheets ----------------------------------------------------------

    async def bodies(self, tx: Tx, by: Overseer, round_id: UUID) -> list[Body]:
        """The bodies that a round asks."""
        asked = set(await surveys.targets(tx, by.key, round_id))
        return [one for one in await by.bodies(tx) if one.code in asked]

    async def archive(self, tx: Tx, by: Overseer, round_id: UUID) -> bytes:
        """A file for each body, with its last answers, in one archive."""
        found, rows = await self._rows(tx, by, round_id)
        form = form_of(found.form)
        return await to_thread.run_sync(sheets.archive, found, form, rows)

    async def table(self, tx: Tx, by: Overseer, round_id: UUID) -> bytes:
        """All answers as one file in the same layout."""
        found, rows = await self._rows(tx, by, round_id)
        form = form_of(found.form)
        return await to_thread.run_sync(sheets.file_of, found, form, rows)

    async def _rows(
        self, tx: Tx, by: Overseer, round_id: UUID
    ) -> tuple[Round, list[tuple[Body, dict[str, str]]]]:
        found = await surveys.round_of(tx, by.key, round_id)
        if found.state == "draft":
            raise RoundStateError("調査を始めると、対象の団体が決まり、調査票を取り出せます。")
        last = await surveys.answers(tx, by.key, round_id)
        bodies = await self.bodies(tx, by, round_id)
        return found, [(one, last[one.code].answers if one.code in last else {}) for one in bodies]

    async def take(
        self, tx: Tx, by: Overseer, round_id: UUID, data: bytes, *, name: str, actor: Actor
    ) -> UUID:
        """Read a filled-in file or an archive of them; nothing is written yet.

        Raises:
            WorkbookRefusedError: it cannot be read at all.
            RoundStateError: the round was not opened.
        """
        found = await surveys.round_of(tx, by.key, round_id)
        if found.state == "draft":
            raise RoundStateError("まだ始めていない調査です。始めてから回答を取り込んでください。")
        form = form_of(found.form)
        among = {one.code: one for one in await self.bodies(tx, by, round_id)}
        read = await to_thread.run_sync(lambda: sheets.preview(files_of(data, name), form, among))
        upload_id = uuid4()
        new = uploads.NewUpload(
            upload_id=upload_id,
            subject=str(round_id),
            name=name,
            digest=hashlib.sha256(data).digest(),
            content=msgspec.json.encode(read).decode(),
            at=self.clock.now(),
            by=actor.id,
        )
        await uploads.add_upload(tx, SECURITY, by.key, new)
        return upload_id

    async def preview(self, tx: Tx, by: Overseer, round_id: UUID, upload_id: UUID) -> Preview:
        """What a file would change."""
        found = await uploads.upload_of(tx, SECURITY, by.key, upload_id, subject=str(round_id))
        return preview_of(found.content)

    async def marked(self, tx: Tx, by: Overseer, round_id: UUID, upload_id: UUID) -> bytes:
        """The faulty rows of a file with what to do."""
        found = await surveys.round_of(tx, by.key, round_id)
        taken = await self.preview(tx, by, round_id, upload_id)
        return await to_thread.run_sync(sheets.marked, found, form_of(found.form), taken)

    async def apply(
        self,
        tx: Tx,
        by: Overseer,
        round_id: UUID,
        upload_id: UUID,
        *,
        repaired: Collection[str],
        actor: Actor,
    ) -> int:
        """Write the right rows; earlier answers stay behind the new ones.

        Returns:
            How many bodies' answers were written: those that changed.

        Raises:
            AlreadyAppliedError: written before.
        """
        upload = await uploads.upload_of(
            tx, SECURITY, by.key, upload_id, subject=str(round_id), lock=True
        )
        if upload.applied_at is not None:
            raise AlreadyAppliedError(
                "このファイルは取込み済みです。直した版は、新しいファイルとして取り込んでください。"
            )
        now = self.clock.now()
        last = await surveys.answers(tx, by.key, round_id)
        came = [
            surveys.NewAnswer(body=code, answers=answers, answered_at=now)
            for code, answers in preview_of(upload.content).accepted(repaired).items()
            if code not in last or last[code].answers != answers
        ]
        if came:
            await surveys.add_answers(tx, by.key, round_id, came, via="sheet", at=now, by=actor.id)
        await uploads.mark_applied(tx, SECURITY, by.key, upload_id, at=now)
        await audit.record(
            tx,
            by=actor,
            action="security.oversight.survey-upload",
            subject=str(round_id),
            facts={"bodies": len(came), "upload": str(upload_id)},
        )
        return len(came)

    # --- publication -------------------------------------------------------------

    async def publish(
        self, tx: Tx, by: Overseer, round_id: UUID, *, reason: str, actor: Actor
    ) -> int:
        """Publish the result as it stands; a later edition needs a reason, the earlier one stays.

        Returns:
            The number of the edition.

        Raises:
            RoundStateError: not closed yet, or a correction without a reason.
        """
        found = await surveys.round_of(tx, by.key, round_id, lock=True)
        if found.state != "closed":
            raise RoundStateError("締め切った調査だけが公表できます。先に締め切ってください。")
        if await surveys.publications(tx, by.key, round_id) and not reason.strip():
            raise RoundStateError(
                "公表済みの調査の訂正には理由が要ります。前の公表も理由と一緒に残ります。理由を入れてください。"
            )
        content = await self._result(tx, by, found)
        values = {
            "round_id": round_id,
            "reason": reason.strip()[:400],
            "content": msgspec.json.encode(content).decode(),
            "at": self.clock.now(),
            "by": actor.id,
        }
        edition = await surveys.add_publication(tx, by.key, values)
        await audit.record(
            tx,
            by=actor,
            action="security.oversight.survey-publish",
            subject=str(round_id),
            reason=reason or None,
            facts={"edition": edition},
        )
        return edition

    async def _result(self, tx: Tx, by: Overseer, found: Round) -> "Result":
        form = form_of(found.form)
        last = await surveys.answers(tx, by.key, found.round_id)
        bodies = await self.bodies(tx, by, found.round_id)
        shown = [one.key for one in form.questions if one.published and one.kind != "text"]
        return Result(
            title=found.title,
            as_of=found.as_of,
            denominator=Denominator(found.denominator).japanese,
            asked=len(bodies),
            answered=len(last),
            questions=[
                msgspec.to_builtins(one) for one in tally(form, (a.answers for a in last.values()))
            ],
            columns={one.key: one.label for one in form.questions if one.key in shown},
            rows=[
                Row(
                    code=one.code,
                    name=one.full_name,
                    answered=one.code in last,
                    answers={
                        key: last[one.code].answers[key]
                        for key in shown
                        if one.code in last and key in last[one.code].answers
                    },
                )
                for one in bodies
            ],
        )


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One body of a published result; only what the form said may be published."""

    code: str
    name: str
    answered: bool
    answers: dict[str, str]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """調査の結果 as it is published."""

    title: str
    as_of: date
    denominator: str
    asked: int
    answered: int
    questions: list[dict[str, object]]
    columns: dict[str, str]
    rows: list[Row]
