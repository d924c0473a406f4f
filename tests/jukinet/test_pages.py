"""The nation's and the ministry's pages over the real services."""

import re
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient, Response
from litestar import Litestar

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jukinet.pages.places import TEMPLATES, ministry_shell
from jichitai.jukinet.pages.routes import ministry_pages
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.jukinet.nation_app import HANAKO, nation, provision
from tests.web.client import browser, signed_in

__all__ = ["nation", "provision"]

BIRTH = {"birth_era": "S", "birth_year": "60", "birth_month": "5", "birth_day": "1"}
QUERY = {
    "affair": "T1-77",
    "key": "match",
    "reason": "benefit",
    "reference": "2026-12345",
    "fields": "address",
    "name": "見本 花子",
    **BIRTH,
}


async def followed(client: AsyncClient, answer: Response) -> Response:
    assert answer.status_code == 303, answer.text
    return await client.get(answer.headers["location"])


def officer(app: Litestar) -> AbstractAsyncContextManager[AsyncClient]:
    return signed_in(app, [Role.ORGAN_OFFICER], html=True, organ_id="nenkin", operator_id="op-1")


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def test_the_affair_decides_keys_and_fields_before_any_key_is_typed(nation: Litestar) -> None:
    async with officer(nation) as client:
        first = await client.get("/query")
        second = await client.get("/query?affair=T1-77")
    assert 'name="name"' not in first.text
    assert "第30条の9、別表第一の77の項" in second.text
    assert 'name="name"' in second.text
    assert 'name="exact"' not in second.text


async def test_an_answer_shows_the_given_fields_only(nation: Litestar) -> None:
    async with officer(nation) as client:
        answer = await followed(client, await client.post("/query", data=QUERY))
    words = text_of(answer.text)
    assert "該当あり（1人）" in words
    assert "北海道札幌市中央区北一条西二丁目1番地" in words
    assert "1985" not in words
    assert "見本" not in words
    assert answer.headers["cache-control"] == "no-store"


async def test_an_answer_is_shown_to_its_officer_only(nation: Litestar) -> None:
    async with officer(nation) as client:
        sent = await client.post("/query", data=QUERY)
    async with officer(nation) as other:
        answer = await other.get(sent.headers["location"])
    assert answer.status_code == 404
    assert "北一条" not in answer.text


async def test_several_persons_are_never_listed(nation: Litestar) -> None:
    async with officer(nation) as client:
        answer = await followed(
            client, await client.post("/query", data=QUERY | {"name": "例示 太郎"})
        )
        narrowed = await followed(
            client,
            await client.post("/query", data=QUERY | {"name": "例示 太郎", "address": "西町"}),
        )
    assert "東町" not in answer.text + narrowed.text
    assert "1人に絞れません" in answer.text
    assert "西町2番" in narrowed.text


async def test_nobody_found_tells_the_usual_causes(nation: Litestar) -> None:
    async with officer(nation) as client:
        answer = await followed(
            client, await client.post("/query", data=QUERY | {"name": "無い 名前"})
        )
    assert "該当なし" in answer.text
    assert "振り仮名" in answer.text


async def test_an_incomplete_question_keeps_what_was_typed(nation: Litestar) -> None:
    async with officer(nation) as client:
        answer = await client.post("/query", data=QUERY | {"reference": "", "reason": ""})
    assert answer.status_code == 422
    assert "<title>エラー：" in answer.text
    assert 'value="見本 花子"' in answer.text
    assert answer.text.count("整理番号がありません") == 2


async def test_a_refusal_of_the_service_stands_beside_its_field(nation: Litestar) -> None:
    async with officer(nation) as client:
        answer = await client.post("/query", data=QUERY | {"reference": "12345678901"})
    assert answer.status_code == 422
    assert 'id="f-reference-err"' in answer.text


async def test_a_typed_number_never_comes_back(nation: Litestar) -> None:
    async with officer(nation) as client:
        answer = await client.post(
            "/query",
            data=QUERY | {"key": "number", "exact": HANAKO.number, "reference": ""},
        )
    assert HANAKO.number not in answer.text


async def test_an_affair_of_another_body_is_refused(nation: Litestar) -> None:
    async with officer(nation) as client:
        answer = await client.get("/query?affair=T1-41")
    assert answer.status_code == 403


async def test_counts_are_public_and_as_csv(nation: Litestar, nation_database: Database) -> None:
    await count_provisions(nation_database)
    async with browser(nation, html=True) as client:
        page = await client.get("/counts")
        table = await client.get("/counts.csv?year=2026")
        wrong = await client.get("/counts?year=1999")
    words = text_of(page.text)
    assert "日本年金機構" in words
    assert "1,230" in words
    assert table.text.splitlines()[2].startswith("2026-10,nenkin,日本年金機構,T1-77,")
    assert wrong.status_code == 422


async def test_a_year_without_provisions_says_so(nation: Litestar) -> None:
    async with browser(nation, html=True) as client:
        page = await client.get("/counts?year=2024")
    assert "この年度の提供はまだありません" in page.text


