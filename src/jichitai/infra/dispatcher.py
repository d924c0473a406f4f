"""Dispatcher: brings what stands in the outbox to the broker, until the receiver confirms it.

A row is marked when the broker has stored it and deleted when the receiver says that it has had
its effect. What the broker lost is found by gap requests and by probes, and goes out again.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import LiteralString, TypedDict

import structlog

from jichitai.infra import channels, metrics
from jichitai.infra.audit import SYSTEM
from jichitai.infra.broker import Broker, BrokerUnavailableError
from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.infra.logs import where
from jichitai.infra.messages import (
    FRAME_ITEMS,
    FRAME_LIMIT,
    Control,
    Frame,
    Item,
    open_control,
    sign_control,
    sign_frame,
)
from jichitai.infra.party_keys import KeyBook
from jichitai.kernel.errors import ForbiddenError, InvalidError, UnavailableError
from jichitai.kernel.parties import Party, Tier

log = structlog.get_logger(__name__)

_BATCH = 2000
_IDLE_SECONDS = 0.1
_QUIET_SECONDS = 0.3
_QUIET_AFTER = 30
"""Looks in vain after which an outbox is looked into less often; an idle node rests."""
_PROBE_AFTER = timedelta(seconds=5)
_PAYLOAD_LIMIT = FRAME_LIMIT // 2  # base64 and the headers come on top


@dataclass(frozen=True, slots=True)
class _Row:
    sender: str
    receiver: str
    number: int
    message_id: str
    kind: str
    version: int
    created_at: datetime
    body: bytes
    attempts: int


class _Scope(TypedDict, total=False):
    town: str
    all_towns: bool


def _scopes(tier: Tier, towns: Sequence[str]) -> list[_Scope]:
    if tier is not Tier.TOWN:
        return [{}]
    return [{"town": town} for town in towns] or [{"all_towns": True}]


# To a party that is cut goes only what was sent before it was told so (L01).
_PENDING = """
select sender, receiver, number, message_id, kind, version, created_at, body, attempts
  from infra.outbox
 where published_at is null
   and not exists (
       select 1 from infra.link
        where state = 'cut'
          and (party = outbox.sender
               or party = outbox.receiver
                  and outbox.number > coalesce((
                      select max(last.number) from infra.outbox as last
                       where last.sender = outbox.sender and last.receiver = outbox.receiver
                         and last.kind = 'L01'), 0)))
 order by sender, receiver, number
 limit %s
"""

_MARK = """
update infra.outbox set published_at = %(at)s, attempts = outbox.attempts + 1
  from unnest(%(senders)s::text[], %(receivers)s::text[], %(firsts)s::bigint[],
              %(lasts)s::bigint[]) as sent (sender, receiver, first, last)
 where outbox.sender = sent.sender and outbox.receiver = sent.receiver
   and outbox.number between sent.first and sent.last
"""

_CONFIRM = """
with said as (
    update infra.channel set confirmed_number = greatest(confirmed_number, said.number)
      from unnest(%(senders)s::text[], %(numbers)s::bigint[]) as said (sender, number)
     where channel.sender = said.sender and channel.receiver = %(receiver)s
       and said.number <= channel.last_number
    returning channel.sender, channel.confirmed_number
)
delete from infra.outbox using said
 where outbox.sender = said.sender and outbox.receiver = %(receiver)s
   and outbox.number <= said.confirmed_number
"""

_AGAIN = """
update infra.outbox set published_at = null
  from unnest(%(senders)s::text[], %(numbers)s::bigint[]) as again (sender, number)
 where outbox.sender = again.sender and outbox.receiver = %(receiver)s
   and outbox.number >= again.number and published_at < %(before)s
"""

_BEHIND = "受け手の番号が先に進んでいたため"


_UNCONFIRMED = """
select sender, receiver, max(number) from infra.outbox
 where published_at < %s group by sender, receiver order by sender, receiver
