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
from jichitai.security.checks.api import files as check_files
from jichitai.security.checks.api import registers as check_registers
from jichitai.security.checks.api import rounds as check_rounds
from jichitai.security.checks.service.corrections import handlers as check_handlers
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
from jichitai.security.policy import worker as policy_work
from jichitai.security.policy.api.deciding import DECIDING_ROUTES
from jichitai.security.policy.api.reading import READING_ROUTES
from jichitai.security.policy.api.writing import WRITING_ROUTES
from jichitai.security.policy.pages.public import PUBLIC_ROUTES
from jichitai.security.policy.reach import HttpFetcher
from jichitai.security.policy.service.desk import Desk

_BODY: Final[tuple[ControllerRouterHandler, ...]] = (
    *desk_pages.ROUTES,
    *READING_ROUTES,
    *WRITING_ROUTES,
    *DECIDING_ROUTES,
    *PUBLIC_ROUTES,
    *check_rounds.ROUTES,
    *check_registers.ROUTES,
    *check_files.ROUTES,
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
    Path(policy_work.__file__).resolve().parent / "templates",
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
                **check_handlers(clock),
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
    desk, fetcher = Desk(node.clock, node.outbox), HttpFetcher(inside=node.settings.demo)
    turn = partial(policy_work.turn_days, node.database, desk)
    look = partial(policy_work.check_addresses, node.database, desk, fetcher)
    return [
        partial(every, 15.0, watch, name="incident-clocks"),
        partial(every, 60.0, turn, name="policy-days"),
        partial(every, 60.0, look, name="policy-addresses"),
    ]
