"""Many workbooks at once: kept, read in the background, watched, taken over, given up."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from jichitai.correspondence.service.archives import File, packed
from jichitai.correspondence.service.readings import AT_ONCE, Readings
from jichitai.correspondence.store import readings as store
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.standardisation.area import STANDARDISATION
from jichitai.standardisation.survey.service.place import MINISTRY_OVERSEER
from jichitai.standardisation.survey.service.sheets import Sheets, background
from tests.browser.support import CHROMIUM, inspect_pages
from tests.conftest import Cluster
from tests.standardisation.survey_builders import BODIES, OFFICER, filled, put, spoilt
from tests.standardisation.survey_world import survey_world
from tests.standardisation.test_survey_pages import API, HOME, form
from tests.standardisation.views_world import World

PLACE = STANDARDISATION, MINISTRY_OVERSEER.key
SOME = list(BODIES.values())[: AT_ONCE + 15]


@pytest.fixture(scope="module")
async def ministry(cluster: Cluster, keys: Keys) -> AsyncIterator[World]:
    async with survey_world(cluster, keys) as world:
        yield world


@pytest.fixture(scope="module")
def archive() -> bytes:
    """Files of more bodies than are read at once; one of them has a fault."""
    files = [spoilt(SOME[0], put("cloud", "たぶん")), *(filled(one) for one in SOME[1:])]
    return packed([(one.name, one.data) for one in files])


def worker(world: World) -> Readings:
    return background(world.database, world.clock, rehearsal=True)


async def opened(world: World) -> str:
    async with world.officer() as client:
        made = await client.post(f"{HOME}/new", data=form())
        here = str(made.headers["location"])
        await client.post(here, data={"deed": "open"})
    return here


async def as_a_program(world: World, here: str, archive: bytes) -> tuple[str, UUID]:
    one = f"{API}/{here.rpartition('/')[2]}"
    async with world.officer(html=False) as client:
        sent = await client.post(f"{one}/uploads?name=all.zip", content=archive)
        assert (sent.status_code, sent.json()["state"]) == (201, "reading")
        assert (sent.json()["files"], sent.json()["files_read"]) == (len(SOME), 0)
    return f"{one}/uploads/{sent.json()['upload_id']}", UUID(sent.json()["upload_id"])


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(300)
async def test_an_officer_watches_an_archive_being_read_and_writes_it(
    ministry: World, archive: bytes
) -> None:
    here, pages = await opened(ministry), {}
    async with ministry.officer() as client:
        broken = await client.post(f"{here}/uploads", files={"file": ("all.zip", b"PK no")})
        assert (broken.status_code, "ZIPファイルとして読めません" in broken.text) == (422, True)
        sent = await client.post(f"{here}/uploads", files={"file": ("all.zip", archive)})
        assert sent.status_code == 303
        upload = sent.headers["location"]
        pages["reading"] = (await client.get(upload)).text
        assert f"{len(SOME)}個のうち0個" in pages["reading"]
        early = await client.post(upload, data={})
        assert (early.status_code, "まだ読み取られていません" in early.text) == (409, True)
        pages["waiting"] = (await client.get(here)).text
        assert "読取り中" in pages["waiting"]
        assert await worker(ministry).read_next()
        assert not await worker(ministry).read_next()
        pages["done"] = (await client.get(f"{upload}/progress")).text
        assert "読み取った結果を見る" in pages["done"]
        assert "data-poll-done" in pages["done"]
        assert "確認待ち" in (await client.get(here)).text
        seen = (await client.get(upload)).text
        assert "まだ何も書き込んでいません" in seen
        assert seen.count("たぶん") == 1
        written = await client.post(upload, data={})
        assert f"done={len(SOME)}&" in written.headers["location"]
        assert "まだ取り込んでいないファイル" not in (await client.get(here)).text
        nothing = await client.get(f"{here}/uploads/{UUID(int=7)}/progress")
        assert nothing.status_code == 404
    if CHROMIUM.exists():
        assert await to_thread(inspect_pages, pages) == []


async def test_what_is_read_in_the_background_is_what_is_read_at_once(
    ministry: World, archive: bytes
) -> None:
    here = await opened(ministry)
    round_id = UUID(here.rpartition("/")[2])
    address, upload_id = await as_a_program(ministry, here, archive)
    sheets = Sheets(ministry.clock, rehearsal=True)
    async with ministry.database.transaction() as tx:
        at_once = await sheets.take(tx, round_id, archive, name="all.zip", actor=OFFICER)
    assert await worker(ministry).read_next()
    async with ministry.database.transaction(read_only=True) as tx:
        later = await sheets.upload(tx, round_id, upload_id)
        assert later.content == (await sheets.upload(tx, round_id, at_once)).content
    async with ministry.officer(html=False) as client:
        read = (await client.get(address)).json()
    assert (read["state"], read["fault_count"]) == ("read", 1)


async def test_a_reader_that_fell_silent_is_replaced_and_cannot_end_the_work(
    ministry: World, archive: bytes
) -> None:
    address, _ = await as_a_program(ministry, await opened(ministry), archive)
    async with ministry.database.transaction() as tx:
        gone = await store.claim(tx, *PLACE, silent=60)
    assert gone is not None
    assert not await worker(ministry).read_next()  # it may still be alive
    async with ministry.database.transaction() as tx:
        assert await store.advance(tx, *PLACE, gone, 20)
    async with ministry.officer(html=False) as client:
        assert (await client.get(address)).json()["files_read"] == 20
    async with ministry.database.transaction() as tx:
        other = await store.claim(tx, *PLACE, silent=-1)
        assert other is not None
        assert (other.upload_id, other.tries) == (gone.upload_id, 2)
        assert not await store.advance(tx, *PLACE, gone, 40)
        assert not await store.end(tx, *PLACE, gone)
        assert await store.end(tx, *PLACE, other)


@pytest.mark.slow
@pytest.mark.browser
async def test_an_archive_that_no_reader_survives_is_given_up_with_a_reason(
    ministry: World, archive: bytes
) -> None:
    here = await opened(ministry)
    address, upload_id = await as_a_program(ministry, here, archive)
    for _ in range(3):
        async with ministry.database.transaction() as tx:
            assert await store.claim(tx, *PLACE, silent=-1)
    given_up = Readings(ministry.database, *PLACE, worker(ministry).reader, silent=-1)
    assert await given_up.read_next()
    assert not await given_up.read_next()
    async with ministry.officer() as client:
        seen = await client.get(f"{here}/uploads/{upload_id}/progress")
    # what is asked again and again stays inside its own place, and ends the asking
    assert '<div id="jc-progress"><div data-poll-done>' in seen.text
    if CHROMIUM.exists():
        assert await to_thread(inspect_pages, {"refused": seen.text}) == []
    async with ministry.officer(html=False) as client:
        told = (await client.get(address)).json()
        assert told["state"] == "refused"
        assert "半分ずつに分けて" in told["why"]
        refused = await client.post(f"{address}/apply", json={})
    assert refused.status_code == 409
    assert "半分ずつに分けて" in refused.json()["detail"]
    async with ministry.database.transaction(read_only=True) as tx:
        cursor = await tx.execute(
            "select data from correspondence.reading where upload_id = %s", (upload_id,)
        )
        assert await cursor.fetchone() == (b"",)


async def test_an_error_of_ours_gives_one_archive_up_and_the_next_is_read(
    ministry: World, archive: bytes
) -> None:
    class Broken:
        def add(self, file: File) -> None:
            raise KeyError(file.name)

        def content(self) -> str:
            raise AssertionError

    async def broken(tx: Tx, subject: str) -> Broken:
        return Broken()

    here = await opened(ministry)
    first, _ = await as_a_program(ministry, here, archive)
    assert await Readings(ministry.database, *PLACE, broken).read_next()
    second, _ = await as_a_program(ministry, here, archive)
    assert await worker(ministry).read_next()
    async with ministry.officer(html=False) as client:
        given_up, read = (await client.get(first)).json(), (await client.get(second)).json()
    assert (given_up["state"], read["state"]) == ("refused", "read")
    assert "このソフトウェアの誤り" in given_up["why"]
    assert "KeyError" not in given_up["why"]


async def test_a_few_files_are_read_while_the_officer_waits(ministry: World) -> None:
    here = await opened(ministry)
    few = packed([(one.name, one.data) for one in map(filled, SOME[:2])])
    async with ministry.officer(html=False) as client:
        sent = await client.post(f"{API}/{here.rpartition('/')[2]}/uploads?name=a.zip", content=few)
    assert sent.json()["state"] == "read"
    assert not await worker(ministry).read_next()
