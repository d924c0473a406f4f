"""The views of the migration: what each reader sees, what is refused, what is never mixed."""

import csv
import io
import re
from datetime import date, datetime
from uuid import UUID

import pytest

from jichitai.infra.clock import JST
from jichitai.infra.keys import Keys
from jichitai.kernel.parties import Tier
from jichitai.standardisation.messages import G01, G02
from jichitai.standardisation.survey.bodies import store as own_store
from jichitai.standardisation.survey.bodies.content import systems_of
from jichitai.standardisation.survey.checking import store as member_store
from jichitai.standardisation.views.routes import BODY_ROUTES, PREFECTURE_ROUTES
from jichitai.web.rights import Role
from tests.conftest import Cluster
from tests.standardisation.views_world import (
    CHIYODA,
    SAPPORO,
    SECRET_RISK,
    SECRET_VENDOR,
    World,
    node,
    report,
)
from tests.web.client import signed_in

API = "/api/v1/standardisation/progress"
NOON = datetime(2026, 11, 1, 12, tzinfo=JST)
HERE, OPEN = "/standardisation", "/open-data/standardisation"


def plain(page: str) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


async def test_both_measures_stand_apart_with_their_definitions(ministry: World) -> None:
    async with ministry.officer() as client:
        page = plain((await client.get(HERE)).text)
    for text in (
        "81.1%",
        "9,126／33,936",
        "9,933／34,820",
        "13,283／34,592",
        "8,956",
        "935",
        "二つは別の物差しです",
        "1ステップ＝2.5%",
        "途中まで進んだシステムは数えない",
        "総務省 PMOツールの進捗率を載せた民間の一覧",
    ):
        assert text in page


async def test_the_country_leads_to_a_prefecture_and_to_a_body(ministry: World) -> None:
    async with ministry.officer() as client:
        country = (await client.get(f"{HERE}?show=late&sort=rate")).text
        assert country.count(f'href="{HERE}/prefectures/') == 94
        assert 'aria-sort="descending"' in country
        area = (await client.get(f"{HERE}/prefectures/13?show=systems")).text
        assert f"{HERE}/bodies/{CHIYODA}" in area
        assert SAPPORO not in area
        body = plain((await client.get(f"{HERE}/bodies/{CHIYODA}")).text)
        assert "97.8%（782／800ステップ）" in body
        found = (await client.get(f"{HERE}/bodies?q=千代田区")).text
    assert "1–1団体目（全1団体）" in found


async def test_what_a_source_does_not_tell_is_never_nought(ministry: World) -> None:
    async with ministry.officer() as client:
        table = (await client.get(f"{HERE}/businesses")).text
        common = plain(table[table.index("共通機能") :].partition("</tr>")[0])
        assert "—" in common
        assert "%" not in common
        assert "都道府県</th>" not in table
        late = plain((await client.get(f"{HERE}/businesses?show=late")).text)
        assert "対象外" in late
        answered = plain((await client.get(f"{HERE}/businesses?source=survey")).text)
    assert "回答なし" in answered


async def test_an_earlier_day_shows_what_was_known_then(ministry: World) -> None:
    async with ministry.officer() as client:
        page = plain((await client.get(f"{HERE}?as_of=2026-02-01")).text)
        before = (await client.get(f"{API}/national?as_of=2026-01-30")).json()
    assert "8,956" not in page
    assert "81.1%" in page
    assert "令和8年（2026年）2月1日より後に分かったことは入っていません" in page
    assert {one["measure"] for one in before} == {"late"}


