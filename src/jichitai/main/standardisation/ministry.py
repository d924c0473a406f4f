"""The ministry: progress of all bodies, survey rounds."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.main.node import Loop, Node, every
from jichitai.security.desk.service import Waiting
from jichitai.standardisation.progress import loading
from jichitai.standardisation.survey import receiving
from jichitai.standardisation.survey import routes as survey_routes
from jichitai.standardisation.survey.service.sheets import background
from jichitai.standardisation.views import routes as view_routes

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *view_routes.MINISTRY_ROUTES,
    *survey_routes.MINISTRY_ROUTES,
)

TEMPLATES: Final[tuple[Path, ...]] = (view_routes.TEMPLATES, survey_routes.TEMPLATES)

ONCE_A_DAY: Final = 86_400.0
SOON: Final = 2.0

WAITING: Final[Sequence[Waiting]] = ()


def handlers(clock: Clock, outbox: Outbox) -> Handlers:
    """What the tier does with messages."""
    del outbox
    return receiving.ministry_handlers(clock)


def loops(node: Node) -> list[Loop]:
    """The timed work of the tier."""
    reading = background(node.database, node.clock, rehearsal=node.settings.demo)
    return [
        partial(every, ONCE_A_DAY, partial(_load, node), name="standardisation-open-data"),
        partial(every, SOON, reading.read_next, name="standardisation-uploads"),
    ]


async def _load(node: Node) -> None:
    async with node.database.transaction() as tx:
        await loading.load_open_data(tx, node.clock)
