"""What the security clouds add to each tier."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.cloud import api
from jichitai.security.cloud.pages import ministry, prefecture

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

PREFECTURE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *api.PREFECTURE_API,
    prefecture.own_clouds,
    prefecture.begin,
    prefecture.own_cloud,
    prefecture.report,
    prefecture.edit,
    prefecture.save,
)
MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *api.MINISTRY_API,
    ministry.clouds,
    ministry.cloud_of,
)
