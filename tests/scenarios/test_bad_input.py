"""Bad input over HTTP: an answer in Japanese that says what to do, and tables as they were."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from litestar import Litestar
from litestar.di import Provide
from psycopg import sql

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, fetch_value
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jukinet.provision.api import provision_routes
from jichitai.jukinet.provision.service import Provision
from jichitai.kernel.identifiers import LocalGovernmentCode
from jichitai.kernel.parties import Tier
from jichitai.register.api.routes import ROUTES
from jichitai.register.model.resident import Resident
from jichitai.register.service.initial import load_initial
from jichitai.register.service.network import TownRegister
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests import builders
from tests.builders import OTHER_TOWN, TOWN
from tests.conftest import Cluster
from tests.jukinet.provision_people import Somebody, register_bodies, settle
from tests.web.client import signed_in

Json = dict[str, Any]
JAPANESE = range(0x3041, 0x9FFF)
STAFF = {"web.account", "web.session", "web.ceremony"}
"""Signing in is no part of the input."""


async def tables(database: Database, cluster: Cluster) -> dict[str, str]:
    """A fingerprint of every table's rows."""
    async with database.transaction() as tx:
        name = await fetch_value(tx, "select current_database()")
    found = {}
    with psycopg.connect(cluster.server.superuser_dsn(name)) as connection:
        rows = connection.execute(
            "select schemaname, tablename from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in rows:
            if f"{schema}.{table}" in STAFF:
                continue
            lines = connection.execute(
                sql.SQL("select t::text from {} t order by 1").format(sql.Identifier(schema, table))
            ).fetchall()
            found[f"{schema}.{table}"] = hashlib.sha256(repr(lines).encode()).hexdigest()
    return found


def clear(answer: httpx.Response) -> Json:
    """The problem of a refusal, when it is one that a person can use."""
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    problem: Json = answer.json()
    assert {"type", "title", "status", "detail"} <= set(problem)
    assert any(ord(letter) in JAPANESE for letter in problem["title"] + problem["detail"])
    assert problem["detail"].endswith(("。", "？", "）"))
    return problem


# --- the counter of a town ------------------------------------------------------------------


@dataclass
class Counter:
    app: Litestar
    family: tuple[Resident, ...]
    clerk: httpx.AsyncClient
    clock: FixedClock
    keys: Keys
    database: Database
    cluster: Cluster

    async def refused(self, form: Json) -> tuple[int, Json]:
        """Enter a form that must be refused; nothing may change."""
        before = await tables(self.database, self.cluster)
        answer = await self.clerk.post(
            "/api/v1/entries", json={"entry_id": str(uuid4()), "form": form}
        )
        assert await tables(self.database, self.cluster) == before
        return answer.status_code, clear(answer)


@pytest.fixture
async def counter(
    cluster: Cluster, town_database: Database, keys: Keys, clock: FixedClock
) -> AsyncIterator[Counter]:
    family = builders.family(4)
    async with town_database.transaction(town=TOWN) as tx:
        await load_initial(tx, TOWN, builders.initial(family), keys=keys, clock=clock)
        codes = [builders.juki_code() for _ in range(5)]
        await TownRegister(keys, clock).add_juki_codes(tx, TOWN, codes, "batch-1")
    app = create_app(
        Tier.TOWN,
        Settings(tier=Tier.TOWN, rate_limit=0),
        controllers=[*ROUTES],
        db=town_database,
        clock=clock,
        keys=keys,
    )
    async with signed_in(app, [Role.CLERK], municipality=TOWN) as clerk:
        yield Counter(app, family, clerk, clock, keys, town_database, cluster)


def arrival(**changes: Any) -> Json:
    person = builders.person()
    written = {
        name: getattr(person, name)
        for name in ("name", "kana", "birth_date", "sex", "relation", "juki_code", "my_number")
    }
    inside = {name: changes.pop(name) for name in list(changes) if name in written}
    form = {
        "kind": "move-in",
        "occurred_on": "R8.11.18",
        "previous_municipality": OTHER_TOWN,
        "previous_address": "千代田一丁目1番",
        "place": {"town": "中央三丁目", "lot": "5番6号"},
        "people": [written | inside],
    }
    return form | changes


def wrong(digits: str) -> str:
    """The same with another check digit."""
    return digits[:-1] + str((int(digits[-1]) + 5) % 10)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"juki_code": wrong(builders.juki_code(900).reveal())}, "people.0.juki_code"),
        ({"my_number": wrong(builders.my_number(900).reveal())}, "people.0.my_number"),
        ({"birth_date": "R8.13.40"}, "people.0.birth_date"),
        ({"birth_date": "2027-01-01"}, "people.0.birth_date"),
        ({"occurred_on": "R8.12.24"}, "occurred_on"),
        ({"previous_municipality": "999999"}, "previous_municipality"),
        ({"people": []}, "people"),
        ({"relation": "宇宙人"}, "people.0.relation"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_wrong_field_is_named_and_nothing_is_kept(
    counter: Counter, changes: Json, field: str
) -> None:
    form = arrival(**changes)
    status, problem = await counter.refused(form)
    assert status == 422
    assert field in {error["field"] for error in problem["errors"]}
    text = str(problem)
    for person in form["people"]:
        assert person["juki_code"] not in text
        assert person["my_number"] not in text


async def test_a_second_live_record_of_a_code_is_refused(counter: Counter) -> None:
    code = counter.family[0].juki_code.reveal()
    status, problem = await counter.refused(arrival(juki_code=code))
    assert status in {409, 422}
    assert code not in str(problem)


async def test_nobody_of_another_town_is_found_at_the_counter(counter: Counter) -> None:
    stranger = uuid4()
    async with counter.database.transaction(town=OTHER_TOWN) as tx:
        there = replace(builders.address(), municipality=LocalGovernmentCode(OTHER_TOWN))
        people = list(builders.initial(builders.family(1, address=there)))
        await load_initial(tx, OTHER_TOWN, people, keys=counter.keys, clock=counter.clock)
        stranger = await fetch_value(tx, "select resident_id from register.resident limit 1")
    form = {"kind": "death", "occurred_on": "R8.11.18", "resident_id": str(stranger)}
    status, problem = await counter.refused(form)
    assert status in {404, 422}
    nobody = await counter.refused(form | {"resident_id": str(uuid4())})
    assert (nobody[0], nobody[1]["type"]) == (status, problem["type"])  # not even that it exists
    answer = await counter.clerk.get(f"/api/v1/residents/{stranger}")
    assert answer.status_code == 404
    clear(answer)


async def test_a_birth_to_a_child_is_an_alert_that_needs_a_reason(counter: Counter) -> None:
    head = counter.family[0]
    born = counter.clock.today() - timedelta(days=1)
    form = {
        "kind": "birth",
        "occurred_on": born.isoformat(),
        "household_id": str(head.household_id),
        "person": {
            "name": "見本　四郎", "kana": "ミホン　シロウ", "kana_confirmed": True,
            "birth_date": born.isoformat(), "sex": "1", "relation": "子の子",
        },
    }  # fmt: skip
    entry = {"entry_id": str(uuid4()), "form": form}
    kept = await counter.clerk.post("/api/v1/entries", json=entry)
    assert kept.status_code == 201, kept.text
    alerts = {f["code"]: f["level"] for f in kept.json()["findings"]}
    assert "alert" in alerts.values()
    before = await tables(counter.database, counter.cluster)
    handed = await counter.clerk.post(f"/api/v1/entries/{entry['entry_id']}/submit")
    assert handed.status_code in {409, 422}
    clear(handed)
    assert await tables(counter.database, counter.cluster) == before


@pytest.mark.parametrize("declared", [True, False], ids=["with length", "in chunks"])
async def test_a_body_of_ten_megabytes_is_refused_unread(
    counter: Counter, *, declared: bool
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b'"' + b"x" * 65_535

    before = await tables(counter.database, counter.cluster)
    answer = await counter.clerk.post(
        "/api/v1/entries",
        content=b"x" * 10 * 1024 * 1024 if declared else chunks(),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 413
    clear(answer)
    assert await tables(counter.database, counter.cluster) == before


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"entry_id": 1}', b"\xff\xfe", b'{"form": {"kind": "x"}}',
     b'{"entry_id": "' + b"0" * 100_000 + b'"}', b"[" * 50_000],
    ids=range(9),
)  # fmt: skip
async def test_what_is_no_form_is_refused_in_words(counter: Counter, content: bytes) -> None:
    before = await tables(counter.database, counter.cluster)
    answer = await counter.clerk.post(
        "/api/v1/entries", content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code in {400, 422}
    clear(answer)
    assert await tables(counter.database, counter.cluster) == before


# --- a public body at the nation --------------------------------------------------------------

HANAKO = Somebody(serial=1)
GAIMU: Json = {"roles": [Role.ORGAN_OFFICER], "organ_id": "gaimu", "operator_id": "op-1"}
PASSPORT: Json = {
    "affair": "T1-41",
    "reason": "application",
    "reference": "A-1",
    "person": {"name": "見本 花子", "birth_date": "1985-05-01"},
}


@pytest.fixture
async def nation(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> AsyncIterator[Litestar]:
    async with nation_database.transaction() as tx:
        await register_bodies(tx, clock)
        await settle(tx, keys, HANAKO)
    provision = Provision(nation_database, keys, clock)
    await provision.start()
    yield create_app(
        Tier.NATION,
        Settings(tier=Tier.NATION, rate_limit=0),
        controllers=[*provision_routes()],
        db=nation_database,
        keys=keys,
        clock=clock,
        dependencies={"provision": Provide(lambda: provision, sync_to_thread=False)},
    )
    await provision.close()


@pytest.mark.parametrize(
    ("who", "changes", "status", "kind"),
    [
        ({"organ_id": "nobody"}, {}, 403, "unknown-organ"),
        ({}, {"affair": "T9-999"}, 404, "unknown-affair"),
        ({}, {"affair": "T1-77"}, 403, "affair-not-allowed"),
        ({}, {"number": HANAKO.number, "person": None}, 403, "key-not-allowed"),
        ({}, {"reason": "tax"}, 422, "reason-not-allowed"),
        ({}, {"operator": "op-2"}, 403, "other-operator"),
        ({}, {"person": None}, 422, "invalid-key"),
        ({"organ_id": "nenkin"},
         {"affair": "T1-77", "reason": "survival", "person": None,
          "number": wrong(HANAKO.number)}, 422, "invalid-my-number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
async def test_a_look_up_without_right_or_with_a_wrong_key_is_refused(
    nation: Litestar, nation_database: Database, cluster: Cluster,
    who: Json, changes: Json, status: int, kind: str,
) -> None:  # fmt: skip
    question = {k: v for k, v in (PASSPORT | changes).items() if v is not None}
    async with signed_in(nation, **(GAIMU | who)) as officer:
        before = await tables(nation_database, cluster)
        answer = await officer.post("/api/v1/provisions", json=question)
        after = await tables(nation_database, cluster)
    problem = clear(answer)
    assert (answer.status_code, problem["type"]) == (status, problem["type"])
    assert problem["type"].endswith(f".{kind}")
    assert changed(before, after) <= {"jukinet.provision_refusal"}  # refusals are on record
    for secret in (question.get("number"), question.get("code")):
        assert secret is None or secret not in answer.text


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}
