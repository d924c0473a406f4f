"""督促: who is late with what, and the notice that a body gets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from jichitai.correspondence.model.letters import Wording
from jichitai.correspondence.service.reminding import Cause, Plan, Post
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Draft, Outbox
from jichitai.kernel.bodies import Body
from jichitai.security.messages import S10
from jichitai.security.oversight.area import SECURITY
from jichitai.security.oversight.errors import RoundStateError
from jichitai.security.oversight.model.letters import Matter
from jichitai.security.oversight.service import overview
from jichitai.security.oversight.service.place import Overseer
from jichitai.security.oversight.store import surveys


@dataclass(frozen=True)
class Reminding:
    """Reminders of one tier."""

    clock: Clock
    outbox: Outbox

    @property
    def _post(self) -> Post:
        return Post(self.clock, self.outbox, SECURITY)

    async def plan(
        self,
        tx: Tx,
        by: Overseer,
        matter: Matter,
        *,
        codes: Collection[str] | None = None,
        round_id: UUID | None = None,
    ) -> Plan:
        """Whom a reminder would reach: the late ones among the bodies named, or all late ones."""
        late = await self._late(tx, by, matter, round_id)
        cause = Cause(matter=matter, round_id=round_id)
        return await self._post.plan(tx, by, late, cause, codes=codes)

    async def _late(
        self, tx: Tx, by: Overseer, matter: Matter, round_id: UUID | None
    ) -> Sequence[Body]:
        if matter is not Matter.SURVEY:
            return await overview.late(tx, by, matter, on=self.clock.today())
        found = await surveys.round_of(tx, by.key, round_id or uuid4())
        if found.state != "open":
            raise RoundStateError("受付中の調査だけが督促できます。調査の状態を確かめてください。")
        answered = await surveys.answers(tx, by.key, found.round_id)
        asked = set(await surveys.targets(tx, by.key, found.round_id))
        return [one for one in await by.bodies(tx) if one.code in asked - answered.keys()]

    async def remind(
        self,
        tx: Tx,
        by: Overseer,
        matter: Matter,
        *,
        words: Wording,
        actor: Actor,
        codes: Collection[str] | None = None,
        round_id: UUID | None = None,
        due_on: date | None = None,
    ) -> Plan:
        """Remind the late ones; nobody twice on a day for the same matter.

        Raises:
            NothingToSendError: nobody is left.
            BadLetterError: the words may not leave.
        """
        plan = await self.plan(tx, by, matter, codes=codes, round_id=round_id)

        def notice(body: Body, notice_id: UUID, at: datetime) -> Draft:
            message = S10(
                notice_id=notice_id,
                body=body.code,
                sort="reminder",
                subject=words.subject,
                text=words.text,
                due_on=due_on,
                round_id=round_id,
                sent_at=at,
            )
            return Draft(by.party, body.party, "S10", 1, message)

        cause = Cause(matter=matter, round_id=round_id, due_on=due_on)
        await self._post.send(tx, by, plan, cause, words=words, notice=notice, actor=actor)
        return plan

    async def send_again(self, tx: Tx, by: Overseer, letter_id: UUID, *, actor: Actor) -> None:
        """Let a letter that failed be tried once more."""
        await self._post.send_again(tx, by, letter_id, actor=actor)
