"""情報セキュリティ in the tiers: what towns, prefectures and the ministry are given of it."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from litestar.types import ControllerRouterHandler

from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.kernel.parties import Tier
from jichitai.main.node import Loop, Node, every
from jichitai.security.cloud import routes as cloud_routes
from jichitai.security.cloud import service as cloud_work
from jichitai.security.desk import pages as desk_pages
from jichitai.security.desk.service import TodoSource
from jichitai.security.guideline import service as guideline_work
from jichitai.security.incidents import alerts as incident_alerts
from jichitai.security.incidents import routes as incident_routes
from jichitai.security.incidents import worker as incident_work
from jichitai.security.incidents.todos import todos as incident_todos
from jichitai.security.oversight import routes as oversight_routes
from jichitai.security.oversight.service import receiving

_BODY: Final[tuple[ControllerRouterHandler, ...]] = (
    *desk_pages.ROUTES,
    *incident_routes.ROUTES,
)
"""What a body does for itself: at towns, and at prefectures as bodies."""

TOWN_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *_BODY,
    *oversight_routes.TOWN_ROUTES,
)
PREFECTURE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *_BODY,
    *oversight_routes.PREFECTURE_ROUTES,
    *cloud_routes.PREFECTURE_ROUTES,
)
MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *oversight_routes.MINISTRY_ROUTES,
    *cloud_routes.MINISTRY_ROUTES,
)

TEMPLATES: Final[tuple[Path, ...]] = (
    desk_pages.TEMPLATES,
    incident_routes.TEMPLATES,
    oversight_routes.TEMPLATES,
    cloud_routes.TEMPLATES,
)

GIVEN: Final = ("security_todos", "outbox")
"""Names under which handlers ask for what is put together here."""

TODOS: Final[Sequence[TodoSource]] = (incident_todos,)


def given(node: Node) -> dict[str, Any]:
    """Services that handlers of a tier ask for by name."""
    return {"security_todos": TODOS, "outbox": node.outbox}


def handlers(tier: Tier, clock: Clock, outbox: Outbox) -> Handlers:
    """What a tier does with messages of 情報セキュリティ."""
    match tier:
        case Tier.TOWN:
            return {
                **guideline_work.handlers(clock, outbox),
                **incident_alerts.handlers(clock),
                **receiving.town_handlers(clock, outbox),
            }
        case Tier.PREFECTURE:
            return {
                **guideline_work.handlers(clock, outbox),
                **receiving.prefecture_handlers(clock, outbox),
            }
        case Tier.MINISTRY:
            return {
                **receiving.ministry_handlers(clock, outbox),
                **cloud_work.ministry_handlers(clock),
            }
        case Tier.NATION:
            return {}


def loops(node: Node) -> list[Loop]:
    """The timed work of a tier."""
    if node.tier is Tier.MINISTRY:
        return []
    watch = partial(incident_work.watch, node.database, node.clock)
    return [partial(every, 15.0, watch, name="incident-clocks")]
