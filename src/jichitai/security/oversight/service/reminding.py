"""督促: a letter by e-mail and a notice to the body's inbox, both logged, in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from jichitai.infra import audit, mail
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Draft, Outbox
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import JST
from jichitai.security.messages import S10
from jichitai.security.oversight.errors import NothingToSendError, RoundStateError
from jichitai.security.oversight.model.letters import Matter, Wording, letter_text
from jichitai.security.oversight.service import overview
from jichitai.security.oversight.service.place import Overseer
from jichitai.security.oversight.store import letters, surveys

PURPOSE = "security.reminder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who would be reminded.

    Attributes:
        bodies: those that have not done it and were not reminded today.
        reminded_today: those that were.
        done: asked for by name, but not late.
        without_address: of `bodies`, those that only get the notice.
    """

    bodies: tuple[Body, ...]
    reminded_today: tuple[str, ...]
    done: tuple[str, ...]
    without_address: tuple[str, ...]


@dataclass(frozen=True)
class Reminding:
    """Reminders of one tier."""

    clock: Clock
    outbox: Outbox

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
        chosen = [one for one in late if codes is None or one.code in codes]
        last = await letters.last_reminded(tx, by.key, matter=matter, round_id=round_id)
        today = self.clock.today()
        again = {code for code, at in last.items() if at.astimezone(JST).date() == today}
        left = tuple(one for one in chosen if one.code not in again)
        known = await letters.contacts(tx, by.key)
        names = {one.code for one in late}
        return Plan(
            bodies=left,
            reminded_today=tuple(one.code for one in chosen if one.code in again),
            done=tuple(sorted(set(codes or ()) - names)),
            without_address=tuple(one.code for one in left if one.code not in known),
        )

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
        if not plan.bodies:
            raise NothingToSendError(
                "督促する団体が残っていません。済んだ団体と、今日すでに督促した団体には送りません。"
            )
        now = self.clock.now()
        notice_ids = {one.code: uuid4() for one in plan.bodies}
        written = await self._write(tx, by, plan.bodies, words, at=now)
        await self.outbox.send_many(
            tx,
            [
                Draft(
                    by.party,
                    one.party,
                    "S10",
                    1,
                    S10(
                        notice_id=notice_ids[one.code],
                        body=one.code,
                        sort="reminder",
                        subject=words.subject,
                        text=words.text,
                        due_on=due_on,
                        round_id=round_id,
                        sent_at=now,
                    ),
                )
                for one in plan.bodies
            ],
        )
        await letters.add_reminders(
            tx,
            by.key,
            [
                letters.NewReminder(
                    reminder_id=notice_ids[one.code],
                    body=one.code,
                    letter_id=written.get(one.code),
                )
                for one in plan.bodies
            ],
            matter=matter,
            round_id=round_id,
            subject=words.subject,
            due_on=due_on,
            at=now,
            by=actor.id,
        )
        await audit.record(
            tx,
            by=actor,
            action="security.oversight.remind",
            subject=str(round_id) if round_id else str(matter),
            facts={"matter": matter, "bodies": len(plan.bodies), "letters": len(written)},
        )
        return plan

    async def _write(
        self, tx: Tx, by: Overseer, bodies: Sequence[Body], words: Wording, *, at: datetime
    ) -> dict[str, UUID]:
        known = await letters.contacts(tx, by.key)
        reached = [one for one in bodies if one.code in known]
        drafts = [
            mail.Draft(
                to=known[one.code].mail,
                subject=words.subject,
                text=letter_text(one, words.text, sender=by.name),
                purpose=PURPOSE,
                reference=one.code,
            )
            for one in reached
        ]
        ids = await mail.write_many(tx, office=by.office, drafts=drafts, at=at)
        return dict(zip((one.code for one in reached), ids, strict=True))

    async def send_again(self, tx: Tx, by: Overseer, letter_id: UUID, *, actor: Actor) -> None:
        """Let a letter that failed be tried once more."""
        await mail.send_again(tx, office=by.office, letter_id=letter_id, at=self.clock.now())
        await audit.record(
            tx, by=actor, action="security.oversight.send-again", subject=str(letter_id)
        )
