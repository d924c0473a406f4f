"""The counter's pages: journeys without script, what they show and what they never show."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
from litestar import Litestar

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.register.events import CertificatePerson, DepartureCertificate
from jichitai.register.model.resident import Resident
from jichitai.register.service.network import TownRegister
from jichitai.web.rights import Role
from tests import builders
from tests.builders import OTHER_TOWN, TODAY, TOWN
from tests.web.client import signed_in

Town = tuple[Litestar, tuple[Resident, ...]]
CLERK, APPROVER = frozenset({Role.CLERK}), frozenset({Role.CLERK, Role.APPROVER})


def fields(page: str) -> dict[str, str]:
    """Hidden fields of the first form with an entry id, and of the page's forms."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def day(name: str, era: str, year: int, month: int, date: int) -> dict[str, str]:
    return {
        f"{name}_era": era,
        f"{name}_year": str(year),
        f"{name}_month": str(month),
        f"{name}_day": str(date),
    }


async def begin(clerk: httpx.AsyncClient, page: str, kind: str, **more: str) -> str:
    """Start an entry from a page; the address of its first step."""
    answer = await clerk.post(
        "/counter/entries", data={"entry_id": fields(page)["entry_id"], "kind": kind} | more
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def step(clerk: httpx.AsyncClient, address: str, data: Mapping[str, Any]) -> str:
    """Send a step; the address of the next."""
    answer = await clerk.post(address, data={"action": "next", **data})
    assert answer.status_code == 303, re.findall(r"jc-errors.*?</ul>", answer.text, re.DOTALL)
    return answer.headers["location"]


async def test_a_move_in_by_two_people_without_script(town: Town) -> None:
    app, _ = town
    code, number = builders.juki_code().reveal(), builders.my_number().reveal()
    async with (
        signed_in(app, CLERK, municipality=TOWN, html=True) as clerk,
        signed_in(app, APPROVER, municipality=TOWN, html=True) as approver,
    ):
        work = await clerk.get("/counter")
        assert work.status_code == 200, work.text
        at = await begin(clerk, work.text, "move-in")
        shown = await clerk.get(at)
        assert shown.status_code == 200
        assert "転入：届出" in shown.text
        wrong = await clerk.post(at, data={"action": "next", "previous_municipality": "千代田区"})
        assert wrong.status_code == 422
        assert 'href="#f-occurred_on"' in wrong.text
        assert 'value="131016"' in wrong.text
        at = await step(
            clerk,
            at,
            day("occurred_on", "R", 8, 11, 18)
            | {"previous_municipality": "東京都千代田区", "basis": "report"},
        )
        person = {
            "people.0.name": "例示 一郎",
            "people.0.kana": "れいじ いちろう",
            "people.0.sex": "1",
            "people.0.relation": "世帯主",
            "people.0.juki_code": code,
            "people.0.my_number": number,
        } | day("people.0.birth_date", "S", 60, 1, 2)
        back = await clerk.post(at, data=person | {"people.0.juki_code": "1", "action": "next"})
        assert back.status_code == 422
        assert 'id="f-people.0.juki_code-err"' in back.text
        at = await step(clerk, at, person)
        at = await step(clerk, at, {"place.town": "中央三丁目", "place.lot": "5番6号"})
        confirm = await clerk.get(at)
        assert "<ins>例示　一郎</ins>" in confirm.text
        handed = await clerk.post(at, data={"action": "submit"})
        assert handed.headers["location"] == "/counter?handed=1"
        everything = shown.text + back.text + confirm.text
        entry_id = at.split("/")[3]
        own = await clerk.get(f"/counter/approvals/{entry_id}")
        assert "本登録する" not in own.text
        queue = await approver.get("/counter/approvals")
        assert f"/counter/approvals/{entry_id}" in queue.text
        opened = await approver.get(f"/counter/approvals/{entry_id}")
        assert "本登録する" in opened.text
        everything += queue.text + opened.text
        done = await approver.post(
            f"/counter/approvals/{entry_id}/approve",
            data={"revision": fields(opened.text)["revision"]},
        )
        assert done.headers["location"] == "/counter/approvals?done=1"
        assert "受付 000001 を本登録しました" in (await approver.get(done.headers["location"])).text
        assert code not in everything.replace('value="1"', "")
        assert number not in everything


async def test_search_leads_to_person_household_and_history(town: Town) -> None:
    app, family = town
    head = family[0]
    async with signed_in(app, CLERK, municipality=TOWN, html=True) as clerk:
        empty = await clerk.post("/counter/search", data={"kana": "ミホン"})
        assert empty.status_code == 422
        led = await clerk.post("/counter/search", data={"kana": "みほん たろー", "reason": "審査"})
        assert led.status_code == 303
        assert "ミホン" not in led.headers["location"]
        found = await clerk.get(led.headers["location"])
        assert "見本　太郎" in found.text
        other = signed_in(app, CLERK, municipality=TOWN, html=True)
        async with other as colleague:
            assert (await colleague.get(led.headers["location"])).status_code == 303
        address = f"/counter/residents/{head.id}"
        assert address in found.text
        person = await clerk.get(address)
        home = await clerk.get(f"/counter/households/{head.household_id}")
        history = await clerk.get(f"{address}/history")
        assert head.my_number is not None
        for page in (found, person, home, history):
            assert page.status_code == 200
            assert head.juki_code.reveal()[:4] not in re.sub(r"<[^>]+>", "", page.text)
            title = re.search(r"<title>(.*?)</title>", page.text)
            assert title is not None
            assert "見本" not in title[1]
        asked = await clerk.get(f"{address}/numbers")
        assert asked.status_code == 200
        assert (await clerk.post(f"{address}/numbers", data={})).status_code == 422
        told = await clerk.post(f"{address}/numbers", data={"reason": "審査"})
        assert head.juki_code.reveal()[:4] in told.text
        early = await clerk.get(address, params={"as_of": "R2.1.1"})
        assert early.status_code == 404
        nonsense = await clerk.get(address, params={"as_of": "いつか"})
        assert nonsense.status_code == 422


async def test_a_returned_death_with_an_alert(town: Town) -> None:
    app, family = town
    async with (
        signed_in(app, CLERK, municipality=TOWN, html=True) as clerk,
        signed_in(app, APPROVER, municipality=TOWN, html=True) as approver,
    ):
        person = await clerk.get(f"/counter/residents/{family[0].id}")
        at = await begin(clerk, person.text, "death", resident_id=str(family[0].id))
        at = await step(clerk, at, day("occurred_on", "R", 8, 11, 19))
        silent = await clerk.post(at, data={"action": "submit"})
        assert silent.status_code == 422
        assert 'id="f-reason.head-leaves"' in silent.text
        handed = await clerk.post(
            at, data={"action": "submit", "reason.head-leaves": "届出を案内した"}
        )
        assert handed.status_code == 303
        entry_id = at.split("/")[3]
        opened = await approver.get(f"/counter/approvals/{entry_id}")
        assert "届出を案内した" in opened.text
        assert "要確認 1" in opened.text
        wordless = await approver.post(f"/counter/approvals/{entry_id}/return", data={})
        assert wordless.status_code == 422
        back = await approver.post(
            f"/counter/approvals/{entry_id}/return", data={"reason": "日付を確認"}
        )
        assert back.status_code == 303
        assert "日付を確認" in (await clerk.get("/counter")).text
        stale = await approver.post(
            f"/counter/approvals/{entry_id}/approve", data={"revision": "1"}
        )
        assert stale.status_code == 409
        gone = await clerk.post(f"/counter/entries/{entry_id}/confirm", data={"action": "withdraw"})
        assert gone.headers["location"] == "/counter"


async def test_each_event_of_a_person_can_be_entered(town: Town) -> None:
    app, family = town
    ids = [str(row.id) for row in family]
    on = day("occurred_on", "R", 8, 11, 18)
    journeys: dict[str, list[Mapping[str, Any]]] = {
        "move-within": [
            on | {"basis": "report"},
            {"resident_ids": ids},
            {"place.town": "南町", "place.lot": "1番"},
            {},
        ],
        "move-out": [
            day("occurred_on", "R", 8, 12, 1) | {"destination": OTHER_TOWN, "basis": "report"},
            {"resident_ids": ids},
        ],
        "move-abroad": [
            day("occurred_on", "R", 8, 12, 1) | {"country": "ドイツ", "basis": "report"},
            {"resident_ids": ids[3:]},
        ],
        "head-change": [
            on | {"basis": "report"},
            {
                "new_head_id": ids[1],
                f"relations.{ids[0]}": "夫",
                f"relations.{ids[2]}": "子",
                f"relations.{ids[3]}": "子",
            },
        ],
        "name-correction": [on, {"kana": "ミホン　タロ"}],
        "minor-correction": [
            on | {"cause": "residence-indication"},
            {"resident_ids": ids},
            {"place.town": "本町二丁目", "place.lot": "3番5号"},
        ],
        "code-change": [on],
        "birth": [
            on,
            {
                "person.name": "見本 四葉",
                "person.kana": "みほん よつば",
                "person.sex": "2",
                "person.relation": "子",
            },
        ],
    }
    async with signed_in(app, CLERK, municipality=TOWN, html=True) as clerk:
        for kind, sent in journeys.items():
            person = await clerk.get(f"/counter/residents/{ids[0]}")
            entry_ids = re.findall(r'name="entry_id" value="([^"]+)"', person.text)
            answer = await clerk.post(
                "/counter/entries",
                data={"entry_id": entry_ids[0], "kind": kind, "resident_id": ids[0]},
            )
            at = answer.headers["location"]
            for data in sent:
                assert (await clerk.get(at)).status_code == 200
                at = await step(clerk, at, data)
            confirm = await clerk.get(at)
            assert at.endswith("/confirm")
            assert "直すところ" not in confirm.text, kind
            assert ("新しく記載する項目" if kind == "birth" else "変更") in confirm.text, kind
            await clerk.post(at, data={"action": "withdraw"})


async def test_a_special_move_in_is_filled_in_from_the_certificate(
    town: Town, town_database: Database, keys: Keys, clock: FixedClock
) -> None:
    app, _ = town
    code = builders.juki_code()
    values = dict.fromkeys(CertificatePerson.__struct_fields__, "") | {
        "juki_code": code.reveal(),
        "name": "例示　二葉",
        "kana": "レイジ　フタバ",
        "kana_confirmed": True,
        "birth_date": "1990-02-03",
        "sex": "2",
        "relation": "世帯主",
    }
    sent = DepartureCertificate(
        municipality=OTHER_TOWN,
        number=9,
        planned_on=TODAY,
        destination=TOWN,
        destination_address="",
        address="千代田一丁目1番",
        head="例示　二葉",
        people=(CertificatePerson(**values),),  # type: ignore[arg-type]
    )
    async with town_database.transaction(town=TOWN) as tx:
        await TownRegister(keys, clock).receive_certificate(tx, TOWN, sent)
    async with signed_in(app, CLERK, municipality=TOWN, html=True) as clerk:
        at = await begin(clerk, (await clerk.get("/counter/entries/new")).text, "move-in")
        load = {"action": "load-certificate", "basis": "report"}
        unknown = await clerk.post(at, data=load | {"lookup": builders.juki_code().reveal()})
        assert unknown.status_code == 422
        assert (await clerk.post(at, data=load | {"lookup": "1"})).status_code == 422
        loaded = await clerk.post(at, data=load | {"lookup": code.reveal()})
        assert loaded.status_code == 303
        people = await clerk.get(at.replace("/report", "/people"))
        assert "例示　二葉" in people.text
        assert code.reveal() not in people.text
        added = await clerk.post(
            at.replace("/report", "/people"), data={"action": "add-person", "people.0.name": "例"}
        )
        assert "2人目" in (await clerk.get(added.headers["location"])).text
        removed = await clerk.post(
            at.replace("/report", "/people"), data={"action": "remove-person:1"}
        )
        assert "2人目" not in (await clerk.get(removed.headers["location"])).text


async def test_a_cancellation_starts_from_the_history(town: Town) -> None:
    app, family = town
    async with (
        signed_in(app, CLERK, municipality=TOWN, html=True) as clerk,
        signed_in(app, APPROVER, municipality=TOWN, html=True) as approver,
    ):
        address = f"/counter/residents/{family[3].id}"
        at = await begin(
            clerk, (await clerk.get(address)).text, "death", resident_id=str(family[3].id)
        )
        at = await step(clerk, at, day("occurred_on", "R", 8, 11, 19))
        await clerk.post(at, data={"action": "submit"})
        entry_id = at.split("/")[3]
        opened = await approver.get(f"/counter/approvals/{entry_id}")
        await approver.post(
            f"/counter/approvals/{entry_id}/approve",
            data={"revision": fields(opened.text)["revision"]},
        )
        assert "除票" in (await clerk.get(address)).text
        history = await clerk.get(f"{address}/history")
        at = await begin(clerk, history.text, "cancellation", event_number="2")
        at = await step(clerk, at, {"cause": "人違い"})
        confirm = await clerk.get(at)
        assert "現在の住民票" in confirm.text
        handed = await clerk.post(at, data={"action": "submit"})
        assert handed.status_code == 303


async def test_nonsense_is_refused_on_pages(town: Town) -> None:
    app, family = town
    async with signed_in(app, CLERK, municipality=TOWN, html=True) as clerk:
        assert (await clerk.post("/counter/entries", data={"kind": "?"})).status_code == 422
        at = await begin(clerk, (await clerk.get("/counter")).text, "move-in")
        assert (await clerk.get(at.replace("/report", "/nowhere"))).status_code == 404
        place = at.replace("/report", "/place")
        for number in ("1", "abc"):
            wrong = await clerk.post(place, data={"action": "save", "household_id": number})
            assert wrong.status_code == 422
        unknown = builders.household(family).number.value
        assert (
            await clerk.post(place, data={"action": "next", "household_id": unknown})
        ).status_code == 422
        assert (await clerk.get("/counter/search/bm9uc2Vuc2U")).status_code == 303
        odd = await clerk.post(at, data={"action": "save", "basis": "whim"})
        assert odd.status_code == 422
