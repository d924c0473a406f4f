"""情報セキュリティ in the tiers: what towns, prefectures and the ministry are given of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from litestar.types import ControllerRouterHandler

from jichitai.main.node import Loop, Node
from jichitai.security.desk import pages as desk_pages
from jichitai.security.desk.service import TodoSource

BODY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (*desk_pages.ROUTES,)
"""What a body does for itself: at towns, and at prefectures as bodies."""

TOWN_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (*BODY_ROUTES,)
PREFECTURE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (*BODY_ROUTES,)
MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = ()

TEMPLATES: Final[tuple[Path, ...]] = (desk_pages.TEMPLATES,)

GIVEN: Final = ("security_todos", "outbox")
"""Names under which handlers ask for what is put together here."""

TODOS: Final[Sequence[TodoSource]] = ()


def given(node: Node) -> dict[str, Any]:
    """Services that handlers of a tier ask for by name."""
    return {"security_todos": TODOS, "outbox": node.outbox}


def loops(node: Node) -> list[Loop]:
    """The timed work of a tier."""
    del node
    return []
