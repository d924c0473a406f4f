"""The pages and calls of overseers and bodies: journeys without script, and what they refuse."""

import io
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.keys import Keys
from jichitai.kernel.parties import Tier
from jichitai.web.rights import Role
from tests.conftest import Cluster
from tests.security.oversight_builders import answer
from tests.security.oversight_world import NOTICE, World, oversight_world, sample_reports

API = "/api/v1/security/oversight"


@pytest.fixture(scope="module")
async def world(cluster18: Cluster, keys: Keys) -> AsyncIterator[World]:
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    async with oversight_world(cluster18, keys, clock) as world:
        await world.report(*sample_reports())
        await world.ask()
        yield world


def errors(page: str) -> list[str]:
    box = re.search(r"jc-errors.*?</ul>", page, re.DOTALL)
    return re.findall(r"<li>(?:<a[^>]*>)?(.*?)(?:</a>)?</li>", box[0]) if box else []


async def test_from_the_country_down_to_one_body(world: World) -> None:
    async with world.minister(html=True) as client:
        country = (await client.get("/security/bodies")).text
        assert "1,788団体" in country
        assert country.count("/security/bodies/prefectures/") >= 94
        assert "策定・公表がまだの団体は1,784団体です" in country
        area = (await client.get("/security/bodies/prefectures/01")).text
        assert "札幌市" in area
        assert "千代田区" not in area
        found = (await client.get("/security/bodies/011002")).text
        for text in ("令和8年訓令第3号", "a" * 64, "教育委員会", "I-0042", "訓練"):
            assert text in found
        assert (await client.get("/security/bodies/prefectures/99")).status_code == 403
        assert (await client.get("/security/bodies/999999")).status_code == 403


async def test_incidents_show_the_report_that_is_owed_next(world: World) -> None:
    async with world.minister(html=True) as client:
        page = (await client.get("/security/bodies/incidents")).text
        drills = (await client.get("/security/bodies/incidents?drills=1")).text
    assert "I-0042" in page
    assert "期限を過ぎた" in page
    assert "I-0043" not in page
    assert "I-0043" in drills


async def test_the_list_is_narrowed_and_paged_without_script(world: World) -> None:
    async with world.minister(html=True) as client:
        first = (await client.get("/security/bodies/list?status=silent")).text
        assert "1–50団体目（全1,778団体）" in first
        following = re.search(r'href="([^"]+)" rel="next"', first)
        assert following is not None
        second = (await client.get(following[1].replace("&amp;", "&"))).text
        assert "51–100団体目" in second
        assert 'rel="prev"' in second
        one = (await client.get("/security/bodies/list?model=β´&kind=特別区")).text
        assert "1–1団体目（全1団体）" in one
        assert (await client.get("/security/bodies/list?kind=x")).status_code == 422
        csv = await client.get("/security/bodies/list.csv?prefecture=01")
        assert csv.content.startswith(b"\xef\xbb\xbfcode,name")
        assert len(csv.text.splitlines()) == 181


async def test_an_earlier_day_is_shown_as_it_was_known(world: World) -> None:
    async with world.minister() as client:
        now = (await client.get(f"{API}/summary")).json()
        then = (await client.get(f"{API}/summary?as_of=2026-11-19")).json()
    counted = [one["rates"][0]["counted"]["numerator"] for one in (now, then)]
    assert counted == [4, 0]
    assert now["rates"][0]["name"] == "1,788団体"
    assert {one["denominator"] for one in now["rates"]} >= {"organ-pairs", "prefectures-47"}


async def test_a_prefecture_sees_its_members_only(world: World) -> None:
    async with world.supervisor(html=True) as client:
        page = (await client.get("/security/members")).text
        assert "札幌市" in page
        assert "千代田区" not in page
        assert (await client.get("/security/members/011002")).status_code == 200
        assert (await client.get("/security/members/131016")).status_code == 403
        assert (await client.get("/security/members/010006")).status_code == 403
    async with world.supervisor("13") as client:
        assert (await client.get(f"{API}/bodies/011002")).status_code == 403
        assert (await client.get(f"{API}/bodies")).json()["total"] == 62
        assert (await client.get(f"{API}/incidents")).json() == []
        assert (await client.get(f"{API}/reminders")).json() == []


