"""Who reaches the counter's routes, and the services behind them."""

from typing import Final

from jichitai.infra.clock import Clock
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.jpki.counter.service.writings import Writings
from jichitai.jukinet.node import Node
from jichitai.register.service.network import TownRegister
from jichitai.web.rights import Role

CLERKS: Final = frozenset({Role.CLERK, Role.APPROVER})


def writings_of(keys: Keys, clock: Clock) -> Writings:
    """The writings of this process's towns."""
    return Writings(Node(keys, Outbox(keys.network, clock), clock), TownRegister(keys, clock))
