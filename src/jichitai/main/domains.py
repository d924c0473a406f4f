"""What a tier is given; each part is imported only where it runs, for a part takes a second."""

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from litestar.types import ControllerRouterHandler

from jichitai.infra import mail
from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.kernel.parties import Tier
from jichitai.main.node import Loop, Node, every
from jichitai.security.desk.service import Waiting

GIVEN: Final = ("security_todos", "outbox")
"""Names under which handlers ask for what is put together here."""

_PARTS: Final = {
    Tier.TOWN: (
        "jichitai.main.security.bodies",
        "jichitai.main.standardisation.bodies",
        "jichitai.main.evaluation.publishing",
    ),
    Tier.PREFECTURE: (
        "jichitai.main.security.prefecture",
        "jichitai.main.standardisation.prefecture",
        "jichitai.main.evaluation.prefecture",
    ),
    Tier.NATION: ("jichitai.main.evaluation.publishing",),
    Tier.MINISTRY: (
        "jichitai.main.security.ministry",
        "jichitai.main.standardisation.ministry",
        "jichitai.main.evaluation.ministry",
    ),
}


class Part(Protocol):
    """What the module of a tier has."""

    ROUTES: tuple[ControllerRouterHandler, ...]
    TEMPLATES: tuple[Path, ...]
    WAITING: Sequence[Waiting]

    def handlers(self, clock: Clock, outbox: Outbox) -> Handlers:
        """What the tier does with messages."""

    def loops(self, node: Node) -> list[Loop]:
        """The timed work of the tier."""


def parts(tier: Tier) -> list[Part]:
    """The parts of a tier."""
    found: list[Any] = [import_module(name) for name in _PARTS[tier]]
    checked: list[Part] = found
    return checked


def routes(tier: Tier) -> list[ControllerRouterHandler]:
    """All routes of the parts of a tier."""
    return [route for one in parts(tier) for route in one.ROUTES]


def templates(tier: Tier) -> list[Path]:
    """All folders of templates of the parts of a tier."""
    return [folder for one in parts(tier) for folder in one.TEMPLATES]


def handlers(tier: Tier, clock: Clock, outbox: Outbox) -> Handlers:
    """What a tier's parts do with messages."""
    return {kind: do for one in parts(tier) for kind, do in one.handlers(clock, outbox).items()}


def given(node: Node) -> dict[str, Any]:
    """Services that handlers of a tier ask for by name."""
    waiting = [one for found in parts(node.tier) for one in found.WAITING]
    return {"security_todos": tuple(waiting), "outbox": node.outbox}


def loops(node: Node) -> list[Loop]:
    """The timed work of a tier: its own, and the letters where a tier writes any."""
    own = [loop for one in parts(node.tier) for loop in one.loops(node)]
    if node.tier is Tier.NATION:
        return own
    server = mail.server_of(node.settings.mail_url)
    sender = node.settings.mail_sender
    post = mail.Post(node.database, node.clock, server=server, sender=sender)
    return [partial(every, 5.0, post.deliver, name="letters"), *own]
