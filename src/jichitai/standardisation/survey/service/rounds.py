"""調査: a round is drafted, opened, reminded of and closed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from jichitai.correspondence.model.letters import Wording
from jichitai.correspondence.service.reminding import Cause, Plan, Post
from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Draft, Outbox
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import both
from jichitai.kernel.parties import MINISTRY
from jichitai.standardisation.area import STANDARDISATION
from jichitai.standardisation.messages import G01
from jichitai.standardisation.survey.errors import RoundStatusError
from jichitai.standardisation.survey.model import (
    Asked,
    CheckState,
    Given,
    Round,
    RoundStatus,
    checked_round,
)
from jichitai.standardisation.survey.service.accepting import Accepting
from jichitai.standardisation.survey.service.place import MINISTRY_OVERSEER
from jichitai.standardisation.survey.store import answers, rounds

MATTER = "progress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a body stands in a round."""

    body: Body
    given: Given | None
    overdue: bool

    @property
    def key(self) -> str:
        """One of `late`, `missing`, `returned`, `checked`, `answered`."""
        if self.given is None:
            return "late" if self.overdue else "missing"
        return {CheckState.OK: "checked", CheckState.RETURNED: "returned"}.get(
            self.given.check, "answered"
        )


@dataclass(frozen=True)
class Rounds:
    """Survey rounds of the ministry."""

    clock: Clock
    outbox: Outbox
    rehearsal: bool

    @property
    def accepting(self) -> Accepting:
        """How answers come in."""
        return Accepting(self.clock, self.rehearsal)

    async def save(
        self, tx: Tx, asked: Asked, *, actor: Actor, round_id: UUID | None = None
    ) -> UUID:
        """Keep a draft; nobody is asked yet.

        Raises:
            BadRoundError: no name, or days in the wrong order.
            RoundStatusError: it was opened already.
        """
        good = checked_round(asked)
        if round_id is not None:
            await self._in(tx, round_id, RoundStatus.DRAFT, "調査を直せるのは、始める前だけです。")
        found = round_id or uuid4()
        await rounds.save(tx, found, good, at=self.clock.now(), by=actor.id)
        await audit.record(tx, by=actor, action="standardisation.rounds.draft", subject=str(found))
        return found

    async def open(self, tx: Tx, round_id: UUID, *, actor: Actor) -> int:
        """Ask all bodies: each finds the round on its own pages.

        Returns:
            How many bodies are asked.

        Raises:
            RoundStatusError: opened before, or the last day has passed.
        """
        found = await self._in(tx, round_id, RoundStatus.DRAFT, "この調査は始めてあります。")
        if found.due_on < self.clock.today():
            raise RoundStatusError("回答の期限が過ぎています。期限を直してから始めてください。")
        bodies = MINISTRY_OVERSEER.fixed
        await rounds.add_targets(tx, round_id, [one.code for one in bodies])
        await rounds.move(tx, round_id, RoundStatus.OPEN, at=self.clock.now())
        await self.accepting.open(tx, found)
        await self.outbox.send_many(tx, [self._request(found, one) for one in bodies])
        await audit.record(
            tx,
            by=actor,
            action="standardisation.rounds.open",
            subject=str(round_id),
            facts={"bodies": len(bodies)},
        )
        return len(bodies)

    async def close(self, tx: Tx, round_id: UUID, *, actor: Actor) -> None:
        """Stop reminding; answers that come later are still kept.

        Raises:
            RoundStatusError: it is not open.
        """
        found = await self._in(tx, round_id, RoundStatus.OPEN, "受付中の調査だけが締め切れます。")
        await rounds.move(tx, round_id, RoundStatus.CLOSED, at=self.clock.now())
        await self.outbox.send_many(
            tx, [self._request(found, one, closed=True) for one in MINISTRY_OVERSEER.fixed]
        )
        await audit.record(
            tx, by=actor, action="standardisation.rounds.close", subject=str(round_id)
        )

    def _request(self, found: Round, body: Body, *, closed: bool = False) -> Draft:
        message = G01(
            round_id=found.round_id,
            body=body.code,
            subject=found.title,
            note=found.note,
            as_of=found.as_of,
            due_on=found.due_on,
            checked_by=found.checked_by,
            state="closed" if closed else "open",
            sent_at=self.clock.now(),
        )
        return Draft(MINISTRY, body.party, "G01", 1, message)

    async def _in(self, tx: Tx, round_id: UUID, status: RoundStatus, refusal: str) -> Round:
        found = await rounds.round_of(tx, round_id, lock=True)
        if found.status is not status:
            raise RoundStatusError(refusal, status=found.status.value)
        return found

    # --- where bodies stand ------------------------------------------------------

    async def standings(self, tx: Tx, round_id: UUID) -> list[Standing]:
        """Where each body of a round stands, by code; none before it is opened."""
        found = await rounds.round_of(tx, round_id)
        given = await answers.answers(tx, round_id)
        asked = set(await rounds.targets(tx, round_id))
        overdue = self.clock.today() > found.due_on
        return [
            Standing(body=one, given=given.get(one.code), overdue=overdue)
            for one in MINISTRY_OVERSEER.fixed
            if one.code in asked
        ]

    # --- reminders ---------------------------------------------------------------

    @property
    def _post(self) -> Post:
        return Post(self.clock, self.outbox, STANDARDISATION)

    async def plan(self, tx: Tx, round_id: UUID, *, codes: Collection[str] | None = None) -> Plan:
        """Whom a reminder would reach: bodies without an answer, and those sent back.

        Raises:
            RoundStatusError: the round is not open.
        """
        found = await rounds.round_of(tx, round_id)
        if found.status is not RoundStatus.OPEN:
            raise RoundStatusError("受付中の調査だけが督促できます。調査の状態を確かめてください。")
        late = [
            one.body
            for one in await self.standings(tx, round_id)
            if one.key in ("late", "missing", "returned")
        ]
        cause = Cause(matter=MATTER, round_id=round_id)
        return await self._post.plan(tx, MINISTRY_OVERSEER, late, cause, codes=codes)

    async def remind(
        self,
        tx: Tx,
        round_id: UUID,
        *,
        words: Wording,
        actor: Actor,
        codes: Collection[str] | None = None,
    ) -> Plan:
        """Remind those that have not answered; nobody twice on a day.

        Raises:
            RoundStatusError: the round is not open.
            NothingToSendError: nobody is left.
            BadLetterError: the words may not leave.
        """
        plan = await self.plan(tx, round_id, codes=codes)
        found = await rounds.round_of(tx, round_id)
        await self._post.send(
            tx,
            MINISTRY_OVERSEER,
            plan,
            Cause(matter=MATTER, round_id=round_id, due_on=found.due_on),
            words=words,
            notice=lambda one, _id, _at: self._request(found, one),
            actor=actor,
        )
        return plan

    async def send_again(self, tx: Tx, letter_id: UUID, *, actor: Actor) -> None:
        """Let a letter that failed be tried once more."""
        await self._post.send_again(tx, MINISTRY_OVERSEER, letter_id, actor=actor)


def usual_words(found: Round, today: date) -> Wording:
    """What a reminder says unless the officer writes something else."""
    passed = today > found.due_on
    when = f"回答の期限は{both(found.due_on)}{'でした' if passed else 'です'}。"
    return Wording(
        subject=f"【{'督促' if passed else '確認'}】{found.title}への回答のお願い"[:100],
        text=(
            f"「{found.title}」（時点 {both(found.as_of)}）への回答がまだ届いていません。\n{when}\n"
            "「調査への回答」のページか、お送りした表で回答してください。"
            "差戻しの理由がある団体は、その理由に沿って直してください。"
        ),
    )


def counted(found: Sequence[Standing]) -> dict[str, int]:
    """How many bodies stand where."""
    keys = ("answered", "checked", "returned", "missing", "late")
    return {key: sum(one.key == key for one in found) for key in keys}
