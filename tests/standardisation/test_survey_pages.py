"""The ministry's pages and calls of the survey: one round from its draft to its end."""

import re
from asyncio import to_thread
from collections.abc import AsyncIterator
from typing import Any

import pytest

from jichitai.infra.keys import Keys
from jichitai.standardisation.survey.layout import file_of
from tests.browser.support import CHROMIUM, inspect_pages
from tests.conftest import Cluster
from tests.standardisation.survey_builders import (
    BODIES,
    FIRST,
    HEADING,
    edited,
    put,
    spoilt,
    told,
)
from tests.standardisation.survey_world import survey_world
from tests.standardisation.views_world import World

HOME = "/standardisation/rounds"
API = "/api/v1/standardisation/rounds"
CITY = BODIES["012025"]


@pytest.fixture(scope="module")
async def ministry(cluster: Cluster, keys: Keys) -> AsyncIterator[World]:
    async with survey_world(cluster, keys) as world:
        yield world


def form(**changes: str) -> dict[str, str]:
    values = {"title": "移行の調査（演習）", "note": "前の回答から変わった行だけを直してください。"}
    for name, day in (("as_of", "8.11.1"), ("due", "8.12.18"), ("checked", "8.12.25")):
        year, month, date = day.split(".")
        values |= {
            f"{name}_era": "令和",
            f"{name}_year": year,
            f"{name}_month": month,
            f"{name}_day": date,
        }
    return values | changes


def faulty() -> bytes:
    def change(book: Any) -> None:
        put("code", 12025)(book)
        put("target_on", "令和8年13月1日", row=FIRST + 1)(book)

    return edited(file_of(HEADING, CITY, told(CITY)), change)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(300)
async def test_a_round_is_made_asked_filled_in_reminded_of_and_closed(ministry: World) -> None:
    pages: dict[str, str] = {}
    async with ministry.officer() as client:
        pages["empty"] = (await client.get(HOME)).text
        wrong = await client.post(f"{HOME}/new", data=form(title="", due_year="7"))
        assert wrong.status_code == 422
        pages["edit"] = wrong.text
        made = await client.post(f"{HOME}/new", data=form())
        assert made.status_code == 303
        here = made.headers["location"]
        assert (await client.get(f"{here}/edit")).status_code == 200
        pages["draft"] = (await client.get(here)).text
        early = await client.post(f"{here}/uploads", files={"file": ("a.xlsx", faulty())})
        assert early.status_code == 422
        assert (await client.post(here, data={"deed": "open"})).status_code == 303
        again = await client.post(here, data={"deed": "open"})
        assert (again.status_code, "始めてあります" in again.text) == (422, True)
        pages["open"] = (await client.get(here)).text
        nothing = await client.post(f"{here}/uploads", files={"file": ("", b"")})
        assert (nothing.status_code, "選ばれていません" in nothing.text) == (422, True)
        taken = await client.post(f"{here}/uploads", files={"file": ("函館.xlsx", faulty())})
        assert taken.status_code == 303
        upload = taken.headers["location"]
        pages["preview"] = (await client.get(upload)).text
        assert all(word in pages["preview"] for word in ("A6", "J7", "012025", "直して取り込む"))
        assert (await client.get(f"{upload}/marked.xlsx")).content.startswith(b"PK")
        written = await client.post(upload, data={"repaired": "進捗 6"})
        assert written.headers["location"] == f"{here}?done=1&same=0&left=0"
        pages["written"] = (await client.get(f"{here}?done=1&same=0&left=0&status=answered")).text
        assert "函館市" in pages["written"]
        pages["body"] = (await client.get(f"{here}/bodies/{CITY.code}")).text
        assert (await client.get(f"{here}/files/{CITY.code}")).content.startswith(b"PK")
        ask = f"{HOME}/letters/new?round={here.rpartition('/')[2]}"
        pages["remind"] = (await client.get(ask)).text
        assert "1,787" in re.sub(r"<[^>]+>", "", pages["remind"])
        words = {"round": here.rpartition("/")[2], "subject": "", "text": "x"}
        assert (await client.post(f"{HOME}/letters/new", data=words)).status_code == 422
        sent = await client.post(f"{HOME}/letters/new", data=words | {"subject": "回答のお願い"})
        assert sent.headers["location"] == f"{HOME}/letters?done=1787&skipped=1787"
        pages["letters"] = (await client.get(f"{HOME}/letters?done=1787&skipped=1787")).text
        pages["contacts"] = (await client.get(f"{HOME}/contacts")).text
        pages["calendar"] = (await client.get("/standardisation/calendar")).text
        assert "あと19日" in pages["calendar"]
        assert (await client.post(here, data={"deed": "close"})).status_code == 303
        assert (await client.get(ask)).status_code == 409
        pages["list"] = (await client.get(HOME)).text
    if CHROMIUM.exists():
        assert await to_thread(inspect_pages, pages) == []


async def test_programs_do_the_same(ministry: World) -> None:
    days = {"as_of": "2026-11-01", "due_on": "2026-12-18", "checked_by": "2026-12-25"}
    async with ministry.officer(html=False) as client:
        bad = await client.post(API, json={"title": "調査", **days, "due_on": "2026-10-01"})
        assert (bad.status_code, bad.json()["type"]) == (422, "/problems/standardisation.bad-round")
        made = (await client.post(API, json={"title": "調査", **days})).json()["id"]
        one = f"{API}/{made}"
        changed = await client.put(one, json={"title": "移行の調査", **days})
        assert changed.status_code == 200
        assert (await client.get(f"{one}/files.zip")).status_code == 409
        assert (await client.post(f"{one}/open")).json() == {"bodies": 1_788}
        bad_file = spoilt(CITY, put("cloud", "たぶん"))
        read = await client.post(f"{one}/uploads?name={CITY.code}.xlsx", content=bad_file.data)
        assert read.status_code == 201
        told_of = read.json()
        assert (told_of["right"], told_of["fault_count"]) == (20, 1)
        assert told_of["faults"][0]["fault"]["cell"] == "F6"
        upload = f"{one}/uploads/{told_of['upload_id']}"
        assert (await client.get(upload)).json() == told_of
        done = await client.post(f"{upload}/apply", json={})
        assert done.json() == {"bodies": 1, "same": 0, "left": 0}
        assert (await client.post(f"{upload}/apply", json={})).status_code == 409
        past = (await client.get(f"{one}/answers/{CITY.code}")).json()
        assert (past[0]["number"], len(past[0]["report"]["systems"])) == (1, 20)
        assert (await client.get(f"{one}/answers/999999")).status_code == 403
        plan = (await client.get(f"{one}/reminders")).json()
        assert len(plan["bodies"]) == 1_787
        sent = await client.post(f"{one}/reminders", json={"codes": ["011002"]})
        assert (sent.status_code, sent.json()["bodies"]) == (201, ["011002"])
        again = await client.post(f"{one}/reminders", json={"codes": ["011002"]})
        assert again.status_code == 409
        days_of = (await client.get("/api/v1/standardisation/calendar")).json()
        assert {"due", "checked", "as_of"} == {day["what"] for day in days_of}
        assert (await client.post(f"{one}/close")).json()["status"] == "closed"
        (listed, *_) = (await client.get(API)).json()
        assert (listed["asked"], listed["answered"]) == (1_788, 1)
        detail = (await client.get(one)).json()
        assert len(detail["bodies"]) == 1_788
