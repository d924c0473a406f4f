"""All routes of systems and networks, for the composition root."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.assets.api import API_ROUTES
from jichitai.security.assets.pages import network, network_forms, systems

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
"""Folder of the templates, to be added to the application's."""

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    systems.systems,
    systems.new_system,
    systems.add_system,
    systems.workbook,
    systems.ask_import,
    systems.take_import,
    systems.one_system,
    systems.edit_system,
    systems.retire,
    network.network,
    network.network_file,
    network_forms.model_form,
    network_forms.say_model,
    network_forms.new_segment,
    network_forms.add_segment,
    network_forms.one_segment,
    network_forms.edit_segment,
    network_forms.new_link,
    network_forms.add_link,
    network_forms.one_link,
    network_forms.edit_link,
    *API_ROUTES,
)
"""At a town and at a prefecture as a body."""
