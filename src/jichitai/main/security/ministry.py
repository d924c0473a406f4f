"""The ministry: the guideline, where all bodies stand, the clouds, the subsidy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.main.node import Loop, Node
from jichitai.security.cloud import routes as cloud_routes
from jichitai.security.cloud import service as cloud_work
from jichitai.security.desk.service import Waiting
from jichitai.security.guideline import routes as guideline_routes
from jichitai.security.oscal import routes as oscal_routes
from jichitai.security.oversight import routes as oversight_routes
from jichitai.security.oversight.service import receiving
from jichitai.security.subsidy import routes as subsidy_routes
from jichitai.security.subsidy.service import granting

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *guideline_routes.MINISTRY_ROUTES,
    *oscal_routes.ROUTES,
    *oversight_routes.MINISTRY_ROUTES,
    *cloud_routes.MINISTRY_ROUTES,
    *subsidy_routes.MINISTRY_ROUTES,
)

TEMPLATES: Final[tuple[Path, ...]] = (
    guideline_routes.TEMPLATES,
    oversight_routes.TEMPLATES,
    cloud_routes.TEMPLATES,
    subsidy_routes.TEMPLATES,
)

WAITING: Final[Sequence[Waiting]] = ()


def handlers(clock: Clock, outbox: Outbox) -> Handlers:
    """What the ministry does with messages."""
    return {
        **receiving.ministry_handlers(clock, outbox),
        **cloud_work.ministry_handlers(clock),
        **granting.ministry_handlers(clock),
    }


def loops(node: Node) -> list[Loop]:
    """Nothing besides the letters, which every tier has."""
    del node
    return []
