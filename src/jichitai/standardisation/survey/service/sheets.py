"""Workbooks out and in: one for each body, taken back with a look before anything is written."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from anyio import to_thread

from jichitai.correspondence.errors import AlreadyAppliedError, StillReadingError
from jichitai.correspondence.model.preview import Preview, preview_of
from jichitai.correspondence.service.archives import files_of
from jichitai.correspondence.service.readings import AT_ONCE, Readings, add_all
from jichitai.correspondence.store import readings, uploads
from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.kernel.bodies import body
from jichitai.standardisation.area import STANDARDISATION
from jichitai.standardisation.progress.reports import BodyReport
from jichitai.standardisation.survey import layout, reading
from jichitai.standardisation.survey.errors import RoundStatusError
from jichitai.standardisation.survey.layout import Heading
from jichitai.standardisation.survey.model import Round, RoundStatus, Via, by_business, faults_of
from jichitai.standardisation.survey.reading import Known, Reader
from jichitai.standardisation.survey.service.accepting import Accepting, Before
from jichitai.standardisation.survey.service.place import MINISTRY_OVERSEER
from jichitai.standardisation.survey.store import rounds
from jichitai.standardisation.survey.store.answers import NewAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an upload changed.

    Attributes:
        bodies: whose answer was written.
        same: whose answer stands already.
        left: rows that were right when the file was read and no longer are.
    """

    bodies: int
    same: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Files of a round: those that are not read yet, and those that were read but not written."""

    unread: Sequence[readings.Reading]
    unwritten: Sequence[uploads.Unwritten]


@dataclass(frozen=True)
class Sheets:
    """Workbooks of a round at the ministry."""

    clock: Clock
    rehearsal: bool

    @property
    def _accepting(self) -> Accepting:
        return Accepting(self.clock, self.rehearsal)

    async def archive(self, tx: Tx, round_id: UUID) -> bytes:
        """A file for each body with its last answer, in one archive.

        Raises:
            RoundStatusError: the round was not opened.
        """
        found = await self._asked(tx, round_id)
        codes = await rounds.targets(tx, round_id)
        before = await self._accepting.before(tx, found, codes)
        rows = [(body(code), before.answers.get(code)) for code in codes]
        return await to_thread.run_sync(layout.archive, Heading.of(found), rows)

    async def file(self, tx: Tx, round_id: UUID, code: str) -> bytes:
        """The file of one body with its last answer."""
        found = await self._asked(tx, round_id)
        whose = await MINISTRY_OVERSEER.body(tx, code)
        before = await self._accepting.before(tx, found, [whose.code])
        last = before.answers.get(whose.code)
        return await to_thread.run_sync(layout.file_of, Heading.of(found), whose, last)

    async def _asked(self, tx: Tx, round_id: UUID) -> Round:
        found = await rounds.round_of(tx, round_id)
        if found.status is RoundStatus.DRAFT:
            raise RoundStatusError(
                "まだ始めていない調査です。始めると、表の取出しと取込みができます。"
            )
        return found

    async def hand_in(
        self, tx: Tx, round_id: UUID, data: bytes, *, name: str, actor: Actor
    ) -> UUID:
        """Read a filled-in file, or keep an archive of many until it is read in the background.

        Raises:
            WorkbookRefusedError: it cannot be read at all.
            RoundStatusError: the round was not opened.
        """
        await self._asked(tx, round_id)
        files = await to_thread.run_sync(files_of, data, name)
        if len(files) <= AT_ONCE:
            return await self.take(tx, round_id, data, name=name, actor=actor)
        new = readings.NewReading(
            upload_id=uuid4(),
            subject=str(round_id),
            name=name,
            data=data,
            total=len(files),
            at=self.clock.now(),
            by=actor.id,
        )
        await readings.add_reading(tx, STANDARDISATION, MINISTRY_OVERSEER.key, new)
        return new.upload_id

    async def take(self, tx: Tx, round_id: UUID, data: bytes, *, name: str, actor: Actor) -> UUID:
        """Read a filled-in file or an archive of them at once; nothing is written yet.

        Raises:
            WorkbookRefusedError: it cannot be read at all.
            RoundStatusError: the round was not opened.
        """
        reader = await self.reader(tx, round_id)
        await to_thread.run_sync(lambda: add_all(reader, files_of(data, name)))
        upload_id = uuid4()
        new = uploads.NewUpload(
            upload_id=upload_id,
            subject=str(round_id),
            name=name,
            digest=hashlib.sha256(data).digest(),
            content=await to_thread.run_sync(reader.content),
            at=self.clock.now(),
            by=actor.id,
        )
        await uploads.add_upload(tx, STANDARDISATION, MINISTRY_OVERSEER.key, new)
        return upload_id

    async def reader(self, tx: Tx, round_id: UUID) -> Reader:
        """Reads files against what is known of the bodies that a round asks.

        Raises:
            RoundStatusError: the round was not opened.
        """
        found = await self._asked(tx, round_id)
        codes = await rounds.targets(tx, round_id)
        before = await self._accepting.before(tx, found, codes)
        return Reader(
            Known(
                as_of=found.as_of,
                among={code: body(code) for code in codes},
                answers=before.answers,
                done=before.done,
            )
        )

    async def upload(
        self, tx: Tx, round_id: UUID, upload_id: UUID, *, lock: bool = False
    ) -> uploads.Upload:
        """A file that was read.

        Raises:
            StillReadingError: it is not read yet, or never will be.
            UnknownUploadError: none for this round.
        """
        unread = await progress(tx, round_id, upload_id)
        if unread is not None:
            raise StillReadingError(
                unread.refusal
                or f"{unread.total:,}個のうち{unread.done:,}個まで読み取りました。"
                "読み終えてから、もう一度開いてください。"
            )
        return await uploads.upload_of(
            tx,
            STANDARDISATION,
            MINISTRY_OVERSEER.key,
            upload_id,
            subject=str(round_id),
            lock=lock,
        )

    async def preview(self, tx: Tx, round_id: UUID, upload_id: UUID) -> Preview:
        """What a file would write, and its faults."""
        return preview_of((await self.upload(tx, round_id, upload_id)).content)

    async def marked(self, tx: Tx, round_id: UUID, upload_id: UUID) -> bytes:
        """The faulty rows of a file with what to do."""
        found = await rounds.round_of(tx, round_id)
        taken = await self.preview(tx, round_id, upload_id)
        return await to_thread.run_sync(layout.marked, Heading.of(found), taken)

    async def apply(
        self,
        tx: Tx,
        round_id: UUID,
        upload_id: UUID,
        *,
        repaired: Collection[str],
        actor: Actor,
    ) -> Written:
        """Write the right rows; earlier answers stay behind the new ones.

        Rows that stopped being right since the file was read are left out: the body may have
        answered itself meanwhile.

        Raises:
            AlreadyAppliedError: written before.
        """
        upload = await self.upload(tx, round_id, upload_id, lock=True)
        if upload.applied_at is not None:
            raise AlreadyAppliedError(
                "このファイルは取込み済みです。直した版は、新しいファイルとして取り込んでください。"
            )
        found = await rounds.round_of(tx, round_id)
        told = reading.reports(preview_of(upload.content), repaired)
        before = await self._accepting.before(tx, found, list(told))
        good = [_still_right(found, one, before) for one in told.values()]
        left = sum(len(one.systems) for one in told.values()) - sum(len(g.systems) for g in good)
        new = await self._accepting.changed(tx, found, [g for g in good if g.systems or g.costs])
        now = self.clock.now()
        if new:
            came = [NewAnswer(report=one, answered_at=now) for one in new]
            await self._accepting.keep(tx, found, came, via=Via.SHEET, by=actor.id)
        await uploads.mark_applied(tx, STANDARDISATION, MINISTRY_OVERSEER.key, upload_id, at=now)
        await audit.record(
            tx,
            by=actor,
            action="standardisation.rounds.upload",
            subject=str(round_id),
            facts={"bodies": len(new), "upload": str(upload_id)},
        )
        return Written(bodies=len(new), same=len(good) - len(new), left=left)


async def progress(tx: Tx, round_id: UUID, upload_id: UUID) -> readings.Reading | None:
    """How far a file is read; None once it was read, or when there is none."""
    place = STANDARDISATION, MINISTRY_OVERSEER.key
    found = await readings.readings(tx, *place, subject=str(round_id), upload_id=upload_id)
    return found[0] if found else None


async def waiting(tx: Tx, round_id: UUID) -> Waiting:
    """The files of a round that are not written yet."""
    place = STANDARDISATION, MINISTRY_OVERSEER.key
    return Waiting(
        unread=await readings.readings(tx, *place, subject=str(round_id)),
        unwritten=await uploads.unwritten(tx, *place, subject=str(round_id)),
    )


def background(database: Database, clock: Clock, *, rehearsal: bool) -> Readings:
    """What reads the archives of all rounds."""

    async def reader(tx: Tx, subject: str) -> Reader:
        return await Sheets(clock, rehearsal).reader(tx, UUID(subject))

    return Readings(database, STANDARDISATION, MINISTRY_OVERSEER.key, reader)


def _still_right(found: Round, report: BodyReport, before: Before) -> BodyReport:
    last = by_business(before.answers.get(report.body))
    whose = body(report.body)
    systems = tuple(
        one
        for one in report.systems
        if not faults_of(
            whose,
            one,
            as_of=found.as_of,
            before=last.get(one.business),
            done_before=before.done.get((report.body, one.business)),
        )
    )
    return BodyReport(body=report.body, systems=systems, costs=report.costs)