async def test_late_bodies_come_page_by_page_with_whom_to_call(ministry: World) -> None:
    async with ministry.officer() as client:
        first = (await client.get(f"{HERE}/late")).text
        assert "1–50団体目（全935団体）" in first
        following = re.search(r'href="([^"]+)" rel="next"', first)
        assert following is not None
        second = (await client.get(following[1].replace("&amp;", "&"))).text
        assert "51–100団体目（全935団体）" in second
        rows = [re.findall(r"/bodies/(\d{6})", page) for page in (first, second)]
        assert not set(rows[0]) & set(rows[1])
        narrowed = (await client.get(f"{HERE}/late?business=family-register&kind=指定都市")).text
        assert int(re.findall(r"全(\d+)団体", narrowed)[0]) < 20
        told = plain((await client.get(f"{HERE}/late?source=survey&reason=4")).text)
        for text in ("digital@sapporo.example.jp", "先送り1回", "事業者の人員不足", "未登録"):
            assert text in told
        sheet = (await client.get(f"{HERE}/late.csv")).content.decode("utf-8-sig")
        assert len(list(csv.DictReader(io.StringIO(sheet)))) == 935
        page = (await client.get(f"{API}/late?limit=2&source=survey")).json()
        rest = (await client.get(f"{API}/late?source=survey&after={page['after']}")).json()
    assert [one["code"] for one in (*page["items"], *rest["items"])] == [SAPPORO, "012025", CHIYODA]


async def test_a_body_shows_every_date_that_slipped_and_its_costs(ministry: World) -> None:
    async with ministry.officer() as client:
        page = plain((await client.get(f"{HERE}/bodies/{SAPPORO}?source=survey")).text)
        for text in (
            SECRET_VENDOR,
            SECRET_RISK,
            "+6か月",
            "令和9年3月31日",
            "+130.0%",
            "1ドル150円",
        ):
            assert text in page
        slips = (await client.get(f"{API}/slips?source=survey&code={SAPPORO}")).json()
        costs = plain((await client.get(f"{HERE}/costs?source=survey")).text)
        trend = plain((await client.get(f"{HERE}/trend?source=survey")).text)
        group = plain((await client.get(f"{HERE}/groups?source=survey&by=vendor")).text)
    assert [(one["before"], one["months"]) for one in slips] == [("2027-03-31", 6)]
    assert "移行後の経費がないため比べられません" in costs
    assert "事業者の技術者が足りない" in trend
    assert SECRET_VENDOR in group


async def test_what_is_needed_each_month_is_division(ministry: World) -> None:
    async with ministry.officer() as client:
        page = plain((await client.get(f"{HERE}/plan?by=R13.3.31")).text)
        for text in ("毎月401システム", "毎月4,129ステップ", "62か月", "見込みではありません"):
            assert text in page
        past = plain((await client.get(f"{HERE}/plan?by=2026-01-31")).text)
        assert "期日を過ぎています" in past
        wrong = await client.get(f"{HERE}/plan?by=13月")
        far = await client.get(f"{HERE}/plan?by=2999-01-01")
        call = (await client.get(f"{API}/needed?by=2031-03-31")).json()
    assert (wrong.status_code, far.status_code) == (422, 422)
    assert "期日が遠すぎます" in far.text
    assert (call["remaining"], call["per_month"], call["months"]) == (24810, 401, 62)


async def test_anybody_sees_the_published_data_and_nothing_that_bodies_told(
    ministry: World,
) -> None:
    async with ministry.anybody() as client:
        for path in ("", "/prefectures/01", "/businesses", "/late", "/trend", "/plan", "/costs"):
            assert (await client.get(OPEN + path)).status_code == 200
        body = (await client.get(f"{OPEN}/bodies/{SAPPORO}")).text
        for path in ("", f"/bodies/{SAPPORO}", "/late", "/national.csv", "/groups"):
            refused = await client.get(f"{OPEN}{path}?source=survey")
            assert refused.status_code == 422
            assert "公開していません" in refused.text
        assert (await client.get(f"{OPEN}/groups?by=vendor")).status_code == 422
        home = (await client.get(f"{OPEN}?source=rehearsal")).text
        assert f"{OPEN}/late?source=rehearsal" in home
        assert "数えられたのは北海道だけです（100.0%）" in home
        play = (await client.get(f"{OPEN}/bodies/{SAPPORO}?source=rehearsal")).text
        assert "演習のデータです" in play
        data = (await client.get(f"{OPEN}/bodies/{SAPPORO}/data.json?source=rehearsal")).json()
        assert (await client.get(HERE)).status_code in (303, 401)
    assert 'content="noindex"' not in body
    assert "digital@sapporo" not in body + play
    assert SECRET_VENDOR not in play
    assert {one["vendor"] + one["risks"] for one in data["systems"]} == {""}