async def test_a_contact_a_reminder_and_its_log(world: World) -> None:
    async with world.supervisor(html=True) as client:
        contact = "/security/members/012041/contact"
        wrong = await client.post(contact, data={"office": "総務課", "mail": "x"})
        assert wrong.status_code == 422
        assert "メールアドレスの形" in errors(wrong.text)[0]
        right = {"office": "総務課", "mail": "soumu@a.example.jp", "phone": ""}
        assert (await client.post(contact, data=right)).status_code == 303
        asked = (await client.get("/security/members/letters/new?matter=policy&q=012041")).text
        assert "1団体に督促を送る" in asked
        bad = await client.post(
            "/security/members/letters/new",
            data={"matter": "policy", "q": "012041", "subject": "", "text": "", "due_year": "x"},
        )
        assert (bad.status_code, len(errors(bad.text))) == (422, 3)
        good = {"matter": "policy", "q": "012041", "subject": "公表のお願い", "text": "報告を。"}
        sent = await client.post("/security/members/letters/new", data=good)
        assert sent.status_code == 303
        log = (await client.get(sent.headers["location"])).text
        assert "1団体に督促しました" in log
        assert "送信待ち" in log
        again = await client.post("/security/members/letters/new", data=good)
        assert again.status_code == 422
        assert "督促する団体が残っていません" in again.text
        assert (await client.get("/security/members/letters?state=x")).status_code == 422
        assert (await client.get("/security/members/letters/new?matter=x")).status_code == 422
        assert (await client.get("/security/members/letters/new?round=x")).status_code == 422


async def test_contacts_come_in_by_spreadsheet_on_pages(world: World) -> None:
    async with world.supervisor(html=True) as client:
        sheet = await client.get("/security/members/contacts.xlsx")
        book = load_workbook(io.BytesIO(sheet.content))
        row = next(r for r in book["連絡先"].iter_rows() if r[0].value == "011002")
        row[2].value, row[3].value = "デジタル課", "d@sapporo.example.jp"
        target = io.BytesIO()
        book.save(target)
        none = await client.post("/security/members/contacts/uploads", files={"file": ("", b"")})
        assert none.status_code == 422
        taken = await client.post(
            "/security/members/contacts/uploads", files={"file": ("連絡先.xlsx", target.getvalue())}
        )
        assert taken.status_code == 303
        preview = await client.get(taken.headers["location"])
        assert "まだ何も書き込んでいません" in preview.text
        done = await client.post(taken.headers["location"], data={})
        assert done.headers["location"] == "/security/members/contacts?done=1"
        assert "デジタル課" in (await client.get(done.headers["location"])).text
        assert (await client.post(taken.headers["location"], data={})).status_code == 409


def questions(**more: str) -> dict[str, str]:
    data = {
        "title": "体制の調査",
        "purpose": "実態をつかむため",
        "as_of_era": "R",
        "as_of_year": "R8.10.1",
        "due_era": "R",
        "due_year": "R8.12.15",
        "denominator": "prefectures-47",
        "q0_label": "CSIRTがありますか",
        "q0_kind": "yesno",
        "q0_required": "1",
        "q0_published": "1",
        "q4_label": "モデル",
        "q4_kind": "choice",
        "q4_choices": "α／β",
    }
    return data | more