"""

_EVERY_CHANNEL = "select sender, receiver, last_number from infra.channel order by 1, 2"


class Dispatcher:
    """One per process; publishes for every party that the process signs for."""

    def __init__(
        self,
        tier: Tier,
        database: Database,
        broker: Broker,
        keys: Keys,
        towns: Sequence[str] = (),
    ) -> None:
        """Take the tier's database, the broker and the signing keys.

        Args:
            tier: whose outbox.
            database: the tier's database.
            broker: where frames go.
            keys: the parties this process speaks for.
            towns: in the town tier, the municipalities served; all of them when empty.
        """
        self._tier = tier
        self._database = database
        self._broker = broker
        self._keys = keys
        self._clock = SystemClock()
        self._book = KeyBook(database, self._clock)
        self._scopes = _scopes(tier, towns)
        self._wake = asyncio.Event()
        self._in_vain = 0

    def wake(self) -> None:
        """Something was put into the outbox: look at once."""
        self._wake.set()

    async def run(self) -> None:
        """Publish for ever; every outage is waited out."""
        await self._broker.listen("receipt", self._on_control)
        prober = asyncio.create_task(self._probe_for_ever())
        try:
            while True:
                try:
                    sent = await self.publish_pending()
                except UnavailableError as error:
                    log.warning("dispatch-waits", **where(error))
                    sent = 0
                    await asyncio.sleep(0.5)
                self._in_vain = 0 if sent else self._in_vain + 1
                if not sent:
                    await self._rest()
        finally:
            prober.cancel()

    async def publish_pending(self) -> int:
        """Publish one batch; returns how many messages the broker has stored.

        Raises:
            UnavailableError: the broker, or the database, took none of those that wait.
        """
        tried = [await self._publish_scope(scope) for scope in self._scopes]
        waiting, sent = sum(w for w, _ in tried), sum(s for _, s in tried)
        if waiting and not sent:
            raise BrokerUnavailableError("通知の中継がどの通知も受け取りません。")
        return sent

    async def _publish_scope(self, scope: _Scope) -> tuple[int, int]:
        """Publish what waits in one scope; returns how many waited and how many were stored."""
        async with self._database.transaction(**scope, read_only=True) as tx:
            cursor = await tx.execute(_PENDING, (_BATCH,))
            rows = [_Row(*row) for row in await cursor.fetchall()]
        metrics.WAITING.set(len(rows))
        if not rows:
            return 0, 0
        batches = list(_frames(rows))
        signed = [
            (Party.parse(run[0].receiver), self._sign(run), _frame_id(run)) for run in batches
        ]
        stored = await self._broker.publish(signed)
        done = [run for run, kept in zip(batches, stored, strict=True) if kept]
        if done:
            await self._mark(scope, done)
        sent = sum(len(run) for run in done)
        metrics.PUBLISHED.inc(sent)
        return len(rows), sent

    def _sign(self, run: Sequence[_Row]) -> bytes:
        head = run[0]
        items = tuple(
            Item(row.message_id, row.kind, row.version, row.created_at, row.body) for row in run
        )
        frame = Frame(head.sender, head.receiver, head.number, items)
        return sign_frame(frame, self._keys.signer(Party.parse(head.sender)))

    async def _mark(self, scope: _Scope, runs: Sequence[Sequence[_Row]]) -> None:
        async with self._database.transaction(**scope) as tx:
            await tx.execute(
                _MARK,
                {
                    "at": self._clock.now(),
                    "senders": [run[0].sender for run in runs],
                    "receivers": [run[0].receiver for run in runs],
                    "firsts": [run[0].number for run in runs],
                    "lasts": [run[-1].number for run in runs],
                },
            )

    async def _rest(self) -> None:
        self._wake.clear()
        quiet = self._in_vain > _QUIET_AFTER
        try:
            await asyncio.wait_for(self._wake.wait(), _QUIET_SECONDS if quiet else _IDLE_SECONDS)
        except TimeoutError:
            return

    # --- what receivers say --------------------------------------------------

    async def _on_control(self, signed: bytes) -> None:
        try:
            control = open_control(signed, await self._book.current())
            marks, gaps = self._mine(control.marks), self._mine(control.gaps)
            if not marks and not gaps:
                return
            for scope in self._scopes:
                async with self._database.transaction(**scope) as tx:
                    await _hear(tx, control, marks, gaps)
            if gaps:
                self.wake()
        except (ForbiddenError, InvalidError) as error:
            log.warning("receipt-refused", **where(error))
        except UnavailableError as error:
            log.warning("receipt-missed", **where(error))

    def _mine(self, channels: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        return [
            (name, number) for name, number in channels if self._keys.speaks_for(Party.parse(name))
        ]

    async def _probe_for_ever(self) -> None:
        try:
            await self.greet()
        except UnavailableError as error:
            log.warning("probe-waits", **where(error))
        while True:
            await asyncio.sleep(_PROBE_AFTER.total_seconds())
            try:
                await self.probe()
            except UnavailableError as error:
                log.warning("probe-waits", **where(error))

    async def probe(self) -> int:
        """Ask receivers about messages that were published a while ago and not confirmed."""
        before = self._clock.now() - _PROBE_AFTER
        return sum([await self._ask(scope, _UNCONFIRMED, (before,)) for scope in self._scopes])

    async def greet(self) -> int:
        """Ask the receivers of every channel how far it has come.

        A sender whose database was restored learns so what it has forgotten, before it gives
        numbers that were used.
        """
        return sum([await self._ask(scope, _EVERY_CHANNEL, ()) for scope in self._scopes])

    async def _ask(self, scope: _Scope, query: LiteralString, values: tuple[object, ...]) -> int:
        async with self._database.transaction(**scope, read_only=True) as tx:
            rows = await (await tx.execute(query, values)).fetchall()
        ours = [row for row in rows if self._keys.speaks_for(Party.parse(row[0]))]
        for sender, group in groupby(ours, key=lambda row: str(row[0])):
            party = Party.parse(sender)
            probes = tuple((str(receiver), int(number)) for _, receiver, number in group)
            control = Control(sender, (), (), probes, drained=False, at=self._clock.now())
            await self._broker.tell("probe", sign_control(control, self._keys.signer(party)))
        return len(ours)


async def _hear(
    tx: Tx,
    control: Control,
    marks: Sequence[tuple[str, int]],
    gaps: Sequence[tuple[str, int]],
) -> None:
    if marks:
        senders, numbers = zip(*marks, strict=True)
        values: dict[str, object] = {
            "receiver": control.party,
            "senders": list(senders),
            "numbers": list(numbers),
        }
        await channels.catch_up(tx, control.party, marks, by=SYSTEM, reason=_BEHIND)
        await tx.execute(_CONFIRM, values)
        if control.drained:  # the broker has nothing left, so what is missing was lost
            values["numbers"] = [number + 1 for number in numbers]
            values["before"] = control.at - timedelta(seconds=1)
            await tx.execute(_AGAIN, values)
    if gaps:
        senders, numbers = zip(*gaps, strict=True)
        await tx.execute(
            _AGAIN,
            {
                "receiver": control.party,
                "senders": list(senders),
                "numbers": list(numbers),
                "before": control.at,
            },
        )


def _frames(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Runs of consecutive numbers of one channel, within the limits of a frame."""
    run: list[_Row] = []
    size = 0
    for row in rows:
        fits = (
            run
            and (row.sender, row.receiver, row.number)
            == (run[-1].sender, run[-1].receiver, run[-1].number + 1)
            and len(run) < FRAME_ITEMS
            and size + len(row.body) < _PAYLOAD_LIMIT
        )
        if run and not fits:
            yield run
            run, size = [], 0
        run.append(row)
        size += len(row.body)
    if run:
        yield run


def _frame_id(run: Sequence[_Row]) -> str:
    head, last = run[0], run[-1]
    attempt = max(row.attempts for row in run)
    return f"{head.sender}-{head.receiver}-{head.number}-{last.number}-{attempt}"
