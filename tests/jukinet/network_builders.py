"""Builders of the network's tests: identities, notices, received messages."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.infra.messages import Frame, Item, Received, seal_body, sign_frame
from jichitai.infra.outbox import Outbox
from jichitai.jukinet.messages import M01, Body, Identity
from jichitai.jukinet.node import Node
from jichitai.kernel.identifiers import AmbiguousBodyError, JukiCode, MyNumber
from jichitai.kernel.parties import NATION, Party

A, B, C = "011002", "012025", "131016"
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def code(serial: int) -> str:
    """The serial-th usable test code."""
    body = 1_000_000 + serial * 17
    while True:
        try:
            return JukiCode.from_body(body).reveal()
        except AmbiguousBodyError:
            body += 1


def number(serial: int) -> str:
    return MyNumber.from_body(20_000_000 + serial).reveal()


def identity(serial: int = 1, **items: Any) -> Identity:
    values: dict[str, Any] = {
        "juki_code": code(serial),
        "my_number": number(serial),
        "name": f"山田　花{serial}",
        "kana": "ヤマダ　ハナ",
        "birth_date": "1985-05-01",
        "sex": "2",
        "postal_code": "0600001",
        "address": "北一条西二丁目1番",
    }
    return Identity(**(values | items))


def notice(
    municipality: str = A,
    event_number: int = 1,
    change: str = "entry",
    since: date = date(2020, 4, 1),
    who: Identity | None = None,
    **items: Any,
) -> M01:
    reasons = {"entry": "N01", "deletion": "N04", "correction": "N08"}
    values: dict[str, Any] = {
        "municipality": municipality,
        "event_number": event_number,
        "change": change,
        "net_reason": reasons[change],
        "changed_on": since.isoformat(),
        "residence_since": since,
        "recorded_at": NOW,
        "identity": who or identity(),
    }
    return M01(**(values | items))


def received(
    body: Body,
    *,
    origin: Party,
    receiver: Party = NATION,
    sender: Party | None = None,
    number: int = 1,
    keys: Keys | None = None,
) -> Received:
    sender = sender or origin
    name = f"{origin}-{receiver}-{number}"
    signed = b"" if keys is None else signed_frame(keys, origin, receiver, number, [body])
    return Received(
        id=name,
        kind=body.kind,
        version=body.version,
        origin=origin,
        sender=sender,
        receiver=receiver,
        number=number,
        part=0,
        sent_at=NOW,
        body=msgspec.json.encode(body),
        signed=signed,
        index=0,
    )


def signed_frame(
    keys: Keys, sender: Party, receiver: Party, first: int, bodies: Sequence[Body]
) -> bytes:
    items = []
    for number, body in enumerate(bodies, start=first):
        name = f"{sender}-{receiver}-{number}"
        sealed = seal_body(keys.network, message_id=name, kind=body.kind, body=body)
        items.append(Item(name, body.kind, body.version, NOW, sealed))
    return sign_frame(Frame(str(sender), str(receiver), first, tuple(items)), keys.signer(sender))


def node(keys: Keys, clock: FixedClock) -> Node:
    return Node(keys, Outbox(keys.network, clock), clock)


async def rows(tx: Tx, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    return await (await tx.execute(query.encode(), parameters)).fetchall()