async def test_a_survey_from_form_to_publication(world: World) -> None:
    base = "/security/surveys"
    async with world.minister(html=True) as client:
        assert (await client.get(f"{base}/new")).status_code == 200
        bad = await client.post(f"{base}/new", data=questions(title="", due_year="R8.13.1"))
        assert bad.status_code == 422
        assert "CSIRTがありますか" in bad.text
        made = await client.post(f"{base}/new", data=questions(then="more"))
        edit = made.headers["location"]
        assert edit.endswith("/edit#questions")
        here = edit.removesuffix("/edit#questions")
        assert "α／β" in (await client.get(f"{here}/edit")).text
        assert (await client.post(f"{here}/edit", data=questions())).status_code == 303
        assert (await client.post(here, data={"deed": "close"})).status_code == 422
        assert (await client.post(here, data={"deed": "open"})).status_code == 303
        opened = (await client.get(here)).text
        assert "47都道府県" in opened
        survey = here.rpartition("/")[2]
        archive = (await client.get(f"{here}/files.zip")).content
        assert archive[:2] == b"PK"
        message = answer("010006", survey, answers={"q1": "はい", "q2": "α"})
        await world.report(message)
        table = (await client.get(f"{here}/answers.xlsx")).content
        book = load_workbook(io.BytesIO(table))
        page = book["回答"]
        for row in page.iter_rows(min_row=5):
            match row[0].value:
                case "020001":
                    row[2].value, row[3].value = "いいえ", "γ"
                case "030007":
                    row[0].value, row[2].value = 30007, "はい"
                case "010006":
                    pass
                case _:
                    row[0].value = row[1].value = None
        target = io.BytesIO()
        book.save(target)
        taken = await client.post(
            f"{here}/uploads", files={"file": ("回答.xlsx", target.getvalue())}
        )
        preview = (await client.get(taken.headers["location"])).text
        assert "030007 岩手県 でよければ" in preview
        assert "選べる値の中にありません" in preview
        repaired = re.findall(r'name="repaired" value="([^"]+)"', preview)
        assert len(repaired) == 1
        marked = await client.get(f"{taken.headers['location']}/marked.xlsx")
        assert marked.content[:2] == b"PK"
        done = await client.post(taken.headers["location"], data={"repaired": repaired})
        assert done.headers["location"].endswith("?done=1")
        remind = (await client.get(f"/security/letters/new?matter=survey&round={survey}")).text
        assert "45団体に督促を送る" in remind
        broken = await client.post(f"{here}/uploads", files={"file": ("a.xlsx", b"x")})
        assert broken.status_code == 422
        for deed in ("close", "publish"):
            assert (await client.post(here, data={"deed": deed})).status_code == 303
        again = await client.post(here, data={"deed": "publish"})
        assert (again.status_code, "理由が要ります" in again.text) == (422, True)
        more = await client.post(here, data={"deed": "publish", "reason": "岩手県の訂正"})
        assert more.status_code == 303
    async with world.minister() as nobody:
        nobody.cookies.clear()
        data = (await nobody.get("/open-data/security")).text
        assert "岩手県の訂正" in data
        first = await nobody.get(f"/open-data/security/surveys/{survey}/1/csv")
        assert "010006,北海道,1,はい" in first.text
        assert ",α" not in first.text
        assert (await nobody.get(f"/open-data/security/surveys/{survey}/9/csv")).status_code == 404


async def test_open_data_tells_nothing_of_drafts(world: World) -> None:
    async with world.minister() as client:
        client.cookies.clear()
        bodies = (await client.get("/open-data/security/bodies.json")).json()
        rates = (await client.get("/open-data/security/rates.csv?as_of=2026-11-19")).text
        raw = (await client.get("/open-data/security/bodies.csv")).text
    by_code = {one["code"]: one for one in bodies["items"]}
    assert len(by_code) == 1788
    assert by_code["011002"]["published"]
    drafted, silent = by_code["012033"], by_code["012084"]
    told = ("adopted", "published", "address", "published_at", "guideline_version")
    assert [drafted[name] for name in told] == [silent[name] for name in told]
    assert "1,788団体" in rates
    assert "2026-11-19" in rates
    assert "012025,北海道函館市,01,市,1,0,https://" in raw


