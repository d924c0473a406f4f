"""Pages and calls of incidents in process: journeys without script, rights, what they refuse."""

import base64
import io
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import psycopg
import pytest
from litestar import Litestar
from litestar.di import Provide
from pypdf import PdfReader

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Party, Tier
from jichitai.security import shell
from jichitai.security.assets.service import Assets
from jichitai.security.incidents import alerts, worker
from jichitai.security.incidents.pages import when
from jichitai.security.incidents.routes import ROUTES, TEMPLATES
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.builders import my_number
from tests.conftest import OTHER_TOWN, TOWN, Cluster, fresh_database
from tests.jukinet.network_builders import received
from tests.security.assets_builders import system_draft
from tests.security.incident_builders import NOW, alert, photo
from tests.security.incident_builders import OFFICER as BY_OFFICER
from tests.web.client import signed_in

API = "/api/v1/security/incidents"
PAGES = "/security/incidents"
OFFICER = frozenset({Role.SECURITY_OFFICER})
AUDITOR = frozenset({Role.SECURITY_AUDITOR})
CLERK = frozenset({Role.CLERK})


@pytest.fixture(scope="module")
async def databases(cluster18: Cluster, keys: Keys) -> AsyncIterator[dict[Tier, Database]]:
    async with (
        fresh_database(cluster18, Tier.TOWN, keys) as town,
        fresh_database(cluster18, Tier.PREFECTURE, keys) as prefecture,
    ):
        yield {Tier.TOWN: town, Tier.PREFECTURE: prefecture}


def app_of(tier: Tier, database: Database, keys: Keys, clock: FixedClock) -> Litestar:
    outbox = Outbox(keys.network, clock)
    return create_app(
        tier,
        Settings(tier=tier, rate_limit=0),
        controllers=list(ROUTES),
        templates=[TEMPLATES],
        shell=shell.body_shell(shell.prefecture_shell),
        db=database,
        clock=clock,
        keys=keys,
        dependencies={"outbox": Provide(lambda: outbox, sync_to_thread=False)},
    )


@pytest.fixture(scope="module")
def apps(databases: dict[Tier, Database], keys: Keys) -> dict[Tier, Litestar]:
    """One application per tier; each test begins at `NOW` again."""
    clock = FixedClock(NOW)
    return {tier: app_of(tier, database, keys, clock) for tier, database in databases.items()}


@pytest.fixture
def clock(apps: dict[Tier, Litestar]) -> FixedClock:
    found: FixedClock = apps[Tier.TOWN].state.clock
    found.instant = NOW
    return found


@pytest.fixture
def town(apps: dict[Tier, Litestar], clock: FixedClock) -> Litestar:
    assert clock.instant == NOW
    return apps[Tier.TOWN]


@pytest.fixture
def prefecture(apps: dict[Tier, Litestar], clock: FixedClock) -> Litestar:
    assert clock.instant == NOW
    return apps[Tier.PREFECTURE]


def staff(app: Litestar, roles: frozenset[Role], town: str = TOWN, *, html: bool = True) -> Any:
    return signed_in(app, roles, html=html, municipality=town)


def shown_errors(page: str) -> set[str]:
    return set(re.findall(r'href="#f-([a-z_]+)"', page))


