"""All calls of checks, for the composition root."""

from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.checks.api import corrections, exceptions, files, risks, rounds

API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *rounds.ROUTES,
    *corrections.ROUTES,
    *exceptions.ROUTES,
    *risks.ROUTES,
    *files.ROUTES,
)
