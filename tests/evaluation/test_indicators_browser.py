"""The pages of indicators in a browser: accessible, inside the window."""

from asyncio import to_thread

import pytest
from litestar import Litestar

from tests.browser.support import CHROMIUM, inspect_pages
from tests.evaluation.test_indicators_pages import PLACE, app, workbook_sent, writer

__all__ = ["app"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


async def test_the_pages_of_indicators(app: Litestar) -> None:
    paths = {
        "indicators": PLACE,
        "corrected": f"{PLACE}/P8-4-C3",
        "counted": f"{PLACE}/P8-4-04?breakdown=prefecture",
        "cards": f"{PLACE}/P8-2-03?known=R8.1.31",
        "correcting": f"{PLACE}/P8-3-06/values/2025-12-31",
        "aiming": f"{PLACE}/P8-4-04/targets/2027-03-31",
        "defining": f"{PLACE}/P8-4-04/definition",
        "importing": f"{PLACE}/import",
    }
    async with writer(app, html=True) as client:
        pages = {name: (await client.get(path)).text for name, path in paths.items()}
        wrong = {"as_of": "きのう", "numerator": "2000", "source": ""}
        refused = await client.post(f"{PLACE}/P8-3-06/values/new", data=wrong)
        pages["refused"] = refused.text
        pages["previewed"] = (await client.get(await workbook_sent(client))).text
    assert await to_thread(inspect_pages, pages) == []
