"""The pages of each tier, for the composition root.

At the nation they ask for these dependencies by name: `provision` (`Provision`), `receiver`
(`Receiver`) and `outbox` (`Outbox`), beside those of every application.
"""

from litestar.types import ControllerRouterHandler

from jichitai.jukinet.pages import board, counts, disclosure, inquiries, quarantine
from jichitai.jukinet.pages.query import query_router


def nation_pages() -> list[ControllerRouterHandler]:
    """Query console, operations board, a resident's own page, inquiries, counts."""
    return [
        query_router(),
        *board.ROUTES,
        *quarantine.ROUTES,
        *disclosure.ROUTES,
        *inquiries.ROUTES,
        *counts.NATION_ROUTES,
    ]


def ministry_pages() -> list[ControllerRouterHandler]:
    """The published counts."""
    return [*counts.MINISTRY_ROUTES]