async def test_a_body_answers_on_its_page(world: World) -> None:
    here = f"/security/notices/{NOTICE}"
    async with world.officer(html=True) as client:
        assert "未回答" in (await client.get("/security/notices")).text
        bad = await client.post(here, data={"a_staff": "十人"})
        assert bad.status_code == 422
        assert len(errors(bad.text)) == 2
        assert 'value="十人"' in bad.text
        kept = await client.post(here, data={"a_staff": "十人", "deed": "draft"})
        assert "下書きを保存しました" in (await client.get(kept.headers["location"])).text
        sheet = await client.get(f"{here}/form.xlsx")
        book = load_workbook(io.BytesIO(sheet.content))
        row = next(r for r in book["回答"].iter_rows() if r[0].value == "011002")
        row[2].value, row[3].value = "はい", 12
        target = io.BytesIO()
        book.save(target)
        taken = await client.post(f"{here}/upload", files={"file": ("a.xlsx", target.getvalue())})
        assert taken.headers["location"].endswith("done=file")
        row[0].value = "131016"
        target = io.BytesIO()
        book.save(target)
        other = await client.post(f"{here}/upload", files={"file": ("a.xlsx", target.getvalue())})
        assert other.status_code == 422
        assert "代わって回答することはできません" in other.text
        none = await client.post(f"{here}/upload", files={"file": ("a.xlsx", b"x")})
        assert none.status_code == 422
        sent = await client.post(here, data={"a_csirt": "はい", "a_staff": "12"})
        assert sent.headers["location"].endswith("done=sent")
        page = (await client.get(here)).text
        assert "1回目" in page
        no_reason = await client.post(here, data={"a_csirt": "いいえ"})
        assert no_reason.status_code == 422
        assert "回答済み" in (await client.get("/security/notices")).text
    async with world.officer("131016", html=True) as stranger:
        assert (await stranger.get(here)).status_code == 404
    async with world.officer(html=True, roles={Role.SECURITY_AUDITOR}) as auditor:
        assert "見ることだけ" in (await auditor.get(here)).text
        assert (await auditor.post(here, data={})).status_code == 403


async def test_the_same_by_json(world: World) -> None:
    async with world.minister() as client:

        async def post(path: str, body: Any, status: int = 200) -> Any:
            found = await client.post(f"{API}{path}", json=body)
            assert found.status_code == status, found.text
            return found.json()

        page = (await client.get(f"{API}/bodies?prefecture=01&limit=2")).json()
        assert (page["total"], page["after"]) == (180, page["items"][1]["code"])
        after = (
            await client.get(f"{API}/bodies?prefecture=01&limit=200&after={page['after']}")
        ).json()
        assert (len(after["items"]), after["after"]) == (178, None)
        one = (await client.get(f"{API}/bodies/011002")).json()
        assert one["policies"][0]["adoptions"][1]["organ"] == "education"
        assert one["body"]["organs"]["head"] == "counted"
        contact = await client.put(
            f"{API}/bodies/131016/contact", json={"office": "総務部", "mail": "a@b.example.jp"}
        )
        assert contact.json()["revision"] == 1
        assert len((await client.get(f"{API}/contacts")).json()) >= 1
        order = {"matter": "policy", "bodies": ["131016", "130001", "012084"]}
        plan = await post("/reminders/plan", order)
        assert plan["bodies"] == ["012084"]
        assert plan["done"] == ["130001", "131016"]
        assert (await post("/reminders", order, 201))["without_address"] == ["012084"]
        await post("/reminders", order, 409)
        log = (await client.get(f"{API}/reminders?code=012084")).json()
        assert (log[0]["matter"], log[0]["letter"]) == ("policy", "")
        await post(f"/letters/{NOTICE}/again", {}, 404)
        survey = {
            "title": "人数の調査",
            "form": {
                "questions": [{"key": "n", "label": "人数", "kind": "int", "published": True}]
            },
            "as_of": "2026-10-01",
            "due_on": "2026-12-01",
            "denominator": "prefectures-47",
        }
        made = (await post("/surveys", survey, 201))["id"]
        changed = await client.put(f"{API}/surveys/{made}", json=survey | {"title": "別の名前"})
        assert changed.status_code == 200
        assert await post(f"/surveys/{made}/open", {}) == {"bodies": 47}
        await post(f"/surveys/{made}/open", {}, 409)
        await world.report(answer("130001", made, answers={"n": "５"}))
        detail = (await client.get(f"{API}/surveys/{made}")).json()
        assert detail["tally"][0]["total"] == 5
        assert len(detail["missing"]) == 46
        table = (await client.get(f"{API}/surveys/{made}/answers.xlsx")).content
        taken = await client.post(f"{API}/surveys/{made}/uploads?name=a.xlsx", content=table)
        assert taken.status_code == 201, taken.text
        upload = taken.json()["upload_id"]
        seen = (await client.get(f"{API}/surveys/{made}/uploads/{upload}")).json()
        assert seen["rows"] == seen["right"] == 1
        wrong = await client.post(f"{API}/surveys/{made}/uploads", content=b"x")
        assert (wrong.status_code, wrong.json()["type"]) == (
            422,
            "/problems/infra.workbook-refused",
        )
        assert (await post(f"/surveys/{made}/uploads/{upload}/apply", {}))["bodies"] == 0
        past = (await client.get(f"{API}/surveys/{made}/answers/130001")).json()
        assert [one["via"] for one in past] == ["message"]
        assert (await post(f"/surveys/{made}/close", {}))["state"] == "closed"
        assert (await post(f"/surveys/{made}/publications", {}, 201))["edition"] == 1
        assert len((await client.get(f"{API}/surveys/{made}/publications")).json()) == 1
        assert len((await client.get(f"{API}/surveys")).json()) >= 1
        assert (await client.get(f"{API}/incidents?drills=true")).json()[0]["drill"]