async def test_an_expert_from_outside_reads_figures_but_no_contact_and_no_vendor(
    ministry: World,
) -> None:
    async with ministry.officer(role=Role.EVALUATION_EXPERT) as client:
        paths = (f"/bodies/{SAPPORO}", f"/bodies/{SAPPORO}/data.json", "/late", "/late.csv")
        pages = [(await client.get(f"{HERE}{path}?source=survey")).text for path in paths]
        calls = [
            (await client.get(f"{API}/{path}?source=survey")).text
            for path in (f"bodies/{SAPPORO}", "late", "groups")
        ]
        vendors = (await client.get(f"{API}/groups?source=survey&by=vendor")).json()
        assert (await client.get(f"{HERE}/groups?by=vendor")).status_code == 422
    assert vendors == []
    assert "98.0%（784／800ステップ）" in plain(pages[0])
    for text in (SECRET_VENDOR, SECRET_RISK, "digital@sapporo"):
        assert text not in "".join((*pages, *calls))


async def test_a_page_a_csv_a_json_and_a_call_tell_the_same_figures(ministry: World) -> None:
    async with ministry.officer() as client:
        page = plain((await client.get(OPEN)).text)
        told = (await client.get(f"{OPEN}/national.json")).json()["items"]
        sheet = (await client.get(f"{OPEN}/national.csv")).content.decode("utf-8-sig")
        call = (await client.get(f"{API}/national")).json()
        names = ("prefectures", "bodies", "businesses", "series")
        for name in names:
            rows = (await client.get(f"{OPEN}/{name}.json")).json()["items"]
            lines = (await client.get(f"{OPEN}/{name}.csv")).content.decode("utf-8-sig")
            assert len(list(csv.DictReader(io.StringIO(lines)))) == len(rows) > 0
    assert told == call
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert [one["numerator"] for one in rows] == [str(one["numerator"]) for one in told]
    for one in told:
        if one["coverage"] != "published" or one["measure"] == "systems":
            assert f"{one['percent']}%" in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/prefectures/99", 404),
        ("/bodies/999999", 404),
        ("/bodies/x", 404),
        ("?show=x", 422),
        ("?source=x", 422),
        ("?as_of=x", 422),
        ("/late?after=x", 422),
        ("/late?kind=x", 422),
        ("/late?prefecture=%00", 422),
        ("/late?reason=9", 422),
        ("/late?business=x", 422),
    ],
)
async def test_what_is_no_choice_is_refused_in_words(
    ministry: World, path: str, status: int
) -> None:
    async with ministry.officer(html=False) as client:
        refused = await client.get(HERE + path)
    assert refused.status_code == status
    assert refused.json()["detail"].endswith("。")


async def test_a_prefecture_sees_its_members_and_a_body_itself(
    ministry: World, cluster18: Cluster, keys: Keys
) -> None:
    async with ministry.officer() as client:
        there = plain((await client.get(f"{HERE}/prefectures/13?show=late")).text)
        body = plain((await client.get(f"{HERE}/bodies/{SAPPORO}")).text)
    async with node(Tier.PREFECTURE, PREFECTURE_ROUTES, cluster18, keys) as app:
        roles = {Role.STANDARDISATION_SUPERVISOR, Role.STANDARDISATION_OFFICER}
        async with signed_in(app, roles, prefecture="13", html=True) as client:
            here = plain((await client.get(f"{HERE}?show=late")).text)
            assert (await client.get(f"{HERE}/bodies/{CHIYODA}")).status_code == 200
            assert (await client.get(f"{HERE}/bodies/{SAPPORO}")).status_code == 404
            silent = plain((await client.get(f"{HERE}?source=survey")).text)
            assert "まだありません" in silent
            assert (await client.get(f"{HERE}?source=rehearsal")).status_code == 404
            assert "東京都 移行の状況" in plain((await client.get(f"{HERE}/own")).text)
    async with (
        node(Tier.TOWN, BODY_ROUTES, cluster18, keys) as app,
        signed_in(app, {Role.STANDARDISATION_OFFICER}, municipality=SAPPORO, html=True) as client,
    ):
        own = plain((await client.get(f"{HERE}/own")).text)
    for text in re.findall(
        r"\d[\d,.]*(?:%|ステップ|システム)", there[there.index("ステップの進捗率") :]
    ):
        assert text in here
    rates = re.findall(r"\d+／40 \d+\.\d%", body)
    assert len(rates) == 20
    assert re.findall(r"\d+／40 \d+\.\d%", own) == rates


