"""情報セキュリティ in the tiers: what towns, prefectures and the ministry are given of it."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from litestar.types import ControllerRouterHandler

from jichitai.infra import mail
from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.kernel.parties import Tier
from jichitai.main.node import Loop, Node, every
from jichitai.security.access import INSIDE, SUPERVISOR
from jichitai.security.assets.pages import routes as asset_routes
from jichitai.security.checks import routes as check_routes
from jichitai.security.checks.service.corrections import handlers as check_handlers
from jichitai.security.checks.service.todos import todos as check_todos
from jichitai.security.cloud import routes as cloud_routes
from jichitai.security.cloud import service as cloud_work
from jichitai.security.cloud.todos import todos as cloud_todos
from jichitai.security.desk import pages as desk_pages
from jichitai.security.desk.service import Waiting
from jichitai.security.guideline import routes as guideline_routes
from jichitai.security.guideline import service as guideline_work
from jichitai.security.incidents import alerts as incident_alerts
from jichitai.security.incidents import routes as incident_routes
from jichitai.security.incidents import worker as incident_work
from jichitai.security.incidents.todos import todos as incident_todos
from jichitai.security.monitoring import routes as monitoring_routes
from jichitai.security.monitoring.desk import Desk as MonitoringDesk
from jichitai.security.oscal import routes as oscal_routes
from jichitai.security.oversight import routes as oversight_routes
from jichitai.security.oversight.service import receiving
from jichitai.security.policy import routes as policy_routes
from jichitai.security.policy import worker as policy_work
from jichitai.security.policy.reach import HttpFetcher
from jichitai.security.policy.service.desk import Desk as PolicyDesk
from jichitai.security.subsidy import routes as subsidy_routes
from jichitai.security.subsidy.service import applicant, granting
from jichitai.security.subsidy.todos import todos as subsidy_todos

_BODY: Final[tuple[ControllerRouterHandler, ...]] = (
    *desk_pages.ROUTES,
    *guideline_routes.BODY_ROUTES,
    *oscal_routes.ROUTES,
    *policy_routes.ROUTES,
    *asset_routes.ROUTES,
    *check_routes.ROUTES,
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
    *monitoring_routes.PREFECTURE_ROUTES,
    *cloud_routes.PREFECTURE_ROUTES,
    *subsidy_routes.PREFECTURE_ROUTES,
)
MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *guideline_routes.MINISTRY_ROUTES,
    *oscal_routes.ROUTES,
    *oversight_routes.MINISTRY_ROUTES,
    *cloud_routes.MINISTRY_ROUTES,
    *subsidy_routes.MINISTRY_ROUTES,
)

TEMPLATES: Final[tuple[Path, ...]] = (
    desk_pages.TEMPLATES,
    guideline_routes.TEMPLATES,
    policy_routes.TEMPLATES,
    asset_routes.TEMPLATES,
    check_routes.TEMPLATES,
    incident_routes.TEMPLATES,
    oversight_routes.TEMPLATES,
    monitoring_routes.TEMPLATES,
    cloud_routes.TEMPLATES,
    subsidy_routes.TEMPLATES,
)

GIVEN: Final = ("security_todos", "outbox")
"""Names under which handlers ask for what is put together here."""

_WAITING: Final[Sequence[Waiting]] = (
    Waiting(INSIDE, policy_routes.todos),
    Waiting(INSIDE, check_todos),
    Waiting(INSIDE, incident_todos),
)
_WAITING_ABOVE: Final[Sequence[Waiting]] = (
    Waiting(SUPERVISOR, cloud_todos),
    Waiting(SUPERVISOR, subsidy_todos),
)
"""What waits at a prefecture besides."""


def given(node: Node) -> dict[str, Any]:
    """Services that handlers of a tier ask for by name."""
    above = _WAITING_ABOVE if node.tier is Tier.PREFECTURE else ()
    return {"security_todos": (*_WAITING, *above), "outbox": node.outbox}


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
                **applicant.prefecture_handlers(clock),
            }
        case Tier.MINISTRY:
            return {
                **receiving.ministry_handlers(clock, outbox),
                **cloud_work.ministry_handlers(clock),
                **granting.ministry_handlers(clock),
            }
        case Tier.NATION:
            return {}


def loops(node: Node) -> list[Loop]:
    """The timed work of a tier."""
    settings = node.settings
    server = mail.server_of(settings.mail_url)
    post = mail.Post(node.database, node.clock, server=server, sender=settings.mail_sender)
    work: list[Loop] = [partial(every, 5.0, post.deliver, name="letters")]
    if node.tier is not Tier.MINISTRY:
        work += _of_bodies(node)
    if node.tier is Tier.PREFECTURE:
        work += _of_the_cloud(node)
    return work


def _of_bodies(node: Node) -> list[Loop]:
    watch = partial(incident_work.watch, node.database, node.clock)
    desk, fetcher = PolicyDesk(node.clock, node.outbox), HttpFetcher(inside=node.settings.demo)
    turn = partial(policy_work.turn_days, node.database, desk)
    look = partial(policy_work.check_addresses, node.database, desk, fetcher)
    return [
        partial(every, 15.0, watch, name="incident-clocks"),
        partial(every, 60.0, turn, name="policy-days"),
        partial(every, 60.0, look, name="policy-addresses"),
    ]


def _of_the_cloud(node: Node) -> list[Loop]:
    desk = MonitoringDesk(node.database, node.clock, node.outbox, node.settings)
    worker = desk.worker
    found: list[Loop] = [
        partial(every, 1.0, worker.read, name="logs-read"),
        partial(every, 2.0, worker.look, name="logs-rules"),
        partial(every, 300.0, worker.keep, name="logs-keep"),
        partial(every, 3600.0, worker.sweep, name="logs-sweep"),
    ]
    return [*found, desk.listener.run] if node.settings.syslog_port else found
