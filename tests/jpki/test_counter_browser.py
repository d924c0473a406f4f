"""The counter's pages of cards in a browser: accessible, and inside the window."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar

from jichitai.infra.keys import Keys
from tests.browser.support import CHROMIUM, inspect_pages
from tests.conftest import Cluster
from tests.jpki.card_wires import CardWires, card_network, keys_made
from tests.jpki.test_counter_pages import CHILD, GROWN_UPS, app, apply, call, clerk, opened, ticket

__all__ = ["app"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
async def wires(cluster18: Cluster, keys: Keys) -> AsyncIterator[CardWires]:
    async with card_network(cluster18, keys, *GROWN_UPS, CHILD) as wires:
        yield wires


async def test_the_pages_of_a_card_at_every_stage(app: Litestar, wires: CardWires) -> None:
    first, second, *_ = GROWN_UPS
    pages: dict[str, Response] = {}
    async with clerk(app) as client:
        pages["card-apply-error"] = await apply(
            client, CHILD, case="agent", documents=["pension"], card_until="", photo=b""
        )
        chip = "9100000000001"
        address = await opened(client, first, chip_number=chip)
        pages["card-open"] = await client.get(address)
        text, pages["card-ticket"] = await ticket(client, address)
        pages["card-give-up"] = await client.get(f"{address}/give-up")
        request_id, _, secret = text.partition(".")
        made = keys_made(UUID(request_id), chip_number=chip, name="browser")
        await call(app, "POST", f"{request_id}/keys", secret, made)
        await wires.flow()
        await call(app, "POST", f"{request_id}/done", secret, {"written": True})
        pages["card-hand-over-error"] = await client.post(f"{address}/hand-over", data={})
        await opened(client, second)
        pages["cards"] = await client.get("/counter/cards")
        checked = {"received_by": "holder", "face_compared": "1", "contents_confirmed": "1"}
        await client.post(f"{address}/hand-over", data=checked)
        report = f"/counter/residents/{first.id}/card/report"
        pages["card-report-error"] = await client.post(report, data={})
        loss = {"cause": "loss", "reported_by": "holder", "identity": "1"}
        await client.post(report, data=loss)
        await wires.flow()
        pages["card-person"] = await client.get(f"/counter/residents/{first.id}/card?reported=1")
    texts = {name: page.text for name, page in pages.items()}
    assert await to_thread(inspect_pages, texts) == []
