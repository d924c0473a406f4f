"""A prefecture: a body itself, who checks what its members answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.main.node import Loop, Node
from jichitai.security.desk.service import Waiting
from jichitai.standardisation.survey.bodies import routes as answer_routes
from jichitai.standardisation.survey.checking import receiving
from jichitai.standardisation.survey.checking import routes as check_routes
from jichitai.standardisation.views import routes as view_routes

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *view_routes.PREFECTURE_ROUTES,
    *answer_routes.ROUTES,
    *check_routes.ROUTES,
)

TEMPLATES: Final[tuple[Path, ...]] = (
    view_routes.TEMPLATES,
    answer_routes.TEMPLATES,
    check_routes.TEMPLATES,
)

WAITING: Final[Sequence[Waiting]] = ()


def handlers(clock: Clock, outbox: Outbox) -> Handlers:
    """What the tier does with messages."""
    return receiving.prefecture_handlers(clock, outbox)


def loops(node: Node) -> list[Loop]:
    """The timed work of the tier."""
    del node
    return []
