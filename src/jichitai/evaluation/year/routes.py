"""What 一年の仕事 adds to the ministry."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = ()
