"""What the subsidy adds to each tier."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.subsidy import api, ministry_api
from jichitai.security.subsidy.pages import editors, ministry, prefecture

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

PREFECTURE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *api.API_ROUTES,
    prefecture.own_subsidies,
    prefecture.start,
    prefecture.own_ledger,
    prefecture.own_case,
    prefecture.paper_form,
    prefecture.hand_in,
    editors.edit,
    editors.save,
    editors.take_lines,
)
MINISTRY_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *ministry_api.API_ROUTES,
    ministry.all_subsidies,
    ministry.call_form,
    ministry.open_call,
    ministry.ledger,
    ministry.one_case,
    ministry.draft_form,
    ministry.propose,
    ministry.decide,
)
