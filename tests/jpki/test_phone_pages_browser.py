"""The pages of phones and of proofing in a browser: accessible, and inside the window."""

import base64
import re
from asyncio import to_thread
from contextlib import AbstractAsyncContextManager
from io import BytesIO
from pathlib import Path

import pytest
from httpx import AsyncClient
from litestar import Litestar
from PIL import Image

from jichitai.jpki.phone.elements import Query
from jichitai.jpki.phone.presenting import CHECK_PATH
from jichitai.web.rights import Kind, Role
from tests.browser.support import CHROMIUM, inspect_pages
from tests.jpki import faced_cards
from tests.jpki.faced_cards import FacedCard
from tests.jpki.phone_world import HANAKO, World, faced_card, world
from tests.jpki.test_phone_service import Browser, answered, fetched, refused
from tests.jpki.test_phone_wallet import file, opened, site
from tests.jpki.test_proofing import answer, begun, bring, clerk, town
from tests.web.client import form_token, signed_in

__all__ = ["faced_card", "file", "town", "world"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


async def test_a_verifiers_and_a_holders_pages(world: World, file: Path) -> None:
    pages: dict[str, str] = {}
    asking = Browser(world)
    link = await asking.begin()
    token = {"_csrf_token": form_token(await asking.see(CHECK_PATH))}
    pages["phone-choose-error"] = (await asking.client.post(CHECK_PATH, data=token)).text
    pages["phone-waiting"] = await asking.see(asking.place)
    async with site(world, file) as client:
        pages["wallet-pin-error"] = (await opened(client, link, "000000")).text
        other = await Browser(world).begin(Query.IDENTITY)
        pages["wallet-missing"] = (await opened(client, other)).text
    phone = await world.ask(number_b=faced_cards.NUMBER_B)
    identity = Browser(world)
    onward = await answered(world, phone, await identity.begin(Query.IDENTITY))
    pages["phone-identity"] = await identity.see(onward)
    async with _holder(world) as client:
        pages["phone-mine"] = (await client.get("/me/phone")).text
        await client.post("/me/phone/end")
    request = await fetched(world, phone, await identity.begin())
    refusal = await refused(world, request, phone.respond(request, request.elements))
    pages["phone-refused"] = await identity.see(str(refusal.facts["redirect_uri"]))
    assert await to_thread(inspect_pages, pages) == []


async def test_an_officers_pages_of_proofing(town: Litestar, faced_card: FacedCard) -> None:
    pages: dict[str, str] = {}
    async with clerk(town) as client:
        pages["proofing-start-error"] = (await client.post("/proofing", data={})).text
        place, asked = await begun(client)
        pages["proofing-waiting"] = (await client.get(place)).text
        await bring(town, answer(asked, faced_card))
        out = BytesIO()
        chip = (await client.get(f"{place}/chip.png")).content
        Image.open(BytesIO(chip)).convert("RGB").save(out, "JPEG")
        await client.post(f"{place}/printed", files={"picture": ("a.jpg", out.getvalue())})
        missing = await client.post(f"{place}/record", data={})
        pages["proofing-beside-error"] = await _inlined(client, missing.text)
        sent = await client.post(f"{place}/record", data={"result": "match"})
        pages["proofing-record"] = (await client.get(sent.headers["location"])).text
        pages["proofing-list"] = (await client.get("/proofing")).text
    assert await to_thread(inspect_pages, pages) == []


async def _inlined(client: AsyncClient, text: str) -> str:
    """The page with its pictures inside, because the test's server has none."""
    for source in re.findall(r'src="(/proofing/[^"]+png)"', text):
        found = await client.get(source)
        data = base64.b64encode(found.content).decode()
        text = text.replace(source, f"data:image/png;base64,{data}")
    return text


def _holder(world: World) -> AbstractAsyncContextManager[AsyncClient]:
    return signed_in(
        world.app, [Role.RESIDENT], html=True, kind=Kind.RESIDENT, person_id=HANAKO.person_id
    )
