"""The same story as separate processes: two towns, their prefectures, the nation."""

import asyncio
import os
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from jichitai.infra.clock import JST
from jichitai.infra.members import Member, Process
from jichitai.infra.platform import make_town_login
from jichitai.kernel.parties import Tier
from jichitai.rehearsal import checker, quiet
from jichitai.rehearsal.driver.play import Play
from jichitai.rehearsal.forms import Book
from jichitai.rehearsal.history import History
from jichitai.rehearsal.nationwide import Nationwide, nationwide
from jichitai.rehearsal.opening import offices
from jichitai.rehearsal.plan.events import Kind
from jichitai.rehearsal.plan.year import plan_year
from jichitai.rehearsal.population.people import synthesise
from tests.running import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TOWNS = ("131130", "322016")
RUNNING = frozenset(
    {"nation", "prefecture-13", "prefecture-32", *(f"town-{town}" for town in TOWNS)}
)
START, END = date(2026, 3, 23), date(2026, 4, 10)


def process(nation: Nationwide, tier: Tier, name: str, port: int, **values: str) -> Process:
    environment = nation.platform.environment(tier, demo=True, port=port)
    return Process(
        name,
        [sys.executable, "-m", "jichitai", "up", "--tier", str(tier)],
        log=nation.logs / f"{name}.log",
        environment=os.environ | environment | values,
        health=f"http://127.0.0.1:{port}/readyz",
        start_timeout=120.0,
    )


async def start(nation: Nationwide) -> dict[str, str]:
    """A process for each town, each with a login that sees its rows only; their origins."""
    ports = dict(zip((*TOWNS, "13", "32", "nation"), free_ports(5), strict=True))
    postgres = nation.platform.postgres
    members: list[Member] = []
    for town in TOWNS:
        password = f"only-{town}"
        login = make_town_login(postgres.superuser_dsn(), "jichitai_town", town, password)
        members.append(
            process(
                nation,
                Tier.TOWN,
                f"town-{town}",
                ports[town],
                JICHITAI_MUNICIPALITIES=town,
                JICHITAI_DATABASE_URL=postgres.dsn("jichitai_town", login, password),
            )
        )
    members += [
        process(
            nation,
            Tier.PREFECTURE,
            f"prefecture-{code}",
            ports[code],
            JICHITAI_PREFECTURES=code,
        )
        for code in ("13", "32")
    ]
    members.append(process(nation, Tier.NATION, "nation", ports["nation"]))
    await nation.supervisor.start_stage(members)
    return {town: f"http://127.0.0.1:{ports[town]}" for town in TOWNS}


async def test_two_towns_two_prefectures_and_the_nation_play_the_story(tmp_path: Path) -> None:
    population = synthesise(4, 1_200, TOWNS, START)
    year = plan_year(population, 4, START, END)
    assert {Kind.MOVE_OUT, Kind.MOVE_IN} <= {event.kind for event in year.events}
    async with nationwide(tmp_path / "data") as nation:
        nation.clock.move_to(datetime(2026, 3, 22, 9, tzinfo=JST))
        dsns = {tier: nation.superuser_dsn(tier) for tier in Tier}
        async with offices(nation.platform, nation.clock) as opened:
            await opened.introduce(TOWNS, START, END)
            await opened.take_over(population, lambda _: None)
            origins = await start(nation)
            await quiet.wait_quiet(dsns, runs=RUNNING.__contains__)
            with History(tmp_path / "history.jsonl") as history:
                history.population(population)
                play = Play(
                    year,
                    Book.of(population),
                    origin=origins.__getitem__,
                    clock=nation.clock,
                    history=history,
                )
                async with play:
                    await play.run()
                history.end(END)
            await quiet.wait_quiet(dsns, runs=RUNNING.__contains__)
            await opened.compare(TOWNS)
            await quiet.wait_quiet(dsns, runs=RUNNING.__contains__)
            assert await opened.digest_differences() == 0
        verdict = await asyncio.to_thread(
            checker.check,
            tmp_path / "history.jsonl",
            town=dsns[Tier.TOWN],
            prefecture=dsns[Tier.PREFECTURE],
            nation=dsns[Tier.NATION],
        )
    assert (verdict.lost, verdict.doubled, verdict.details) == (0, 0, ())
    assert verdict.events == len(year.events)
