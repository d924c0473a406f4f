"""A prefecture: it publishes figures of its own, and passes on those of its towns."""

from jichitai.evaluation.figures import receiving
from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.outbox import Outbox
from jichitai.main.evaluation.publishing import ROUTES, TEMPLATES, WAITING, loops

__all__ = ["ROUTES", "TEMPLATES", "WAITING", "handlers", "loops"]


def handlers(clock: Clock, outbox: Outbox) -> Handlers:
    """What the tier does with messages."""
    del clock
    return receiving.prefecture_handlers(outbox)
