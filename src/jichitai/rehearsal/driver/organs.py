"""Public bodies that confirm people: officers one by one, a pension body by batches."""

import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from types import TracebackType
from typing import Any, Self

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.jukinet.provision import service
from jichitai.jukinet.provision.model import Organ, State
from jichitai.jukinet.provision.store import organs as store
from jichitai.rehearsal.dice import dice
from jichitai.rehearsal.driver import cast
from jichitai.rehearsal.driver.visitor import RefusedError, Visitor
from jichitai.rehearsal.history import History
from jichitai.rehearsal.plan.events import Kind, PlannedEvent
from jichitai.rehearsal.population.people import Population
from jichitai.web.accounts import Account

OPERATOR = "op-1"
BATCH = 1_000
_QUOTA = 1_000_000
_PENSION_AGE = 65
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Body:
    """A public body of the story.

    Attributes:
        organ: its short name.
        name: its Japanese name.
        affair: the affair of the appended tables for which it asks.
        reason: class of the reason.
        after: kinds of events after which people have to do with it.
        by_number: whether it asks by 個人番号.
    """

    organ: str
    name: str
    affair: str
    reason: str
    after: frozenset[Kind]
    by_number: bool = False


_MOVES = frozenset({Kind.MOVE_IN, Kind.MOVE_WITHIN, Kind.MOVE_IN_ABROAD})
PENSION = Body(
    "nenkin", "日本年金機構", "T1-77", "survival",
    frozenset({Kind.DEATH, Kind.HEAD_CHANGE}), by_number=True,
)  # fmt: skip
BODIES = (
    PENSION,
    Body("mofa", "外務省", "T1-41", "application", _MOVES | {Kind.NAME_CORRECTION, Kind.BIRTH}),
    Body("moj", "法務省", "T1-31", "registry", _MOVES | {Kind.NAME_CORRECTION, Kind.DEATH}),
    Body("mlit", "国土交通省", "T1-113", "registry", _MOVES),
    Body(
        "koyou", "厚生労働省（雇用保険）", "T1-69", "benefit",
        _MOVES | {Kind.NAME_CORRECTION, Kind.BIRTH}, by_number=True,
    ),
)  # fmt: skip


async def introduce(database: Database, clock: Clock, start: date, end: date) -> None:
    """Register the bodies and their operators at the nation, and make the months of the log."""
    async with database.transaction() as tx:
        for body in BODIES:
            organ = Organ(body.organ, body.name, frozenset({body.affair}), _QUOTA, State.ACTIVE)
            await service.register_organ(tx, organ, by=SYSTEM, clock=clock)
            await service.register_operator(
                tx, body.organ, OPERATOR, f"{body.name}　担当", by=SYSTEM, clock=clock
            )
        month = start.replace(day=1)
        while month <= end + timedelta(days=62):
            await store.ensure_month(tx, month)
            month = (month + timedelta(days=32)).replace(day=1)


def officers() -> list[Account]:
    """The personas of the bodies."""
    about = "法律に定める事務のために本人確認情報を照会します。"
    return [cast.officer(body.organ, body.name, about) for body in BODIES]


class Bodies:
    """The officers of all bodies over HTTP.

    Args:
        origin: of the nation tier.
        population: whose numbers the bodies know from applications.
        history: where answers are written down.
        seed: decides after which events somebody asks.
        share: part of the events after which a body asks.
    """

    def __init__(
        self,
        origin: str,
        population: Population,
        history: History,
        *,
        seed: int = 1,
        share: float = 0.5,
        patience: float = 60.0,
    ) -> None:
        """Nobody has signed in yet."""
        self.answered = 0
        self._population = population
        self._history = history
        self._seed, self._share = seed, share
        self._stack = AsyncExitStack()
        self._officers = {
            body.organ: Visitor(origin, cast.account_id("organ", body.organ), patience=patience)
            for body in BODIES
        }

    async def __aenter__(self) -> Self:
        """Itself."""
        for officer in self._officers.values():
            await self._stack.enter_async_context(officer)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self._stack.aclose()

    async def after(self, event: PlannedEvent, *, always: bool = False) -> None:
        """Some time after an event, a body that has to do with it confirms the person."""
        chance = dice(self._seed, "organ", event.serial)
        concerned = [body for body in BODIES if event.kind in body.after]
        if concerned and (always or chance.random() < self._share):
            await self._ask(chance.choice(concerned), event, chance)

    async def _ask(self, body: Body, event: PlannedEvent, chance: random.Random) -> None:
        key = event.people[0]
        if event.entering:
            person: dict[str, Any] = {
                "name": event.entering[0].name,
                "birth_date": event.entering[0].birth,
            }
        elif key < len(self._population):
            known = self._population.people[key]
            person = {"name": event.name or known.name, "birth_date": known.birth}
        else:
            return
        number = self._population.people[key].number if key < len(self._population) else ""
        sought = {"number": number} if body.by_number and number else {"person": person}
        reference = f"{body.organ}-{event.serial}-{int(chance.random() * 1000)}"
        await self._call(body, reference, sought)

    async def _call(self, body: Body, reference: str, sought: dict[str, Any]) -> None:
        answer = await self._officers[body.organ].call(
            "POST",
            "/api/v1/provisions",
            {
                "affair": body.affair,
                "reason": body.reason,
                "reference": reference,
                **sought,
            },
        )
        self._write(body, answer["receipt"], 1)

    async def confirm(self, name: str, birth: str, sex: str) -> None:
        """Every body that asks by name confirms one person, for the story."""
        for body in BODIES:
            if not body.by_number:
                person = {"name": name, "birth_date": birth, "sex": sex}
                await self._call(body, f"{body.organ}-story", {"person": person})

    async def batch(self, day: date) -> None:
        """The pension body confirms everybody of pension age by their numbers (現況の確認)."""
        numbers = [
            person.number
            for person in self._population.people
            if day.year - person.born.year >= _PENSION_AGE
        ]
        for part in range(0, len(numbers), BATCH):
            await self._batch(day, part // BATCH, numbers[part : part + BATCH])

    async def _batch(self, day: date, part: int, numbers: Sequence[str]) -> None:
        body = {
            "affair": PENSION.affair,
            "reason": PENSION.reason,
            "reference": f"genkyo-{day:%Y-%m}",
            "request_number": f"{day:%Y-%m}-{part}",
            "numbers": list(numbers),
        }
        officer = self._officers[PENSION.organ]
        try:
            answer = await officer.call("POST", "/api/v1/provisions/batch", body)
        except RefusedError as refusal:
            if refusal.status == _CONFLICT:  # answered before; the answer was lost on its way
                return
            raise
        self._write(PENSION, answer["first_receipt"], answer["count"])

    def _write(self, body: Body, receipt: str, count: int) -> None:
        index = int(receipt.partition("-")[2])
        self._history.provision(index, count, body.organ, body.affair)
        self.answered += count
