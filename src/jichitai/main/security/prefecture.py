"""A prefecture: a body itself, who watches over members, the cloud and its logs, and applies."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.main.node import Loop, Node, every
from jichitai.main.security import bodies
from jichitai.security.access import SUPERVISOR
from jichitai.security.cloud import routes as cloud_routes
from jichitai.security.cloud.todos import todos as cloud_todos
from jichitai.security.desk.service import Waiting
from jichitai.security.guideline import service as guideline_work
from jichitai.security.monitoring import routes as monitoring_routes
from jichitai.security.monitoring.desk import Desk
from jichitai.security.oversight import routes as oversight_routes
from jichitai.security.oversight.service import receiving
from jichitai.security.subsidy import routes as subsidy_routes
from jichitai.security.subsidy.service import applicant
from jichitai.security.subsidy.todos import todos as subsidy_todos

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *bodies.OWN,
    *oversight_routes.PREFECTURE_ROUTES,
    *monitoring_routes.PREFECTURE_ROUTES,
    *cloud_routes.PREFECTURE_ROUTES,
    *subsidy_routes.PREFECTURE_ROUTES,
)

TEMPLATES: Final[tuple[Path, ...]] = (
    *bodies.TEMPLATES,
    monitoring_routes.TEMPLATES,
    cloud_routes.TEMPLATES,
    subsidy_routes.TEMPLATES,
)

WAITING: Final[Sequence[Waiting]] = (
    *bodies.WAITING,
    Waiting(SUPERVISOR, cloud_todos),
    Waiting(SUPERVISOR, subsidy_todos),
)


def handlers(clock: Clock, outbox: Outbox) -> Handlers:
    """What a prefecture does with messages."""
    return {
        **guideline_work.handlers(clock, outbox),
        **receiving.prefecture_handlers(clock, outbox),
        **applicant.prefecture_handlers(clock),
    }


def loops(node: Node) -> list[Loop]:
    """The timed work for bodies, and for the security cloud's logs."""
    desk = Desk(node.database, node.clock, node.outbox, node.settings)
    worker = desk.worker
    found: list[Loop] = [
        *bodies.loops(node),
        partial(every, 1.0, worker.read, name="logs-read"),
        partial(every, 2.0, worker.look, name="logs-rules"),
        partial(every, 300.0, worker.keep, name="logs-keep"),
        partial(every, 3600.0, worker.sweep, name="logs-sweep"),
    ]
    return [*found, desk.listener.run] if node.settings.syslog_port else found
