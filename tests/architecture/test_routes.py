"""Every route of every tier, tried by every role: generated from the routes themselves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
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
from tests.conftest import TOWN
from tests.web.client import account, browser, save

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


async def cookies_of(app: Litestar, tier: Tier) -> dict[Role, dict[str, str]]:
    """A session per role."""
    database: Database = app.state.db
    people = {role: person(role) for role in PEOPLE}
    await save(database, *people.values(), tier=tier)
    cookies = {}
    async with database.transaction(all_towns=tier is Tier.TOWN) as tx:
        for role, someone in people.items():
            token = await sessions.open_session(tx, someone, method="persona")
            cookies[role] = {app.state.cookies.session: token}
    return cookies


def outcome(answer: httpx.Response) -> str:
    """Whether the gate let the call through, by status and type of problem.

    The gate answers with problems; a 401 of another form comes from a standard's own endpoint.
    """
    kind = answer.json()["type"] if "problem+json" in answer.headers.get("content-type", "") else ""
    if answer.status_code == 401 and kind:
        return "unknown"
    return "refused" if kind == "/problems/web.wrong-role" else "passed"


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.timeout(240)
async def test_every_route_is_open_to_its_roles_and_to_nobody_else(
    databases: dict[Tier, Database], keys: Keys, clock: FixedClock, tier: Tier, tmp_path: Path
) -> None:
    app = tier_app(tier, databases[tier], keys, clock, tmp_path)
    wrong: list[str] = []
    async with browser(app) as client:
        for call in calls(app):
            public = Role.ANONYMOUS in call.roles
            answer = await client.request(call.method, call.path)
            expected = "passed" if public else "unknown"
            if outcome(answer) != expected or answer.status_code == 500:
                wrong.append(f"anonymous {call.method} {call.path}: {answer.status_code}")
        for role, cookie in (await cookies_of(app, tier)).items():
            for call in calls(app):
                if Role.ANONYMOUS in call.roles:
                    continue
                client.cookies = httpx.Cookies(cookie)
                answer = await client.request(call.method, call.path)
                expected = "passed" if role in call.roles else "refused"
                if outcome(answer) != expected or answer.status_code == 500:
                    wrong.append(f"{role} {call.method} {call.path}: {answer.status_code}")
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
    async with browser(app) as client:
        client.headers["authorization"] = "Bearer token"
        for call in calls(app):
            if Role.ANONYMOUS in call.roles:
                continue
            answer = await client.request(call.method, call.path)
            expected = "passed" if Role.ORGAN_CLIENT in call.roles else "refused"
            if outcome(answer) != expected or answer.status_code == 500:
                wrong.append(f"program {call.method} {call.path}: {answer.status_code}")
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
