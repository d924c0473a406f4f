"""The first page, a body's organs, and joint bodies: at a town and at a prefecture."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import pytest
from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, Tx, enter_town
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.kernel.bodies import Body, BodyKind
from jichitai.kernel.identifiers import InvalidLocalGovernmentCodeError
from jichitai.kernel.parties import Tier
from jichitai.security import shell
from jichitai.security.access import INSIDE, SUPERVISOR, own_body
from jichitai.security.desk import pages, service
from jichitai.security.desk.errors import NotJointError, OrganFixedError, ReasonMissingError
from jichitai.security.desk.service import Todo, Waiting
from jichitai.security.organs import Organ
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.browser.support import inspect_pages
from tests.conftest import TOWN, Cluster, fresh_database
from tests.web.client import signed_in

TODAY = date(2026, 11, 20)
OFFICER = frozenset({Role.SECURITY_OFFICER})
UNION = "018015"


async def waiting(_tx: Tx, _body: Body, on: date) -> list[Todo]:
    return [
        Todo(label="方針を見直す", href="/security/policies", area="方針", due=date(2027, 3, 31)),
        Todo(
            label="確報を出す", href="/security/incidents", area="事案", due=on, count=1, late=True
        ),
    ]


async def nothing_of_mine(_tx: Tx, _body: Body, _on: date) -> list[Todo]:
    return [Todo(label="補助金を精算する", href="/security/subsidies", area="補助金")]


WAITING = (Waiting(INSIDE, waiting), Waiting(SUPERVISOR, nothing_of_mine))


@pytest.fixture(scope="module")
async def databases(cluster18: Cluster, keys: Keys) -> AsyncIterator[dict[Tier, Database]]:
    async with (
        fresh_database(cluster18, Tier.TOWN, keys) as town,
        fresh_database(cluster18, Tier.PREFECTURE, keys) as prefecture,
    ):
        yield {Tier.TOWN: town, Tier.PREFECTURE: prefecture}


def app_of(tier: Tier, database: Database, keys: Keys, clock: FixedClock) -> Litestar:
    return create_app(
        tier,
        Settings(tier=tier),
        controllers=list(pages.ROUTES),
        templates=[pages.TEMPLATES],
        shell=shell.body_shell(shell.prefecture_shell),
        db=database,
        clock=clock,
        keys=keys,
        dependencies={"security_todos": Provide(lambda: WAITING, sync_to_thread=False)},
    )


@pytest.fixture
def town(databases: dict[Tier, Database], keys: Keys, clock: FixedClock) -> Litestar:
    return app_of(Tier.TOWN, databases[Tier.TOWN], keys, clock)


@pytest.fixture
def prefecture(databases: dict[Tier, Database], keys: Keys, clock: FixedClock) -> Litestar:
    return app_of(Tier.PREFECTURE, databases[Tier.PREFECTURE], keys, clock)


async def test_a_statement_about_an_organ_counts_and_earlier_ones_stay(
    town_tx: Tx, clock: FixedClock
) -> None:
    await enter_town(town_tx, "012025")  # a city, which the law leaves free
    for exists in (True, False):
        await service.say(
            town_tx,
            "012025",
            Organ.EQUITY,
            established=exists,
            reason=f"条例 {exists}",
            by=SYSTEM,
            at=clock.now(),
        )
    owing = {one.organ for one in await service.owed(town_tx, "012025", TODAY)}
    assert Organ.EQUITY not in owing
    said = next(
        line.said
        for line in await service.organs(town_tx, "012025", TODAY)
        if line.organ is Organ.EQUITY
    )
    assert said is not None
    assert said.reason == "条例 False"
    lines = await town_tx.execute("select count(*) from security.body_organ")
    assert await lines.fetchone() == (2,)


async def test_what_the_law_fixes_and_a_missing_reason_are_refused(
    town_tx: Tx, clock: FixedClock
) -> None:
    for organ, reason, refusal in (
        (Organ.HEAD, "条例", OrganFixedError),
        (Organ.LABOUR, "条例", OrganFixedError),
        (Organ.AGRICULTURE, "条例", OrganFixedError),
    ):
        with pytest.raises(refusal):
            await service.say(
                town_tx,
                TOWN,
                organ,
                established=False,
                reason=reason,
                by=SYSTEM,
                at=clock.now(),
            )
    await enter_town(town_tx, "012025")
    with pytest.raises(ReasonMissingError):
        await service.say(
            town_tx,
            "012025",
            Organ.EQUITY,
            established=False,
            reason=" ",
            by=SYSTEM,
            at=clock.now(),
        )


async def test_a_joint_body_is_registered_and_owes(town_tx: Tx, clock: FixedClock) -> None:
    await enter_town(town_tx, UNION)
    members = ("011002", "012025")
    await service.register_joint(
        town_tx,
        UNION,
        kind=BodyKind.UNION,
        name="例示衛生組合",
        members=members,
        by=SYSTEM,
        at=clock.now(),
    )
    body = await own_body(town_tx, UNION)
    assert (body.full_name, body.members, body.kind) == ("例示衛生組合", members, BodyKind.UNION)
    assert {one.organ for one in await service.owed(town_tx, UNION, TODAY)} >= {Organ.HEAD}


@pytest.mark.parametrize(
    ("code", "kind", "members", "refusal"),
    [
        (TOWN, BodyKind.UNION, ("011002", "012025"), NotJointError),
        (UNION, BodyKind.CITY, ("011002", "012025"), NotJointError),
        (UNION, BodyKind.UNION, ("011002", "011002"), NotJointError),
        ("018016", BodyKind.UNION, ("011002", "012025"), InvalidLocalGovernmentCodeError),
    ],
)
async def test_what_is_no_joint_body_is_refused(
    town_tx: Tx,
    clock: FixedClock,
    code: str,
    kind: BodyKind,
    members: tuple[str, ...],
    refusal: type[Exception],
) -> None:
    await enter_town(town_tx, code)
    with pytest.raises(refusal):
        await service.register_joint(
            town_tx, code, kind=kind, name="組合", members=members, by=SYSTEM, at=clock.now()
        )


async def test_a_prefecture_answers_for_itself_as_a_body(prefecture: Litestar) -> None:
    async with signed_in(prefecture, OFFICER, prefecture="01") as client:
        owed = (await client.get("/api/v1/security/obligations")).json()
    assert owed["body"] == "010006"
    by_name = {one["organ"]: one for one in owed["organs"]}
    assert by_name["public-safety"]["owes"] is False
    assert by_name["labour"]["owes"] is True
    assert [one["duty"] for one in owed["measures"]] == ["not-yet"] * 8


async def test_programs_say_it_too_and_hear_why_not(town: Litestar) -> None:
    path = "/api/v1/security/organs/"
    said = {"established": False, "reason": "農地がない"}
    async with signed_in(town, OFFICER, municipality="012025") as client:
        assert (await client.put(f"{path}agriculture", json=said)).status_code == 204
        owed = (await client.get("/api/v1/security/obligations")).json()
        head = await client.put(f"{path}head", json=said)
        unknown = await client.put(f"{path}police", json=said)
        empty = await client.put(f"{path}equity", json={"established": True, "reason": ""})
    assert next(one for one in owed["organs"] if one["organ"] == "agriculture")["owes"] is False
    assert (head.status_code, head.json()["type"]) == (409, "/problems/security.organ-fixed")
    assert unknown.status_code == 404
    assert empty.status_code == 422


async def test_an_officer_says_it_on_the_page(town: Litestar) -> None:
    async with signed_in(town, OFFICER, municipality="012025", html=True) as client:
        nothing = await client.post("/security/organs/equity", data={"reason": "条例"})
        assert nothing.status_code == 422
        assert "選ばれていません" in nothing.text
        assert "条例" in nothing.text  # nothing typed is lost
        done = await client.post(
            "/security/organs/equity", data={"established": "no", "reason": "共同設置"}
        )
        assert done.headers["location"] == "/security/organs"
        assert "共同設置" in (await client.get("/security/organs")).text


async def test_other_staff_are_led_to_their_own_place(town: Litestar) -> None:
    async with signed_in(town, [Role.CLERK], municipality=TOWN, html=True) as client:
        assert (await client.get("/security")).headers["location"] == "/security/incidents/new"
        assert (await client.get("/security/organs")).status_code == 403


async def test_everybody_sees_what_waits_for_them_alone(prefecture: Litestar) -> None:
    async with signed_in(prefecture, OFFICER, prefecture="01", html=True) as client:
        own = (await client.get("/security")).text
    async with signed_in(prefecture, SUPERVISOR, prefecture="01", html=True) as client:
        above = (await client.get("/security")).text
    assert ("確報を出す" in own, "補助金を精算する" in own) == (True, False)
    assert ("確報を出す" in above, "補助金を精算する" in above) == (False, True)


@pytest.mark.browser
async def test_the_pages_look_right(town: Litestar) -> None:
    async with signed_in(town, OFFICER, municipality=TOWN, html=True) as client:
        looks = {
            "security-home": (await client.get("/security")).text,
            "security-organs": (await client.get("/security/organs")).text,
            "security-organ-error": (await client.post("/security/organs/equity", data={})).text,
        }
    assert await asyncio.to_thread(inspect_pages, looks) == []