async def test_a_body_and_its_prefecture_see_what_was_sent_and_every_date_that_slipped(
    cluster18: Cluster, keys: Keys
) -> None:
    rounds = [(UUID(int=n), date(2026, 8 + n, 20), date(2027, 3 * n, 1)) for n in (1, 2)]
    town, prefecture = "131032", "130001"
    async with node(Tier.TOWN, BODY_ROUTES, cluster18, keys) as app:
        async with app.state.db.transaction(town=SAPPORO) as tx:
            for round_id, as_of, target in rounds:
                await own_store.add_requests(tx, [(SAPPORO, asked_of(round_id, as_of))], at=NOON)
                told = report(SAPPORO, 20, target, "技術者が足りない")
                await own_store.add_sent(tx, round_id, told, reason="", at=NOON, by="t")
            await own_store.save_draft(tx, rounds[1][0], report(SAPPORO, 39, None), at=NOON, by="t")
        officer = {Role.STANDARDISATION_OFFICER}
        async with signed_in(app, officer, municipality=SAPPORO, html=True) as client:
            page = plain((await client.get(f"{HERE}/own?source=survey")).text)
            call = await client.get("/api/v1/standardisation/own?source=survey")
            earlier = plain((await client.get(f"{HERE}/own?source=survey&as_of=2026-10-01")).text)
    for text in ("20／40", "+3か月", "技術者が足りない", SECRET_VENDOR, "令和8年10月20日現在"):
        assert text in page
    assert "39／40" not in page
    assert [one["months"] for one in call.json()["slips"]] == [3, None]
    assert "20／40" not in earlier
    async with node(Tier.PREFECTURE, PREFECTURE_ROUTES, cluster18, keys) as app:
        async with app.state.db.transaction(all_towns=True) as tx:
            round_id, as_of, target = rounds[1]
            request = asked_of(round_id, as_of, body=prefecture)
            await own_store.add_requests(tx, [(prefecture, request)], at=NOON)
            sent = G02(
                round_id=round_id,
                body=town,
                revision=1,
                systems=systems_of(report(town, 30, target)),
                answered_at=NOON,
            )
            await member_store.add_answers(tx, "13", [sent], at=NOON)
        supervisor = {Role.STANDARDISATION_SUPERVISOR}
        async with signed_in(app, supervisor, prefecture="13", html=True) as client:
            area = plain((await client.get(f"{HERE}?source=survey")).text)
            member = plain((await client.get(f"{HERE}/bodies/{town}?source=survey")).text)
            items = (await client.get("/api/v1/standardisation/members?source=survey")).json()
    assert "数えられたのは港区だけです（98.8%）" in area
    assert "回答なし" in area
    assert "30／40" in member
    assert [one["code"] for one in items if one["done_steps"] is not None] == [town]


def asked_of(round_id: UUID, as_of: date, body: str = SAPPORO) -> G01:
    """A round that asks a body."""
    return G01(
        round_id=round_id,
        body=body,
        subject=f"移行の調査 {as_of}",
        as_of=as_of,
        due_on=as_of,
        checked_by=as_of,
        sent_at=NOON,
    )
