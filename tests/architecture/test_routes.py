"""Every route of every tier, tried by every role: generated from the routes themselves."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote, unquote
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from jichitai.infra.broker import Broker
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.main.node import Node
from jichitai.main.tiers import assemble
from jichitai.web import rights, sessions
from jichitai.web.accounts import Account
from jichitai.web.rights import ANONYMOUS, Kind, Principal, Role
from tests.conftest import TOWN, Cluster, fresh_database
from tests.web.client import ORIGIN, account, save

SAMPLES: Mapping[type, str] = {
    UUID: "00000000-0000-4000-8000-000000000000",
    int: "1",
    float: "1",
    str: "x",
}
PEOPLE = sorted(rights.PEOPLE)


@dataclass(frozen=True)
class Call:
    """One method of one route, with sample values in its path."""

    method: str
    path: str
    roles: frozenset[str]


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    kind: str = ""
    body: bytes = b""


async def ask(app: Litestar, call: Call, headers: Mapping[str, str]) -> Answer:
    """One request; in 20,000 of them a client costs as much as the gate that is tried."""
    answer, done = Answer(), asyncio.Event()
    coming = iter([{"type": "http.request", "body": b"", "more_body": False}])
    sent = {"host": ORIGIN.partition("//")[2], "accept": "application/json"} | dict(headers)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": unquote(call.path),
        "raw_path": call.path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "server": ("127.0.0.1", 8100),
        "client": ("127.0.0.1", 123),
    }

    async def receive() -> Any:
        if (request := next(coming, None)) is not None:
            return request
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.kind = dict(message["headers"]).get(b"content-type", b"").decode()
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")
            if not message.get("more_body", False):
                done.set()

    await app(cast("Any", scope), receive, send)
    return answer


def calls(app: Litestar) -> Iterator[Call]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} escapes the gate"
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                yield Call(str(method), sample(route), rights.roles_of(handler))


def sample(route: HTTPRoute) -> str:
    parts = [
        part if isinstance(part, str) else SAMPLES.get(part.type, "2026-11-20")
        for part in route.path_components
    ]
    return "/" + "/".join(quote(part, safe="/") for part in parts)


def person(role: Role) -> Account:
    scope: dict[str, Any] = {
        "municipality": TOWN,
        "prefecture": TOWN[:2],
        "organ_id": "B-001",
        "operator_id": "1",
        "person_id": uuid4(),
    }
    kind = Kind.RESIDENT if role is Role.RESIDENT else Kind.STAFF
    return account(role, kind=kind, display="試験", **scope)


def tier_app(
    tier: Tier, database: Database, keys: Keys, clock: FixedClock, folder: Path
) -> Litestar:
    node = Node(
        tier=tier,
        settings=Settings(tier=tier, demo=True, rate_limit=0, http_port=8100, key_directory=folder),
        database=database,
        broker=cast("Broker", SimpleNamespace(connected=True)),
        keys=keys,
        clock=clock,
        outbox=Outbox(keys.network, clock),
    )
    return assemble(node).app


async def cookies_of(app: Litestar, tier: Tier) -> dict[Role, str]:
    """A session per role."""
    database: Database = app.state.db
    people = {role: person(role) for role in PEOPLE}
    await save(database, *people.values(), tier=tier)
    cookies = {}
    async with database.transaction(all_towns=tier is Tier.TOWN) as tx:
        for role, someone in people.items():
            token = await sessions.open_session(tx, someone, method="persona")
            cookies[role] = f"{app.state.cookies.session}={token}"
    return cookies


def outcome(answer: Answer) -> str:
    """Whether the gate let the call through, by status and type of problem.

    The gate answers with problems; a 401 of another form comes from a standard's own endpoint.
    """
    kind = json.loads(answer.body)["type"] if "problem+json" in answer.kind else ""
    if answer.status == 401 and kind:
        return "unknown"
    return "refused" if kind == "/problems/web.wrong-role" else "passed"


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.timeout(240)
async def test_every_route_is_open_to_its_roles_and_to_nobody_else(
    cluster: Cluster, keys: Keys, clock: FixedClock, tier: Tier, tmp_path: Path
) -> None:
    wrong: list[str] = []
    async with fresh_database(cluster, tier, keys) as database:
        app = tier_app(tier, database, keys, clock, tmp_path)
        everything = list(calls(app))
        for call in everything:
            answer = await ask(app, call, {})
            expected = "passed" if Role.ANONYMOUS in call.roles else "unknown"
            if outcome(answer) != expected or answer.status in {0, 500}:
                wrong.append(f"anonymous {call.method} {call.path}: {answer.status}")
        for role, cookie in (await cookies_of(app, tier)).items():
            for call in everything:
                if Role.ANONYMOUS in call.roles:
                    continue
                answer = await ask(app, call, {"cookie": cookie})
                expected = "passed" if role in call.roles else "refused"
                if outcome(answer) != expected or answer.status in {0, 500}:
                    wrong.append(f"{role} {call.method} {call.path}: {answer.status}")
    assert wrong == []


async def test_an_organs_program_reaches_only_what_is_marked_for_programs(
    nation_database: Database,
    keys: Keys,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    app = tier_app(Tier.NATION, nation_database, keys, clock, tmp_path)
    program = Principal(
        kind=Kind.CLIENT,
        account_id="program",
        display="試験",
        roles=frozenset({Role.ORGAN_CLIENT}),
        organ_id="B-001",
    )

    async def known(_self: object, _token: str) -> Principal:
        return program

    monkeypatch.setattr("jichitai.web.oauth.bearer.BearerTokens.principal", known)
    wrong = []
    for call in calls(app):
        if Role.ANONYMOUS in call.roles:
            continue
        answer = await ask(app, call, {"authorization": "Bearer token"})
        expected = "passed" if Role.ORGAN_CLIENT in call.roles else "refused"
        if outcome(answer) != expected or answer.status in {0, 500}:
            wrong.append(f"program {call.method} {call.path}: {answer.status}")
    assert wrong == []


@pytest.mark.parametrize("tier", list(Tier))
def test_every_role_of_the_table_is_known_and_names_are_unique(
    keys: Keys, clock: FixedClock, tier: Tier, tmp_path: Path
) -> None:
    app = tier_app(tier, cast("Database", None), keys, clock, tmp_path)
    rows = rights.table(app)
    assert len({(row.method, row.path) for row in rows}) == len(rows)
    assert {role for row in rows for role in row.roles} <= set(Role)
    assert not ANONYMOUS.signed_in
