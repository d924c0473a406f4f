"""Receiver: takes frames from the broker, has them applied, and tells the senders."""

import asyncio
import hashlib
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence

import psycopg
import structlog

from jichitai.infra import metrics, quarantine
from jichitai.infra.broker import Broker, Subscription
from jichitai.infra.clock import Clock, SystemClock
from jichitai.infra.database import Database
from jichitai.infra.inbox import Arrival, HandlerFailedError, Handlers, Inbox, Outcome
from jichitai.infra.keys import Keys
from jichitai.infra.logs import where
from jichitai.infra.messages import (
    Control,
    ForgedMessageError,
    PublicKeys,
    names_unknown_signer,
    open_control,
    open_frame,
    sign_control,
)
from jichitai.infra.party_keys import KeyBook
from jichitai.kernel.errors import (
    ForbiddenError,
    InvalidError,
    JichitaiError,
    TooLargeError,
    UnavailableError,
)
from jichitai.kernel.parties import Party, Tier

log = structlog.get_logger(__name__)

_FRAMES = 256
_TELL_EVERY = 0.25


class Receiver:
    """One per process; serves the given parties, or every party of the tier."""

    def __init__(
        self,
        tier: Tier,
        database: Database,
        broker: Broker,
        keys: Keys,
        handlers: Handlers,
        clock: Clock,
        parties: Sequence[Party] = (),
    ) -> None:
        """Take what is needed to verify, apply and answer."""
        self._tier = tier
        self._database = database
        self._broker = broker
        self._keys = keys
        self._clock = clock
        self._machine = SystemClock()
        self._parties = frozenset(parties)
        self._book = KeyBook(database, self._machine)
        self._inbox = Inbox(handlers, keys.network, clock)
        self._marks: dict[Party, dict[str, int]] = defaultdict(dict)
        self._gaps: dict[Party, dict[str, int]] = defaultdict(dict)
        self._told_at = 0.0
        self._busy = False
        self._subscription: Subscription | None = None
        self.applied = 0

    @property
    def durable_name(self) -> str:
        """The consumer's name at the broker: stable over restarts, different per set of parties."""
        if not self._parties:
            return f"{self._tier}-all"
        names = ",".join(sorted(map(str, self._parties)))
        return f"{self._tier}-{hashlib.sha256(names.encode()).hexdigest()[:16]}"

    async def run(self) -> None:
        """Receive for ever; every outage is waited out."""
        await self._broker.listen("probe", self._on_probe)
        while True:
            try:
                await self._receive()
            except UnavailableError as error:
                log.warning("receiver-waits", **where(error))
                self._subscription = None
                await asyncio.sleep(0.5)

    async def _receive(self) -> None:
        if self._subscription is None:
            self._subscription = await self._subscribe()
        messages = await self._subscription.fetch(_FRAMES, wait=0.5)
        if messages:
            self._busy = True
            try:
                await self._until_applied([message.data for message in messages])
                await self._subscription.done(messages)
            finally:
                self._busy = False
        if time.monotonic() - self._told_at >= _TELL_EVERY:
            await self._tell(drained=False)

    async def _subscribe(self) -> Subscription:
        try:
            await self._broker.ensure_stream(self._tier)
            return await self._broker.consume(
                self._tier, sorted(self._parties), name=self.durable_name
            )
        except UnavailableError:
            raise
        except Exception as error:
            raise UnavailableError("通知の中継に接続できません。") from error

    async def _until_applied(self, frames: Sequence[bytes]) -> None:
        delay = 0.2
        while True:
            try:
                await self.accept(frames)
            except UnavailableError as error:
                log.warning("apply-waits", **where(error))
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)
            else:
                return

    async def accept(self, frames: Sequence[bytes]) -> Outcome:
        """Verify and apply frames in the order given; returns what was done in all.

        Raises:
            UnavailableError: the database does not answer; nothing or whole receivers were
                applied, and giving the same frames again is safe.
        """
        keys = await self._book.current()
        arrivals, forged, keys = await self._verify(frames, keys)
        total = Outcome(refused=len(forged))
        started = time.perf_counter()
        for receiver, list_of in arrivals.items():
            outcome = await self._apply(receiver, list_of, keys)
            self._marks[receiver] |= outcome.marks
            self._gaps[receiver] |= outcome.gaps
            total.applied += outcome.applied
            total.refused += outcome.refused
            total.repeated += outcome.repeated
        await self._keep_forged(forged)
        metrics.BATCH.observe(time.perf_counter() - started)
        metrics.APPLIED.inc(total.applied)
        metrics.REFUSED.inc(total.refused)
        metrics.REPEATED.inc(total.repeated)
        self.applied += total.applied
        return total

    async def _apply(
        self, receiver: Party, arrivals: Sequence[Arrival], keys: PublicKeys
    ) -> Outcome:
        """Apply in one transaction; when a frame breaks it, one by one, and put that frame aside.

        A frame that was signed well and still breaks what nobody expected stops its own channel
        and nobody else's.
        """
        town = receiver.code if self._tier is Tier.TOWN else None
        try:
            async with self._database.transaction(town=town) as tx:
                return await self._inbox.apply(tx, receiver, arrivals, keys)
        except (UnavailableError, psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  # the worker's edge: sorted out below
            log.error("frames-failed", receiver=str(receiver), **where(error))  # noqa: TRY400
        total = Outcome()
        if len(arrivals) > 1:
            for arrival in arrivals:
                total.add(await self._apply(receiver, [arrival], keys))
            return total
        refusal = HandlerFailedError(
            "通知の束の処理中に想定外の誤りが起きました。差出人からの以後の通知も止まります。"
            "差出人とともに原因を確かめてください。"
        )
        async with self._database.transaction(town=town) as tx:
            for arrival in arrivals:
                await quarantine.put_unreadable(
                    tx,
                    arrival.signed,
                    refusal,
                    receiver=receiver,
                    sender=arrival.frame.sender,
                    number=arrival.frame.first,
                    at=self._clock.now(),
                )
        total.refused = len(arrivals)
        return total

    async def _verify(
        self, frames: Sequence[bytes], keys: PublicKeys
    ) -> tuple[dict[Party, list[Arrival]], list[tuple[bytes, JichitaiError]], PublicKeys]:
        arrivals: dict[Party, list[Arrival]] = defaultdict(list)
        forged: list[tuple[bytes, JichitaiError]] = []
        for signed in frames:
            try:
                try:
                    frame = open_frame(signed, keys)
                except ForgedMessageError:  # perhaps a key that was registered a moment ago
                    keys = await self._book.current(fresh=True)
                    frame = open_frame(signed, keys)
                if names_unknown_signer(frame, keys):
                    keys = await self._book.current(fresh=True)
                receiver = Party.parse(frame.receiver)
                self._refuse_stray(receiver)
                arrivals[receiver].append(Arrival(signed, frame))
            except (ForbiddenError, InvalidError, TooLargeError) as error:
                forged.append((signed, error))
        return arrivals, forged, keys

    def _refuse_stray(self, receiver: Party) -> None:
        served = receiver in self._parties if self._parties else receiver.tier is self._tier
        if not served:
            raise ForgedMessageError(
                "この装置に宛てられていない通知です。中継の設定を確かめてください。"
            )

    async def _keep_forged(self, forged: Sequence[tuple[bytes, JichitaiError]]) -> None:
        if not forged:
            return
        keeper = min(self._parties, default=None) or min(self._keys.parties)
        town = keeper.code if self._tier is Tier.TOWN else None
        async with self._database.transaction(town=town) as tx:
            for content, refusal in forged:
                await quarantine.put_unreadable(
                    tx, content, refusal, receiver=keeper, at=self._clock.now()
                )

    async def release(self, receivers: Sequence[Party]) -> int:
        """Apply what was held back for links that are open again; returns how many."""
        keys = await self._book.with_retired()
        released = 0
        for receiver in receivers:
            town = receiver.code if self._tier is Tier.TOWN else None
            while True:
                async with self._database.transaction(town=town) as tx:
                    now = await self._inbox.release(tx, receiver, keys)
                released += now
                if not now:
                    break
        return released

    async def retry(
        self, receiver: Party, quarantine_id: uuid.UUID, *, by: str, reason: str
    ) -> None:
        """Apply a quarantined message again and close its entry.

        Raises:
            JichitaiError: refused again; the entry stays open.
        """
        keys = await self._book.with_retired()
        town = receiver.code if self._tier is Tier.TOWN else None
        async with self._database.transaction(town=town) as tx:
            entry = await quarantine.lock_open(tx, quarantine_id)
            await self._inbox.retry(tx, entry, keys)
            await quarantine.decide(
                tx, entry, state="applied", by=by, reason=reason, at=self._clock.now()
            )

    # --- telling the senders -------------------------------------------------

    async def _tell(self, *, drained: bool) -> None:
        self._told_at = time.monotonic()
        marks, gaps = self._marks, self._gaps
        self._marks, self._gaps = defaultdict(dict), defaultdict(dict)
        for party in {*marks, *gaps}:
            control = Control(
                str(party),
                tuple(marks[party].items()),
                tuple(gaps[party].items()),
                (),
                drained=drained,
                at=self._machine.now(),
            )
            metrics.GAPS.inc(len(gaps[party]))
            await self._broker.tell("receipt", sign_control(control, self._keys.signer(party)))

    async def _on_probe(self, signed: bytes) -> None:
        try:
            control = open_control(signed, await self._book.current())
            probed = [Party.parse(name) for name, _ in control.probes]
            served = [party for party in probed if self._serves(party)]
            if served and self._subscription is not None:
                await self._answer(served, control.party)
        except (ForbiddenError, InvalidError) as error:
            log.warning("probe-refused", **where(error))
        except UnavailableError as error:
            log.warning("probe-missed", **where(error))

    def _serves(self, party: Party) -> bool:
        return party in self._parties if self._parties else party.tier is self._tier

    async def _answer(self, parties: Sequence[Party], sender: str) -> None:
        """Say how far a sender's channels have come, and whether anything is still on its way."""
        asked_at = self._machine.now()
        subscription = self._subscription
        drained = subscription is not None and await subscription.waiting() == 0 and not self._busy
        for party in parties:
            town = party.code if self._tier is Tier.TOWN else None
            async with self._database.transaction(town=town, read_only=True) as tx:
                cursor = await tx.execute(
                    "select number from infra.inbox_mark where receiver = %s and sender = %s",
                    (str(party), sender),
                )
                row = await cursor.fetchone()
            number = int(row[0]) if row else 0
            control = Control(str(party), ((sender, number),), (), (), drained, asked_at)
            await self._broker.tell("receipt", sign_control(control, self._keys.signer(party)))
