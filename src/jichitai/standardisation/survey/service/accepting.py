"""Answers come in: kept as they are, and written into the progress."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.kernel.bodies import body
from jichitai.standardisation.progress.model import Dataset, MeasureKind, answers_kind
from jichitai.standardisation.progress.recording import open_dataset, record_reports
from jichitai.standardisation.progress.reports import BodyReport, SystemReport, check_report
from jichitai.standardisation.progress.store.reports import done_before
from jichitai.standardisation.survey.errors import (
    BadAnswerError,
    BodyNotAskedError,
    RoundStatusError,
    UnknownAnswerError,
)
from jichitai.standardisation.survey.model import (
    CheckState,
    Given,
    Round,
    RoundStatus,
    Via,
    by_business,
    faults_of,
    merge,
    same,
)
from jichitai.standardisation.survey.store import answers as store
from jichitai.standardisation.survey.store import rounds
from jichitai.standardisation.survey.store.answers import NewAnswer

UNKNOWN_THERE: Final = "団体のページからの回答。総務省が調査票で受け取っていた前の回答と異なる"
"""Stands for a reason that nobody could ask the body for: it did not know the earlier answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was known of the bodies before an answer.

    Attributes:
        answers: the last answer of each body, in this round or an earlier one.
        done: steps done as the progress has them, by body and business.
    """

    answers: Mapping[str, BodyReport]
    done: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Accepting:
    """Taking answers in at the ministry."""

    clock: Clock
    rehearsal: bool

    def dataset(self, found: Round) -> Dataset:
        """Where the answers of a round stand in the progress."""
        return Dataset(
            dataset_id=found.dataset_id,
            title=found.title,
            source_kind=answers_kind(rehearsal=self.rehearsal),
            as_of=found.as_of,
            recorded_at=self.clock.now(),
            holds=frozenset(MeasureKind),
            source=f"調査「{found.title}」への団体の回答",
            confidence="reported",
        )

    async def open(self, tx: Tx, found: Round) -> None:
        """Make the place for the answers of a round."""
        await open_dataset(tx, self.dataset(found))

    async def before(self, tx: Tx, found: Round, codes: Sequence[str]) -> Before:
        """What answers are compared with."""
        kind = answers_kind(rehearsal=self.rehearsal)
        return Before(
            answers=await store.last_reports(tx, codes, as_of=found.as_of),
            done=await done_before(tx, found.dataset_id, kind, codes),
        )

    async def accept(
        self,
        tx: Tx,
        round_id: UUID,
        report: BodyReport,
        *,
        revision: int,
        answered_at: datetime,
    ) -> int | None:
        """Take the answer that a body sent; late ones are taken too, earlier ones stay.

        Args:
            tx: the running transaction.
            round_id: what it answers.
            report: the answer.
            revision: the body's own count of its answers; one that is here already is passed over.
            answered_at: when the body answered.

        Returns:
            Its number here; None when it was here already.

        Raises:
            UnknownRoundError, RoundStatusError, BodyNotAskedError: it was not asked.
            BadAnswerError: a fault that the body's own page refuses too.
        """
        found = await rounds.round_of(tx, round_id)
        if found.status is RoundStatus.DRAFT:
            raise RoundStatusError("まだ始めていない調査への回答です。受け取っていません。")
        if report.body not in await rounds.targets(tx, round_id):
            raise BodyNotAskedError("この団体は調査の対象ではないため、回答を受け取っていません。")
        if revision in await store.known_revisions(tx, round_id, report.body):
            return None
        check_report(report)
        before = await self.before(tx, found, [report.body])
        report = _explained(
            report, before, await store.told_by_itself(tx, report.body, as_of=found.as_of)
        )
        self._refuse_faults(found, report, before)
        came = NewAnswer(report=report, answered_at=answered_at, revision=revision)
        numbers = await self.keep(tx, found, [came], via=Via.MESSAGE, by="")
        return numbers[report.body]

    def _refuse_faults(self, found: Round, report: BodyReport, before: Before) -> None:
        last = by_business(before.answers.get(report.body))
        faults = [
            fault
            for one in report.systems
            for fault in faults_of(
                body(report.body),
                one,
                as_of=found.as_of,
                before=last.get(one.business),
                done_before=before.done.get((report.body, one.business)),
            )
        ]
        if faults:
            first = faults[0]
            raise BadAnswerError(
                f"回答に直すところが{len(faults)}か所あります。{first.why}。{first.remedy}。",
                faults={f"{one.business}.{one.field}": one.why for one in faults},
            )

    async def keep(
        self, tx: Tx, found: Round, came: Sequence[NewAnswer], *, via: Via, by: str
    ) -> dict[str, int]:
        """Keep answers that were checked, and write them into the progress; their numbers.

        An answer that leaves rows out says about them what the answer before in this round said.
        """
        codes = [one.report.body for one in came]
        standing = await store.answers(tx, found.round_id, bodies=codes)
        whole = [merge(_report(standing, one), one.report) for one in came]
        now = self.clock.now()
        both = list(zip(came, whole, strict=True))
        numbers = await store.add(tx, found.round_id, both, via=via, at=now, by=by)
        told = [_with_origin(found, one, numbers[one.body]) for one in whole]
        await record_reports(tx, self.dataset(found), told, at=now, by=by or "message")
        return numbers

    async def changed(
        self, tx: Tx, found: Round, reports: Sequence[BodyReport]
    ) -> list[BodyReport]:
        """Those that say something else than what stands in this round."""
        codes = [one.body for one in reports]
        standing = await store.answers(tx, found.round_id, bodies=codes)
        return [
            one
            for one in reports
            if one.body not in standing
            or not same(standing[one.body].report, merge(standing[one.body].report, one))
        ]

    async def check(
        self,
        tx: Tx,
        round_id: UUID,
        code: str,
        revision: int,
        *,
        state: CheckState,
        reason: str,
        checked_at: datetime,
    ) -> None:
        """Keep what the prefecture said of an answer that the body sent.

        Raises:
            UnknownAnswerError: the answer has not come.
        """
        number = await store.add_check(
            tx,
            round_id,
            code,
            revision,
            state=state,
            reason=reason,
            checked_at=checked_at,
            at=self.clock.now(),
        )
        if number is None:
            raise UnknownAnswerError(
                "確認された回答がまだ届いていません。回答が届いた後に確認を送り直してください。"
            )


def _explained(report: BodyReport, before: Before, own: Mapping[str, SystemReport]) -> BodyReport:
    """The answer with a reason where it differs from one that came by workbook to the ministry.

    The body's own page asks for reasons against what the body said there (`own`); what it cannot
    know, it cannot explain.
    """
    last = by_business(before.answers.get(report.body))
    return replace(
        report,
        systems=tuple(
            _explained_system(
                one,
                own.get(one.business),
                last.get(one.business),
                before.done.get((report.body, one.business)),
            )
            for one in report.systems
        ),
    )


def _explained_system(
    one: SystemReport, own: SystemReport | None, last: SystemReport | None, done: int | None
) -> SystemReport:
    known = last.steps_done if done is None and last is not None else done
    if not one.reason and _fewer(one, known) and not (own and _fewer(one, own.steps_done)):
        one = replace(one, reason=UNKNOWN_THERE)
    if not one.target_reason and _moved(one, last) and not _moved(one, own):
        one = replace(one, target_reason=UNKNOWN_THERE)
    return one


def _fewer(one: SystemReport, known: int | None) -> bool:
    return one.steps_done is not None and one.steps_done < (known or 0)


def _moved(one: SystemReport, earlier: SystemReport | None) -> bool:
    before = earlier.target_on if earlier else None
    return before is not None and one.target_on is not None and before != one.target_on


def _report(standing: Mapping[str, Given], one: NewAnswer) -> BodyReport | None:
    given = standing.get(one.report.body)
    return given.report if given else None


def _with_origin(found: Round, report: BodyReport, number: int) -> BodyReport:
    return replace(report, origin=f"{found.round_id}/{number}")
