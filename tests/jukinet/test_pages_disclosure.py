"""A resident's own page: what stands there, the proof, and what may never stand there."""

import json
from contextlib import AbstractAsyncContextManager
from typing import Any

import psycopg
import pytest
from httpx import AsyncClient
from litestar import Litestar

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.migrate import OWNER
from jichitai.infra.transparency.verifier import check_proof
from jichitai.jukinet import tree_heads
from jichitai.jukinet.disclosure.model import DELAY_SENTENCE
from jichitai.jukinet.pages.languages import Language, words_in
from jichitai.jukinet.provision.model import Reason
from jichitai.jukinet.provision.service import Asker, Person, Provision, Sought, Stated
from jichitai.web.rights import Kind, Role
from tests.conftest import Cluster
from tests.jukinet.nation_app import HANAKO, TWINS, nation, provision
from tests.web.client import browser, signed_in

__all__ = ["nation", "provision"]


@pytest.fixture
async def receipt(provision: Provision) -> str:
    """One look-up about Hanako, one that found nobody, one that is delayed."""
    pension = Asker("nenkin", "op-1")
    answer = await provision.ask(
        pension,
        Stated("T1-77", Reason.BENEFIT, "2026-12345"),
        Sought(person=Person("見本 花子", "1985-05-01")),
    )
    await provision.ask(
        pension, Stated("T1-77", Reason.BENEFIT, "2026-2"), Sought(number=TWINS[0].number)
    )
    await provision.ask(
        Asker("shi", "op-1"),
        Stated("U12", Reason.TAX, "2026-3"),
        Sought(person=Person("見本 花子", "1985-05-01")),
    )
    found: dict[str, Any] = json.loads(answer)
    return str(found["receipt"])


def hanako(app: Litestar) -> AbstractAsyncContextManager[AsyncClient]:
    return signed_in(
        app, [Role.RESIDENT], html=True, person_id=HANAKO.person_id, kind=Kind.RESIDENT
    )


async def test_a_resident_sees_who_asked_for_what(nation: Litestar, receipt: str) -> None:
    async with hanako(nation) as client:
        page = await client.get("/me")
    assert page.text.count("<article") == 1
    for words in ("日本年金機構", "給付の決定・支給のための確認", "住所", receipt):
        assert words in page.text
    for never in ("操作 一郎", "op-1", HANAKO.code, HANAKO.number, "2026-12345"):
        assert never not in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_a_delayed_record_leaves_no_trace(nation: Litestar, receipt: str) -> None:
    async with hanako(nation) as client:
        page = await client.get("/me?period=all")
    async with signed_in(
        nation, [Role.RESIDENT], html=True, person_id=TWINS[1].person_id, kind=Kind.RESIDENT
    ) as nobody:
        empty = await nobody.get("/me")
    assert "見本市" not in page.text
    assert "まだありません" in empty.text
    sentence = "一定の期間が過ぎるまで表示しない記録があります"
    assert sentence in page.text
    assert sentence in empty.text


async def test_the_proof_file_holds_without_our_code(
    nation: Litestar, receipt: str, keys: Keys
) -> None:
    async with hanako(nation) as client:
        answer = await client.get(f"/me/provisions/{receipt}/proof")
    assert answer.headers["content-disposition"] == f'attachment; filename="proof-{receipt}.json"'
    assert (
        check_proof(answer.content, str(tree_heads.verifier_key(keys)))["record"]["organ"]
        == "nenkin"
    )


async def test_another_resident_gets_no_proof_and_no_form(nation: Litestar, receipt: str) -> None:
    async with signed_in(
        nation, [Role.RESIDENT], html=True, person_id=TWINS[0].person_id, kind=Kind.RESIDENT
    ) as other:
        proof = await other.get(f"/me/provisions/{receipt}/proof")
        form = await other.get(f"/me/provisions/{receipt}/inquiry")
    assert proof.status_code == form.status_code == 404


