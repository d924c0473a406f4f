"""The guideline's pages in a browser: accessible, and inside the window."""

from asyncio import to_thread
from collections.abc import AsyncIterator

import pytest
from httpx import Response
from litestar import Litestar

from jichitai.infra.keys import Keys
from jichitai.kernel.parties import Tier
from tests.browser.support import CHROMIUM, inspect_pages
from tests.conftest import Cluster
from tests.security.guideline_wires import applications, town

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
PAGES = "/security/guideline"


@pytest.fixture(scope="module")
async def apps(cluster18: Cluster, keys: Keys) -> AsyncIterator[dict[Tier, Litestar]]:
    async with applications(cluster18, keys) as found:
        yield found


async def test_the_pages_of_the_guideline(apps: dict[Tier, Litestar]) -> None:
    pages: dict[str, Response] = {}
    faulty = "項目ID,見出し,分野\nA-1,よい,\nA-2,,宇宙\n".encode()
    form = {"version": "R9.3", "title": "次の版", "published_on": "R9.3.30", "source": "試験"}
    async with town(apps, html=True) as client:
        pages["guideline"] = await client.get(f"{PAGES}?model=beta&level=network")
        pages["guideline-changes"] = await client.get(f"{PAGES}/changes?from=R6.10&to=R8.3")
        pages["guideline-import-error"] = await client.post(
            f"{PAGES}/import", data=form, files={"file": ("x.csv", faulty, "text/csv")}
        )
    texts = {name: page.text for name, page in pages.items()}
    assert await to_thread(inspect_pages, texts) == []
