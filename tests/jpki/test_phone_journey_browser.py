"""In Chromium: a phone is shown to a verifier, and a card is read at a counter.

Site, wallet and card agent are different sites to the browser, as they are in use.
"""

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide
from playwright.sync_api import Browser, Page, expect

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings, own_environment
from jichitai.jpki.phone.wallet_site import create_wallet_site
from jichitai.jpki.proofing import pages as proofing_pages
from jichitai.jpki.proofing.service import Proofing
from jichitai.kernel.parties import Tier
from jichitai.register.pages.shell import town_shell
from jichitai.web import accounts, sessions
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.browser.support import browser, page_of
from tests.conftest import TOWN, Cluster
from tests.jpki import faced_cards, phone_world, test_proofing
from tests.jpki.faced_cards import FacedCard
from tests.jpki.phone_servers import Served, free_ports, served
from tests.jpki.phone_world import faced_card, world_of
from tests.jpki.test_phone_wallet import PIN
from tests.web.client import account

__all__ = ["browser", "faced_card"]

pytestmark = pytest.mark.browser
NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
AGENT = "import sys; from jichitai.jpki.reader.cli import chip; chip(sys.argv[1:])"


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)


def test_a_visitor_proves_to_be_over_20_with_the_phone(
    browser: Browser, cluster: Cluster, keys: Keys, faced_card: FacedCard, tmp_path: Path
) -> None:
    port, wallet_port = free_ports(2)
    origin, wallet = f"http://localhost:{port}", f"http://127.0.0.1:{wallet_port}"
    file = tmp_path / "phone.wallet"
    name = cluster.copy_of(Tier.NATION)

    @asynccontextmanager
    async def made() -> AsyncIterator[Served]:
        database = await Database.open(cluster.dsn(name), size=4)
        clock = FixedClock(NOW)
        async with world_of(database, keys, clock, faced_card, origin=origin) as world:
            phone_world._DESKS[origin] = replace(world.desk, wallet=wallet)
            (await world.ask()).save(file, PIN)
            site = create_wallet_site(file, clock.now, port=wallet_port)
            yield [(world.app, port), (site, wallet_port)]
        await database.close()

    with served(made), page_of(browser) as page:
        page.goto(f"{origin}/jpki/phone/check")
        page.get_by_label("20歳以上かどうかだけ").check()
        page.get_by_role("button", name="求めを作る").click()
        page.get_by_role("link", name="この端末のウォレットで答える").click()
        heading(page, "ウォレットを開く")
        page.get_by_label("ウォレットの暗証番号").fill(PIN.reveal())
        page.get_by_role("button", name="ウォレットを開く").click()
        heading(page, "証明を見せますか")
        expect(page.locator("main")).to_contain_text(origin)
        page.get_by_role("button", name="見せる", exact=True).click()
        heading(page, "スマートフォンの証明の確認")
        expect(page.locator("main")).to_contain_text("20歳以上です")
        assert page.url.startswith(origin)
        assert "見本" not in page.content()
    cluster.drop(name)


def test_an_officer_reads_a_card_and_writes_the_record(
    browser: Browser, cluster: Cluster, keys: Keys, faced_card: FacedCard
) -> None:
    port, agent_port = free_ports(2)
    origin, agent = f"http://localhost:{port}", f"http://127.0.0.1:{agent_port}"
    name = cluster.copy_of(Tier.TOWN)
    cookie: dict[str, str] = {}

    @asynccontextmanager
    async def made() -> AsyncIterator[Served]:
        database = await Database.open(cluster.dsn(name), size=4)
        app = town_app(database, keys, origin, agent)
        clerk = account(Role.CLERK, municipality=TOWN)
        async with database.transaction(all_towns=True) as tx:
            await accounts.save(tx, clerk)
            token = await sessions.open_session(tx, clerk, method="persona")
        cookie.update(name=app.state.cookies.session, value=token, url=origin)
        yield [(app, port)]
        await database.close()

    with served(made), agent_for(faced_card.path, origin, agent_port), desk(browser) as page:
        page.context.add_cookies([{**cookie, "sameSite": "Strict"}])  # type: ignore[typeddict-item]
        page.goto(f"{origin}/proofing")
        page.get_by_label("届出の任に当たっている者の確認").check()
        page.get_by_label("手続").fill("転居届")
        page.get_by_role("button", name="カードを読み取る").click()
        heading(page, "カードの読取り")
        page.get_by_role("button", name="カードを読み取る").click()
        type_number(page, "85050120360000")
        expect(page.locator("main")).to_contain_text("あと9回")
        type_number(page, faced_cards.DATA.number_b)
        heading(page, "カードの読取りが終わりました")
        page.get_by_role("link", name="読み取った内容を見る").click()
        heading(page, "券面とICチップを見比べる")
        picture = page.get_by_role("img", name=re.compile("ICチップの中の券面"))
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 400
        page.get_by_role("radio", name=re.compile("^一致")).check()
        page.get_by_role("button", name="記録する").click()
        heading(page, "本人確認の記録")
        assert "花子" not in page.content()
    cluster.drop(name)


@contextmanager
def desk(browser: Browser) -> Iterator[Page]:
    """A page whose console may name the agent's 422 for a wrong number, and nothing else."""
    said: list[str] = []
    with browser.new_context(locale="ja-JP") as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
    assert [text for text in said if "status of 422" not in text] == []


def type_number(page: Page, number: str) -> None:
    """照合番号B on the agent's page."""
    page.get_by_label("照合番号B").fill(number)
    page.locator("form button[data-kind=filled]").click()


def town_app(database: Database, keys: Keys, origin: str, agent: str) -> Litestar:
    clock = FixedClock(NOW)
    given = Proofing(
        keys=keys, clock=clock, origin=origin, roots=lambda: test_proofing.ROOTS, agent=agent
    )
    return create_app(
        Tier.TOWN,
        Settings(tier=Tier.TOWN, demo=True, public_url=origin),
        controllers=[*proofing_pages.ROUTES],
        db=database,
        clock=clock,
        keys=keys,
        shell=town_shell,
        templates=[proofing_pages.TEMPLATES],
        dependencies={"proofing": Provide(lambda: given, sync_to_thread=False)},
    )


@contextmanager
def agent_for(chip: Path, origin: str, port: int) -> Iterator[None]:
    """The card agent as officers start it: a process that works for this counter."""
    options = ["agent", "--counter", f"{origin}=例示市の窓口", "--chip", str(chip)]
    process = subprocess.Popen(
        [sys.executable, "-c", AGENT, *options, "--port", str(port)],
        env=own_environment(),
        stderr=subprocess.DEVNULL,
    )
    try:
        client = httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=10)
        with client:
            assert client.get(f"http://127.0.0.1:{port}/").status_code == 200
        yield
    finally:
        process.terminate()
        process.wait(10)