async def reported(app: Litestar, **values: Any) -> dict[str, Any]:
    """An incident that a clerk reported through the API."""
    async with staff(app, CLERK, html=False) as clerk:
        answer = await clerk.post(API, json={"kind": "ransomware", "area": "lgwan"} | values)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_incident_is_reported_without_script_and_its_receipt_says_what_runs(
    town: Litestar,
) -> None:
    async with staff(town, CLERK) as clerk:
        page = (await clerk.get(f"{PAGES}/new")).text
        assert "いつ気づきましたか" in page
        empty = await clerk.post(f"{PAGES}/new", data={"when": ""})
        assert empty.status_code == 422
        assert shown_errors(empty.text) == {"when", "kind"}
        data = {"when": "10", "kind": "missent", "area": "internet", "persons": "128"}
        files = {"photo": ("p.jpg", photo(), "image/jpeg")}
        sent = await clerk.post(f"{PAGES}/new", data=data, files=files)
        assert sent.status_code == 303, sent.text
        receipt = (await clerk.get(sent.headers["location"])).text
        assert "2026-11-20 13:48" in receipt
        assert "令和8年11月25日" in receipt
        assert "翌日を1日目として5日目" in receipt
        assert "1枚" in receipt
        assert "該当するか未定" in receipt
        more = await clerk.post(sent.headers["location"], data={"text": "相手に削除を依頼した"})
        assert more.status_code == 303
        assert sent.headers["location"] in (await clerk.get(f"{PAGES}/new")).text
        assert "事案の記録を開く" not in receipt
        nothing = await clerk.post(sent.headers["location"], data={"text": " "})
        assert nothing.status_code == 422
        assert (await clerk.get(PAGES)).status_code == 403
        assert (
            await clerk.get(sent.headers["location"].removesuffix("/receipt"))
        ).status_code == 403
    async with staff(town, CLERK) as colleague:
        assert (await colleague.get(sent.headers["location"])).status_code == 404
        assert sent.headers["location"] not in (await colleague.get(f"{PAGES}/new")).text
    async with staff(town, AUDITOR) as auditor:
        assert "事案の記録を開く" in (await auditor.get(sent.headers["location"])).text


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"when": "other", "when_text": "きのう"}, {"when_text"}),
        ({"when": "99999999999"}, {"when"}),
        ({"when": "other", "when_text": "2030-01-01 10:00"}, {"known_at"}),
        ({"persons": "多数"}, {"persons"}),
        ({"kind": "flood"}, {"kind"}),
        ({"section": "あ" * 81}, {"section"}),
        ({"summary": "あ" * 4_001}, {"summary"}),
    ],
)
async def test_a_report_with_errors_comes_back_with_what_was_typed(
    town: Litestar, values: Mapping[str, str], fields: set[str]
) -> None:
    data = {"when": "0", "kind": "lost", "system": "訪問用端末"} | dict(values)
    async with staff(town, CLERK) as clerk:
        answer = await clerk.post(f"{PAGES}/new", data=data)
    assert answer.status_code == 422
    assert shown_errors(answer.text) == fields
    assert "訪問用端末" in answer.text


async def test_what_is_no_photo_and_numbers_of_persons_are_refused_and_nothing_is_kept(
    town: Litestar,
) -> None:
    async with staff(town, OFFICER, html=False) as officer:
        before = len((await officer.get(API)).json())
    number = my_number().reveal()
    async with staff(town, CLERK) as clerk:
        files = {"photo": ("p.jpg", b"GIF89a", "image/jpeg")}
        data = {"when": "0", "kind": "lost"}
        bad = await clerk.post(f"{PAGES}/new", data=data, files=files)
        named = await clerk.post(f"{PAGES}/new", data=data | {"summary": f"番号 {number}"})
    assert (bad.status_code, named.status_code) == (422, 422)
    assert shown_errors(bad.text) == {"photo"}
    assert shown_errors(named.text) == {"summary"}
    async with staff(town, OFFICER, html=False) as officer:
        assert len((await officer.get(API)).json()) == before