async def test_a_body_answers_by_json(world: World) -> None:
    base = "/api/v1/security/notices"
    async with world.officer() as client:
        (one,) = (await client.get(base)).json()
        here = f"{base}/{one['notice_id']}"
        draft = await client.put(f"{here}/draft", json={"answers": {"staff": "3"}})
        assert draft.status_code == 204
        detail = (await client.get(here)).json()
        assert (detail["answers"], detail["drafted"]) == ({"staff": "3"}, True)
        bad = await client.post(f"{here}/answers", json={"answers": {"csirt": "x"}, "reason": "a"})
        assert bad.status_code == 422
        assert "csirt" in bad.json()["faults"]
        sent = await client.post(
            f"{here}/answers", json={"answers": {"csirt": "いいえ"}, "reason": "誤記"}
        )
        assert sent.status_code == 201
        data = (await client.get(f"{here}/form.xlsx")).content
        taken = (await client.post(f"{here}/uploads", content=data)).json()
        assert (taken["rows"], taken["right"]) == (1, 1)
    async with world.officer("131016") as stranger:
        assert (await stranger.get(here)).status_code == 404
        assert (await stranger.get(base)).json() == []


async def test_other_roles_are_kept_out(world: World) -> None:
    async with world.supervisor() as client:
        assert (await client.get("/security/bodies")).status_code == 404
    async with world.officer(roles={Role.CLERK}) as clerk:
        for path in ("/security/notices", "/api/v1/security/notices"):
            assert (await clerk.get(path)).status_code == 403
    from tests.web.client import signed_in

    app = world.apps[Tier.PREFECTURE]
    async with signed_in(app, {Role.SOC_ANALYST}, prefecture="01") as analyst:
        for path in (f"{API}/bodies", "/security/members", "/security/members/surveys"):
            assert (await analyst.get(path)).status_code == 403
    async with signed_in(app, {Role.SECURITY_SUPERVISOR}) as nowhere:
        assert (await nowhere.get(f"{API}/bodies")).status_code == 403


async def test_odd_texts_and_days_are_refused_or_bounded(world: World) -> None:
    async with world.minister() as client:
        for day in ("0001-01-01", "9999-12-31"):
            assert (await client.get(f"{API}/summary?as_of={day}")).status_code == 200
            page = await client.get(f"/security/bodies?as_of={day}")
            assert page.status_code == 200
        assert (await client.get(f"{API}/reminders?code=%00")).status_code == 422
        survey = {
            "title": "x",
            "form": {"questions": [{"key": "a", "label": "b"}]},
            "as_of": "2026-10-01",
            "due_on": "2026-12-01",
            "denominator": "prefectures-47",
        }
        for change in ({"title": "\0"}, {"due_on": "9999-12-31"}, {"as_of": "0001-01-01"}):
            answered = await client.post(f"{API}/surveys", json=survey | change)
            assert answered.status_code in (400, 422), answered.text
        contact = {"office": "\0", "mail": "a@b.example.jp"}
        answered = await client.put(f"{API}/bodies/011002/contact", json=contact)
        assert answered.status_code in (400, 422)
    async with world.officer(html=True) as client:
        here = f"/security/notices/{NOTICE}"
        kept = await client.post(here, data={"a_staff": "1\0", "deed": "draft"})
        assert kept.status_code == 303
    async with world.minister(html=True) as client:
        made = await client.post("/security/surveys/new", data=questions(title="名\0前"))
        assert made.status_code == 303
        old = await client.post("/security/surveys/new", data=questions(due_year="0001-01-01"))
        assert old.status_code == 422
