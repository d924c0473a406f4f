"""The desk (評価書の作業): begin, write, remark, hand in, decide, publish. One transaction each."""

from asyncio import to_thread
from datetime import date
from hashlib import sha256
from uuid import UUID, uuid4

import msgspec

from jichitai.evaluation.policies import service as policies
from jichitai.evaluation.reports import store
from jichitai.evaluation.reports.errors import (
    LateDayError,
    MissingReasonError,
    ReferenceFaultError,
    ReportExistsError,
    StaleTextError,
    UnfinishedReportError,
    UnknownReportError,
)
from jichitai.evaluation.reports.model import stages
from jichitai.evaluation.reports.model.assembly import Assembled, assemble
from jichitai.evaluation.reports.model.document import Document, decoded, encoded
from jichitai.evaluation.reports.model.known import Known
from jichitai.evaluation.reports.model.looking import year_text
from jichitai.evaluation.reports.model.stages import Kind, Standing, Step
from jichitai.evaluation.reports.renderers.files import files_of
from jichitai.evaluation.reports.service.gathering import gather
from jichitai.evaluation.reports.service.opened import Opened
from jichitai.evaluation.reports.store import EditionRow, FileRow, RemarkRow
from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx


class Desk:
    """Use cases of reports.

    Args:
        clock: law time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def begin(self, tx: Tx, policy: int, fiscal_year: int, *, by: Actor) -> None:
        """Begin the report of a fiscal year.

        Raises:
            UnknownPolicyError: there is no such policy.
            ReportExistsError: it was begun before.
        """
        await policies.policy_of(tx, policy, fiscal_year, self._clock.now())
        if not await store.begin(tx, policy, fiscal_year, by=by, at=self._clock.now()):
            raise ReportExistsError(
                f"{year_text(fiscal_year)}の評価書は、もう作り始めています。評価書の一覧から開いてください。"
            )
        await self._record(tx, "evaluation.report.begin", policy, fiscal_year, by)

    async def open(
        self,
        tx: Tx,
        policy: int,
        fiscal_year: int,
        *,
        as_of: date | None = None,
        newest_texts: bool = False,
    ) -> Opened:
        """A report with its document of a day; today when left out.

        Args:
            tx: the running transaction.
            policy: number.
            fiscal_year: of the report.
            as_of: the day at whose end the facts were known.
            newest_texts: figures of the day, but texts as they are now; for handing in.

        Raises:
            UnknownReportError: nobody began it.
        """
        await self._require(tx, policy, fiscal_year)
        written_at = self._clock.now() if newest_texts else None
        day = as_of or self._clock.today()
        known = await gather(tx, policy, fiscal_year, day, written_at=written_at)
        rows, answers = await store.remarks(tx, policy, fiscal_year)
        saved = {one.slot: one for one in await store.texts(tx, policy, fiscal_year)}
        return Opened(
            known=known,
            assembled=assemble(known),
            standing=await self.standing(tx, policy, fiscal_year),
            saved=saved,
            remarks=[
                (row, tuple(one for one in answers if one.remark_id == row.remark_id))
                for row in rows
            ],
        )

    async def standing(self, tx: Tx, policy: int, fiscal_year: int) -> Standing:
        """Where a report stands."""
        steps = await store.steps(tx, policy, fiscal_year)
        last = max((s.recorded_at for s in steps if s.kind is Kind.PUBLISHED), default=None)
        versions = await store.text_versions(tx, policy, fiscal_year)
        since = [one for one in versions if last is None or one.recorded_at > last]
        return Standing(
            steps=steps,
            writers=frozenset(one.by_id for one in since),
            changed_at=max((one.recorded_at for one in versions), default=None),
        )

    async def save_text(
        self,
        tx: Tx,
        policy: int,
        fiscal_year: int,
        slot: str,
        content: str,
        *,
        expected: int,
        note: str = "",
        by: Actor,
    ) -> int:
        """Keep a text as the next version of its slot.

        Args:
            tx: the running transaction.
            policy: number.
            fiscal_year: of the report.
            slot: key of the form's slot.
            content: the text.
            expected: the version that it was written on; 0 for the first.
            note: what was changed.
            by: who writes.

        Returns:
            Its version; the expected one when nothing differs.

        Raises:
            UnknownReportError, UnknownPartError: no such report or slot.
            LockedTextError: the report waits for a decision.
            StaleTextError: somebody saved the slot meanwhile.
            ReferenceFaultError: a reference in it leads nowhere.
        """
        await store.lock(tx, policy, fiscal_year)
        opened = await self.open(tx, policy, fiscal_year)
        found = opened.slot(slot)
        stages.may_write(opened.standing)
        current = opened.saved.get(slot)
        if opened.version(slot) != expected:
            who = current.by_name if current else "ほかの人"
            raise StaleTextError(
                f"開いている間に、{who}さんが「{found.label}」を保存しました。上書きを防ぐため、まだ保存していません。"
                "下の今の文と比べて、必要な変更だけをもう一度保存してください。",
                version=opened.version(slot),
            )
        written = content.replace("\r\n", "\n").rstrip()
        if written == opened.text(slot).rstrip():
            return expected
        self._check(opened, slot, written)
        await store.add_text(tx, policy, fiscal_year, slot, expected + 1, written, note.strip(),
                             by=by, at=self._clock.now())  # fmt: skip
        await self._record(tx, "evaluation.report.write", policy, fiscal_year, by,
                           slot=slot, version=expected + 1)  # fmt: skip
        return expected + 1

    def preview(self, opened: Opened, slot: str, content: str) -> Assembled:
        """The document as it would be with another text in a slot."""
        texts = dict(opened.known.texts) | {slot: content.replace("\r\n", "\n")}
        known = opened.known
        changed = Known(
            policy=known.policy, policy_name=known.policy_name, purpose=known.purpose,
            fiscal_year=known.fiscal_year, as_of=known.as_of, sections=known.sections,
            paths=known.paths, indicators=known.indicators, texts=texts, remarks=known.remarks,
        )  # fmt: skip
        return assemble(changed)

    def _check(self, opened: Opened, slot: str, content: str) -> None:
        faults = self.preview(opened, slot, content).faults.get(slot, ())
        if faults:
            raise ReferenceFaultError(
                "　".join(f"{one.text}：{one.why}" for one in faults),
                faults=[{"text": one.text, "detail": one.why} for one in faults],
            )

    async def remark(
        self, tx: Tx, policy: int, fiscal_year: int, content: str, *, expert: bool, slot: str = "",
        by: Actor,
    ) -> UUID:  # fmt: skip
        """Keep a comment, or an expert's remark, which the report prints.

        Raises:
            UnknownReportError, UnknownPartError: no such report or slot.
            MissingReasonError: it says nothing.
        """
        opened = await self.open(tx, policy, fiscal_year)
        if slot:
            opened.slot(slot)
        if not content.strip():
            raise MissingReasonError(
                "意見が空です。何についての、どのような意見かを書いてください。"
            )
        row = RemarkRow(remark_id=uuid4(), sort="expert" if expert else "comment", slot=slot,
                        content=content.strip(), by_id=by.id, by_name=by.display,
                        recorded_at=self._clock.now())  # fmt: skip
        await store.add_remark(tx, policy, fiscal_year, row, edition=opened.standing.edition)
        await self._record(tx, "evaluation.report.remark", policy, fiscal_year, by, sort=row.sort)
        return row.remark_id

    async def answer(
        self, tx: Tx, policy: int, fiscal_year: int, remark_id: UUID, content: str, *, by: Actor
    ) -> None:
        """Answer a remark: what was done with it.

        Raises:
            UnknownReportError: no such remark.
            LockedTextError: the answer would change what waits for a decision.
            MissingReasonError: it says nothing.
        """
        await store.lock(tx, policy, fiscal_year)
        rows, _ = await store.remarks(tx, policy, fiscal_year)
        found = next((one for one in rows if one.remark_id == remark_id), None)
        if found is None:
            raise UnknownReportError("この意見はありません。評価書の画面から選び直してください。")
        if found.sort == "expert":
            stages.may_write(await self.standing(tx, policy, fiscal_year))
        if not content.strip():
            raise MissingReasonError(
                "対応が空です。反映したか、しないならその理由を書いてください。"
            )
        await store.add_answer(tx, remark_id, content.strip(), by=by, at=self._clock.now())
        await self._record(tx, "evaluation.report.answer", policy, fiscal_year, by)

    async def submit(
        self, tx: Tx, policy: int, fiscal_year: int, *, as_of: date, reason: str = "", by: Actor
    ) -> Document:
        """決裁に出す: from now on the document no longer changes.

        Raises:
            UnknownReportError: nobody began it.
            WrongStageError, MissingReasonError, UnfinishedReportError: it may not be handed in.
            LateDayError: the day is not over or not begun.
        """
        await store.lock(tx, policy, fiscal_year)
        if as_of > self._clock.today():
            raise LateDayError(
                "時点が未来の日です。まだ分からない数値は載せられません。今日かそれより前の日にしてください。"
            )
        opened = await self.open(tx, policy, fiscal_year, as_of=as_of, newest_texts=True)
        stages.may_submit(opened.standing, reason=reason)
        if opened.missing:
            raise UnfinishedReportError("　".join(opened.missing), missing=opened.missing)
        document = msgspec.structs.replace(opened.document, reason=reason.strip())
        await self._step(tx, opened.standing, policy, fiscal_year, Kind.SUBMITTED, as_of, reason,
                         by, content=encoded(document))  # fmt: skip
        return document

    async def withdraw(self, tx: Tx, policy: int, fiscal_year: int, *, by: Actor) -> None:
        """取り下げる.

        Raises:
            WrongStageError: nothing waits, or it is another's.
        """
        standing = await self._locked(tx, policy, fiscal_year)
        stages.may_withdraw(standing, by=by.id)
        await self._step(tx, standing, policy, fiscal_year, Kind.WITHDRAWN, None, "", by)

    async def decide(
        self, tx: Tx, policy: int, fiscal_year: int, *, approve: bool, reason: str = "", by: Actor
    ) -> None:
        """決裁する, or 差し戻す with a reason.

        Raises:
            WrongStageError: nothing waits.
            OwnReportError: they wrote it.
            MissingReasonError: it is sent back without a reason.
        """
        standing = await self._locked(tx, policy, fiscal_year)
        stages.may_decide(standing, by=by.id)
        if not approve and not reason.strip():
            raise MissingReasonError(
                "差し戻す理由がありません。書いた人が直せるよう、どこをどうするかを書いてください。"
            )
        kind = Kind.APPROVED if approve else Kind.RETURNED
        await self._step(tx, standing, policy, fiscal_year, kind, None, reason, by)

    async def publish(self, tx: Tx, policy: int, fiscal_year: int, *, by: Actor) -> Document:
        """公表する: the document that was approved, with its files, at an address for good.

        Raises:
            WrongStageError: it is not approved.
            OwnReportError: they wrote it.
        """
        standing = await self._locked(tx, policy, fiscal_year)
        stages.may_publish(standing, by=by.id)
        waiting = standing.submitted
        document = await self.waiting(tx, policy, fiscal_year, standing)
        if waiting is None or document is None:
            raise UnknownReportError("公表を待つ評価書がありません。")
        document = msgspec.structs.replace(
            document, edition=waiting.edition, published_on=self._clock.today()
        )
        await self._step(tx, standing, policy, fiscal_year, Kind.PUBLISHED, waiting.as_of,
                         waiting.reason, by, content=encoded(document))  # fmt: skip
        rows = [
            FileRow(name=one.name, media_type=one.media_type, content=one.content,
                    digest=sha256(one.content).hexdigest())
            for one in await to_thread(files_of, document)
        ]  # fmt: skip
        await store.add_files(tx, policy, fiscal_year, waiting.edition, rows)
        return document

    async def waiting(
        self, tx: Tx, policy: int, fiscal_year: int, standing: Standing
    ) -> Document | None:
        """The document that waits for a decision or for publication."""
        step = standing.submitted
        content = await store.content(tx, policy, fiscal_year, step.number) if step else None
        return decoded(content) if content else None

    async def _locked(self, tx: Tx, policy: int, fiscal_year: int) -> Standing:
        await self._require(tx, policy, fiscal_year)
        await store.lock(tx, policy, fiscal_year)
        return await self.standing(tx, policy, fiscal_year)

    async def _require(self, tx: Tx, policy: int, fiscal_year: int) -> None:
        if await store.report(tx, policy, fiscal_year) is None:
            raise UnknownReportError(
                "この年度の評価書は、まだ作り始めていません。評価書の一覧から始めるか、年度を確かめてください。"
            )

    async def _step(
        self, tx: Tx, standing: Standing, policy: int, year: int, kind: Kind, as_of: date | None,
        reason: str, by: Actor, *, content: bytes | None = None,
    ) -> None:  # fmt: skip
        waiting = standing.submitted
        day = as_of or (waiting.as_of if waiting else self._clock.today())
        step = Step(
            number=len(standing.steps) + 1, kind=kind,
            edition=waiting.edition if waiting else standing.edition, as_of=day,
            reason=reason.strip(), by_id=by.id, by_name=by.display,
            recorded_at=self._clock.now(),
        )  # fmt: skip
        await store.add_step(tx, policy, year, step, content=content)
        digest = sha256(content).hexdigest() if content else ""
        await self._record(tx, f"evaluation.report.{kind}", policy, year, by, reason=reason,
                           edition=step.edition, digest=digest)  # fmt: skip

    async def _record(
        self, tx: Tx, action: str, policy: int, year: int, by: Actor, *, reason: str = "",
        **facts: object,
    ) -> None:  # fmt: skip
        await audit.record(
            tx, by=by, action=action, subject=f"report-{policy}-{year}", reason=reason or None,
            facts=facts, at=self._clock.now(),
        )  # fmt: skip


async def published(
    tx: Tx, policy: int, fiscal_year: int, edition: int | None = None
) -> tuple[EditionRow, Document]:
    """A published edition; the newest when none is named.

    Raises:
        UnknownReportError: it is not published.
    """
    found = await store.published(tx, policy, fiscal_year, edition)
    if found is None:
        raise UnknownReportError(
            "このアドレスに、公表された評価書はありません。アドレスを確かめるか、公表の一覧から開いてください。"
        )
    row, content = found
    return row, decoded(content)
