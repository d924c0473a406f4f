"""The ministry: figures, logic models, indicators, reports."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.evaluation.dashboard import routes as dashboard_routes
from jichitai.evaluation.figures import evidence, publishing, receiving
from jichitai.evaluation.figures import routes as figure_routes
from jichitai.evaluation.figures.publishing import Publisher
from jichitai.evaluation.indicators import routes as indicator_routes
from jichitai.evaluation.policies import routes as policy_routes
from jichitai.evaluation.policies import service as policies
from jichitai.evaluation.reports import routes as report_routes
from jichitai.evaluation.scenarios import routes as scenario_routes
from jichitai.evaluation.year import routes as year_routes
from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.main.node import Loop, Node, every
from jichitai.security.desk.service import Waiting
from jichitai.standardisation.progress import loading

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *dashboard_routes.MINISTRY_ROUTES,
    *figure_routes.ROUTES,
    *indicator_routes.ROUTES,
    *policy_routes.ROUTES,
    *report_routes.ROUTES,
    *scenario_routes.MINISTRY_ROUTES,
    *year_routes.MINISTRY_ROUTES,
)

TEMPLATES: Final[tuple[Path, ...]] = (
    dashboard_routes.TEMPLATES,
    figure_routes.TEMPLATES,
    indicator_routes.TEMPLATES,
    policy_routes.TEMPLATES,
    report_routes.TEMPLATES,
    scenario_routes.TEMPLATES,
    year_routes.TEMPLATES,
)

WAITING: Final[Sequence[Waiting]] = ()


def handlers(clock: Clock, outbox: Outbox) -> Handlers:
    """What the tier does with messages."""
    del outbox
    return {**receiving.ministry_handlers(clock)}


def loops(node: Node) -> list[Loop]:
    """The timed work of the tier."""
    own = evidence.by_own_hand(node.keys, node.clock)
    figures = _Figures(node, Publisher(node.tier, node.database, node.clock, own))
    builtin = partial(policies.load, node.database)
    indicators = partial(indicator_routes.load, node.database)
    return [
        partial(every, publishing.EVERY, figures.publish, name="figures"),
        partial(every, 3600.0, builtin, name="policies"),
        partial(every, 3600.0, indicators, name="indicators"),
    ]


class _Figures:
    """The ministry's own figures, counted once the open data are there: those have earlier dates."""

    def __init__(self, node: Node, publisher: Publisher) -> None:
        self._node = node
        self._publisher = publisher
        self._loaded = False

    async def publish(self) -> bool:
        """State the next days; whether more wait."""
        if not self._loaded:
            async with self._node.database.transaction() as tx:
                await loading.load_open_data(tx, self._node.clock)
            self._loaded = True
        return await self._publisher.publish()
