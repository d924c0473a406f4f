"""Junk from the network, also well signed: put aside with a reason, and everybody else goes on."""

import base64
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.embedded.nats import NatsServer
from jichitai.infra.keys import Keys
from jichitai.infra.messages import (
    FORWARD,
    ForgedMessageError,
    MalformedMessageError,
    MessageTooLargeError,
    open_control,
    open_frame,
    seal_body,
)
from jichitai.kernel.parties import NATION, Party
from tests.infra.test_messaging import Note, Sink, book, effects, frame, receiver

TOWN_A, TOWN_B = Party.town("011002"), Party.town("131016")
REFUSALS = (ForgedMessageError, MalformedMessageError, MessageTooLargeError)
NESTED = b"\x91" * 20_000
"""Lists in lists without end (MessagePack)."""


def signed(keys: Keys, payload: bytes, kind: str = "jichitai-frame+jws") -> bytes:
    """Any bytes, well signed by town A."""
    key = keys.signer(TOWN_A)
    header = {"alg": "Ed25519", "kid": key.kid, "typ": kind}
    jwk = OKPKey.import_key(key.private)
    return jws.serialize_compact(header, payload, jwk, algorithms=["Ed25519"]).encode()


def items(keys: Keys, *changes: dict[str, Any], first: int = 1) -> bytes:
    """A frame whose items are as the changes say."""
    made = []
    for number, change in enumerate(changes, start=first):
        name, kind = change.get("id", f"{TOWN_A}-{NATION}-{number}"), change.get("kind", "N1")
        body = change.get("body") or seal_body(
            keys.network, message_id=name, kind=kind, body=Note(change.get("text", "x"))
        )
        made.append(
            [name, kind, change.get("version", 1), datetime(2026, 11, 20, tzinfo=UTC), body]
        )
    return signed(keys, msgspec.msgpack.encode([str(TOWN_A), str(NATION), first, made]))


def part(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


JUNK = {
    "empty": b"",
    "dots": b"..",
    "binary": b"\xff" * 100,
    "endless header": part(b'{"kid":' + b"[" * 5_000 + b"]" * 5_000 + b"}") + b".eA.eA",
    "header no object": part(b"[]") + b".eA.eA",
    "kid no text": part(b'{"alg":"Ed25519","kid":["x"]}') + b".eA.eA",
    "unsigned": part(b'{"alg":"none","kid":"town-011002.1"}') + b".eA.",
    "symmetric": part(b'{"alg":"HS256","kid":"town-011002.1"}') + b".eA.eA",
    "unknown extension": part(b'{"alg":"Ed25519","kid":"town-011002.1","crit":["x"]}') + b".eA.eA",
    "ten megabytes": b"x" * 10 * 1024 * 1024,
}


@pytest.mark.parametrize("content", JUNK.values(), ids=JUNK)
def test_junk_is_refused_in_words(keys: Keys, content: bytes) -> None:
    with pytest.raises(REFUSALS) as refusal:
        open_frame(content, book(keys))
    assert refusal.value.detail.endswith("。")


@given(content=st.binary(max_size=300) | st.text(".abcEyJ=-_", max_size=60).map(str.encode))
def test_any_bytes_are_refused_in_words(keys: Keys, content: bytes) -> None:
    for opener in (open_frame, open_control):
        with pytest.raises(REFUSALS):
            opener(content, book(keys))


@given(payload=st.binary(max_size=200))
def test_well_signed_junk_is_refused_in_words(keys: Keys, payload: bytes) -> None:
    with pytest.raises(REFUSALS):
        open_frame(signed(keys, payload), book(keys))


@pytest.mark.parametrize(
    "payload", [NESTED, b"\x95\xa1x" + NESTED, b"\x95\xabtown-011002" + NESTED]
)
def test_endless_nesting_is_refused_in_words(keys: Keys, payload: bytes) -> None:
    with pytest.raises(MalformedMessageError):
        open_frame(signed(keys, payload), book(keys))
    with pytest.raises(MalformedMessageError):
        open_control(signed(keys, payload, "jichitai-control+jws"), book(keys))


ODD = {
    "NUL in kind": {"kind": "N\x001"},
    "NUL in id": {"id": "town-011002-\x00-1", "body": b"unsealed"},
    "unsealed": {"body": b"x"},
    "endless forward": {"kind": FORWARD, "body": NESTED},
    "forward of junk": {"kind": FORWARD, "body": msgspec.msgpack.encode([b"junk", [0]])},
    "forward outside": {"kind": FORWARD, "body": msgspec.msgpack.encode([b"", [-1, 2**70 % 97]])},
    "version beyond": {"version": 2**40, "kind": "N9"},
    "no text": {"kind": "", "id": "", "body": b""},
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
async def test_well_signed_oddities_stop_nobody_else(
    nation_database: Database, keys: Keys, clock: FixedClock, change: dict[str, Any]
) -> None:
    inbox = receiver(nation_database, keys, clock, Sink())
    outcome = await inbox.accept([items(keys, change), frame(keys, ["other"], sender=TOWN_B)])
    assert (outcome.applied, outcome.refused) == (1, 1)
    assert await effects(nation_database) == ["other"]
    async with nation_database.transaction() as tx:
        rows = await (await tx.execute("select reason, state from infra.quarantine")).fetchall()
    assert len(rows) == 1
    assert str(rows[0][0]).endswith("。")


async def test_a_frame_for_nobody_or_another_is_put_aside(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    inbox = receiver(nation_database, keys, clock, Sink())
    strays = [
        signed(keys, msgspec.msgpack.encode([str(TOWN_A), to, 1, []]))
        for to in ("x", "", "town-999999", str(TOWN_B), "nation-1")
    ]
    outcome = await inbox.accept([*strays, frame(keys, ["a"])])
    assert (outcome.applied, outcome.refused) == (1, len(strays))


async def test_numbers_at_the_edges_change_nothing_and_ask_for_what_is_missing(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    inbox = receiver(nation_database, keys, clock, Sink())
    far = [items(keys, {}, first=first) for first in (2**62, -5, 0)]
    outcome = await inbox.accept(far)
    assert outcome.applied == 0
    assert inbox._gaps[NATION][str(TOWN_A)] == 1
    assert (await inbox.accept([frame(keys, ["a"])])).applied == 1


async def test_a_message_of_ten_megabytes_is_refused_before_it_is_sent(
    broker: NatsServer, keys: Keys
) -> None:
    import nats
    from nats.errors import MaxPayloadError

    with pytest.raises(MessageTooLargeError, match="KiB"):
        seal_body(keys.network, message_id="x", kind="N1", body=Note("x" * 10 * 1024 * 1024))
    client = await nats.connect(broker.url)
    with pytest.raises(MaxPayloadError):
        await client.publish("jichitai.to.nation.all", b"x" * 10 * 1024 * 1024)
    await client.close()
