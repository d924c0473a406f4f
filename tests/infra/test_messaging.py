"""Outbox, frames, inbox: exactly once, in order, whatever happens on the way."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jws import extract_compact
from msgspec import Struct

from jichitai.infra import channels
from jichitai.infra.audit import SYSTEM
from jichitai.infra.broker import Broker, BrokerUnavailableError
from jichitai.infra.clock import FixedClock, SystemClock
from jichitai.infra.database import Database, Tx, fetch_value
from jichitai.infra.dispatcher import Dispatcher
from jichitai.infra.embedded.nats import NatsServer
from jichitai.infra.inbox import Handlers
from jichitai.infra.keys import Keys
from jichitai.infra.messages import (
    BODY_LIMIT,
    FRAME_LIMIT,
    ForgedMessageError,
    Frame,
    Item,
    MalformedMessageError,
    MessageTooLargeError,
    PublicKeys,
    Received,
    open_control,
    open_frame,
    public_jwk,
    seal_body,
    sign_frame,
)
from jichitai.infra.outbox import Draft, Outbox
from jichitai.infra.receiver import Receiver
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.parties import NATION, Party, Tier
from tests.conftest import OTHER_TOWN, TOWN, public_keys

TOWN_A, TOWN_B = Party.town(TOWN), Party.town(OTHER_TOWN)
PREFECTURE = Party.prefecture(TOWN[:2])


class Note(Struct, frozen=True):
    text: str


class RefusedNoteError(InvalidError):
    type = "test.refused"


class Sink:
    """Handlers that write what arrives into the audit table, so that it rolls back with the mark."""

    def __init__(self, *, refuse: str | None = None, broken: str | None = None) -> None:
        self.refuse = refuse
        self.broken = broken
        self.batches: list[list[str]] = []

    async def __call__(self, tx: Tx, batch: Sequence[Received]) -> None:
        texts = [msgspec.json.decode(message.body, type=Note).text for message in batch]
        self.batches.append(texts)
        for text in texts:
            if text == self.refuse:
                raise RefusedNoteError("この通知は受け取れません。")
            if text == self.broken:
                raise ZeroDivisionError(text)
            await tx.execute(
                "insert into infra.audit (audit_id, recorded_at, actor_kind, actor_id, action,"
                " subject) values (gen_random_uuid(), clock_timestamp(), 't', 't', 'note', %s)",
                (text,),
            )

    def handlers(self) -> Handlers:
        return {"N1": self, "N2": self}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    """A broker of its own: frames of two tests may have one id, and it drops the second."""
    server = NatsServer(tmp_path / "nats", durable=False)
    server.start()
    yield server
    server.stop()


async def effects(database: Database) -> list[str]:
    async with database.transaction(all_towns=True) as tx:
        cursor = await tx.execute("select subject from infra.audit order by recorded_at")
        return [str(row[0]) for row in await cursor.fetchall()]


def book(keys: Keys) -> PublicKeys:
    return {key.kid: (str(key.party), public_jwk(key.public_key)) for key in public_keys(keys)}


def frame(
    keys: Keys, texts: Sequence[str], *, first: int = 1, sender: Party = TOWN_A, kind: str = "N1"
) -> bytes:
    items = []
    for number, text in enumerate(texts, start=first):
        name = f"{sender}-{NATION}-{number}"
        body = seal_body(keys.network, message_id=name, kind=kind, body=Note(text))
        items.append(Item(name, kind, 1, datetime(2026, 11, 20, tzinfo=UTC), body))
    return sign_frame(Frame(str(sender), str(NATION), first, tuple(items)), keys.signer(sender))


def receiver(
    database: Database, keys: Keys, clock: FixedClock, sink: Sink, tier: Tier = Tier.NATION
) -> Receiver:
    return Receiver(tier, database, Broker.__new__(Broker), keys, sink.handlers(), clock)


async def test_a_repeated_frame_has_no_second_effect(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    inbox = receiver(nation_database, keys, clock, Sink())
    await inbox.accept([frame(keys, ["a", "b"])])
    outcome = await inbox.accept([frame(keys, ["a", "b"]), frame(keys, ["b", "c"], first=2)])
    assert (outcome.applied, outcome.repeated) == (1, 3)
    assert await effects(nation_database) == ["a", "b", "c"]


def test_a_frame_as_large_as_allowed_is_opened(keys: Keys) -> None:
    large = frame(keys, ["x" * 6_000] * 100)
    assert 700 * 1024 < len(large) <= FRAME_LIMIT
    assert len(open_frame(large, book(keys)).items) == 100


async def test_a_gap_stops_its_channel_only_and_is_asked_for(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    inbox = receiver(nation_database, keys, clock, Sink())
    outcome = await inbox.accept(
        [frame(keys, ["late"], first=2), frame(keys, ["other"], sender=TOWN_B)]
    )
    assert outcome.applied == 1
    assert inbox._gaps[NATION] == {str(TOWN_A): 1}
    await inbox.accept([frame(keys, ["early"]), frame(keys, ["late"], first=2)])
    assert await effects(nation_database) == ["other", "early", "late"]


async def test_a_refused_message_waits_in_quarantine_and_stops_nobody(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    sink = Sink(refuse="bad")
    inbox = receiver(nation_database, keys, clock, sink)
    outcome = await inbox.accept(
        [frame(keys, ["a", "bad", "b"]), frame(keys, ["c"], sender=TOWN_B)]
    )
    assert (outcome.applied, outcome.refused) == (3, 1)
    assert sorted(await effects(nation_database)) == ["a", "b", "c"]
    async with nation_database.transaction() as tx:
        row = await (
            await tx.execute("select quarantine_id, number, reason_type from infra.quarantine")
        ).fetchone()
    assert row is not None
    assert row[1:] == (2, "test.refused")
    sink.refuse = None
    await inbox.retry(NATION, row[0], by="operator-1", reason="規則を直した")
    assert sorted(await effects(nation_database)) == ["a", "b", "bad", "c"]
    async with nation_database.transaction() as tx:
        assert await fetch_value(tx, "select state from infra.quarantine") == "applied"


async def test_a_failing_handler_puts_aside_only_what_it_fails_on(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    inbox = receiver(nation_database, keys, clock, Sink(broken="boom"))
    outcome = await inbox.accept([frame(keys, [*"abcdefg", "boom", *"hij"])])
    assert (outcome.applied, outcome.refused) == (10, 1)
    assert await effects(nation_database) == [*"abcdefghij"]


async def test_an_unknown_kind_is_put_aside(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    inbox = receiver(nation_database, keys, clock, Sink())
    outcome = await inbox.accept([frame(keys, ["a"], kind="X9")])
    assert outcome.refused == 1


async def test_kinds_keep_their_order_within_a_town(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    inbox = receiver(nation_database, keys, clock, Sink())
    await inbox.accept(
        [
            frame(keys, ["1", "2"]),
            frame(keys, ["3"], first=3, kind="N2"),
            frame(keys, ["4"], first=4),
        ]
    )
    assert await effects(nation_database) == ["1", "2", "3", "4"]


async def test_a_forged_frame_moves_no_mark_and_the_true_one_still_works(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    inbox = receiver(nation_database, keys, clock, Sink())
    true = frame(keys, ["a"])
    forged = true[:-3] + (b"AAA" if not true.endswith(b"AAA") else b"BBB")
    outcome = await inbox.accept([forged, forged, true])
    assert (outcome.applied, outcome.refused) == (1, 2)
    async with nation_database.transaction() as tx:
        kinds = await fetch_value(tx, "select array_agg(reason_type) from infra.quarantine")
    assert kinds == ["infra.forged-message"]


async def test_a_cut_link_holds_messages_back_until_it_returns(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    inbox = receiver(nation_database, keys, clock, Sink())
    await _link(nation_database, "cut")
    await inbox.accept([frame(keys, ["a", "b"]), frame(keys, ["x"], sender=TOWN_B)])
    assert await effects(nation_database) == ["x"]
    await _link(nation_database, "open")
    await inbox.accept([frame(keys, ["c"], first=3)])  # still behind what is held
    assert await effects(nation_database) == ["x"]
    assert await inbox.release([NATION]) == 3
    assert await effects(nation_database) == ["x", "a", "b", "c"]


async def _link(database: Database, state: str) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            "insert into infra.link values (%s, %s, now(), 'r', 'a', 'b')"
            " on conflict (party) do update set state = excluded.state",
            (str(TOWN_A), state),
        )


@given(place=st.integers(0, 10_000), value=st.integers(1, 255))
def test_a_changed_byte_of_a_frame_is_found(keys: Keys, place: int, value: int) -> None:
    signed = bytearray(frame(keys, ["a", "b"]))
    place %= len(signed)
    signed[place] ^= value
    if _same(bytes(signed), frame(keys, ["a", "b"])):
        return  # the last base64 digit of a part carries unused bits
    with pytest.raises((ForgedMessageError, MalformedMessageError)):
        open_frame(bytes(signed), book(keys))


def _same(left: bytes, right: bytes) -> bool:
    try:
        ours, theirs = extract_compact(left), extract_compact(right)
    except Exception:  # noqa: BLE001
        return False
    return (ours.payload, ours.headers()) == (theirs.payload, theirs.headers())


def test_one_party_cannot_speak_for_another(keys: Keys) -> None:
    pretended = Frame(str(TOWN_B), str(NATION), 1, ())
    with pytest.raises(ForgedMessageError, match="差出人"):
        open_frame(sign_frame(pretended, keys.signer(TOWN_A)), book(keys))


def test_an_unknown_signer_is_refused(keys: Keys) -> None:
    with pytest.raises(ForgedMessageError, match="登録"):
        open_frame(frame(keys, ["a"]), {})


def test_a_frame_is_no_control_message(keys: Keys) -> None:
    with pytest.raises(ForgedMessageError, match="種類"):
        open_control(frame(keys, ["a"]), book(keys))


async def test_a_body_above_the_limit_is_refused_before_it_is_stored(
    nation_tx: Tx, outbox: Outbox
) -> None:
    with pytest.raises(MessageTooLargeError):
        await outbox.send(
            nation_tx,
            origin=NATION,
            to=TOWN_A,
            kind="N1",
            version=1,
            body=Note("x" * BODY_LIMIT),
        )


async def test_numbers_are_gapless_per_channel(nation_tx: Tx, outbox: Outbox) -> None:
    drafts = [Draft(NATION, to, "N1", 1, Note("x")) for to in (TOWN_A, TOWN_B, TOWN_A)]
    assert await outbox.send_many(nation_tx, drafts) == [
        f"nation-{TOWN_A}-1",
        f"nation-{TOWN_B}-1",
        f"nation-{TOWN_A}-2",
    ]
    assert await outbox.send_many(nation_tx, drafts[:1]) == [f"nation-{TOWN_A}-3"]


async def test_the_database_and_the_wire_hold_no_plain_body(
    nation_tx: Tx, outbox: Outbox, keys: Keys
) -> None:
    await outbox.send(
        nation_tx, origin=NATION, to=TOWN_A, kind="N1", version=1, body=Note("123456789018")
    )
    body = await fetch_value(nation_tx, "select body from infra.outbox")
    assert b"123456789018" not in body
    assert b"123456789018" not in frame(keys, ["123456789018"])


async def _eventually(check: "Database", want: list[str], wait: float = 20.0) -> list[str]:
    end = asyncio.get_running_loop().time() + wait
    while (seen := await effects(check)) != want and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(0.05)
    return seen


async def test_a_forwarded_notice_reaches_the_nation_with_the_towns_signature(
    databases: dict[Tier, Database],
    keys: Keys,
    clock: FixedClock,
    outbox: Outbox,
    broker: NatsServer,
) -> None:
    """Town to prefecture to nation over the real broker; confirmed rows leave the outbox."""

    async def forward(tx: Tx, batch: Sequence[Received]) -> None:
        await outbox.forward(tx, by=PREFECTURE, to=NATION, messages=batch)

    sink, origins = Sink(), []

    async def at_nation(tx: Tx, batch: Sequence[Received]) -> None:
        origins.extend([(message.origin, message.sender) for message in batch])
        await sink(tx, batch)

    handlers: dict[Tier, Handlers] = {
        Tier.PREFECTURE: {"N1": forward},
        Tier.NATION: {"N1": at_nation},
    }
    hub = await Broker.connect(broker.url)
    tasks = [
        asyncio.create_task(Receiver(tier, databases[tier], hub, keys, some, clock).run())
        for tier, some in handlers.items()
    ] + [
        asyncio.create_task(Dispatcher(tier, databases[tier], hub, keys).run())
        for tier in (Tier.TOWN, Tier.PREFECTURE)
    ]
    try:
        texts = [f"note {i:03}" for i in range(250)]
        async with databases[Tier.TOWN].transaction(town=TOWN) as tx:
            await outbox.send_many(
                tx, [Draft(TOWN_A, PREFECTURE, "N1", 1, Note(text)) for text in texts]
            )
        assert await _eventually(databases[Tier.NATION], texts) == texts
        assert set(origins) == {(TOWN_A, PREFECTURE)}
        for tier in (Tier.TOWN, Tier.PREFECTURE):
            assert await _emptied(databases[tier]) == 0
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await hub.close()


async def _emptied(database: Database) -> int:
    for _ in range(200):
        async with database.transaction(all_towns=True) as tx:
            left = await fetch_value(tx, "select count(*) from infra.outbox")
        if not left:
            break
        await asyncio.sleep(0.05)
    return int(left)


async def test_what_the_broker_lost_goes_out_again(
    databases: dict[Tier, Database],
    keys: Keys,
    clock: FixedClock,
    outbox: Outbox,
    broker: NatsServer,
) -> None:
    async with databases[Tier.PREFECTURE].transaction() as tx:
        await outbox.send(tx, origin=PREFECTURE, to=NATION, kind="N1", version=1, body=Note("a"))
        await tx.execute(  # the broker said that it has it, then lost it
            "update infra.outbox set published_at = %s",
            (SystemClock().now() - timedelta(seconds=30),),
        )
    hub = await Broker.connect(broker.url)
    sink = Sink()
    dispatcher = Dispatcher(Tier.PREFECTURE, databases[Tier.PREFECTURE], hub, keys)
    tasks = [
        asyncio.create_task(
            Receiver(Tier.NATION, databases[Tier.NATION], hub, keys, sink.handlers(), clock).run()
        ),
        asyncio.create_task(dispatcher.run()),
    ]
    try:
        assert await _eventually(databases[Tier.NATION], ["a"]) == ["a"]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await hub.close()


async def test_messages_wait_at_the_broker_for_a_tier_that_never_ran(
    databases: dict[Tier, Database], keys: Keys, outbox: Outbox, broker: NatsServer
) -> None:
    """Signed and stored once, not again and again until the receiver is there."""
    async with databases[Tier.PREFECTURE].transaction() as tx:
        await outbox.send(tx, origin=PREFECTURE, to=NATION, kind="N1", version=1, body=Note("a"))
    hub = await Broker.connect(broker.url)
    dispatcher = Dispatcher(Tier.PREFECTURE, databases[Tier.PREFECTURE], hub, keys)
    try:
        assert await dispatcher.publish_pending() == 1
        assert await dispatcher.publish_pending() == 0
    finally:
        await hub.close()


async def test_a_broker_that_stores_nothing_is_an_outage(
    databases: dict[Tier, Database], keys: Keys, outbox: Outbox, broker: NatsServer
) -> None:
    async with databases[Tier.PREFECTURE].transaction() as tx:
        await outbox.send(tx, origin=PREFECTURE, to=NATION, kind="N1", version=1, body=Note("a"))
    hub = await Broker.connect(broker.url)
    dispatcher = Dispatcher(Tier.PREFECTURE, databases[Tier.PREFECTURE], hub, keys)
    await hub.close()
    with pytest.raises(BrokerUnavailableError):
        await dispatcher.publish_pending()


async def test_a_restored_sender_goes_on_after_the_mark_of_its_receiver(
    databases: dict[Tier, Database],
    keys: Keys,
    clock: FixedClock,
    outbox: Outbox,
    broker: NatsServer,
) -> None:
    """What it sends under numbers that were used before the restore still has its effect."""
    sink = Sink()
    inbox = receiver(databases[Tier.NATION], keys, clock, sink)
    await inbox.accept([frame(keys, ["lost to the sender"] * 9, sender=PREFECTURE)])
    async with databases[Tier.PREFECTURE].transaction() as tx:
        await outbox.send_many(
            tx, [Draft(PREFECTURE, NATION, "N1", 1, Note(text)) for text in ("new 1", "new 2")]
        )
    hub = await Broker.connect(broker.url)
    node = Receiver(Tier.NATION, databases[Tier.NATION], hub, keys, sink.handlers(), clock)
    tasks = [
        asyncio.create_task(node.run()),
        asyncio.create_task(
            Dispatcher(Tier.PREFECTURE, databases[Tier.PREFECTURE], hub, keys).run()
        ),
    ]
    try:
        want = ["lost to the sender"] * 9 + ["new 1", "new 2"]
        assert await _eventually(databases[Tier.NATION], want) == want
        assert await _emptied(databases[Tier.PREFECTURE]) == 0
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await hub.close()
    async with databases[Tier.PREFECTURE].transaction() as tx:
        row = await (
            await tx.execute("select last_number, confirmed_number from infra.channel")
        ).fetchone()
        told = await fetch_value(
            tx, "select facts ->> 'renumbered' from infra.audit where actor_kind = 'system'"
        )
    assert (row, told) == ((11, 11), "2")


async def test_a_restored_sender_learns_at_its_start_how_far_its_channels_had_come(
    databases: dict[Tier, Database],
    keys: Keys,
    clock: FixedClock,
    outbox: Outbox,
    broker: NatsServer,
) -> None:
    lost = [frame(keys, ["lost to the sender"] * 9, sender=PREFECTURE)]
    await receiver(databases[Tier.NATION], keys, clock, Sink()).accept(lost)
    async with databases[Tier.PREFECTURE].transaction() as tx:
        await outbox.hold(tx, origin=PREFECTURE, to=NATION)
    hub = await Broker.connect(broker.url)
    node = Receiver(Tier.NATION, databases[Tier.NATION], hub, keys, Sink().handlers(), clock)
    dispatcher = Dispatcher(Tier.PREFECTURE, databases[Tier.PREFECTURE], hub, keys)
    tasks = [asyncio.create_task(node.run())]
    try:
        while node._subscription is None:
            await asyncio.sleep(0.05)
        tasks.append(asyncio.create_task(dispatcher.run()))
        last = 0
        for _ in range(200):
            async with databases[Tier.PREFECTURE].transaction() as tx:
                last = await fetch_value(tx, "select last_number from infra.channel")
            if last:
                break
            await asyncio.sleep(0.05)
        assert last == 9
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await hub.close()


async def test_a_mark_that_was_given_renumbers_nothing(nation_tx: Tx, outbox: Outbox) -> None:
    drafts = [Draft(NATION, TOWN_A, "N1", 1, Note(text)) for text in "abc"]
    await outbox.send_many(nation_tx, drafts)
    for mark in (0, 2, 3, 10**15):
        marks = [("nation", mark)]
        assert not await channels.catch_up(nation_tx, str(TOWN_A), marks, by=SYSTEM, reason="r")
    assert await _numbers(nation_tx) == [(1, "1"), (2, "2"), (3, "3")]
    marks = [("nation", 4), ("nation", 7)]
    moved = await channels.catch_up(nation_tx, str(TOWN_A), marks, by=SYSTEM, reason="r")
    assert moved == {"nation": 3}
    assert await _numbers(nation_tx) == [(8, "1"), (9, "2"), (10, "3")]
    assert await outbox.send_many(nation_tx, drafts[:1]) == [f"nation-{TOWN_A}-11"]


async def _numbers(tx: Tx) -> list[tuple[int, str]]:
    """The numbers in the outbox, each with the one in the message's id."""
    cursor = await tx.execute("select number, message_id from infra.outbox order by number")
    return [(number, name.rsplit("-", 1)[1]) for number, name in await cursor.fetchall()]
