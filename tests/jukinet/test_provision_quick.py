"""The short way of the hot calls answers exactly as the ordinary way does."""

import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jukinet.provision.api import provision_routes, quick_calls
from jichitai.jukinet.provision.service import Provision
from jichitai.kernel.parties import Tier
from jichitai.web import quick
from jichitai.web.app import create_app
from jichitai.web.oauth import model, service
from jichitai.web.oauth.model import Client, ClientState
from tests.jukinet.provision_people import Somebody, register_bodies, settle
from tests.web.client import browser

HANAKO = Somebody(serial=1)
KEY = ECKey.generate_key("P-256", {"kid": "2026-1"})
ORIGIN = "http://127.0.0.1:8100"
ONE = "/api/v1/provisions"
MANY = "/api/v1/provisions/batch"
PENSION: dict[str, Any] = {
    "affair": "T1-77",
    "reason": "survival",
    "reference": "R-1",
    "operator": "op-1",
}
NUMBER = PENSION | {"number": HANAKO.number}
NEVER_SAME = ("receipt", "first_receipt", "at", "instance")


@pytest.fixture
async def apps(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> AsyncIterator[dict[str, Litestar]]:
    """The same application with and without the short way."""
    async with nation_database.transaction() as tx:
        await register_bodies(tx, clock)
        await settle(tx, keys, HANAKO)
        for scope in model.SCOPES:
            await service.register(tx, _program(scope), by=SYSTEM)
    provision = Provision(nation_database, keys, clock)
    await provision.start()

    def app(**more: Any) -> Litestar:
        return create_app(
            Tier.NATION,
            Settings(tier=Tier.NATION, rate_limit=0),
            controllers=provision_routes(),
            db=nation_database,
            keys=keys,
            clock=clock,
            dependencies={"provision": Provide(lambda: provision, sync_to_thread=False)},
            **more,
        )

    yield {"ordinary": app(), "quick": app(quick=quick_calls(provision))}
    await provision.close()


def _program(scope: str) -> Client:
    return Client(
        client_id=scope,
        organ_id="nenkin",
        display="年金の照会",
        jwks={"keys": [KEY.as_dict(private=False)]},
        scopes=frozenset({scope}),
        state=ClientState.ACTIVE,
        not_after=datetime(2099, 1, 1, tzinfo=UTC),
    )


async def _token(client: httpx.AsyncClient, scope: str) -> str:
    now = int(time.time())
    claims = {
        "iss": scope,
        "sub": scope,
        "aud": f"{ORIGIN}/oauth/token",
        "iat": now,
        "exp": now + 300,
        "jti": uuid4().hex,
    }
    proof = jwt.encode({"alg": "ES256", "kid": KEY.kid}, claims, KEY, algorithms=["ES256"])
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": model.ASSERTION_TYPE,
        "client_assertion": proof,
    }
    return str((await client.post("/oauth/token", data=form)).json()["access_token"])


class Counted:
    """How many calls took the short way to its end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken = 0
        ends_as_usual = quick.QuickWay._ends

        async def ends(*arguments: Any) -> None:
            self.taken += 1
            await ends_as_usual(*arguments)

        monkeypatch.setattr(quick.QuickWay, "_ends", ends)


async def _both(
    apps: dict[str, Litestar], path: str, content: Any, scope: str, **headers: str
) -> list[tuple[int, dict[str, Any], dict[str, str]]]:
    got = []
    for name, app in apps.items():
        async with browser(app) as client:
            token = await _token(client, scope)
            sent = content(name) if callable(content) else content
            head = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            answer = await client.post(path, content=sent, headers=head | headers)
            body = {k: v for k, v in answer.json().items() if k not in NEVER_SAME}
            kept = {k: v for k, v in answer.headers.items() if k not in {"x-request-id", "date"}}
            kept.pop("content-length", None)  # a receipt may have grown by a figure
            got.append((answer.status_code, body, kept))
    return got


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


CASES = [
    ("found", ONE, _json(NUMBER), "provision", 200, 1),
    ("nobody", ONE, _json(PENSION | {"number": "123456789018"}), "provision", 200, 1),
    ("wrong check digit", ONE, _json(PENSION | {"number": "123456789012"}), "provision", 422, 1),
    ("unknown affair", ONE, _json(NUMBER | {"affair": "T9-99"}), "provision", 404, 1),
    ("no key", ONE, _json(PENSION), "provision", 422, 1),
    ("unknown operator", ONE, _json(NUMBER | {"operator": "op-x"}), "provision", 403, 1),
    ("scope of another call", ONE, _json(NUMBER), "provision.batch", 403, 1),
    ("unknown member", ONE, _json(NUMBER | {"extra": 1}), "provision", 422, 0),
    ("not JSON", ONE, b"{", "provision", 400, 0),
    ("empty", ONE, b"", "provision", 422, 0),
    ("deep", ONE, b"[" * 9000 + b"]" * 7000, "provision", 422, 0),
    ("too large", ONE, _json(NUMBER | {"reference": "x" * 20_000}), "provision", 413, 0),
]


@pytest.mark.parametrize(
    ("path", "content", "scope", "status", "taken"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
async def test_both_ways_answer_alike(
    apps: dict[str, Litestar],
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    content: bytes,
    scope: str,
    status: int,
    taken: int,
) -> None:
    counted = Counted(monkeypatch)
    ordinary, short = await _both(apps, path, content, scope)
    assert short == ordinary
    assert short[0] == status, short
    assert counted.taken == taken


async def test_batches_answer_alike(
    apps: dict[str, Litestar], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(monkeypatch)

    def batch(name: str) -> bytes:
        return _json(PENSION | {"request_number": "B-1", "numbers": [HANAKO.number] * 3})

    ordinary, short = await _both(apps, MANY, batch, "provision.batch")
    assert ordinary[0] == 200
    assert ordinary[1]["count"] == 3
    assert (short[0], short[1]["type"]) == (409, "/problems/jukinet.repeated-batch")
    assert counted.taken == 1


async def test_a_bad_token_is_refused_alike(apps: dict[str, Litestar]) -> None:
    ordinary, short = await _both(
        apps, ONE, _json(NUMBER), "provision", authorization="Bearer nonsense"
    )
    assert short == ordinary
    assert short[0] == 401
    assert short[2]["www-authenticate"].startswith("Bearer")


async def test_a_body_in_pieces_is_one_question(apps: dict[str, Litestar]) -> None:
    whole = _json(NUMBER)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), 7):
            yield whole[start : start + 7]

    ordinary, short = await _both(apps, ONE, lambda _: pieces(), "provision")
    assert short == ordinary
    assert short[0] == 200


async def test_a_form_takes_the_ordinary_way(
    apps: dict[str, Litestar], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(monkeypatch)
    form = "application/x-www-form-urlencoded"
    ordinary, short = await _both(apps, ONE, b"affair=T1-77", "provision", **{"content-type": form})
    assert short == ordinary
    assert counted.taken == 0


@pytest.mark.parametrize(
    ("address", "status"),
    [("札幌市\0北区", 422), ("\x1f", 422), ('"}{\\', 200), ("札幌市　北区", 200)],
)
async def test_an_address_of_any_characters_never_breaks_a_group(
    apps: dict[str, Litestar], address: str, status: int
) -> None:
    person = {"name": "見本 花子", "birth_date": "1985-05-01", "address": address}
    affair = {"affair": "T1-77", "reason": "survival", "reference": "R-1", "operator": "op-1"}
    ordinary, short = await _both(apps, ONE, _json(affair | {"person": person}), "provision")
    assert short == ordinary
    assert short[0] == status
