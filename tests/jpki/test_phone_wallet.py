"""The wallet's pages and commands: the PIN, who asks, yes or no."""

import re
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from jichitai.jpki.phone import cli, wallet_site
from jichitai.jpki.phone.wallet import Wallet
from jichitai.jpki.phone.wallet_site import create_wallet_site
from jichitai.kernel.secrets import Secret
from tests.jpki.phone_world import World, faced_card, world
from tests.jpki.test_phone_service import Browser
from tests.web.client import form_token

__all__ = ["faced_card", "world"]

PIN = Secret("123456")
SITE = f"http://127.0.0.1:{wallet_site.PORT}"


@pytest.fixture
async def file(world: World, tmp_path: Path) -> Path:
    phone = await world.ask()
    phone.save(tmp_path / "phone.wallet", PIN)
    return tmp_path / "phone.wallet"


def site(world: World, file: Path) -> httpx.AsyncClient:
    app = create_wallet_site(file, world.clock.now, http=world.client)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    headers = {"sec-fetch-site": "same-origin"}
    return httpx.AsyncClient(transport=transport, base_url=SITE, headers=headers)


async def opened(client: httpx.AsyncClient, link: str, pin: str = "123456") -> httpx.Response:
    page = await client.get(link.replace("openid4vp://authorize", "/authorize"))
    form = {"link": link, "pin": pin, "_csrf_token": form_token(page.text)}
    return await client.post("/open", data=form)


async def test_a_holder_sees_who_asks_for_what_and_shows_it(world: World, file: Path) -> None:
    browser = Browser(world)
    link = await browser.begin()
    async with site(world, file) as client:
        page = await opened(client, link)
        assert "カード代替電磁的記録の確認窓口" in page.text
        assert "20歳以上かどうか" in page.text
        assert "見本" not in page.text
        place = re.search(r'action="(/answer/[^"]+)"', page.text)
        assert place is not None
        token = {"_csrf_token": form_token(page.text)}
        sent = await client.post(place[1], data=token | {"decision": "show"})
        assert sent.status_code == 303, sent.text
        again = await client.post(place[1], data=token | {"decision": "show"})
        assert again.status_code == 403
    assert "20歳以上です" in await browser.see(sent.headers["location"])


async def test_nothing_is_sent_when_the_holder_says_no(world: World, file: Path) -> None:
    browser = Browser(world)
    link = await browser.begin()
    async with site(world, file) as client:
        page = await opened(client, link)
        place = re.search(r'action="(/answer/[^"]+)"', page.text)
        assert place is not None
        form = {"_csrf_token": form_token(page.text), "decision": "stop"}
        assert "何も送っていません" in (await client.post(place[1], data=form)).text
    assert "待っています" in await browser.see(browser.place)


async def test_another_pin_another_site_and_another_name_are_refused(
    world: World, file: Path
) -> None:
    link = await Browser(world).begin()
    async with site(world, file) as client:
        assert (await opened(client, link, "000000")).status_code == 422
        page = await client.get("/authorize?client_id=a&request_uri=b")
        form = {"link": link, "pin": "123456", "_csrf_token": form_token(page.text)}
        crossed = {"sec-fetch-site": "cross-site"}
        assert (await client.post("/open", data=form, headers=crossed)).status_code == 403
        assert (await client.get("/", headers={"host": "evil.example"})).status_code == 421
        assert "演習用ウォレット" in (await client.get("/")).text


async def test_a_verifier_that_cannot_be_made_sure_of_is_not_shown(
    world: World, file: Path
) -> None:
    link = await Browser(world).begin()
    async with site(world, file) as client:
        page = await opened(client, link.replace("x509_hash%3A", "x509_hash%3AA"))
    assert page.status_code == 403
    assert "確かめられませんでした" in page.text


async def test_the_command_shows_the_credential_without_the_number(
    world: World, tmp_path: Path
) -> None:
    phone = await world.ask(with_number=True)
    file = tmp_path / "phone.wallet"
    phone.save(file, PIN)
    done = CliRunner().invoke(cli.phone, ["show", "--wallet", str(file)], input="123456\n")
    assert done.exit_code == 0, done.output
    assert "20歳以上かどうか\tTrue" in done.output
    assert "個人番号\t・・・" in done.output
    assert Wallet.open(file, PIN).content.issuer.startswith("http://")
