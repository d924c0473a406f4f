"""What a body does for itself: at towns, and at prefectures as bodies."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.main.node import Loop, Node, every
from jichitai.security.access import INSIDE
from jichitai.security.assets.pages import routes as asset_routes
from jichitai.security.checks import routes as check_routes
from jichitai.security.checks.service.corrections import handlers as check_handlers
from jichitai.security.checks.service.todos import todos as check_todos
from jichitai.security.desk import pages as desk_pages
from jichitai.security.desk.service import Waiting
from jichitai.security.guideline import routes as guideline_routes
from jichitai.security.guideline import service as guideline_work
from jichitai.security.incidents import alerts as incident_alerts
from jichitai.security.incidents import routes as incident_routes
from jichitai.security.incidents import worker as incident_work
from jichitai.security.incidents.todos import todos as incident_todos
from jichitai.security.oscal import routes as oscal_routes
from jichitai.security.oversight import routes as oversight_routes
from jichitai.security.oversight.service import receiving
from jichitai.security.oversight.service.todos import todos as request_todos
from jichitai.security.policy import routes as policy_routes
from jichitai.security.policy import worker as policy_work
from jichitai.security.policy.reach import HttpFetcher
from jichitai.security.policy.service.desk import Desk as PolicyDesk

OWN: Final[tuple[ControllerRouterHandler, ...]] = (
    *desk_pages.ROUTES,
    *guideline_routes.BODY_ROUTES,
    *oscal_routes.ROUTES,
    *policy_routes.ROUTES,
    *asset_routes.ROUTES,
    *check_routes.ROUTES,
    *incident_routes.ROUTES,
)
"""Routes of a body's own work at both tiers."""

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (*OWN, *oversight_routes.TOWN_ROUTES)
"""Routes of a town."""

TEMPLATES: Final[tuple[Path, ...]] = (
    desk_pages.TEMPLATES,
    guideline_routes.TEMPLATES,
    policy_routes.TEMPLATES,
    asset_routes.TEMPLATES,
    check_routes.TEMPLATES,
    incident_routes.TEMPLATES,
    oversight_routes.TEMPLATES,
)

WAITING: Final[Sequence[Waiting]] = (
    Waiting(INSIDE, policy_routes.todos),
    Waiting(INSIDE, check_todos),
    Waiting(INSIDE, incident_todos),
    Waiting(INSIDE, request_todos),
)
"""What waits on the first page of a body's people."""


def handlers(clock: Clock, outbox: Outbox) -> Handlers:
    """What a town does with messages."""
    return {
        **guideline_work.handlers(clock, outbox),
        **incident_alerts.handlers(clock),
        **check_handlers(clock),
        **receiving.town_handlers(clock, outbox),
    }


def loops(node: Node) -> list[Loop]:
    """The timed work for the bodies of a process."""
    watch = partial(incident_work.watch, node.database, node.clock)
    desk, fetcher = PolicyDesk(node.clock, node.outbox), HttpFetcher(inside=node.settings.demo)
    turn = partial(policy_work.turn_days, node.database, desk)
    look = partial(policy_work.check_addresses, node.database, desk, fetcher)
    return [
        partial(every, 15.0, watch, name="incident-clocks"),
        partial(every, 60.0, turn, name="policy-days"),
        partial(every, 60.0, look, name="policy-addresses"),
    ]
