"""Sessions: what the cookie is, when it locks, how one comes back, when it ends."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import time_machine
from litestar import Litestar, Request, get, post
from litestar.response import Template

from jichitai.infra.audit import SYSTEM
from jichitai.infra.database import Database
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.web import accounts, csrf, housekeeping, sessions
from jichitai.web.accounts import AccountState
from jichitai.web.app import create_app
from jichitai.web.frame import local_path, page
from jichitai.web.rights import PEOPLE, Kind, Role
from jichitai.web.signin import service
from tests.web.client import account, browser, form_token, save

TOWN = "011002"


@get("/drafts/{draft:int}", opt={"roles": frozenset({Role.CLERK})})
async def draft(request: Request[Any, Any, Any]) -> Template:
    return page(request, "pages/enrol.html")


@get("/board", opt={"roles": PEOPLE, "idle": False})
async def board() -> str:
    return "live"


@post("/api/v1/entries", opt={"roles": PEOPLE})
async def enter() -> str:
    return "entered"


@pytest.fixture
def app(town_database: Database) -> Litestar:
    settings = Settings(tier=Tier.TOWN, demo=True, http_port=8100)
    return create_app(
        Tier.TOWN,
        settings,
        controllers=[draft, board, enter],
        db=town_database,
        rehearsal=True,
    )


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(1_780_000_000, tick=False) as traveller:
        yield traveller


async def persona_sign_in(
    client: httpx.AsyncClient, person: accounts.Account, path: str = "/"
) -> httpx.Response:
    token = form_token((await client.get("/sign-in/enrol")).text)
    return await client.post(
        "/sign-in/personas",
        data={"account_id": str(person.account_id), "path": path, csrf.FIELD: token},
    )


async def test_a_persona_signs_in_without_script_and_gets_a_hardened_cookie(
    app: Litestar, town_database: Database
) -> None:
    person = account(Role.CLERK, persona=True, municipality=TOWN, about="例示市の窓口")
    await save(town_database, person, account(Role.CLERK, display="別の人"), tier=Tier.TOWN)
    async with browser(app, html=True) as client:
        listed = (await client.get("/sign-in/personas")).text
        answer = await persona_sign_in(client, person, "/drafts/7")
        opened = await client.get("/drafts/7")
    assert "例示市の窓口" in listed
    assert "別の人" not in listed
    assert (answer.status_code, answer.headers["location"]) == (303, "/drafts/7")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("jichitai-town-session=")
    assert all(flag in cookie for flag in ("; HttpOnly", "; SameSite=Strict", "Path=/"))
    assert opened.status_code == 200
    assert "窓口 一郎" in opened.text


async def test_the_database_never_holds_the_cookie(town_database: Database) -> None:
    person = account()
    await save(town_database, person, tier=Tier.TOWN)
    async with town_database.transaction(all_towns=True) as tx:
        token = await sessions.open_session(tx, person, method="passkey")
        cursor = await tx.execute("select token_hash from web.session")
        (stored,) = await cursor.fetchall()
    assert len(token) >= 43
    assert bytes(stored[0]) == sessions.hash_of(token)
    assert token.encode() not in bytes(stored[0])


async def test_an_account_that_is_no_persona_cannot_be_taken(
    app: Litestar, town_database: Database
) -> None:
    person = account()
    await save(town_database, person, tier=Tier.TOWN)
    async with browser(app, html=True) as client:
        answer = await persona_sign_in(client, person)
        nonsense = await client.post(
            "/sign-in/personas",
            data={
                "account_id": "nobody",
                csrf.FIELD: form_token((await client.get("/sign-in/enrol")).text),
            },
        )
    assert answer.status_code == nonsense.status_code == 404
    assert "set-cookie" not in answer.headers


async def test_five_idle_minutes_lock_and_the_same_person_returns_to_the_draft(
    app: Litestar, town_database: Database, travel: time_machine.Traveller
) -> None:
    person = account(Role.CLERK, persona=True, municipality=TOWN)
    await save(town_database, person, tier=Tier.TOWN)
    async with browser(app, html=True) as client:
        await persona_sign_in(client, person)
        travel.shift(299)
        assert (await client.get("/drafts/7")).status_code == 200
        travel.shift(299)
        assert (await client.get("/drafts/7")).status_code == 200
        travel.shift(301)
        locked = await client.get("/drafts/7")
        assert (locked.status_code, locked.headers["location"]) == (303, "/sign-in")
        program = await client.post("/api/v1/entries")
        assert program.status_code == 401
        assert program.json()["type"] == "/problems/web.session-locked"
        screen = await client.get("/sign-in")
        assert "ロックされています" in screen.text
        old = client.cookies["jichitai-town-session"]
        back = await persona_sign_in(client, person)
        assert back.headers["location"] == "/drafts/7"
        assert client.cookies["jichitai-town-session"] != old
        assert (await client.get("/drafts/7")).status_code == 200
        client.cookies.set("jichitai-town-session", old)
        assert (await client.get("/drafts/7")).status_code == 303


async def test_another_person_at_a_locked_screen_does_not_see_its_draft(
    app: Litestar, town_database: Database
) -> None:
    first = account(Role.CLERK, persona=True)
    second = account(Role.CLERK, persona=True, display="別の人")
    await save(town_database, first, second, tier=Tier.TOWN)
    async with browser(app, html=True) as client:
        await persona_sign_in(client, first)
        await client.get("/sign-in/lock?return=/drafts/7")
        answer = await persona_sign_in(client, second)
        assert answer.headers["location"] == "/"


async def test_the_lock_key_locks_at_once_and_remembers_only_our_own_pages(
    app: Litestar, town_database: Database
) -> None:
    person = account(Role.CLERK, persona=True)
    await save(town_database, person, tier=Tier.TOWN)
    async with browser(app, html=True) as client:
        await persona_sign_in(client, person)
        assert (await client.get("/sign-in/lock?return=//evil.example/")).status_code == 303
        assert (await client.get("/board")).status_code == 303
        assert (await client.get("/drafts/9")).status_code == 303
        assert (await persona_sign_in(client, person)).headers["location"] == "/drafts/9"


async def test_polling_is_no_activity_but_the_keep_call_is(
    app: Litestar, town_database: Database, travel: time_machine.Traveller
) -> None:
    person = account(Role.CLERK, persona=True)
    await save(town_database, person, tier=Tier.TOWN)
    async with browser(app, html=True) as client:
        await persona_sign_in(client, person)
        travel.shift(200)
        assert (await client.get("/sign-in/keep")).status_code == 204
        travel.shift(200)
        assert (await client.get("/board")).text == "live"
        travel.shift(101)
        assert (await client.get("/board")).status_code == 303


async def test_a_day_of_work_ends_and_residents_end_sooner(
    app: Litestar, town_database: Database, travel: time_machine.Traveller
) -> None:
    clerk = account(Role.CLERK, persona=True)
    resident = account(Role.RESIDENT, kind=Kind.RESIDENT, persona=True, display="あなた")
    await save(town_database, clerk, resident, tier=Tier.TOWN)
    async with browser(app, html=True) as desk, browser(app, html=True) as phone:
        await persona_sign_in(desk, clerk)
        await persona_sign_in(phone, resident)
        travel.shift(29 * 60)
        assert (await phone.get("/board")).status_code == 200
        travel.shift(2 * 60)
        ended = await phone.get("/board")
        assert ended.headers["location"] == "/sign-in?return=/board"
        assert "ロック" not in (await phone.get("/sign-in")).text
        travel.shift(10 * 3600)
        assert (await desk.get("/board")).headers["location"] == "/sign-in?return=/board"
    assert await housekeeping.sweep(town_database) == 1


async def test_the_running_application_removes_what_has_ended(
    app: Litestar, town_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = account()
    await save(town_database, person, tier=Tier.TOWN)
    with time_machine.travel(1_700_000_000):
        async with town_database.transaction(all_towns=True) as tx:
            await sessions.open_session(tx, person, method="persona")
    monkeypatch.setattr(housekeeping, "EVERY", 0.01)
    async with app.lifespan(), asyncio.timeout(10):
        while await count(town_database):
            await asyncio.sleep(0.02)


async def count(db: Database) -> int:
    async with db.transaction() as tx:
        row = await (await tx.execute("select count(*) from web.session")).fetchone()
    assert row is not None
    return int(row[0])


async def test_signing_out_ends_the_session_for_good(
    app: Litestar, town_database: Database
) -> None:
    person = account(Role.CLERK, persona=True)
    await save(town_database, person, tier=Tier.TOWN)
    async with browser(app, html=True) as client:
        await persona_sign_in(client, person)
        old = client.cookies["jichitai-town-session"]
        client.headers[csrf.HEADER] = csrf.token_for(old)
        answer = await client.post("/sign-out")
        assert "Max-Age=0" in answer.headers["set-cookie"]
        client.cookies.set("jichitai-town-session", old)
        assert (await client.get("/board")).status_code == 303


async def test_a_suspended_account_is_out_at_its_next_click(
    app: Litestar, town_database: Database
) -> None:
    person = account(Role.CLERK, persona=True)
    await save(town_database, person, tier=Tier.TOWN)
    async with browser(app, html=True) as client:
        await persona_sign_in(client, person)
        assert (await client.get("/board")).status_code == 200
        async with town_database.transaction(all_towns=True) as tx:
            await service.set_account_state(
                tx, person.account_id, AccountState.SUSPENDED, by=SYSTEM, reason="異動"
            )
        assert (await client.get("/board")).status_code == 303
        assert (await persona_sign_in(client, person)).status_code == 404


@pytest.mark.parametrize("cookie", ["", "x", "y" * 43, "z" * 5000, '"; drop table', "%00"])
async def test_a_made_up_cookie_is_nobody(app: Litestar, cookie: str) -> None:
    async with browser(app) as client:
        answer = await client.get("/board", headers={"cookie": f"jichitai-town-session={cookie}"})
    assert answer.status_code == 401


async def test_signing_in_is_in_the_audit_log_of_the_persons_town(
    app: Litestar, town_database: Database
) -> None:
    person = account(Role.CLERK, persona=True, municipality=TOWN)
    await save(town_database, person, tier=Tier.TOWN)
    async with browser(app, html=True) as client:
        await persona_sign_in(client, person)
    async with town_database.transaction(town=TOWN) as tx:
        cursor = await tx.execute("select action, actor_id, municipality, facts from infra.audit")
        rows = await cursor.fetchall()
    assert rows == [("web.sign-in", str(person.account_id), TOWN, {"method": "persona"})]


async def test_one_town_cannot_read_the_accounts_of_another(town_database: Database) -> None:
    await save(
        town_database,
        account(municipality=TOWN),
        account(municipality="131016"),
        tier=Tier.TOWN,
    )
    async with town_database.transaction(town=TOWN) as tx:
        cursor = await tx.execute("select municipality from web.account")
        assert await cursor.fetchall() == [(TOWN,)]


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("/people/1", "/people/1"),
        (None, "/"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("/sign-in", "/"),
        ("/" + "a" * 300, "/"),
    ],
)
def test_only_pages_of_our_own_are_returned_to(given: str | None, safe: str) -> None:
    assert local_path(given) == safe


def test_security_time_is_not_the_clock_of_a_rehearsal() -> None:
    assert abs(sessions.instant().timestamp() - time.time()) < 5
