"""The other pages of sign-in, looked at in a browser: axe, nothing past the window."""

from asyncio import to_thread
from typing import Any

import httpx
import pytest
from litestar import Litestar

from jichitai.infra.database import Database
from jichitai.jpki.signin.claims import Item
from jichitai.jpki.signin.parties import PartyState
from jichitai.web.rights import Kind, Role
from tests.browser.support import CHROMIUM, inspect_pages
from tests.jpki.signin_world import (
    Holder,
    Site,
    Visitor,
    add_party,
    app,
    holder,
    nation_database,
    signed_in,
)
from tests.web.client import signed_in as session

__all__ = ["app", "holder", "nation_database"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
]
LONG = "例示県例示市及び周辺町村広域連合立総合図書館・文化会館連絡協議会電子サービス"


async def test_pages_of_people(app: Litestar, holder: Holder, nation_database: Database) -> None:
    await add_party(
        nation_database, state=PartyState.REHEARSAL, client_id="long", client_name=LONG,
        organisation=LONG, redirect_uris=["https://a-very-long-name-of-a-host.library.example.jp/c"],
        sector_identifier="long", purpose="利用" * 60,
    )  # fmt: skip
    pages: dict[str, httpx.Response] = {}
    site, visitor = Site(app, "long"), Visitor(app)
    wish = '{"userinfo": {"name": {"essential": true}, "address": null}}'
    host = "https://a-very-long-name-of-a-host.library.example.jp/c"
    page = await visitor.open(await site.begin(claims=wish, redirect_uri=host))
    pages["signin-card-rehearsal"] = page
    pages["signin-card-english"] = await visitor.open(f"{page.url}?lang=en")
    pages["signin-card-plain"] = await visitor.open(f"{page.url}?lang=plain")
    pages["signin-consent-plain"] = await visitor.show_card(page, holder)
    pages["signin-consent-english"] = await visitor.open(f"{page.url}?lang=en")
    pages["signin-consent-rehearsal"] = await visitor.open(f"{page.url}?lang=ja")
    pages["signin-out"] = await visitor.client.get("/openid/logout")
    first = Site(app)
    await first.exchange(await signed_in(app, first, holder, Item.NAME, scope="openid profile"))
    kind: dict[str, Any] = {"person_id": holder.person_id, "kind": Kind.RESIDENT}
    async with session(app, [Role.RESIDENT], html=True, **kind) as client:
        pages["signin-history-filled"] = await client.get("/me/sign-ins?ended=1")
    assert await to_thread(inspect_pages, {name: page.text for name, page in pages.items()}) == []


async def test_pages_of_operators(app: Litestar, nation_database: Database) -> None:
    await add_party(nation_database, state=PartyState.REHEARSAL, client_id="new")
    async with nation_database.transaction() as tx:
        await tx.execute(
            "update jpki.relying_party_key set not_after = now() + interval '5 days'"
            " where client_id = 'new'"
        )
    place = "/network/relying-parties"
    pages: dict[str, httpx.Response] = {}
    async with session(app, [Role.NETWORK_OPERATOR], html=True) as client:
        pages["parties"] = await client.get(place)
        pages["party-error"] = await client.post(f"{place}/new/state", data={"state": "open"})
    assert "至急" in pages["parties"].text
    assert await to_thread(inspect_pages, {name: page.text for name, page in pages.items()}) == []
