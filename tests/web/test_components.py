"""Every macro in a browser: no violation, nothing past the window, usable without script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.support import browser, overflowing, page_of, served, violations
from tests.web import gallery_pages

__all__ = ["browser"]

pytestmark = pytest.mark.browser

VIEWS = [
    *(
        f"{name}?density={density}"
        for name in gallery_pages.SHEETS
        for density in ("work", "public")
    ),
    "form?density=work&state=error",
    "form?density=public&state=error",
]


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    with served(gallery_pages.answer) as origin:
        yield origin


WIDTHS = (1280, 390, 320)


@pytest.fixture(scope="module", params=WIDTHS)
def window(browser: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[Page, int]]:
    """One page for all sheets of a width: a new one starts a process."""
    with page_of(browser, width=request.param) as page:
        yield page, request.param


@pytest.mark.parametrize("view", VIEWS)
def test_a_sheet_has_no_violation_and_fits_the_window(
    window: tuple[Page, int], gallery: str, view: str
) -> None:
    page, width = window
    page.goto(f"{gallery}/{view}")
    assert violations(page, contrast=width == WIDTHS[0]) == []
    assert overflowing(page) == []
