"""The broker (NATS JetStream): transport only; the outbox is the truth.

One work-queue stream per tier. Control messages (receipts, gap requests, probes) travel on plain
subjects: when one is lost, the next repeats what it said.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.client import JetStreamContext

from jichitai.kernel.errors import UnavailableError
from jichitai.kernel.parties import Party, Tier

CONTROL = "jichitai.control"
_KEEP_SECONDS = 14 * 24 * 3600
_ACK_WAIT_SECONDS = 60
_CLOSE_SECONDS = 10
_TROUBLE = (nats.errors.Error, nats.js.errors.Error, OSError, asyncio.TimeoutError)


class BrokerUnavailableError(UnavailableError):
    """The broker does not answer; what waits in the outbox goes out later."""

    type = "infra.broker-unavailable"
    title = "通知の中継に接続できません"


def subject(party: Party) -> str:
    """Where messages to a party are published."""
    return f"jichitai.to.{party.tier}.{party.code or 'all'}"


class Broker:
    """A connection to the broker that repairs itself."""

    def __init__(self, client: Client) -> None:
        """Wrap a connected client."""
        self._client = client
        self._stream: JetStreamContext = client.jetstream(timeout=5)
        self._made: set[Tier] = set()

    @classmethod
    async def connect(cls, url: str, *, name: str = "jichitai", patient: bool = True) -> Self:
        """Connect, and go on trying for ever when the broker goes away.

        Args:
            url: `nats://user:password@host:port`.
            name: shown in the broker's monitoring.
            patient: keep trying at the start too; otherwise refuse after a few seconds.

        Raises:
            BrokerUnavailableError: not patient, and no answer.
        """

        async def quiet(_: Exception) -> None:
            """Reconnection is the client's work; what failed is seen by who asked."""

        try:
            client = await nats.connect(
                url,
                name=name,
                connect_timeout=3,
                max_reconnect_attempts=-1 if patient else 2,
                reconnect_time_wait=0.25,
                ping_interval=5,
                max_outstanding_pings=2,
                allow_reconnect=True,
                error_cb=quiet,
                pending_size=8 * 1024 * 1024,
            )
        except _TROUBLE as error:
            raise BrokerUnavailableError(
                "通知の中継（NATS）が応答しません。起動しているか、接続先の設定を確かめてください。"
            ) from error
        return cls(client)

    @property
    def connected(self) -> bool:
        """Whether the connection stands now."""
        return bool(self._client.is_connected)

    async def ensure_stream(self, tier: Tier) -> None:
        """Make the tier's stream when it is absent; every process may try."""
        config = StreamConfig(
            name=_stream_name(tier),
            subjects=[f"jichitai.to.{tier}.>"],
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            discard=DiscardPolicy.OLD,
            max_age=_KEEP_SECONDS,
            duplicate_window=120,
        )
        try:
            await self._stream.add_stream(config)
        except nats.js.errors.BadRequestError:
            await self._stream.update_stream(config)
        self._made.add(tier)

    async def publish(
        self, messages: Sequence[tuple[Party, bytes, str]], *, wait: float = 10.0
    ) -> list[bool]:
        """Publish frames in order; returns for each whether the broker has stored it.

        A tier whose processes have never run is published to as well: its stream is made here.

        Args:
            messages: (receiver, frame, id for the broker's duplicate window).
            wait: seconds for all acknowledgements.
        """
        with contextlib.suppress(*_TROUBLE):
            for tier in {receiver.tier for receiver, _, _ in messages} - self._made:
                await self.ensure_stream(tier)
        pending: list[asyncio.Future[Any] | None] = []
        for receiver, frame, frame_id in messages:
            try:
                pending.append(
                    await self._stream.publish_async(
                        subject(receiver),
                        frame,
                        headers={"Nats-Msg-Id": frame_id},
                        stream=_stream_name(receiver.tier),
                    )
                )
            except _TROUBLE:
                pending.append(None)
        waiting = [future for future in pending if future is not None]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=wait)
            if late:  # acknowledgements that never come would fill the client's window
                for future in late:
                    future.cancel()
                self._stream = self._client.jetstream(timeout=5)
        stored = [_stored(future) for future in pending]
        if not all(stored):  # perhaps the broker lost its data: look for the streams again
            self._made.clear()
        return stored

    async def consume(self, tier: Tier, parties: Sequence[Party], *, name: str) -> "Subscription":
        """Pull frames addressed to the parties (all of the tier when the list is empty).

        Args:
            tier: whose stream.
            parties: filter; processes of one tier must not share a party.
            name: durable name; the same process after a restart goes on where it was.
        """
        filters = sorted(subject(party) for party in parties) or [f"jichitai.to.{tier}.>"]
        pull = await self._stream.pull_subscribe(
            "",
            durable=name,
            stream=_stream_name(tier),
            config=ConsumerConfig(
                durable_name=name,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=_ACK_WAIT_SECONDS,
                max_ack_pending=4096,
                filter_subjects=filters,
            ),
        )
        return Subscription(pull)

    async def tell(self, topic: str, payload: bytes) -> None:
        """Send a control message; nobody promises that it arrives."""
        with contextlib.suppress(*_TROUBLE):
            await self._client.publish(f"{CONTROL}.{topic}", payload)

    async def listen(self, topic: str, heard: Callable[[bytes], Awaitable[None]]) -> None:
        """Call `heard` with each control message of a topic."""

        async def on_message(message: Msg) -> None:
            await heard(message.data)

        await self._client.subscribe(f"{CONTROL}.{topic}", cb=on_message)

    async def close(self) -> None:
        """Close the connection, even one whose transport has gone already."""
        with contextlib.suppress(*_TROUBLE, RuntimeError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._client.close()


class Subscription:
    """Frames waiting for this process."""

    def __init__(self, pull: JetStreamContext.PullSubscription) -> None:
        """Wrap a pull subscription."""
        self._pull = pull

    async def fetch(self, limit: int = 256, *, wait: float = 1.0) -> list[Msg]:
        """Frames in order; empty when none came within `wait` seconds.

        Raises:
            BrokerUnavailableError: the connection is down.
        """
        try:
            return list(await self._pull.fetch(limit, timeout=wait))
        except (TimeoutError, nats.errors.TimeoutError):
            return []
        except _TROUBLE as error:
            raise BrokerUnavailableError("通知の中継との接続が切れています。") from error

    async def waiting(self) -> int:
        """How many frames the broker still holds for this process.

        Raises:
            BrokerUnavailableError: the connection is down.
        """
        try:
            info = await self._pull.consumer_info()
        except _TROUBLE as error:
            raise BrokerUnavailableError("通知の中継との接続が切れています。") from error
        return int(info.num_pending or 0) + int(info.num_ack_pending or 0)

    @staticmethod
    async def done(messages: Sequence[Msg]) -> None:
        """Tell the broker that the frames have had their effect."""
        for message in messages:
            with contextlib.suppress(*_TROUBLE):
                await message.ack()


def _stored(future: "asyncio.Future[Any] | None") -> bool:
    if future is None or not future.done():
        return False
    return not future.cancelled() and future.exception() is None


def _stream_name(tier: Tier) -> str:
    return f"TO-{tier.upper()}"
