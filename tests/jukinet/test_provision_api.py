"""The calls: who may use them, what they answer, and what the OpenAPI document says."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.infra.transparency import merkle, verifier
from jichitai.infra.transparency.checkpoint import open_signed, parse_keys
from jichitai.jukinet.disclosure import service as disclosure
from jichitai.jukinet.disclosure.api import disclosure_routes
from jichitai.jukinet.provision.api import provision_routes
from jichitai.jukinet.provision.bodies import Answer, BatchAnswers
from jichitai.jukinet.provision.service import Provision
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from jichitai.web.rights import Kind, Role
from tests.jukinet.provision_people import Somebody, register_bodies, settle
from tests.web.client import browser, signed_in

HANAKO = Somebody(serial=1)
OTHER = Somebody(serial=2, name="別の\u3000人", kana="ベツノ\u3000ヒト")
PASSPORT = {
    "affair": "T1-41",
    "reason": "application",
    "reference": "A-1",
    "person": {"name": "見本 花子", "birth_date": "1985-05-01"},
}
PENSION = {"affair": "T1-77", "reason": "survival", "reference": "R-1"}
GAIMU: dict[str, Any] = {
    "roles": [Role.ORGAN_OFFICER],
    "organ_id": "gaimu",
    "operator_id": "op-1",
}
NENKIN: dict[str, Any] = GAIMU | {"organ_id": "nenkin"}
RESIDENT: dict[str, Any] = {"roles": [Role.RESIDENT], "kind": Kind.RESIDENT}


@pytest.fixture
async def app(nation_database: Database, keys: Keys, clock: FixedClock) -> AsyncIterator[Litestar]:
    async with nation_database.transaction() as tx:
        await register_bodies(tx, clock)
        await settle(tx, keys, HANAKO, OTHER)
    provision = Provision(nation_database, keys, clock)
    await provision.start()
    yield create_app(
        Tier.NATION,
        Settings(tier=Tier.NATION, rate_limit=0),
        controllers=[*provision_routes(), *disclosure_routes()],
        db=nation_database,
        keys=keys,
        clock=clock,
        dependencies={"provision": Provide(lambda: provision, sync_to_thread=False)},
    )
    await provision.close()


async def test_an_officer_asks_and_the_resident_verifies_the_proof(app: Litestar) -> None:
    async with signed_in(app, **GAIMU) as officer:
        got = await officer.post("/api/v1/provisions", json=PASSPORT)
    assert got.status_code == 200, got.text
    answer = msgspec.json.decode(got.content, type=Answer)
    assert answer.person
    assert answer.person.name == HANAKO.name
    async with signed_in(app, **RESIDENT, person_id=HANAKO.person_id) as resident:
        page = (await resident.get("/api/v1/me/provisions")).json()
        (item,) = page["provisions"]
        assert (item["receipt"], item["organ_name"]) == (answer.receipt, "外務省")
        assert item["affair_name"].startswith("旅券法")
        assert page["notice"]
        got = await resident.get(f"/api/v1/me/provisions/{answer.receipt}/proof")
        assert "attachment" in got.headers["content-disposition"]
    async with browser(app) as anybody:
        key = (await anybody.get("/api/v1/log/key")).text
    assert verifier.check_proof(got.content, key)["record"]["organ"] == "gaimu"
    async with signed_in(app, **RESIDENT, person_id=OTHER.person_id) as other:
        got = await other.get(f"/api/v1/me/provisions/{answer.receipt}/proof")
        assert (got.status_code, got.json()["type"]) == (404, "/problems/jukinet.no-such-provision")
        assert (await other.get("/api/v1/me/provisions")).json()["provisions"] == []


async def test_a_batch_over_http(app: Litestar) -> None:
    body = PENSION | {"request_number": "B-1", "numbers": [HANAKO.number, OTHER.number]}
    async with signed_in(app, **NENKIN) as officer:
        got = await officer.post("/api/v1/provisions/batch", json=body)
        answers = msgspec.json.decode(got.content, type=BatchAnswers)
        assert [one.person.name for one in answers.answers if one.person] == [
            HANAKO.name,
            OTHER.name,
        ]
        again = await officer.post("/api/v1/provisions/batch", json=body)
        assert (again.status_code, again.json()["type"]) == (
            409,
            "/problems/jukinet.repeated-batch",
        )
        codes = PENSION | {"request_number": "B-2", "codes": [HANAKO.code]}
        assert (await officer.post("/api/v1/provisions/batch", json=codes)).status_code == 200
        none = PENSION | {"request_number": "B-3"}
        assert (await officer.post("/api/v1/provisions/batch", json=none)).status_code == 422


@pytest.mark.parametrize(
    ("changes", "status", "type_"),
    [
        ({"affair": "T9"}, 404, "jukinet.unknown-affair"),
        ({"affair": "T1-77"}, 403, "jukinet.affair-not-allowed"),
        ({"person": None, "number": HANAKO.number}, 403, "jukinet.key-not-allowed"),
        ({"operator": "op-2"}, 403, "jukinet.other-operator"),
        ({"reference": "12345678901"}, 422, "jukinet.invalid-reference"),
        ({"fields": ["number"]}, 403, "jukinet.field-not-allowed"),
        ({"person": None}, 422, "jukinet.invalid-key"),
        ({"more": 1}, 422, None),
        ({"reason": "curiosity"}, 422, None),
    ],
)
async def test_refusals_over_http(
    app: Litestar, changes: dict[str, Any], status: int, type_: str | None
) -> None:
    async with signed_in(app, **GAIMU) as officer:
        got = await officer.post("/api/v1/provisions", json=PASSPORT | changes)
    assert got.status_code == status, got.text
    assert type_ is None or got.json()["type"] == f"/problems/{type_}"
    assert HANAKO.number not in got.text


async def test_only_bodies_may_ask_and_only_residents_see(app: Litestar) -> None:
    for role in (Role.RESIDENT, Role.NETWORK_OPERATOR, Role.CLERK):
        async with signed_in(app, [role], person_id=HANAKO.person_id) as client:
            assert (await client.post("/api/v1/provisions", json=PASSPORT)).status_code == 403
            batch = await client.post("/api/v1/provisions/batch", json={})
            assert batch.status_code == 403
    async with signed_in(app, **GAIMU) as officer:
        assert (await officer.get("/api/v1/me/provisions")).status_code == 403
    async with browser(app) as nobody:
        assert (await nobody.post("/api/v1/provisions", json=PASSPORT)).status_code == 401
        assert (await nobody.get("/api/v1/me/provisions")).status_code == 401


async def test_everybody_follows_the_log(app: Litestar) -> None:
    async with browser(app) as auditor, signed_in(app, **GAIMU) as officer:
        keys = parse_keys((await auditor.get("/api/v1/log/key")).text)
        heads = []
        for _ in range(3):
            await officer.post("/api/v1/provisions", json=PASSPORT)
            heads.append(open_signed((await auditor.get("/api/v1/log/checkpoint")).text, keys))
        got = (await auditor.get("/api/v1/log/consistency?from=1&to=3")).json()
        path = [base64.b64decode(one) for one in got["path"]]
        merkle.verify_consistency(1, 3, heads[0].root, heads[2].root, path)
        bad = await auditor.get("/api/v1/log/consistency?from=1&to=4")
        assert (bad.status_code, bad.json()["type"]) == (422, "/problems/transparency.log-size")
        assert (await auditor.get("/api/v1/log/consistency?from=-1&to=x")).status_code == 422


async def test_counts_and_affairs_are_public(app: Litestar, nation_database: Database) -> None:
    async with signed_in(app, **GAIMU) as officer:
        await officer.post("/api/v1/provisions", json=PASSPORT)
    async with nation_database.transaction() as tx:
        await disclosure.roll_up(tx)
    async with browser(app) as anybody:
        counts = (await anybody.get("/api/v1/counts")).json()
        assert (counts["fiscal_year"], counts["provided"], counts["attachments_saved"]) == (
            2026,
            1,
            1,
        )
        assert counts["rows"][0]["organ_name"] == "外務省"
        assert (await anybody.get("/api/v1/counts?fiscal_year=2020")).json()["rows"] == []
        listed = (await anybody.get("/api/v1/affairs")).json()
    assert len(listed["affairs"]) == 252
    assert {one["certainty"] for one in listed["certainties"]} == {"assumption"}


async def test_an_inquiry_travels_from_the_resident_to_the_answer(app: Litestar) -> None:
    async with signed_in(app, **GAIMU) as officer:
        receipt = (await officer.post("/api/v1/provisions", json=PASSPORT)).json()["receipt"]
    async with (
        signed_in(app, **RESIDENT, person_id=HANAKO.person_id) as resident,
        signed_in(app, [Role.NETWORK_OPERATOR]) as operator,
    ):
        body = {"kind": "unknown-provision", "words": "知りません", "receipt": receipt}
        made = (await resident.post("/api/v1/me/inquiries", json=body)).json()
        assert made["due_on"] == "2026-12-20"
        (waiting,) = (await operator.get("/api/v1/inquiries")).json()
        at = f"/api/v1/inquiries/{waiting['inquiry_id']}"
        later = {"until": "2027-01-10", "reason": "機関に確認中"}
        assert (await operator.post(f"{at}/extension", json=later)).status_code == 200
        assert (await operator.post(f"{at}/answer", json={"words": "誤り"})).status_code == 204
        (mine,) = (await resident.get("/api/v1/me/inquiries")).json()
        assert (mine["answer"], mine["extended_on"]) == ("誤り", "2027-01-10")


async def test_the_openapi_document_describes_the_answers(app: Litestar) -> None:
    async with browser(app) as anybody:
        document = (await anybody.get("/openapi.json")).json()
    answer = document["paths"]["/api/v1/provisions"]["post"]["responses"]["200"]
    assert "Answer" in json.dumps(answer)
    query = document["paths"]["/api/v1/log/consistency"]["get"]["parameters"]
    assert {one["name"] for one in query} == {"from", "to"}
