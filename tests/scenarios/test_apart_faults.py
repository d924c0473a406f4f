"""What goes on, what waits and what recovers when parts of the network die."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from jichitai.rehearsal.driver.townhall import TownHall
from jichitai.web.rights import Role
from tests.scenarios.nodes import Node, Site
from tests.scenarios.story import HEAD, B, Story, compare, move_to, move_within

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
KILLS = 3
"""One for each of the town, the prefecture and the nation."""


@pytest.fixture(autouse=True)
def _sound_afterwards(story: Story) -> Iterator[None]:
    """Whatever a test breaks: afterwards nothing waits, nothing is lost, all levels agree."""
    yield
    for node in story.site.nodes.values():
        node.wait_ready()
    story.site.wait_quiet(120)
    assert story.site.quarantined() == []
    assert {line["digest"] for line in compare(story.site).values()} == {"equal"}


def events(site: Site) -> int:
    rows = site[f"town-{B}"].query("select count(*) from register.event where kind = 'move-within'")
    return int(str(rows[0][0]))


def address(site: Site) -> str:
    rows = site["nation"].query(
        "select address from jukinet.person where name = %s and state = 'live'", HEAD
    )
    return str(rows[0][0]).removeprefix("千代田一丁目")


def test_without_the_broker_the_counter_goes_on_and_the_outbox_drains_later(story: Story) -> None:
    site = story.site
    town = site[f"town-{B}"]
    site.nats.stop()
    try:
        _wait(lambda: not town.ready())
        parts = httpx.get(f"{town.origin}/readyz", timeout=10)
        assert (parts.status_code, parts.json()["parts"]["database"]) == (503, "ok")
        assert parts.json()["parts"]["broker"] == "BrokerUnavailableError"
        assert httpx.get(f"{town.origin}/healthz", timeout=10).status_code == 200
        before = events(site)
        move_within(story, "21番")
        assert events(site) == before + 1
        _wait(lambda: site.waiting() > 0)
        assert address(site) != "21番"
    finally:
        site.nats.start()
    site.wait_quiet(120)
    assert address(site) == "21番"


def test_without_the_database_requests_get_a_clear_answer_and_processes_live_on(
    story: Story,
) -> None:
    site = story.site
    nation, town = site["nation"], site[f"town-{B}"]
    with nation.staff(Role.NETWORK_OPERATOR) as client:
        assert client.get("/api/v1/network/towns").status_code == 200
        with _no_database(site):
            began = time.monotonic()
            refused = client.get("/api/v1/network/towns")
            assert refused.status_code == 503
            assert refused.headers["content-type"].startswith("application/problem+json")
            problem = refused.json()
            assert problem["type"] == "/problems/infra.database-unavailable"
            assert "データベース" in problem["detail"]
            assert "password" not in refused.text
            assert time.monotonic() - began < 25
            assert httpx.get(f"{town.origin}/healthz", timeout=10).status_code == 200
            parts = httpx.get(f"{town.origin}/readyz", timeout=40)
            assert parts.status_code == 503
            assert parts.json()["parts"]["database"] == "DatabaseUnavailableError"
            time.sleep(3)
            assert all(node.alive() for node in site.nodes.values())
        pids = {name: node.process.pid for name, node in site.nodes.items() if node.process}
        for node in site.nodes.values():
            node.wait_ready()
        assert client.get("/api/v1/network/towns").status_code == 200
    move_within(story, "22番")
    site.wait_quiet(120)
    assert address(site) == "22番"
    assert {name: node.process.pid for name, node in site.nodes.items() if node.process} == pids


@contextmanager
def _no_database(site: Site) -> Iterator[None]:
    site.postgres.kill()
    try:
        yield
    finally:
        site.postgres.start()


def test_processes_killed_while_events_flow_lose_and_double_nothing(story: Story) -> None:
    site = story.site
    before = events(site)
    lots = [f"{number}番" for number in range(31, 31 + 2 * KILLS)]
    chance = random.Random(7)
    victims = [site[name] for name in (f"town-{B}", "prefecture", "nation")]

    async def work() -> list[int]:
        async with TownHall(B, site[f"town-{B}"].origin, patience=180) as hall:
            return [await move_to(hall, lot) for lot in lots]

    async def trouble() -> None:
        for number in range(KILLS):
            await asyncio.sleep(0.2 + 1.5 * chance.random())
            victim = victims[number % len(victims)]
            await asyncio.to_thread(_kill, victim)

    async def both() -> list[int]:
        numbers, _ = await asyncio.gather(work(), trouble())
        return numbers

    numbers = asyncio.run(both())
    assert len(set(numbers)) == len(lots)
    assert events(site) == before + len(lots)  # each acknowledged once, and each once only
    site.wait_quiet(180)
    assert address(site) == lots[-1]
    seen = site["nation"].query(
        "select max(event_number) from jukinet.person where municipality = %s", B
    )
    assert int(str(seen[0][0])) == max(numbers)


def _kill(node: Node) -> None:
    node.kill()
    node.start()
    node.wait_ready(120)


def _wait(done: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.2)
