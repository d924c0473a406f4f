"""The ministry: figures, logic models, indicators, reports."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.evaluation.figures import evidence, publishing, receiving
from jichitai.evaluation.figures import routes as figure_routes
from jichitai.evaluation.figures.publishing import Publisher
from jichitai.evaluation.policies import routes as policy_routes
from jichitai.evaluation.policies import service as policies
from jichitai.evaluation.scenarios import routes as scenario_routes
from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.main.node import Loop, Node, every
from jichitai.security.desk.service import Waiting

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *figure_routes.ROUTES,
    *policy_routes.ROUTES,
    *scenario_routes.MINISTRY_ROUTES,
)

TEMPLATES: Final[tuple[Path, ...]] = (figure_routes.TEMPLATES, policy_routes.TEMPLATES, scenario_routes.TEMPLATES)

WAITING: Final[Sequence[Waiting]] = ()


def handlers(clock: Clock, outbox: Outbox) -> Handlers:
    """What the tier does with messages."""
    del outbox
    return {**receiving.ministry_handlers(clock)}


def loops(node: Node) -> list[Loop]:
    """The timed work of the tier."""
    own = evidence.by_own_hand(node.keys, node.clock)
    figures = Publisher(node.tier, node.database, node.clock, own)
    builtin = partial(policies.load, node.database)
    return [
        partial(every, publishing.EVERY, figures.publish, name="figures"),
        partial(every, 3600.0, builtin, name="policies"),
    ]
