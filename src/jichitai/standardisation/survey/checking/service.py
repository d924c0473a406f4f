"""Use cases of a prefecture: what its members answered, what changed, its finding."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import Body, BodyKind, all_bodies, prefecture_body
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.standardisation.messages import G03
from jichitai.standardisation.survey.bodies import store as own
from jichitai.standardisation.survey.bodies.store import Request
from jichitai.standardisation.survey.changes import Difference, differences
from jichitai.standardisation.survey.checking import store
from jichitai.standardisation.survey.checking.store import MemberAnswer
from jichitai.standardisation.survey.errors import (
    AlreadyCheckedError,
    BadCheckError,
    BodyNotAskedError,
    UnknownAnswerError,
)
from jichitai.standardisation.survey.model import CheckState

LONGEST_REASON: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member that a round asks, and its newest answer."""

    body: Body
    answer: MemberAnswer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One member's answer as the prefecture reads it.

    Attributes:
        request: the round.
        body: the member.
        answers: every answer, newest first.
        before: the answer before the newest, of whichever round.
        changes: what the newest tells differently.
    """

    request: Request
    body: Body
    answers: list[MemberAnswer]
    before: MemberAnswer | None
    changes: list[Difference]

    @property
    def newest(self) -> MemberAnswer | None:
        """The answer that stands."""
        return self.answers[0] if self.answers else None


def members_of(prefecture: str) -> tuple[Body, ...]:
    """The municipalities of a prefecture, by code."""
    return tuple(
        one
        for one in all_bodies()
        if one.prefecture_code == prefecture and one.kind is not BodyKind.PREFECTURE
    )


@dataclass(frozen=True)
class Checks:
    """A prefecture's checks of what its members answer."""

    clock: Clock
    outbox: Outbox

    async def rounds(self, tx: Tx, prefecture: str) -> list[Request]:
        """The rounds that the prefecture was told of."""
        return await own.requests(tx, prefecture_body(prefecture).code)

    async def members(
        self, tx: Tx, prefecture: str, round_id: UUID
    ) -> tuple[Request, list[Member]]:
        """The members that a round asks, each with its newest answer.

        Raises:
            UnknownRoundError: the prefecture was not told of it.
        """
        request = await own.request(tx, prefecture_body(prefecture).code, round_id)
        newest = await store.newest(tx, prefecture, round_id)
        asked = set(request.members)
        return request, [
            Member(body=one, answer=newest.get(one.code))
            for one in members_of(prefecture)
            if not asked or one.code in asked or one.code in newest
        ]

    async def look(self, tx: Tx, prefecture: str, round_id: UUID, code: str) -> Looked:
        """One member's answers and what changed last.

        Raises:
            BodyNotAskedError: no member of the prefecture that the round asks.
            UnknownRoundError: the prefecture was not told of the round.
        """
        request, members = await self.members(tx, prefecture, round_id)
        member = next((one for one in members if one.body.code == code), None)
        if member is None:
            raise BodyNotAskedError(
                "この番号の団体は、この調査でこの都道府県が確認する団体ではありません。"
                "一覧から選び直してください。"
            )
        answers = await store.answers(tx, prefecture, round_id, code)
        before = await store.before(tx, prefecture, answers[0]) if answers else None
        changes = (
            differences(before.report if before else None, answers[0].report) if answers else []
        )
        return Looked(
            request=request, body=member.body, answers=answers, before=before, changes=changes
        )

    async def decide(
        self,
        tx: Tx,
        prefecture: str,
        round_id: UUID,
        code: str,
        *,
        revision: int,
        checks: int,
        state: CheckState,
        reason: str,
        actor: Actor,
    ) -> int:
        """Find an answer right, or give it back with a reason; the ministry and the member hear it.

        Args:
            tx: the running transaction.
            prefecture: who checks.
            round_id: of which round.
            code: whose answer.
            revision: which answer was read.
            checks: how many findings of it stood on the page.
            state: ok, or returned.
            reason: why it goes back.
            actor: who found it.

        Returns:
            The number of the finding.

        Raises:
            UnknownAnswerError: the member has not answered.
            AlreadyCheckedError: a newer answer came, or somebody else was quicker.
            BadCheckError: given back without a reason, or too long.
        """
        await store.lock(tx, prefecture, code)
        found = await self.look(tx, prefecture, round_id, code)
        newest, told = found.newest, reason.strip()
        if newest is None:
            raise UnknownAnswerError("この団体はまだ回答していません。回答を待ってください。")
        if (newest.revision, newest.checks) != (revision, checks):
            raise AlreadyCheckedError(
                "読んでいる間に、新しい回答が届いたか、ほかの人が確認しました。"
                "画面を開き直して、今の内容を確かめてください。"
            )
        _must_be_told(state, told)
        now = self.clock.now()
        number = await store.add_check(
            tx, prefecture, newest, state=state, reason=told, at=now, by=actor.id
        )
        message = G03(
            round_id=round_id,
            body=code,
            revision=revision,
            number=number,
            state="ok" if state is CheckState.OK else "returned",
            reason=told,
            checked_at=now,
        )
        party = Party.prefecture(prefecture)
        for to in (MINISTRY, found.body.party):
            await self.outbox.send(tx, origin=party, to=to, kind="G03", version=1, body=message)
        await audit.record(
            tx,
            by=actor,
            action="standardisation.checks.decide",
            subject=str(round_id),
            reason=told,
            facts={"body": code, "revision": revision, "state": state.value},
        )
        return number


def _must_be_told(state: CheckState, reason: str) -> None:
    if state is CheckState.NONE:
        why = "確認の結果が選ばれていません。「確認済み」か「差し戻す」を選んでください。"
        raise BadCheckError(why, faults={"state": why})
    if state is CheckState.RETURNED and not reason:
        why = "差し戻す理由がありません。団体が直せるように、どこをどう直すかを入れてください。"
        raise BadCheckError(why, faults={"reason": why})
    if len(reason) > LONGEST_REASON:
        why = f"理由が{LONGEST_REASON}文字を超えています。短くしてください。"
        raise BadCheckError(why, faults={"reason": why})


def standing_of(one: Member) -> str:
    """Where a member stands: `missing`, `waiting`, `ok` or `returned`."""
    if one.answer is None:
        return "missing"
    return one.answer.check.value or "waiting"


def counts(members: Sequence[Member]) -> dict[str, int]:
    """How many members stand where; `asked` are all, `answered` those with an answer."""
    stand = Counter(standing_of(one) for one in members)
    return {
        "asked": len(members),
        "answered": len(members) - stand["missing"],
        **{key: stand[key] for key in ("waiting", "ok", "returned", "missing")},
    }
