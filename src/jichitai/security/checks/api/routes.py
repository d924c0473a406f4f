"""All calls of checks, for the composition root."""

from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.checks.api import files, registers, rounds

API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *rounds.ROUTES,
    *registers.ROUTES,
    *files.ROUTES,
)
