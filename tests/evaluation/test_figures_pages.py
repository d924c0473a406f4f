"""Figures that came: pages and calls of the ministry, down to the signed frame."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from jichitai.evaluation.figures import publishing, receiving
from jichitai.evaluation.messages import F01, Covered, Figure, Statement
from jichitai.infra.keys import Keys
from jichitai.infra.migrate import OWNER
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.security.cloud.model import Step
from jichitai.web.rights import Role
from tests.browser.support import CHROMIUM, inspect_pages
from tests.conftest import Cluster
from tests.evaluation.figure_worlds import FIRST, Figured, figured, ministry_app
from tests.web.client import signed_in


@pytest.fixture(scope="module")
async def world(cluster18: Cluster, keys: Keys) -> AsyncIterator[Figured]:
    async with figured(cluster18, keys) as made:
        await made.provide(FIRST, organ="nenkin", affair="T1-77", size=3)
        await made.certify(FIRST)
        made.at(FIRST + timedelta(days=2))
        await made.publish()
        await made.provide(FIRST, organ="nenkin", affair="T1-77", size=2)
        made.at(FIRST + timedelta(days=3))
        await made.publish()
        yield made


@asynccontextmanager
async def officer(world: Figured, *, html: bool = False) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(ministry_app(world), {Role.EVALUATION_OFFICER}, html=html) as client:
        yield client


async def test_from_the_list_to_the_signed_frame(world: Figured) -> None:
    async with officer(world, html=True) as client:
        listed = await client.get("/evaluation/figures")
        assert listed.status_code == 200
        assert "本人確認情報の提供件数" in listed.text
        one = await client.get("/evaluation/figures/jukinet.provided")
        assert "数え直した" in one.text
        day = await client.get(f"/evaluation/figures/jukinet.provided/nation/{FIRST}")
        assert "第2版（今の数字）" in day.text
        assert "nation-ministry-1" in day.text
        proof = await client.get("/evaluation/figures/evidence/nation-ministry-1")
        assert "確かめました" in proof.text
        assert "違う" not in proof.text.split("<h2>")[1]
        quiet = await client.get(
            f"/evaluation/figures/jukinet.provided/nation/{FIRST.replace(day=2)}"
        )
        assert quiet.status_code == 404


async def test_programs_read_figures_as_they_were_known(world: Figured) -> None:
    async with officer(world) as client:
        catalogue = (await client.get("/api/v1/evaluation/figures")).json()["measures"]
        assert {"jpki.in_force", "security.clouds"} <= {one["key"] for one in catalogue}
        path = "/api/v1/evaluation/figures/jukinet.provided"
        known = f"{(FIRST + timedelta(days=2)).isoformat()}T12:00:00+09:00"
        asked = {"first": str(FIRST), "last": str(FIRST), "per": "all", "by": "organ"}
        now = (await client.get(path, params=asked)).json()["figures"]
        then = (await client.get(path, params={**asked, "known_at": known})).json()["figures"]
        assert [row["value"] for row in (*now, *then)] == [5, 3]
        assert now[0]["parts"] == ["nenkin"]
        table = await client.get(f"{path}/figures.csv", params=asked)
        assert table.text.lstrip("\ufeff").splitlines()[0] == "日,利用機関,利用機関コード,件"
        day = (await client.get(f"{path}/nation/{FIRST}")).json()
        assert [one["revision"] for one in day["revisions"]] == [2, 1]
        refused = await client.get(path, params={"by": "shoe"})
        assert refused.json()["type"] == "/problems/evaluation.unknown-dimension"
        assert (
            await client.get(path, params={"first": "2026-02-01", "last": "2026-01-01"})
        ).status_code == 422
        assert (await client.get("/api/v1/evaluation/figures/nothing")).status_code == 404


async def test_the_frame_is_verified_again_and_a_changed_figure_is_seen(
    world: Figured, cluster18: Cluster
) -> None:
    path = "/api/v1/evaluation/figures/evidence/nation-ministry-1"
    async with officer(world) as client:
        found = (await client.get(path)).json()
        assert (found["genuine"], found["different"], found["kid"]) == (True, 0, "nation.1")
        frame = await client.get(f"{path}/frame")
        assert frame.headers["content-type"].startswith("application/jose")
        assert frame.text.count(".") == 2
        dsn = cluster18.dsn(await database_of(world), OWNER)
        for change, back in (_FIGURE, _TOTAL, _FRAME):
            with psycopg.connect(dsn) as owner:
                owner.execute(change)
            found = (await client.get(path)).json()
            with psycopg.connect(dsn) as owner:
                owner.execute(back)
            assert found["different"] > 0
            assert found["genuine"] is (change != _FRAME[0])


_FIGURE = tuple(
    f"update evaluation.daily_figure set value = {new} where value = {old}"
    for old, new in ((3, 4), (4, 3))
)
_TOTAL = tuple(
    f"update evaluation.figure_statement set total = {new} where total = {old}"
    for old, new in ((3, 4), (4, 3))
)
_FRAME = tuple(
    f"update evaluation.figure_frame set signed = overlay(signed placing '{word}' from 1)"
    for word in ("x", "e")
)


async def test_statements_that_cannot_be_are_put_aside_and_nothing_is_kept(world: Figured) -> None:
    def said(measure: str, *parts: str, **changes: Any) -> F01:
        values: dict[str, Any] = {
            "measure": measure,
            "day": FIRST,
            "revision": 1,
            "figures": (Figure(parts=parts, value=1),),
        }
        return F01(
            statements=(Statement(**(values | changes)),), covered=(), counted_at=world.clock.now()
        )

    wrong = [
        (Party.prefecture("01"), said("jpki.issued", "signing", "card")),  # not what it counts
        (Party.prefecture("01"), said("security.alerts", "13", "high")),  # another prefecture
        (NATION, said("jpki.issued", "signing")),  # a part is missing
        (NATION, said("jpki.shoes", "signing", "card")),
        (NATION, said("jpki.issued", "signing", "card", day=world.clock.today())),
        (NATION, said("jpki.issued", "signing", "card", revision=3)),  # without a reason
        (NATION, said("jukinet.provided", "x", "y", "hit")),  # told before, otherwise
        (
            NATION,
            F01(
                statements=(),
                covered=(Covered(measure="jpki.issued", through=world.clock.today()),),
                counted_at=world.clock.now(),
            ),
        ),
    ]
    before = await kept(world)
    for origin, body in wrong:
        tier = Tier.NATION if origin == NATION else Tier.PREFECTURE
        async with world.databases[tier].transaction() as tx:
            await publishing.by_outbox(world.outbox)(tx, [(origin, body)])
    world.refused = 0
    await world.carry()
    assert world.refused == len(wrong)
    assert await kept(world) == before


async def database_of(world: Figured) -> str:
    async with world.databases[Tier.MINISTRY].transaction() as tx:
        return str(tx.info.dbname)


async def kept(world: Figured) -> int:
    async with world.databases[Tier.MINISTRY].transaction() as tx:
        row = await (await tx.execute("select count(*) from evaluation.daily_figure")).fetchone()
    return int(row[0]) if row else 0


def test_nothing_in_a_figure_is_about_a_person() -> None:
    assert receiving  # the catalogue is what is checked
    schema = msgspec.json.schema(F01)
    assert set(schema["$defs"]["Figure"]["properties"]) == {"parts", "value"}


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")
async def test_every_page_is_accessible_and_fits(world: Figured) -> None:
    await world.cloud("01", world.clock.today(), Step.BUDGETED, 1)
    world.at(world.clock.today() + timedelta(days=2))
    await world.publish()
    places = {
        "list": "",
        "measure": "/jukinet.provided",
        "measure-origins": "/security.cloud_members?origin=prefecture-01",
        "day": f"/jukinet.provided/nation/{FIRST}",
        "evidence": "/evidence/nation-ministry-1",
    }
    async with officer(world, html=True) as client:
        pages = {
            name: (await client.get(f"/evaluation/figures{path}")).text
            for name, path in places.items()
        }
    assert await to_thread(inspect_pages, pages) == []
