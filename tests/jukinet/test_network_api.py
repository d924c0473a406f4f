"""The network's HTTP calls: who may, what they see, what is refused."""

from uuid import uuid4

import pytest
from litestar import Litestar

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jukinet import api
from jichitai.jukinet.town import api as town_api
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests import builders
from tests.builders import OTHER_TOWN, TOWN
from tests.jukinet.test_digest import compare, damage
from tests.jukinet.wires import Wires, settle_family
from tests.web.client import signed_in

TOWNS = "/api/v1/network/towns"


def app(tier: Tier, database: Database, keys: Keys, clock: FixedClock) -> Litestar:
    routes = town_api.ROUTES if tier is Tier.TOWN else api.UPPER_ROUTES
    settings = Settings(tier=tier)
    return create_app(tier, settings, controllers=routes, db=database, clock=clock, keys=keys)


@pytest.fixture
def nation(wires: Wires, keys: Keys, clock: FixedClock) -> Litestar:
    return app(Tier.NATION, wires.databases[Tier.NATION], keys, clock)


async def test_operators_see_every_town_and_prefectures_their_own(
    wires: Wires, nation: Litestar, keys: Keys, clock: FixedClock
) -> None:
    await settle_family(wires)
    await compare(wires)
    async with signed_in(nation, [Role.NETWORK_OPERATOR]) as client:
        towns = (await client.get(TOWNS)).json()
        assert len(towns) == 1741
        [sapporo] = [town for town in towns if town["code"] == TOWN]
        assert sapporo["name"] == "札幌市"
        assert (sapporo["digest"], sapporo["persons"], sapporo["link"]) == ("equal", 4, "open")
    hokkaido = app(Tier.PREFECTURE, wires.databases[Tier.PREFECTURE], keys, clock)
    async with signed_in(hokkaido, [Role.PREFECTURE_OPERATOR], prefecture="01") as client:
        towns = (await client.get(TOWNS)).json()
        assert {town["code"][:2] for town in towns} == {"01"}
        assert [town["persons"] for town in towns if town["code"] == TOWN] == [4]


async def test_clerks_are_refused(nation: Litestar) -> None:
    async with signed_in(nation, [Role.CLERK], municipality=TOWN) as client:
        for path in (TOWNS, "/api/v1/network/quarantine", "/api/v1/network/cases"):
            assert (await client.get(path)).status_code == 403


async def test_two_operators_cut_a_town(wires: Wires, nation: Litestar) -> None:
    path = f"{TOWNS}/{TOWN}"
    async with (
        signed_in(nation, [Role.NETWORK_OPERATOR]) as one,
        signed_in(nation, [Role.NETWORK_OPERATOR]) as two,
    ):
        asked = await one.post(f"{path}/cut-requests", json={"reason": "不審な通信"})
        assert asked.status_code == 201
        alone = await one.post(f"{path}/confirm", json={"town_name": "札幌市"})
        assert alone.status_code == 403
        wrong = await two.post(f"{path}/confirm", json={"town_name": "小樽市"})
        assert wrong.status_code == 422
        assert wrong.json()["type"].endswith("jukinet.wrong-town-name")
        done = await two.post(f"{path}/confirm", json={"town_name": "札幌市"})
        assert done.json() == {"municipality": TOWN, "link": "cut"}
        back = await two.post(f"{path}/return", json={"reason": "点検済み"})
        assert back.status_code == 201
        assert (await two.post(f"{path}/withdraw")).status_code == 204
        assert (
            await one.post(f"{TOWNS}/999999/cut-requests", json={"reason": "x"})
        ).status_code == 404
        empty = await one.post(f"{path}/cut-requests", json={"reason": ""})
        assert empty.status_code == 422


async def test_differences_are_listed_closed_and_asked_for_again(
    wires: Wires, nation: Litestar
) -> None:
    await settle_family(wires)
    await damage(wires, Tier.NATION, "delete from jukinet.person")
    await compare(wires)
    async with signed_in(nation, [Role.NETWORK_OPERATOR]) as client:
        cases = (await client.get("/api/v1/network/cases")).json()
        assert {case["kind"] for case in cases} == {"missing-above"}
        close = f"/api/v1/network/cases/{cases[0]['case_id']}/close"
        assert (await client.post(close, json={"note": "調査済み"})).status_code == 204
        assert (await client.post(close, json={"note": "もう一度"})).status_code == 404
        closed = (await client.get("/api/v1/network/cases?case_state=closed")).json()
        assert len(closed) == 1
        asked = await client.post("/api/v1/network/digests", json={"municipalities": [TOWN]})
        assert asked.status_code == 202
        assert set(asked.json()["digests"]) == {TOWN}
        wrong = await client.post("/api/v1/network/digests", json={"municipalities": ["010006"]})
        assert wrong.status_code == 404
        assert (await client.get("/api/v1/network/quarantine")).json() == []


async def test_a_town_mends_what_was_reported_and_asks_for_certificates(
    wires: Wires, keys: Keys, clock: FixedClock
) -> None:
    home = await settle_family(wires)
    await damage(
        wires,
        Tier.NATION,
        "delete from jukinet.person where person_id = (select min(person_id::text)::uuid from jukinet.person)",
    )
    await compare(wires)
    town = app(Tier.TOWN, wires.databases[Tier.TOWN], keys, clock)
    async with signed_in(town, [Role.APPROVER], municipality=TOWN) as client:
        [report] = (await client.get("/api/v1/network/error-reports")).json()
        path = f"/api/v1/network/error-reports/{report['report_id']}/resend"
        assert (await client.post(path)).status_code == 204
        assert (await client.post(path)).status_code == 404
    await wires.flow()
    await compare(wires)
    assert await wires.rows(Tier.NATION, "select state from jukinet.digest_state") == [("equal",)]
    async with signed_in(town, [Role.CLERK], municipality=TOWN) as client:
        body = {
            "previous_municipality": OTHER_TOWN,
            "juki_codes": [builders.juki_code().reveal()],
        }
        asked = await client.post("/api/v1/network/certificate-requests", json=body)
        assert asked.status_code == 201
        change = f"/api/v1/network/residents/{home[0].id}/number-change"
        assert (await client.post(change)).status_code == 202
        stranger = f"/api/v1/network/residents/{uuid4()}/number-change"
        assert (await client.post(stranger)).status_code == 404
    await wires.flow()
    changed = await wires.rows(
        Tier.NATION, "select count(*) from jukinet.number_lookup where not current"
    )
    assert changed == [(1,)], "the old number is not current any more"
