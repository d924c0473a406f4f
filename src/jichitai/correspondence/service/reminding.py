"""督促: a letter by e-mail and a notice to the body's inbox, both logged, in one transaction.

Who is late, and what the notice says, are a domain's own; what a reminder is, is the same for all.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from jichitai.correspondence.errors import NothingToSendError
from jichitai.correspondence.model.areas import Area
from jichitai.correspondence.model.letters import Wording, letter_text
from jichitai.correspondence.service.place import Overseer
from jichitai.correspondence.store import contacts, reminders
from jichitai.infra import audit, mail
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Draft, Outbox
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import JST

Notice = Callable[[Body, UUID, datetime], Draft]
"""The message to one body: its id, and when it is sent."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a reminder goes out.

    Attributes:
        matter: what it is about, by its key.
        round_id: the survey round, when it is about one.
        due_on: the last day that it names.
    """

    matter: str
    round_id: UUID | None = None
    due_on: date | None = None


@dataclass(frozen=True)
class Post:
    """Reminders of one area at one tier."""

    clock: Clock
    outbox: Outbox
    area: Area

    async def plan(
        self,
        tx: Tx,
        by: Overseer,
        late: Sequence[Body],
        cause: Cause,
        *,
        codes: Collection[str] | None = None,
    ) -> Plan:
        """Whom a reminder would reach: the late ones among the bodies named, or all late ones."""
        chosen = [one for one in late if codes is None or one.code in codes]
        last = await reminders.last_reminded(
            tx, self.area, by.key, matter=cause.matter, round_id=cause.round_id
        )
        today = self.clock.today()
        again = {code for code, at in last.items() if at.astimezone(JST).date() == today}
        left = tuple(one for one in chosen if one.code not in again)
        known = await contacts.contacts(tx, self.area, by.key)
        names = {one.code for one in late}
        return Plan(
            bodies=left,
            reminded_today=tuple(one.code for one in chosen if one.code in again),
            done=tuple(sorted(set(codes or ()) - names)),
            without_address=tuple(one.code for one in left if one.code not in known),
        )

    async def send(
        self,
        tx: Tx,
        by: Overseer,
        plan: Plan,
        cause: Cause,
        *,
        words: Wording,
        notice: Notice,
        actor: Actor,
    ) -> None:
        """Remind those of a plan.

        Raises:
            NothingToSendError: nobody is left.
            BadLetterError: the words may not leave.
        """
        if not plan.bodies:
            raise NothingToSendError(
                "督促する団体が残っていません。済んだ団体と、今日すでに督促した団体には送りません。"
            )
        now = self.clock.now()
        ids = {one.code: uuid4() for one in plan.bodies}
        written = await self._write(tx, by, plan.bodies, words, at=now)
        await self.outbox.send_many(tx, [notice(one, ids[one.code], now) for one in plan.bodies])
        await self._log(tx, by, ids, written, cause, words, at=now, actor=actor)

    async def _log(
        self,
        tx: Tx,
        by: Overseer,
        ids: Mapping[str, UUID],
        written: Mapping[str, UUID],
        cause: Cause,
        words: Wording,
        *,
        at: datetime,
        actor: Actor,
    ) -> None:
        await reminders.add_reminders(
            tx,
            self.area,
            by.key,
            [
                reminders.NewReminder(reminder_id=id_, body=code, letter_id=written.get(code))
                for code, id_ in ids.items()
            ],
            matter=cause.matter,
            round_id=cause.round_id,
            subject=words.subject,
            due_on=cause.due_on,
            at=at,
            by=actor.id,
        )
        await audit.record(
            tx,
            by=actor,
            action=f"{self.area.audit}.remind",
            subject=str(cause.round_id or cause.matter),
            facts={"matter": cause.matter, "bodies": len(ids), "letters": len(written)},
        )

    async def _write(
        self, tx: Tx, by: Overseer, bodies: Sequence[Body], words: Wording, *, at: datetime
    ) -> dict[str, UUID]:
        known = await contacts.contacts(tx, self.area, by.key)
        reached = [one for one in bodies if one.code in known]
        drafts = [
            mail.Draft(
                to=known[one.code].mail,
                subject=words.subject,
                text=letter_text(one, words.text, area=self.area, sender=by.name),
                purpose=f"{self.area.key}.reminder",
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
            tx, by=actor, action=f"{self.area.audit}.send-again", subject=str(letter_id)
        )
