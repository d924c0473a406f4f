"""All calls of the register, for the composition root."""

from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.register.api import entries, people

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    entries.enter,
    entries.amend,
    entries.submit,
    entries.approve,
    entries.return_entry,
    entries.withdraw,
    entries.list_entries,
    entries.show_entry,
    people.search_residents,
    people.show_resident,
    people.show_history,
    people.show_numbers,
    people.show_household,
    people.list_events,
)