async def test_an_officer_takes_an_incident_from_triage_to_its_end_on_pages(
    town: Litestar,
) -> None:
    found = await reported(town, facts={"personal": "no"})
    page = f"{PAGES}/{found['incident_id']}"
    async with staff(town, OFFICER) as officer:
        assert found["number"] in (await officer.get(PAGES)).text
        assert "トリアージ" in (await officer.get(page)).text
        unrated = await officer.post(f"{page}/triage", data={"version": "1"})
        assert shown_errors(unrated.text) == {"severity"}
        data = {"version": "1", "severity": "critical", "handler": "情報政策課"}
        assert (await officer.post(f"{page}/triage", data=data)).status_code == 303
        assert (await officer.post(f"{page}/triage", data=data)).status_code == 409
        form = inputs((await officer.get(f"{page}/edit")).text)
        change = form | {
            "cause": "古いVPN機器",
            "prevention": "更新した",
            "network": "no",
            "crime": "no",
        }
        assert (await officer.post(f"{page}/edit", data=change)).status_code == 303
        stale = await officer.post(f"{page}/edit", data=change)
        assert stale.status_code == 409
        wrong = inputs((await officer.get(f"{page}/edit")).text)
        bad = await officer.post(f"{page}/edit", data=wrong | {"persons": "x", "known_at": "?"})
        assert shown_errors(bad.text) == {"persons", "known_at"}
        await officer.post(f"{page}/notes", data={"text": "サーバーを切り離した"})
        item = {"version": wrong["version"], "extension": ".locked", "traffic": "x"}
        assert (await officer.post(f"{page}/forms/ransomware", data=item)).status_code == 303
        again = await officer.post(f"{page}/forms/ransomware", data=item)
        assert again.status_code == 409
        chosen = {"version": "4", "entry_route": "空から"}
        assert (await officer.post(f"{page}/forms/ransomware", data=chosen)).status_code == 422
        reports = (await officer.get(f"{page}/reports")).text
        assert "直ちに" in reports
        assert ".locked" in (await officer.get(f"{page}/reports/prefecture")).text
        version = inputs((await officer.get(page)).text)["version"]
        moved = await officer.post(f"{page}/state", data={"version": version, "to": "recovered"})
        assert moved.status_code == 303
        closing = {"version": str(int(version) + 1), "to": "closed"}
        owed = await officer.post(f"{page}/state", data=closing)
        assert owed.status_code == 409
        assert "都道府県（第一報）が済んでいない" in owed.text
        sent = await officer.post(f"{page}/reports/prefecture", data={"deed": "send"})
        assert sent.status_code == 303
        assert (await officer.post(f"{page}/state", data=closing)).status_code == 303
        reopened = closing | {"version": str(int(version) + 2), "to": "handling"}
        assert (await officer.post(f"{page}/state", data=reopened)).status_code == 409
        line = (await officer.get(f"{page}/timeline")).text
        assert "書かれた時のまま" in line
        assert "サーバーを切り離した" in line


