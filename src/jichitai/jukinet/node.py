"""What every part of the network is handed: keys, the outbox, the clock."""

from dataclasses import dataclass

from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Draft, Outbox
from jichitai.jukinet.events import Watcher
from jichitai.jukinet.messages import Body
from jichitai.kernel.parties import Party


@dataclass(frozen=True, slots=True)
class Node:
    """One process of the network.

    `watchers` are told at the nation of every change of a person's standing record.
    """

    keys: Keys
    outbox: Outbox
    clock: Clock
    watchers: tuple[Watcher, ...] = ()

    async def send(self, tx: Tx, origin: Party, to: Party, *bodies: Body) -> None:
        """Put bodies into the outbox, in this order."""
        await self.outbox.send_many(tx, [draft(origin, to, body) for body in bodies])


def draft(origin: Party, to: Party, body: Body) -> Draft:
    """A body about to leave."""
    return Draft(origin=origin, to=to, kind=body.kind, version=body.version, body=body)
