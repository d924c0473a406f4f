"""Tiers that publish daily figures to the ministry."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.evaluation.figures import publishing
from jichitai.evaluation.figures.publishing import Publisher
from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.main.node import Loop, Node, every
from jichitai.security.desk.service import Waiting

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = ()

TEMPLATES: Final[tuple[Path, ...]] = ()

WAITING: Final[Sequence[Waiting]] = ()


def handlers(clock: Clock, outbox: Outbox) -> Handlers:
    """What the tier does with messages."""
    del clock, outbox
    return {}


def loops(node: Node) -> list[Loop]:
    """Count the closed days and state them to the ministry."""
    send = publishing.by_outbox(node.outbox)
    publisher = Publisher(node.tier, node.database, node.clock, send)
    return [partial(every, publishing.EVERY, publisher.publish, name="figures")]