def inputs(page: str) -> dict[str, str]:
    """What a browser would send of the page's forms, as it stands."""
    found = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
    found |= re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', page)
    for name, options in re.findall(
        r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    for kind, name in re.findall(
        r'<input type="(radio|checkbox)" (?:id="[^"]*" )?name="(\w+)"', page
    ):
        chosen = re.search(rf'name="{name}" value="([^"]*)"[^>]* checked', page)
        found[name] = chosen[1] if chosen else ""
        if kind and not found[name]:
            found.pop(name)
    found.pop("_csrf_token", None)
    return found


async def test_a_system_is_picked_from_the_bodys_own_list(
    town: Litestar, databases: dict[Tier, Database], clock: FixedClock
) -> None:
    async with databases[Tier.TOWN].transaction(town=TOWN) as tx:
        entered = await Assets(clock).enter_system(tx, TOWN, system_draft(), by=BY_OFFICER)
    found = await reported(town)
    page = f"{PAGES}/{found['incident_id']}"
    async with staff(town, OFFICER) as officer:
        form = inputs((await officer.get(f"{page}/edit")).text)
        assert form["system_id"] == ""
        picked = form | {"system_id": str(entered.id)}
        assert (await officer.post(f"{page}/edit", data=picked)).status_code == 303
        again = inputs((await officer.get(f"{page}/edit")).text)
        assert (again["system"], again["organ"]) == (entered.draft.name, "head")
        assert again["system_id"] == str(entered.id)
        elsewhere = again | {"system_id": str(uuid4())}
        await officer.post(f"{page}/edit", data=elsewhere)
        assert inputs((await officer.get(f"{page}/edit")).text)["system_id"] == ""


async def test_papers_come_as_pdf_and_spreadsheet_with_the_same_values(town: Litestar) -> None:
    facts = {"summary": "共有フォルダが開けない", "details": {"extension": ".locked"}}
    found = await reported(town, facts=facts)
    path = f"{API}/{found['incident_id']}"
    async with staff(town, OFFICER, html=False) as officer:
        pdf = await officer.get(f"{path}/papers/ransomware.pdf")
        assert pdf.headers["content-type"] == "application/pdf"
        assert found["number"] in pdf.headers["content-disposition"]
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
        sheet = await officer.get(f"{path}/papers/ransomware.xlsx")
        rows = list(openpyxl.load_workbook(io.BytesIO(sheet.content)).active.values)
        values = {row[1]: row[2] for row in rows}
        assert values["暗号化されたファイルの拡張子"] == ".locked"
        for expected in ("共有フォルダが開けない", ".locked", found["number"]):
            assert expected in text
        assert (await officer.get(f"{path}/papers/unknown.pdf")).status_code == 404
        assert (await officer.get(f"{path}/papers/ppc.doc")).status_code == 404
        sent = (await officer.post(f"{path}/reports", json={"clock_id": "prefecture"})).json()
        kept = f"{path}/reports/{sent['report_id']}/paper.pdf"
        first = await officer.get(kept)
        assert first.status_code == 200
        change = {"version": 1, "facts": {"summary": "書き換えた"}}
        assert (await officer.patch(path, json=change)).status_code == 200
        assert (await officer.get(kept)).content == first.content
        assert (await officer.get(f"{path}/reports/{uuid4()}/paper.pdf")).status_code == 404


async def test_the_api_refuses_with_problems(town: Litestar) -> None:
    found = await reported(town)
    path = f"{API}/{found['incident_id']}"
    async with staff(town, OFFICER, html=False) as officer:
        for method, where, body, status, kind in (
            ("POST", API, {"kind": "ddos", "known_at": "2031-01-01T00:00:00Z"}, 422, "security.bad-incident"),
            ("POST", API, {"kind": "ddos", "facts": {"details": {"x": "1"}}}, 422, "security.bad-incident"),
            ("PATCH", path, {"version": 9}, 409, "security.stale-edit"),
            ("PATCH", path, {"version": 1, "facts": {"nothing": 1}}, 422, "security.bad-incident"),
            ("POST", f"{path}/triage", {"version": 1}, 409, "security.wrong-incident-state"),
            ("POST", f"{path}/state", {"version": 1, "to": "closed"}, 409, "security.wrong-incident-state"),
            ("POST", f"{path}/reports", {"clock_id": "ministry"}, 409, "security.report-not-owed"),
            ("POST", f"{path}/photos", {"content": base64.b64encode(b"GIF").decode()}, 422, "security.unusable-picture"),
            ("POST", f"{path}/steps", None, 409, "security.wrong-incident-state"),
            ("POST", f"{API}/drills", {"scenario": "none"}, 404, "security.unknown-scenario"),
            ("POST", f"{API}/csirt", {"duty": "king", "name": "x"}, 422, "security.bad-incident"),
            ("POST", f"{API}/csirt", {"duty": "ciso", "name": "x", "mail": "@"}, 422, "security.bad-incident"),
            ("GET", f"{API}/{uuid4()}", None, 404, "security.unknown-incident"),
            ("DELETE", f"{API}/csirt/{uuid4()}", None, 404, "security.unknown-document"),
        ):  # fmt: skip
            answer = await officer.request(method, where, json=body)
            assert answer.status_code == status, (where, answer.text)
            assert answer.json()["type"] == f"/problems/{kind}"
        for where, malformed in (
            (API, {"kind": "flood"}),
            (f"{path}/reports", {"clock_id": 1}),
            (f"{path}/waivers", {"clock_id": [], "reason": "x"}),
        ):
            assert (await officer.post(where, json=malformed)).status_code == 422


async def test_other_bodies_and_other_roles_reach_nothing(town: Litestar) -> None:
    found = await reported(town)
    key = found["incident_id"]
    paths = ("", "/timeline", "/papers/ppc.pdf", "/review")
    async with staff(town, OFFICER, OTHER_TOWN, html=False) as stranger:
        for path in paths:
            assert (await stranger.get(f"{API}/{key}{path}")).status_code == 404
        assert (await stranger.post(f"{API}/{key}/notes", json={"text": "x"})).status_code == 404
        assert found["number"] not in (await stranger.get(API)).text
        for path in ("", "/edit", "/reports", "/timeline", "/receipt", "/forms/ddos"):
            assert (await stranger.get(f"{PAGES}/{key}{path}")).status_code == 404
    async with staff(town, AUDITOR, html=False) as auditor:
        assert (await auditor.get(f"{API}/{key}")).status_code == 200
        assert (await auditor.patch(f"{API}/{key}", json={"version": 1})).status_code == 403
        assert (await auditor.post(f"{API}/drills", json={"scenario": "x"})).status_code == 403
    async with staff(town, frozenset({Role.MINISTRY_OFFICER}), html=False) as outsider:
        assert (await outsider.post(API, json={"kind": "ddos"})).status_code == 403
        assert (await outsider.get(f"{API}/{key}")).status_code == 403


async def test_photos_are_read_inside_only_and_looking_is_written_down(
    town: Litestar, databases: dict[Tier, Database]
) -> None:
    found = await reported(town)
    path = f"{API}/{found['incident_id']}/photos"
    async with staff(town, OFFICER, html=False) as officer:
        content = base64.b64encode(photo()).decode()
        added = (await officer.post(path, json={"content": content})).json()
        picture = await officer.get(f"{path}/{added['file_id']}")
        assert picture.content[:2] == b"\xff\xd8"
        assert picture.headers["cache-control"] == "no-store"
    async with staff(town, CLERK, html=False) as clerk:
        assert (await clerk.get(f"{path}/{added['file_id']}")).status_code == 403
    async with databases[Tier.TOWN].transaction(town=TOWN, read_only=True) as tx:
        query = "select count(*) from infra.audit where action = 'security.incident.look' and subject = %s"
        (count,) = await (await tx.execute(query, (found["incident_id"],))).fetchone() or (0,)
    assert count == 1


async def test_what_somebody_changed_in_the_database_is_seen_on_the_page_and_by_calls(
    town: Litestar, databases: dict[Tier, Database], cluster18: Cluster
) -> None:
    found = await reported(town)
    key = found["incident_id"]
    name = psycopg.conninfo.conninfo_to_dict(str(databases[Tier.TOWN].pool.conninfo))["dbname"]
    with psycopg.connect(cluster18.server.superuser_dsn(), dbname=name) as superuser:
        superuser.execute(
            "update security.incident_entry set text = %s where incident_id = %s and sequence = 1",
            ("何もなかった", key),
        )
    async with staff(town, OFFICER, html=False) as officer:
        line = (await officer.get(f"{API}/{key}/timeline")).json()
        assert (line["holds"], line["broken_at"]) == (False, 1)
    async with staff(town, OFFICER) as officer:
        assert "書き換えられています" in (await officer.get(f"{PAGES}/{key}/timeline")).text


async def test_the_watch_of_the_clocks_covers_all_bodies_of_the_node(
    town: Litestar, databases: dict[Tier, Database], clock: FixedClock
) -> None:
    async with staff(town, CLERK, OTHER_TOWN, html=False) as clerk:
        made = await clerk.post(API, json={"kind": "fault", "area": "mn"})
    clock.instant = NOW + timedelta(days=1)
    assert not await worker.watch(databases[Tier.TOWN], clock)
    async with staff(town, OFFICER, OTHER_TOWN, html=False) as officer:
        notices = (await officer.get(f"{API}/notices")).json()
    causes = {one["cause"] for one in notices if one["incident_id"] == made.json()["incident_id"]}
    assert causes == {"recorded", "late:csirt", "late:prefecture"}


async def test_alerts_csirt_and_exercises_on_pages_and_by_calls(
    town: Litestar, databases: dict[Tier, Database], clock: FixedClock
) -> None:
    one, other = alert(), alert()
    async with databases[Tier.TOWN].transaction(town=TOWN) as tx:
        origin, to = Party.prefecture(TOWN[:2]), Party.town(TOWN)
        batch = [received(body, origin=origin, receiver=to) for body in (one, other)]
        await alerts.handlers(clock)["S03"](tx, batch)
    async with staff(town, OFFICER) as officer:
        page = f"{PAGES}/alerts/{one.alert_id}"
        assert "vpn-maint" in (await officer.get(page)).text
        unsaid = await officer.post(page, data={"deed": "dismiss", "reason": ""})
        assert shown_errors(unsaid.text) == {"reason"}
        taken = await officer.post(page, data={"deed": "accept", "kind": "unauthorised-access"})
        assert taken.status_code == 303
        assert "総当たり" in (await officer.get(taken.headers["location"])).text
        assert (await officer.post(page, data={"deed": "accept"})).status_code == 409
        member = {"duty": "ciso", "name": "副町長", "mail": "ciso@town.example.lg.jp"}
        assert (await officer.post(f"{PAGES}/csirt", data=member)).status_code == 303
        bad = await officer.post(f"{PAGES}/csirt", data={"duty": "", "name": "", "mail": "x"})
        assert shown_errors(bad.text) == {"duty", "name", "mail"}
        begun = await officer.post(f"{PAGES}/drills", data={"scenario": "missent-mail"})
        drill = (await officer.get(begun.headers["location"])).text
        assert "訓練です" in drill
        await officer.post(f"{begun.headers['location']}/step")
        assert "状況2" in (await officer.get(f"{begun.headers['location']}/timeline")).text
        assert "いまの状況" in (await officer.get(begun.headers["location"])).text
        none = await officer.post(f"{PAGES}/drills", data={})
        assert shown_errors(none.text) == {"scenario"}
        assert "missent" in (await officer.get(f"{PAGES}/drills")).text
    async with staff(town, OFFICER, html=False) as caller:
        listed = (await caller.get(f"{API}/alerts")).json()
        assert {row["state"] for row in listed} == {"incident", "new"}
        said = {"reason": "保守の作業"}
        gone = await caller.post(f"{API}/alerts/{other.alert_id}/dismissal", json=said)
        assert gone.status_code == 204
        (found,) = (await caller.get(f"{API}/csirt")).json()
        assert (await caller.get(f"{API}/scenarios")).json()[0]["steps"] >= 3
        drill_id = begun.headers["location"].rpartition("/")[2]
        review = (await caller.get(f"{API}/{drill_id}/review")).json()
        assert [row["given_at"] is not None for row in review[:3]] == [True, True, False]
        assert (await caller.delete(f"{API}/csirt/{found['member_id']}")).status_code == 204
        assert (await caller.get(f"{API}/notices")).status_code == 200


async def test_a_prefecture_keeps_its_own_incidents_with_the_same_pages(
    prefecture: Litestar,
) -> None:
    async with signed_in(prefecture, {Role.SOC_ANALYST}, html=False, prefecture="01") as analyst:
        made = await analyst.post(API, json={"kind": "ddos", "area": "internet"})
        assert made.status_code == 201
        clocks = {clock["clock_id"] for clock in made.json()["clocks"]}
    assert "ministry" in clocks
    assert "prefecture" not in clocks
    async with signed_in(prefecture, OFFICER, html=True, prefecture="01") as officer:
        page = await officer.get(f"{PAGES}/{made.json()['incident_id']}/reports")
        assert "総務省" in page.text
        assert UUID(made.json()["incident_id"])
    async with signed_in(prefecture, OFFICER, html=True, prefecture="13") as stranger:
        page = await stranger.get(f"{PAGES}/{made.json()['incident_id']}")
        assert page.status_code == 404


async def test_late_reports_stand_on_top_of_the_board(town: Litestar, clock: FixedClock) -> None:
    await reported(town)
    clock.instant = NOW + timedelta(days=2)
    async with staff(town, OFFICER) as officer:
        page = (await officer.get(PAGES)).text
    assert "期限を過ぎた報告が" in page
    assert "超過" in page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13:58", "2026-11-20T13:58:00+09:00"),
        ("１３：５８", "2026-11-20T13:58:00+09:00"),
        ("23時05分", "2026-11-19T23:05:00+09:00"),
        ("11/19 9:05", "2026-11-19T09:05:00+09:00"),
        ("12月31日 9:05", "2025-12-31T09:05:00+09:00"),
        ("R8.11.20 13時58分", "2026-11-20T13:58:00+09:00"),
        ("2026-11-20 13:58", "2026-11-20T13:58:00+09:00"),
    ],
)
def test_times_are_read_as_people_in_a_hurry_write_them(text: str, expected: str) -> None:
    assert when.written(text, NOW).isoformat() == expected


@pytest.mark.parametrize("text", ["", "きのう", "25:00", "13/45 10:00", "11/20", "99:99"])
def test_times_that_say_nothing_are_not_guessed(text: str) -> None:
    with pytest.raises(when.UnreadableTimeError):
        when.written(text, NOW)
