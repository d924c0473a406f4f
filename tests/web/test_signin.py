"""Passkeys: invitation, enrolment, sign-in, counters, revocation; with a device in software."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from litestar import Litestar, get

from jichitai.infra.audit import SYSTEM
from jichitai.infra.database import Database
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.web import csrf
from jichitai.web.accounts import Account
from jichitai.web.app import create_app
from jichitai.web.rights import PEOPLE, Role
from jichitai.web.signin import service
from jichitai.web.signin.model import hash_code, new_code
from tests.web.authenticator import SoftwarePasskey
from tests.web.client import account, browser, form_token, save

ORIGIN = "https://town.example.jp"
HOST = "town.example.jp"


@get("/api/v1/me", opt={"roles": PEOPLE})
async def me() -> str:
    return "here"


@pytest.fixture
def app(town_database: Database) -> Litestar:
    settings = Settings(tier=Tier.TOWN, public_url=ORIGIN)
    return create_app(Tier.TOWN, settings, controllers=[me], db=town_database)


@pytest.fixture
async def person(town_database: Database) -> Account:
    someone = account(Role.CLERK, municipality="011002")
    await save(town_database, someone, tier=Tier.TOWN)
    return someone


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app, origin=ORIGIN, html=True) as client:
        await open_page(client, "/sign-in")
        yield client


async def open_page(client: httpx.AsyncClient, path: str) -> None:
    client.headers[csrf.HEADER] = form_token((await client.get(path)).text)


def device(**changes: Any) -> SoftwarePasskey:
    return SoftwarePasskey(**({"origin": ORIGIN, "rp_id": HOST} | changes))


async def invited(db: Database, person: Account, **changes: Any) -> str:
    async with db.transaction(all_towns=True) as tx:
        return await service.invite(tx, person.account_id, by=SYSTEM, **changes)


async def ask(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
    return await client.post(path, json=body, headers={"accept": "application/json"})


async def enrol(client: httpx.AsyncClient, passkey: SoftwarePasskey, code: str) -> httpx.Response:
    asked = await ask(client, "/sign-in/enrol/options", {"code": code})
    if asked.status_code != 200:
        return asked
    return await ask(
        client,
        "/sign-in/enrol",
        {
            "ceremony": asked.json()["ceremony"],
            "credential": passkey.create(asked.json()["options"]),
            "label": "窓口の鍵",
        },
    )


async def sign_in(
    client: httpx.AsyncClient, passkey: SoftwarePasskey, path: str = "/"
) -> httpx.Response:
    asked = await ask(client, "/sign-in/passkey/options", {})
    answer = passkey.get(asked.json()["options"])
    body = {"ceremony": asked.json()["ceremony"], "credential": answer, "path": path}
    return await ask(client, "/sign-in/passkey", body)


async def enrolled(
    client: httpx.AsyncClient, db: Database, person: Account, **changes: Any
) -> SoftwarePasskey:
    passkey = device(**changes)
    answer = await enrol(client, passkey, await invited(db, person))
    assert answer.status_code == 200, answer.text
    await sign_out(client)
    return passkey


async def sign_out(client: httpx.AsyncClient) -> None:
    cookie = client.cookies.get("__Host-jichitai-town-session")
    client.headers[csrf.HEADER] = csrf.token_for(str(cookie))
    assert (await client.post("/sign-out")).status_code == 303
    client.cookies.delete("__Host-jichitai-town-session")
    await open_page(client, "/sign-in")


async def test_an_invited_person_enrols_is_signed_in_and_signs_in_again(
    client: httpx.AsyncClient, town_database: Database, person: Account
) -> None:
    passkey = device()
    answer = await enrol(client, passkey, await invited(town_database, person))
    assert answer.json() == {"location": "/"}
    assert "__Host-jichitai-town-session=" in answer.headers["set-cookie"]
    assert "Secure" in answer.headers["set-cookie"]
    assert (await client.get("/api/v1/me")).status_code == 200
    await sign_out(client)
    assert (await client.get("/api/v1/me")).status_code == 401
    again = await sign_in(client, passkey, "/residents/1")
    assert again.json() == {"location": "/residents/1"}
    assert (await client.get("/api/v1/me")).status_code == 200


async def test_a_code_works_once_in_time_and_forgives_how_it_is_typed(
    client: httpx.AsyncClient, town_database: Database, person: Account
) -> None:
    code = await invited(town_database, person)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert (await enrol(client, device(), typed)).status_code == 200
    await sign_out(client)
    used = await enrol(client, device(), code)
    assert (used.status_code, used.json()["type"]) == (
        422,
        "/problems/web.sign-in.bad-invitation",
    )
    assert code not in used.text
    late = await invited(town_database, person, lifetime=timedelta(seconds=-1))
    assert (await enrol(client, device(), late)).status_code == 422
    assert (await enrol(client, device(), new_code())).status_code == 422


async def test_codes_cannot_be_guessed_quickly(client: httpx.AsyncClient) -> None:
    tries = [
        (await ask(client, "/sign-in/enrol/options", {"code": new_code()})).status_code
        for _ in range(11)
    ]
    assert tries == [422] * 10 + [429]


def test_codes_are_long_and_hashed_without_their_dashes() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert hash_code("ABCD-0123-EFGH-1JKM") == hash_code(" abcdo123efghljkm ")


async def test_two_enrolments_with_one_code_leave_one_passkey(
    client: httpx.AsyncClient, town_database: Database, person: Account
) -> None:
    code = await invited(town_database, person)
    first = (await ask(client, "/sign-in/enrol/options", {"code": code})).json()
    second = (await ask(client, "/sign-in/enrol/options", {"code": code})).json()
    answers = []
    for asked in (first, second):
        body = {"ceremony": asked["ceremony"], "credential": device().create(asked["options"])}
        answer = await ask(client, "/sign-in/enrol", body)
        answers.append(answer.status_code)
        if answer.status_code == 200:
            cookie = client.cookies.get("__Host-jichitai-town-session")
            client.headers[csrf.HEADER] = csrf.token_for(str(cookie))
    assert answers == [200, 422]


@pytest.mark.parametrize(
    "changes",
    [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"verified": False}],
)
async def test_a_device_on_another_site_or_without_checking_the_person_enrols_nothing(
    client: httpx.AsyncClient, town_database: Database, person: Account, changes: dict[str, Any]
) -> None:
    code = await invited(town_database, person)
    answer = await enrol(client, device(**changes), code)
    assert answer.status_code == 401
    assert (await enrol(client, device(), code)).status_code == 200, "the code is not used up"


@pytest.mark.parametrize(
    "changes",
    [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"verified": False}],
)
async def test_an_answer_made_on_another_site_proves_nobody(
    client: httpx.AsyncClient, town_database: Database, person: Account, changes: dict[str, Any]
) -> None:
    passkey = await enrolled(client, town_database, person)
    for name, value in changes.items():
        setattr(passkey, name, value)
    answer = await sign_in(client, passkey)
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/web.sign-in.not-proven"
    assert "set-cookie" not in answer.headers


async def test_an_answer_counts_once_and_only_for_its_own_question(
    client: httpx.AsyncClient, town_database: Database, person: Account
) -> None:
    passkey = await enrolled(client, town_database, person)
    asked = (await ask(client, "/sign-in/passkey/options", {})).json()
    other = (await ask(client, "/sign-in/passkey/options", {})).json()
    answer = passkey.get(asked["options"])
    crossed = await ask(
        client, "/sign-in/passkey", {"ceremony": other["ceremony"], "credential": answer}
    )
    good = {"ceremony": asked["ceremony"], "credential": answer}
    first = await ask(client, "/sign-in/passkey", good)
    cookie = client.cookies.get("__Host-jichitai-town-session")
    client.headers[csrf.HEADER] = csrf.token_for(str(cookie))
    replayed = await ask(client, "/sign-in/passkey", good)
    assert [crossed.status_code, first.status_code, replayed.status_code] == [401, 200, 401]


async def test_a_wrong_key_or_an_unknown_passkey_proves_nobody(
    client: httpx.AsyncClient, town_database: Database, person: Account
) -> None:
    passkey = await enrolled(client, town_database, person)
    thief = device(credential_id=passkey.credential_id, count=50)
    assert (await sign_in(client, thief)).status_code == 401
    assert (await sign_in(client, device())).status_code == 401
    assert (await sign_in(client, passkey)).status_code == 200, "a forger cannot block it"


@pytest.mark.parametrize("credential", [{}, {"rawId": 3}, {"rawId": "!!"}, {"rawId": "AAAA"}])
async def test_nonsense_instead_of_an_answer_is_a_refusal_not_a_failure(
    client: httpx.AsyncClient, credential: dict[str, Any]
) -> None:
    asked = (await ask(client, "/sign-in/passkey/options", {})).json()
    body = {"ceremony": asked["ceremony"], "credential": credential}
    assert (await ask(client, "/sign-in/passkey", body)).status_code == 401


async def test_a_question_grows_too_old(
    client: httpx.AsyncClient, town_database: Database, person: Account
) -> None:
    passkey = await enrolled(client, town_database, person)
    asked = (await ask(client, "/sign-in/passkey/options", {})).json()
    answer = passkey.get(asked["options"])
    with time_machine.travel(timedelta(minutes=6)):
        body = {"ceremony": asked["ceremony"], "credential": answer}
        assert (await ask(client, "/sign-in/passkey", body)).status_code == 401


async def test_a_counter_that_goes_back_stops_the_passkey_and_its_sessions(
    app: Litestar, client: httpx.AsyncClient, town_database: Database, person: Account
) -> None:
    passkey = await enrolled(client, town_database, person)
    copy = device(credential_id=passkey.credential_id, private=passkey.private, count=passkey.count)
    assert (await sign_in(client, passkey)).status_code == 200
    async with browser(app, origin=ORIGIN, html=True) as elsewhere:
        await open_page(elsewhere, "/sign-in")
        stopped = await sign_in(elsewhere, copy)
        assert stopped.json()["type"] == "/problems/web.sign-in.suspect-passkey"
        assert "credential" not in stopped.text
        copy.count += 100
        assert (await sign_in(elsewhere, copy)).status_code == 401
    assert (await client.get("/api/v1/me")).status_code == 401
    async with town_database.transaction(all_towns=True) as tx:
        cursor = await tx.execute(
            "select count(*) from infra.audit where action = 'web.passkey.suspect'"
        )
        assert await cursor.fetchone() == (1,)


async def test_devices_that_do_not_count_stay_usable(
    client: httpx.AsyncClient, town_database: Database, person: Account
) -> None:
    passkey = await enrolled(client, town_database, person)
    for _ in range(2):
        passkey.count = -1
        answer = await sign_in(client, passkey)
        assert answer.status_code == 200
        await sign_out(client)


async def test_several_passkeys_can_be_added_and_revoked_but_not_the_last(
    client: httpx.AsyncClient, town_database: Database, person: Account
) -> None:
    first = await enrolled(client, town_database, person)
    await sign_in(client, first)
    cookie = client.cookies.get("__Host-jichitai-town-session")
    client.headers[csrf.HEADER] = csrf.token_for(str(cookie))
    names = await listed(client)
    last = await client.post(f"/sign-in/passkeys/{names[0]}/revoke")
    assert last.status_code == 409
    second = device()
    asked = (await ask(client, "/sign-in/passkeys/options", {})).json()
    assert len(asked["options"]["excludeCredentials"]) == 1
    body = {"ceremony": asked["ceremony"], "credential": second.create(asked["options"])}
    assert (await ask(client, "/sign-in/passkeys", body)).status_code == 200
    assert (await client.post(f"/sign-in/passkeys/{names[0]}/revoke")).status_code == 303
    assert (await client.post("/sign-in/passkeys/unknown/revoke")).status_code == 404
    await sign_out(client)
    assert (await sign_in(client, first)).status_code == 401
    assert (await sign_in(client, second)).status_code == 200


async def listed(client: httpx.AsyncClient) -> list[str]:
    text = (await client.get("/sign-in/passkeys")).text
    return [part.split("/")[0] for part in text.split("/sign-in/passkeys/")[1:] if "revoke" in part]


async def test_a_passkey_belongs_to_one_account(
    client: httpx.AsyncClient, town_database: Database, person: Account
) -> None:
    passkey = await enrolled(client, town_database, person)
    other = account(Role.APPROVER)
    await save(town_database, other, tier=Tier.TOWN)
    answer = await enrol(client, passkey, await invited(town_database, other))
    assert answer.status_code == 409


async def test_the_question_of_one_person_cannot_be_answered_by_another(
    app: Litestar, client: httpx.AsyncClient, town_database: Database, person: Account
) -> None:
    passkey = await enrolled(client, town_database, person)
    await sign_in(client, passkey)
    cookie = client.cookies.get("__Host-jichitai-town-session")
    client.headers[csrf.HEADER] = csrf.token_for(str(cookie))
    asked = (await ask(client, "/sign-in/passkeys/options", {})).json()
    other = account(Role.APPROVER)
    await save(town_database, other, tier=Tier.TOWN)
    async with browser(app, origin=ORIGIN, html=True) as elsewhere:
        await open_page(elsewhere, "/sign-in")
        await enrol(elsewhere, device(), await invited(town_database, other))
        stolen = elsewhere.cookies.get("__Host-jichitai-town-session")
        elsewhere.headers[csrf.HEADER] = csrf.token_for(str(stolen))
        body = {"ceremony": asked["ceremony"], "credential": device().create(asked["options"])}
        assert (await ask(elsewhere, "/sign-in/passkeys", body)).status_code == 401


async def test_signing_in_from_another_site_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    answer = await client.post("/sign-in/passkey/options", json={}, headers=headers)
    assert answer.status_code == 403
    del client.headers[csrf.HEADER]
    assert (await client.post("/sign-in/passkey/options", json={})).status_code == 403
