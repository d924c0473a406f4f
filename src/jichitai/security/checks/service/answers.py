"""Answers: one or many at a time, each version kept, none written over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.security.checks.errors import CheckFormError, NotYourPartError
from jichitai.security.checks.model import rounds as rules
from jichitai.security.checks.model.answers import Given, check_given
from jichitai.security.checks.model.corrections import Origin, Planned
from jichitai.security.checks.service.corrections import Corrections
from jichitai.security.checks.service.rounds import open_round
from jichitai.security.checks.store import answers as versions
from jichitai.security.checks.store import evidence, rounds
from jichitai.security.checks.store.answers import NewAnswer
from jichitai.security.checks.store.rounds import Line, RoundRow
from jichitai.security.errors import StaleEditError, UnknownDocumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that somebody gives.

    Attributes:
        target_id, item_id: the question.
        given: the answer.
        version: version of the answer that they saw; 0 when there was none.
        correction: what will be done about a gap.
    """

    target_id: UUID
    item_id: str
    given: Given
    version: int
    correction: Planned | None = None


class Answers:
    """Answer the questions of a round."""

    def __init__(self, clock: Clock) -> None:
        """Take law time."""
        self._clock = clock
        self._corrections = Corrections(clock)

    async def answer(
        self, tx: Tx, body: str, round_id: UUID, replies: Sequence[Reply], *, by: Actor
    ) -> int:
        """Write answers, all or none.

        Returns:
            How many were written.

        Raises:
            UnknownDocumentError: no such round or question.
            RoundClosedError: the round has ended.
            NotYourPartError: a self-check is the officer's, an audit the auditor's, and nobody
                audits what they answered themselves this year.
            CheckFormError: an answer does not hold; `index` tells which.
            StaleEditError: somebody else answered meanwhile.

        Source: ガイドライン 対策基準 9.1(2), 9.2(1).
        """
        row = await open_round(tx, body, round_id)
        rules.require_part(row.kind, by.roles)
        lines = await self._lines(tx, body, round_id, replies)
        await self._refuse_own(tx, body, row, replies, lines, by)
        answers = [
            await self._checked(tx, body, index, reply, lines[reply.target_id, reply.item_id])
            for index, reply in enumerate(replies)
        ]
        await self._write(tx, body, row, answers, by)
        for reply in replies:
            if reply.correction is not None and reply.given.answer.gap:
                line = lines[reply.target_id, reply.item_id]
                planned = planned_for(reply.correction, round_id, line)
                await self._corrections.open(tx, body, planned, by=by)
        return len(answers)

    async def confirm(
        self, tx: Tx, body: str, round_id: UUID, targets: Sequence[UUID] = (), *, by: Actor
    ) -> int:
        """Confirm carried answers that nothing has made stale.

        Args:
            tx: of the body.
            body: its code.
            round_id: the round.
            targets: of these targets only; of all when empty.
            by: who has looked at them.

        Returns:
            How many were confirmed; those that went stale are answered one by one.
        """
        row = await open_round(tx, body, round_id)
        rules.require_part(row.kind, by.roles)
        found = [
            _again(line)
            for line in await rounds.lines(tx, body, round_id, self._clock.today())
            if line.confirmed is False
            and not line.stale
            and (not targets or line.target_id in targets)
        ]
        await self._write(tx, body, row, found, by)
        return len(found)

    async def _lines(
        self, tx: Tx, body: str, round_id: UUID, replies: Sequence[Reply]
    ) -> Mapping[tuple[UUID, str], Line]:
        today = self._clock.today()
        if len(replies) == 1:
            (reply,) = replies
            line = await rounds.line(tx, body, round_id, reply.target_id, reply.item_id, today)
            found = {} if line is None else {(line.target_id, reply.item_id): line}
        else:
            every = await rounds.lines(tx, body, round_id, today)
            found = {(line.target_id, line.item_id): line for line in every}
            found |= {(line.target_id, line.slug): line for line in every}
        for index, reply in enumerate(replies):
            if (reply.target_id, reply.item_id) not in found:
                raise UnknownDocumentError(
                    "この点検に、その対象と項目の組はありません。一覧から開き直してください。",
                    index=index,
                )
        return found

    async def _refuse_own(
        self,
        tx: Tx,
        body: str,
        row: RoundRow,
        replies: Sequence[Reply],
        lines: Mapping[tuple[UUID, str], Line],
        by: Actor,
    ) -> None:
        if not row.kind.audit:
            return
        for index, reply in enumerate(replies):
            line = lines[reply.target_id, reply.item_id]
            who = await versions.self_checkers(
                tx, body, row.fiscal_year, line.item_id, line.target_key
            )
            if by.id in who:
                raise NotYourPartError(
                    "この項目は、あなたが今年度の自己点検で回答しています。監査は、点検した人とは別の人が行います。"
                    "ほかの監査人に依頼してください。",
                    index=index,
                )

    async def _checked(self, tx: Tx, body: str, index: int, reply: Reply, line: Line) -> NewAnswer:
        if reply.version != (line.version or 0):
            raise StaleEditError(
                f"この項目は、{line.answered_by_name}さんが先に回答しました（{line.given.japanese if line.given else ''}）。"
                "今の回答を見て、もう一度保存してください。入力した内容は下に残しています。",
                index=index,
                version=line.version,
            )
        try:
            given = check_given(reply.given)
        except CheckFormError as refusal:
            raise CheckFormError(refusal.detail, **{**refusal.facts, "index": index}) from None
        if given.evidence:
            kept = await evidence.some(tx, body, list(given.evidence))
            usable = {one.evidence_id for one in kept if one.withdrawn_at is None}
            if set(given.evidence) - usable:
                raise CheckFormError.of(
                    {
                        "evidence": "選ばれた根拠資料が、ないか取り下げられています。選び直してください。"
                    }
                )
        return NewAnswer(
            target_id=line.target_id,
            item_id=line.item_id,
            version=(line.version or 0) + 1,
            given=given,
        )

    async def _write(
        self, tx: Tx, body: str, row: RoundRow, answers: Sequence[NewAnswer], by: Actor
    ) -> None:
        written = await versions.add_answers(
            tx,
            body,
            row.round_id,
            answers,
            by=by.id,
            by_name=by.display,
            at=self._clock.now(),
        )
        if written != len(answers):
            raise StaleEditError(
                "ほかの人が同時に回答しました。何も書き込んでいません。開き直してください。"
            )
        if answers:
            await audit.record(
                tx,
                by=by,
                action="security.check.answer",
                subject=str(row.round_id),
                facts={"answers": len(answers)},
            )


def planned_for(planned: Planned, round_id: UUID, line: Line) -> Planned:
    """A correction for the gap of one question; the item's title when it has none of its own."""
    return Planned(
        title=planned.title.strip() or f"{line.title}（{line.target_name}）",
        detail=planned.detail,
        owner=planned.owner,
        due_on=planned.due_on,
        severity=planned.severity,
        origin=Origin.CHECK,
        round_id=round_id,
        target_id=line.target_id,
        item_id=line.item_id,
        target_key=line.target_key,
    )


def _again(line: Line) -> NewAnswer:
    standing = line.standing
    if standing is None:
        raise UnknownDocumentError("前回の回答がありません。")
    return NewAnswer(
        target_id=line.target_id,
        item_id=line.item_id,
        version=standing.version + 1,
        given=standing.given,
        carried_from=line.carried_from,
    )