async def test_a_changed_record_is_said_in_red(
    nation: Litestar, nation_database: Database, cluster: Cluster, receipt: str
) -> None:
    async with nation_database.transaction(read_only=True) as tx:
        name = tx.info.dbname
    async with await psycopg.AsyncConnection.connect(cluster.dsn(name, OWNER)) as owner:
        await owner.execute("update jukinet.provision set affair_id = 'T1-74'")
    async with hanako(nation) as client:
        page = await client.get(f"/me/provisions/{receipt}/proof")
    assert page.status_code == 500
    assert "この記録と記録簿が一致しません" in page.text
    assert receipt in page.text


async def test_an_unknown_provision_is_asked_about_and_answered(
    nation: Litestar, receipt: str
) -> None:
    path = f"/me/provisions/{receipt}/inquiry"
    async with hanako(nation) as client:
        empty = await client.post(path, data={"words": " "})
        sent = await client.post(path, data={"words": "年金の手続をしていません"})
        mine = await client.get(sent.headers["location"])
    assert empty.status_code == 422
    assert "申出を受け付けました" in mine.text
    assert "2026年）12月20日" in mine.text.replace('</span><span class="jc-nowrap">', "")
    async with signed_in(nation, [Role.NETWORK_OPERATOR], html=True) as staff:
        listed = await staff.get("/network/inquiries")
        assert "年金の手続" not in listed.text
        link = listed.text.split('href="/network/inquiries/')[1].split('"')[0]
        shown = await staff.get(f"/network/inquiries/{link}")
        assert "年金の手続をしていません" in shown.text
        late = await staff.post(
            f"/network/inquiries/{link}",
            data={
                "decision": "extend",
                "until_era": "R",
                "until_year": "8",
                "until_month": "11",
                "until_day": "1",
                "reason": "調べています",
            },
        )
        assert late.status_code == 422
        done = await staff.post(f"/network/inquiries/{link}", data={"words": "機関に確かめました"})
        assert done.status_code == 303
    async with hanako(nation) as client:
        answered = await client.get("/me/inquiries")
    assert "機関に確かめました" in answered.text


async def test_a_correction_is_asked_for(nation: Litestar, clock: FixedClock) -> None:
    async with hanako(nation) as client:
        empty = await client.post("/me/correction", data={"words": ""})
        sent = await client.post("/me/correction", data={"words": "番地が違います"})
    assert empty.status_code == 422
    assert sent.status_code == 303


async def test_everybody_may_check_a_proof(nation: Litestar, keys: Keys) -> None:
    async with browser(nation, html=True) as client:
        page = await client.get("/proofs/verify")
    assert str(tree_heads.verifier_key(keys)) in page.text


@pytest.mark.parametrize("path", ["/me", "/me/inquiries", "/me/correction"])
async def test_staff_and_strangers_do_not_reach_a_residents_page(
    nation: Litestar, path: str
) -> None:
    async with signed_in(nation, [Role.NETWORK_OPERATOR], html=True) as staff:
        refused = await staff.get(path)
    assert refused.status_code == 403


def test_no_text_is_missing_in_any_language() -> None:
    for language in Language:
        texts = words_in(language).texts
        assert texts.keys() == words_in("ja").texts.keys()
        assert all(texts.values())


def test_the_delay_is_said_to_everybody_in_the_words_of_the_rules() -> None:
    assert words_in("ja")["delay"] == DELAY_SENTENCE


async def test_the_page_speaks_three_languages(nation: Litestar, receipt: str) -> None:
    async with hanako(nation) as client:
        english = await client.get("/me?lang=en")
        plain = await client.get("/me?lang=plain")
        strange = await client.get("/me?lang=xx")
    assert '<html lang="en">' in english.text
    assert "Who received my information" in english.text
    assert "November 20, 2026, 10:00 (Japan)" in english.text
    assert 'lang="ja">日本年金機構' in english.text
    assert "なぜか わからない" in plain.text
    assert '<html lang="ja">' in strange.text
