"""Access tokens of public bodies: what proves a program, what a token opens, what stops it."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey
from litestar import Litestar, get
from litestar.datastructures import State

from jichitai.infra.audit import SYSTEM
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.web.app import create_app
from jichitai.web.inject import Who
from jichitai.web.oauth import model, service, store
from jichitai.web.oauth.bearer import BearerTokens
from jichitai.web.oauth.errors import BadTokenError, BadTokenRequestError, NoSuchClientError
from jichitai.web.oauth.model import Client, ClientState
from jichitai.web.rights import Role
from jichitai.web.sessions import instant
from tests.web.client import browser, signed_in

ORIGIN = "http://127.0.0.1:8100"
TOKEN_URL = f"{ORIGIN}/oauth/token"
KEY = ECKey.generate_key("P-256", {"kid": "2026-1"})


@get("/api/v1/organ", opt={"roles": frozenset({Role.ORGAN_CLIENT}), "scope": "provision"})
async def organ(principal: Who) -> dict[str, str]:
    return {"organ": principal.organ(), "client": principal.account_id, "kind": principal.kind}


@get("/api/v1/desk", opt={"roles": frozenset({Role.ORGAN_OFFICER})})
async def desk() -> str:
    return "for people"


def program(**changes: Any) -> Client:
    values: dict[str, Any] = {
        "client_id": "nenkin-batch",
        "organ_id": "B-001",
        "display": "年金の一括照会",
        "jwks": {"keys": [KEY.as_dict(private=False)]},
        "scopes": frozenset({"provision"}),
        "state": ClientState.ACTIVE,
        "not_after": datetime(2099, 1, 1, tzinfo=UTC),
    }
    return Client(**(values | changes))


@pytest.fixture
async def app(nation_database: Database, keys: Keys) -> Litestar:
    async with nation_database.transaction() as tx:
        await service.register(tx, program(), by=SYSTEM)
    settings = Settings(tier=Tier.NATION, rate_limit=0)
    return create_app(
        Tier.NATION, settings, controllers=[organ, desk], db=nation_database, keys=keys
    )


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as client:
        yield client


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(1_780_000_000, tick=False) as traveller:
        yield traveller


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    values: dict[str, Any] = {
        "iss": "nenkin-batch",
        "sub": "nenkin-batch",
        "aud": TOKEN_URL,
        "iat": now,
        "exp": now + 300,
        "jti": uuid4().hex,
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def assertion(key: Any = KEY, alg: str = "ES256", **changes: Any) -> str:
    return jwt.encode({"alg": alg, "kid": key.kid}, claims(**changes), key, algorithms=[alg])


async def ask(client: httpx.AsyncClient, proof: str, **fields: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": model.ASSERTION_TYPE,
        "client_assertion": proof,
    }
    return await client.post("/oauth/token", data=form | fields)


async def token(client: httpx.AsyncClient) -> str:
    answer = await ask(client, assertion())
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def bearing(access: str) -> dict[str, str]:
    return {"authorization": f"Bearer {access}"}


async def test_a_program_proves_itself_and_is_the_organ_it_belongs_to(
    client: httpx.AsyncClient,
) -> None:
    answer = await ask(client, assertion())
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "provision",
    }
    opened = await client.get("/api/v1/organ", headers=bearing(answer.json()["access_token"]))
    assert opened.json() == {"organ": "B-001", "client": "nenkin-batch", "kind": "client"}


async def test_the_token_can_be_checked_by_the_published_keys(client: httpx.AsyncClient) -> None:
    access = await token(client)
    metadata = (await client.get("/.well-known/oauth-authorization-server")).json()
    published = (await client.get(metadata["jwks_uri"].removeprefix(ORIGIN))).json()
    decoded = jwt.decode(access, KeySet.import_key_set(published), algorithms=["Ed25519"])
    assert decoded.header["typ"] == "at+jwt"
    assert decoded.claims["iss"] == metadata["issuer"] == ORIGIN
    assert decoded.claims["exp"] - decoded.claims["iat"] <= 600
    assert metadata["token_endpoint"] == TOKEN_URL
    assert "d" not in published["keys"][0]


WRONG_ASSERTIONS: list[dict[str, Any]] = [
    {"iss": "other"},
    {"sub": "other"},
    {"sub": None},
    {"aud": "https://other.example/oauth/token"},
    {"aud": None},
    {"aud": []},
    {"exp": None},
    {"exp": "soon"},
    {"exp": 0},
    {"exp": 1e300},
    {"iat": 9_000_000_000},
    {"nbf": 9_000_000_000},
    {"jti": None},
    {"jti": "short"},
    {"jti": 5},
]


async def test_an_assertion_that_says_something_wrong_proves_nothing(
    client: httpx.AsyncClient,
) -> None:
    for changes in WRONG_ASSERTIONS:
        answer = await ask(client, assertion(**changes))
        assert answer.status_code == 401, changes
        assert answer.json()["error"] == "invalid_client"
        assert answer.json()["error_description"]


async def test_clocks_may_differ_by_a_minute_but_no_more(
    client: httpx.AsyncClient, travel: time_machine.Traveller
) -> None:
    now = 1_780_000_000
    good: list[dict[str, Any]] = [{"exp": now - 59}, {"iat": now + 59}, {"exp": now + 659}]
    bad: list[dict[str, Any]] = [{"exp": now - 61}, {"iat": now + 61}, {"exp": now + 661}]
    assert [(await ask(client, assertion(**change))).status_code for change in good] == [200] * 3
    assert [(await ask(client, assertion(**change))).status_code for change in bad] == [401] * 3


async def test_an_assertion_is_used_up_even_after_a_restart(
    client: httpx.AsyncClient, nation_database: Database, keys: Keys
) -> None:
    proof = assertion()
    assert (await ask(client, proof)).status_code == 200
    again = await ask(client, proof)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    fresh = create_app(Tier.NATION, Settings(tier=Tier.NATION), db=nation_database, keys=keys)
    async with browser(fresh) as restarted:
        assert (await ask(restarted, proof)).status_code == 401


async def test_a_refused_assertion_is_not_used_up(client: httpx.AsyncClient) -> None:
    proof = assertion()
    assert (await ask(client, proof, scope="everything")).json()["error"] == "invalid_scope"
    assert (await ask(client, proof)).status_code == 200


async def test_another_key_an_unsigned_or_a_symmetric_assertion_proves_nothing(
    client: httpx.AsyncClient,
) -> None:
    thief = ECKey.generate_key("P-256", {"kid": "2026-1"})
    unsigned = assertion().rsplit(".", 1)[0] + "."
    for proof in (assertion(thief), unsigned, "a.b.c", "x" * 10_000, ""):
        answer = await ask(client, proof)
        assert answer.status_code == 401


async def test_keys_are_changed_without_a_gap(
    client: httpx.AsyncClient, nation_database: Database
) -> None:
    new = OKPKey.generate_key("Ed25519", {"kid": "2027-1"})
    both = program(jwks={"keys": [KEY.as_dict(private=False), new.as_dict(private=False)]})
    async with nation_database.transaction() as tx:
        await service.register(tx, both, by=SYSTEM)
    assert (await ask(client, assertion())).status_code == 200
    assert (await ask(client, assertion(new, "Ed25519"))).status_code == 200
    async with nation_database.transaction() as tx:
        only = program(jwks={"keys": [new.as_dict(private=False)]})
        await service.register(tx, only, by=SYSTEM)
    assert (await ask(client, assertion())).status_code == 401
    assert (await ask(client, assertion(new, "Ed25519"))).status_code == 200


REFUSALS = [
    ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"client_assertion_type": "secret"}, "invalid_request"),
    ({"client_id": "someone-else"}, "invalid_client"),
    ({"scope": "provision admin"}, "invalid_scope"),
]


async def test_the_token_endpoint_refuses_in_the_words_of_its_standard(
    client: httpx.AsyncClient,
) -> None:
    for fields, error in REFUSALS:
        answer = await ask(client, assertion(), **fields)
        assert answer.json()["error"] == error
        assert answer.headers["content-type"].startswith("application/json")


async def test_missing_and_doubled_fields_are_refused(client: httpx.AsyncClient) -> None:
    empty = await client.post("/oauth/token", data={})
    doubled = await client.post(
        "/oauth/token",
        content=b"grant_type=client_credentials&grant_type=client_credentials",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    large = await client.post("/oauth/token", data={"grant_type": "x" * 100_000})
    assert (empty.status_code, doubled.status_code, large.status_code) == (400, 400, 413)
    assert empty.json()["error"] == doubled.json()["error"] == "invalid_request"


async def test_a_token_ends_after_ten_minutes_also_when_it_is_remembered(
    client: httpx.AsyncClient, travel: time_machine.Traveller
) -> None:
    access = await token(client)
    travel.shift(599)
    assert (await client.get("/api/v1/organ", headers=bearing(access))).status_code == 200
    travel.shift(2)
    answer = await client.get("/api/v1/organ", headers=bearing(access))
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/web.oauth.invalid-token"
    assert access not in answer.text


async def test_a_changed_token_opens_nothing(client: httpx.AsyncClient) -> None:
    access = await token(client)
    head, body, signature = access.split(".")
    other = "A" if signature[10] != "A" else "B"
    for forged in (
        f"{head}.{body}.{signature[:10]}{other}{signature[11:]}",
        f"{head}.{body}x.{signature}",
        f"{head}.{body}.",
        "not-a-token",
        "",
    ):
        answer = await client.get("/api/v1/organ", headers=bearing(forged))
        assert answer.status_code == 401


WRONG_TOKENS: list[dict[str, Any]] = [
    {"aud": "https://other.example/api"},
    {"aud": [f"{ORIGIN}/api"]},
    {"iss": "https://other.example"},
    {"exp": 1},
    {"exp": None},
    {"client_id": None},
    {"client_id": "unknown"},
]


async def test_a_token_of_our_own_key_for_something_else_opens_nothing(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    key = service.token_key(keys.signer(NATION))
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": key.kid}
    usual = {"aud": f"{ORIGIN}/api", "iss": ORIGIN, "client_id": "nenkin-batch"}
    for changes in WRONG_TOKENS:
        values = claims(**(usual | {"scope": "provision"} | changes))
        forged = jwt.encode(header, values, key, algorithms=["Ed25519"])
        answer = await client.get("/api/v1/organ", headers=bearing(forged))
        assert answer.status_code == 401, changes


async def test_a_network_message_of_the_nation_is_no_token(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    key = service.token_key(keys.signer(NATION))
    values = claims(aud=f"{ORIGIN}/api", iss=ORIGIN, client_id="nenkin-batch", scope="provision")
    for kind in ("jichitai-message", "JWT"):
        header = {"alg": "Ed25519", "typ": kind, "kid": key.kid}
        forged = jwt.encode(header, values, key, algorithms=["Ed25519"])
        assert (await client.get("/api/v1/organ", headers=bearing(forged))).status_code == 401


async def test_another_partys_signature_opens_nothing(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    town = keys.signer(Party.town("011002"))
    key = service.token_key(town)
    forged = model.issue(
        program(), frozenset({"provision"}), key=key, issuer=ORIGIN, now=time.time()
    )
    assert (await client.get("/api/v1/organ", headers=bearing(forged))).status_code == 401


async def test_a_suspended_program_is_out_within_seconds(
    client: httpx.AsyncClient, nation_database: Database, travel: time_machine.Traveller
) -> None:
    access = await token(client)
    assert (await client.get("/api/v1/organ", headers=bearing(access))).status_code == 200
    async with nation_database.transaction() as tx:
        await service.set_state(
            tx, "nenkin-batch", ClientState.SUSPENDED, by=SYSTEM, reason="事故の調査"
        )
    travel.shift(3)
    assert (await client.get("/api/v1/organ", headers=bearing(access))).status_code == 401
    assert (await ask(client, assertion())).status_code == 401
    async with nation_database.transaction() as tx:
        await service.set_state(
            tx, "nenkin-batch", ClientState.ACTIVE, by=SYSTEM, reason="調査の終了"
        )
    travel.shift(3)
    assert (await client.get("/api/v1/organ", headers=bearing(access))).status_code == 200


async def test_a_registration_ends_on_its_day(
    client: httpx.AsyncClient, nation_database: Database, travel: time_machine.Traveller
) -> None:
    access = await token(client)
    ending = program(not_after=datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=30))
    async with nation_database.transaction() as tx:
        await service.register(tx, ending, by=SYSTEM)
    travel.shift(29)
    assert (await client.get("/api/v1/organ", headers=bearing(access))).status_code == 200
    travel.shift(4)
    assert (await client.get("/api/v1/organ", headers=bearing(access))).status_code == 401


async def test_a_token_opens_only_its_scope_and_no_page_of_people(
    app: Litestar, client: httpx.AsyncClient, keys: Keys
) -> None:
    bare = model.issue(
        program(),
        frozenset(),
        key=service.token_key(keys.signer(NATION)),
        issuer=ORIGIN,
        now=time.time(),
    )
    missing = await client.get("/api/v1/organ", headers=bearing(bare))
    assert missing.json()["type"] == "/problems/web.oauth.insufficient-scope"
    people = await client.get("/api/v1/desk", headers=bearing(await token(client)))
    assert people.status_code == 403
    async with signed_in(app, [Role.ORGAN_OFFICER], organ_id="B-001") as officer:
        assert (await officer.get("/api/v1/organ")).status_code == 403
        assert (await officer.get("/api/v1/desk")).status_code == 200


async def test_a_tier_without_tokens_refuses_them(
    client: httpx.AsyncClient, town_database: Database
) -> None:
    access = await token(client)
    town = create_app(Tier.TOWN, Settings(tier=Tier.TOWN), controllers=[desk], db=town_database)
    async with browser(town) as other:
        assert (await other.get("/api/v1/desk", headers=bearing(access))).status_code == 401


async def test_a_remembered_token_costs_no_signature_and_no_question(
    client: httpx.AsyncClient,
    nation_database: Database,
    keys: Keys,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    access = await token(client)
    bearers = BearerTokens(State({"db": nation_database, "keys": keys}), ORIGIN)
    first = await bearers.principal(access)
    monkeypatch.setattr(model, "verify_access", None)
    monkeypatch.setattr(store, "find", None)
    assert await bearers.principal(access) is first
    started = time.perf_counter()
    for _ in range(1000):
        await bearers.principal(access)
    assert (time.perf_counter() - started) / 1000 < 0.0005


async def test_memory_of_tokens_is_bounded(
    client: httpx.AsyncClient,
    nation_database: Database,
    keys: Keys,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jichitai.web.oauth.bearer.REMEMBERED", 3)
    bearers = BearerTokens(State({"db": nation_database, "keys": keys}), ORIGIN)
    for _ in range(6):
        await bearers.principal(await token(client))
    assert len(bearers._tokens) == 3
    with pytest.raises(BadTokenError):
        await bearers.principal("made.up.token")
    assert len(bearers._tokens) == 3


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": []},
        {"keys": [KEY.as_dict(private=True)]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "1"}]},
        {"keys": [{"kty": "EC", "kid": "1"}]},
        {"keys": ["x"]},
        {"keys": [KEY.as_dict(private=False), KEY.as_dict(private=False)]},
        {"keys": [{k: v for k, v in KEY.as_dict(private=False).items() if k != "kid"}]},
    ],
)
async def test_only_named_public_keys_are_registered(
    nation_database: Database, jwks: dict[str, Any]
) -> None:
    async with nation_database.transaction() as tx:
        with pytest.raises(BadTokenRequestError):
            await service.register(tx, program(jwks=jwks), by=SYSTEM)


async def test_a_name_cannot_move_to_another_body(app: Litestar, nation_database: Database) -> None:
    async with nation_database.transaction() as tx:
        with pytest.raises(BadTokenRequestError, match="別の機関"):
            await service.register(tx, program(organ_id="B-002"), by=SYSTEM)
        with pytest.raises(NoSuchClientError):
            await service.set_state(tx, "x", ClientState.CLOSED, by=SYSTEM, reason="-")


async def test_expired_assertions_are_forgotten(
    client: httpx.AsyncClient, nation_database: Database
) -> None:
    await ask(client, assertion())
    async with nation_database.transaction() as tx:
        assert await store.sweep(tx, instant()) == 0
        assert await store.sweep(tx, instant() + timedelta(minutes=20)) == 1
