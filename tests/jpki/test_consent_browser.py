"""The holder's pages of consents in a browser: accessible, and inside the window."""

from asyncio import to_thread
from datetime import timedelta

import pytest
from httpx import Response

from jichitai.infra.clock import FixedClock
from tests.browser.support import CHROMIUM, inspect_pages
from tests.jpki import consent_world
from tests.jpki.consent_world import OTHER, Town, consented

town = consent_world.town

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


async def test_a_holders_pages(town: Town, clock: FixedClock) -> None:
    async with town.body() as bank:
        first = await consented(bank, town.signing, "name", "birth_date", "sex", "address")
        await bank.post(f"/api/v1/jpki/consents/{first['consent_id']}/items")
        second = await consented(bank, town.signing, "address")
    clock.instant += timedelta(days=400)
    pages: dict[str, Response] = {}
    async with town.holder(html=True) as holder:
        pages["due"] = await holder.get(f"/me/consents/{first['consent_id']}")
        await holder.post(f"/me/consents/{second['consent_id']}/withdrawal")
        pages["withdrawn"] = await holder.get(f"/me/consents/{second['consent_id']}")
        pages["list"] = await holder.get("/me/consents?done=withdrawn")
    async with town.holder(OTHER, html=True) as other:
        pages["empty"] = await other.get("/me/consents")
    assert {page.status_code for page in pages.values()} == {200}
    texts = {name: page.text for name, page in pages.items()}
    assert await to_thread(inspect_pages, texts) == []