async def test_the_ministry_shows_what_was_reported(
    ministry_database: Database, clock: FixedClock, keys: Keys
) -> None:
    async with ministry_database.transaction() as tx:
        await tx.execute(
            "insert into jukinet.published_count values"
            " ('2026-10-01', 'nenkin', '日本年金機構', 'T1-77', '厚生年金', 'hit', 12, true, 9, %s)",
            (clock.now(),),
        )
    app = create_app(
        Tier.MINISTRY,
        Settings(tier=Tier.MINISTRY),
        controllers=ministry_pages(),
        db=ministry_database,
        clock=clock,
        keys=keys,
        shell=ministry_shell,
        templates=[TEMPLATES],
    )
    async with browser(app, html=True) as client:
        page = await client.get("/counts")
    assert "日本年金機構" in page.text
    assert "機構の報告によります" in page.text


async def test_the_board_names_what_is_wrong(
    nation: Litestar, nation_database: Database, clock: FixedClock
) -> None:
    await trouble(nation_database, clock.now())
    async with signed_in(nation, [Role.NETWORK_OPERATOR], html=True) as client:
        board = await client.get("/network")
        prefecture = await client.get("/network/prefectures/01")
        town = await client.get("/network/towns/011002")
    assert "異常のある団体は3団体です" in board.text
    assert "札幌市" in board.text
    assert "12分" in board.text
    assert prefecture.text.count('data-code="01') == 179
    assert "署名を確認できない" in town.text


async def test_a_town_is_cut_by_two_operators_and_its_name(
    nation: Litestar, nation_database: Database
) -> None:
    path = "/network/towns/011002"
    async with signed_in(nation, [Role.NETWORK_OPERATOR], html=True) as first:
        empty = await first.post(f"{path}/request", data={"reason": " "})
        asked = await first.post(f"{path}/request", data={"reason": "不正な通知が続くため"})
        alone = await first.post(f"{path}/confirm", data={"typed_name": "札幌市"})
    async with signed_in(nation, [Role.NETWORK_OPERATOR], html=True) as second:
        wrong = await second.post(f"{path}/confirm", data={"typed_name": "函館市"})
        done = await followed(
            second, await second.post(f"{path}/confirm", data={"typed_name": "札幌市"})
        )
    assert empty.status_code == 422
    assert asked.status_code == 303
    assert "要求した本人は確認できません" in alone.text
    assert "一致しません" in wrong.text
    assert "切断しています" in text_of(done.text)


async def test_a_refused_message_shows_its_reason_and_no_content(
    nation: Litestar, nation_database: Database, clock: FixedClock
) -> None:
    entry = await trouble(nation_database, clock.now())
    path = f"/network/quarantine/{entry}"
    async with signed_in(nation, [Role.NETWORK_OPERATOR], html=True) as client:
        page = await client.get(path)
        without = await client.post(path, data={"decision": "reject"})
        mine = await followed(client, await client.post(path, data={"decision": "assign"}))
        gone = await followed(
            client, await client.post(path, data={"decision": "reject", "reason": "再送済みのため"})
        )
    assert "中身を開けません" in page.text
    assert without.status_code == 422
    assert "窓口 一郎" in mine.text
    assert "隔離した通知はありません" in gone.text


@pytest.mark.parametrize(
    "path", ["/network", "/network/quarantine", "/network/provisions", "/query"]
)
async def test_a_resident_reaches_no_staff_page(nation: Litestar, path: str) -> None:
    async with signed_in(nation, [Role.RESIDENT], html=True, person_id=HANAKO.person_id) as client:
        answer = await client.get(path)
    assert answer.status_code == 403


async def count_provisions(database: Database) -> None:
    async with database.transaction() as tx:
        for month, provided in ((date(2026, 10, 1), 1230), (date(2026, 11, 1), 1400)):
            await tx.execute(
                "insert into jukinet.provision_count values (%s, 'nenkin', 'T1-77', 'hit', %s),"
                " (%s, 'gaimu', 'T1-41', 'none', 31)",
                (month, provided, month),
            )


async def trouble(database: Database, now: datetime) -> UUID:
    """One town late, one with a refused message, one that differs."""
    entry = uuid4()
    async with database.transaction() as tx:
        await tx.execute(
            "insert into jukinet.town_intake values ('131016', 7, 4210, %s, %s)",
            (now - timedelta(minutes=12), now),
        )
        await tx.execute(
            "insert into jukinet.digest_state values ('141003', %s, 'differs', 10, 11, 1, 1, %s, null)",
            (uuid4(), now),
        )
        await tx.execute(
            "insert into infra.quarantine (receiver, quarantine_id, received_at, sender, origin,"
            " number, message_id, kind, reason_type, reason, content, content_hash)"
            " values ('nation', %s, %s, 'prefecture-01', 'town-011002', 88121, 'm', 'M01',"
            " 'infra.forged-message', '署名を確認できない通知です。', %s, %s)",
            (entry, now, b"x", b"x"),
        )
    return entry
