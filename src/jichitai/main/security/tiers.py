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
    Tier.TOWN: "jichitai.main.security.bodies",
    Tier.PREFECTURE: "jichitai.main.security.prefecture",
    Tier.MINISTRY: "jichitai.main.security.ministry",
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


def part(tier: Tier) -> Part:
    """The part of a tier that has one."""
    found: Any = import_module(_PARTS[tier])
    checked: Part = found
    return checked


def given(node: Node) -> dict[str, Any]:
    """Services that handlers of a tier ask for by name."""
    return {"security_todos": part(node.tier).WAITING, "outbox": node.outbox}


def loops(node: Node) -> list[Loop]:
    """The timed work of a tier: its own, and the letters."""
    server = mail.server_of(node.settings.mail_url)
    sender = node.settings.mail_sender
    post = mail.Post(node.database, node.clock, server=server, sender=sender)
    return [partial(every, 5.0, post.deliver, name="letters"), *part(node.tier).loops(node)]
