"""`jichitai phone` against a nation that runs: authority, ask, show, present."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from jichitai.infra.clock import FixedClock, RehearsalClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.jpki.phone import cli
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.parties import Tier
from tests.conftest import Cluster
from tests.jpki import chips, faced_cards
from tests.jpki.faced_cards import FacedCard
from tests.jpki.phone_people import NOW
from tests.jpki.phone_servers import Served, free_ports, served
from tests.jpki.phone_world import faced_card, world_of
from tests.web.client import form_token

__all__ = ["faced_card"]

PIN = "123456"


def test_a_card_fills_a_wallet_which_answers_a_verifier(
    cluster: Cluster, keys: Keys, faced_card: FacedCard, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    origin, name = f"http://127.0.0.1:{port}", cluster.copy_of(Tier.NATION)
    clock, wallet = tmp_path / "clock", tmp_path / "phone.wallet"
    RehearsalClock(clock).move_to(NOW)

    @asynccontextmanager
    async def made() -> AsyncIterator[Served]:
        database = await Database.open(cluster.dsn(name), size=4)
        async with world_of(database, keys, FixedClock(NOW), faced_card, origin=origin) as world:
            yield [(world.app, port)]
        await database.close()

    def ran(*words: str, typed: str = "") -> str:
        done = CliRunner().invoke(cli.phone, [*words, "--wallet", str(wallet)], input=typed)
        assert done.exit_code == 0, done.output
        return done.output

    with served(made), httpx.Client(base_url=origin, headers={"accept": "text/html"}) as browser:
        typed = [chips.SIGNING_PIN, faced_cards.DATA.number_b, PIN, PIN, ""]
        asked = ["ask", origin, "--chip", str(faced_card.path), "--clock-file", str(clock)]
        assert "証明を" in ran(*asked, "--with-photo", typed="\n".join(typed))
        assert "氏名\t見本　花子" in ran("show", typed=f"{PIN}\n")
        form = {
            "query": "identity",
            "_csrf_token": form_token(browser.get("/jpki/phone/check").text),
        }
        place = browser.post("/jpki/phone/check", data=form).headers["location"]
        found = re.search(r'href="(openid4vp://[^"]+)"', browser.get(place).text)
        assert found is not None
        link = found[1].replace("&amp;", "&")
        present = ["present", link, "--clock-file", str(clock)]
        assert "何も送っていません" in ran(*present, typed=f"{PIN}\nn\n")
        said = ran(*present, typed=f"{PIN}\ny\n")
        assert "渡る項目：顔写真" in said
        assert "見本　花子" in browser.get(said.splitlines()[-1]).text
        again = CliRunner().invoke(
            cli.phone, [*present, "--yes", "--wallet", str(wallet)], input=f"{PIN}\n"
        )
        assert isinstance(again.exception, JichitaiError)
    cluster.drop(name)


def test_an_operator_makes_the_authority_once(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = cluster.copy_of(Tier.NATION)
    monkeypatch.setenv("JICHITAI_DATABASE_URL", cluster.dsn(name))
    monkeypatch.setenv("JICHITAI_KEY_DIRECTORY", str(tmp_path / "keys"))
    first = CliRunner().invoke(cli.phone, ["authority"])
    assert first.output.split() == ["root-1", "signer-1", "reader-1"], first.output
    assert "作るものはありません" in CliRunner().invoke(cli.phone, ["authority"]).output
    cluster.drop(name)
