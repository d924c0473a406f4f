"""The fault rehearsal: a stretch of the year under kills and cuts, then the books are checked."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import date, datetime
from datetime import time as clock_time
from pathlib import Path

from rich.console import Console

from jichitai.infra.clock import JST
from jichitai.kernel.parties import Tier
from jichitai.rehearsal import checker, leaks, quiet
from jichitai.rehearsal.driver.organs import Bodies
from jichitai.rehearsal.driver.play import Play
from jichitai.rehearsal.faults.chaos import Chaos, Damage, Wires
from jichitai.rehearsal.forms import Book
from jichitai.rehearsal.history import History
from jichitai.rehearsal.nationwide import Nationwide, nationwide
from jichitai.rehearsal.opening import Offices, offices
from jichitai.rehearsal.plan.events import Year
from jichitai.rehearsal.plan.year import plan_year
from jichitai.rehearsal.population.people import DEFAULT_TOWNS, Population, synthesise

START, END = date(2026, 3, 1), date(2026, 4, 30)
"""The busiest weeks of a year."""
OUTSIDE = ("132098",)
_PATIENCE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is rehearsed."""

    directory: Path
    kills: int = 50
    residents: int = 6_000
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the rehearsal showed; the keys of `--json`."""

    kills: int
    cuts: int
    acknowledged: int
    lost: int
    doubled: int
    digest_differences: int
    leaks: int
    seconds: float

    @property
    def sound(self) -> bool:
        """Everything acknowledged has its effect, once, at every level, and nothing leaked."""
        return not (self.lost or self.doubled or self.digest_differences or self.leaks)

    def as_json(self) -> str:
        """One JSON object."""
        return json.dumps(asdict(self))


async def run(settings: Settings, console: Console) -> Outcome:
    """Play under trouble and check.

    Args:
        settings: how much; the directory must be new.
        console: where people read along.
    """
    started = time.monotonic()
    population = synthesise(settings.seed, settings.residents, DEFAULT_TOWNS, START)
    year = plan_year(population, settings.seed, START, END, OUTSIDE)
    history = settings.directory / "history.jsonl"
    settings.directory.mkdir(mode=0o700, parents=True, exist_ok=False)
    async with AsyncExitStack() as last, nationwide(settings.directory) as nation:
        nation.clock.move_to(datetime.combine(START, clock_time(8), JST))
        wires = await last.enter_async_context(Wires(nation))  # closed after the processes
        async with offices(nation.platform, nation.clock) as opened:
            towns = (*DEFAULT_TOWNS, *OUTSIDE)
            await opened.introduce(towns, START, END)
            await opened.take_over(population, lambda _: None)
            await nation.start_tiers(wires.rewire)
            await quiet.wait_quiet(_dsns(nation), patience=_PATIENCE)
            chaos = Chaos(
                nation.supervisor, wires,
                kills=settings.kills, total=len(year.events), seed=settings.seed,
            )  # fmt: skip
            console.print(
                f"{len(year.events)}件の届出の間に{settings.kills}回、処理を強制終了します。"
            )
            await _play(nation, population, year, history, chaos)
            await chaos.finish()
            await _settle(nation, opened, towns, console)
            return await _judge(nation, opened, population, history, chaos.damage, started, console)


def _dsns(nation: Nationwide) -> dict[Tier, str]:
    return {tier: nation.superuser_dsn(tier) for tier in Tier}


async def _play(
    nation: Nationwide, population: Population, year: Year, path: Path, chaos: Chaos
) -> None:
    with History(path) as history:
        history.population(population)
        bodies = Bodies(
            nation.origin(Tier.NATION), population, history, share=1.0, patience=_PATIENCE
        )
        play = Play(
            year,
            Book.of(population),
            origin=lambda _: nation.origin(Tier.TOWN),
            clock=nation.clock,
            history=history,
            bodies=bodies,
            patience=_PATIENCE,
        )
        trouble = asyncio.create_task(chaos.run())
        try:
            async with bodies, play:
                await play.run(gate=chaos.gate)
            history.end(END)
        finally:
            trouble.cancel()
            await asyncio.gather(trouble, return_exceptions=True)


async def _settle(
    nation: Nationwide, opened: Offices, towns: tuple[str, ...], console: Console
) -> None:
    """Wait until everything has arrived, then compare the levels."""
    for tier in nation.tiers:
        await nation.supervisor.wait_running(str(tier), timeout=_PATIENCE)
    traffic = await quiet.wait_quiet(_dsns(nation), patience=_PATIENCE)
    console.print(f"{traffic.sent:,}通の電文がすべて届きました。階層の間を照合します。")
    await opened.compare(towns)
    await quiet.wait_quiet(_dsns(nation), patience=_PATIENCE)


async def _judge(
    nation: Nationwide,
    opened: Offices,
    population: Population,
    history: Path,
    damage: Damage,
    started: float,
    console: Console,
) -> Outcome:
    dsns = _dsns(nation)
    verdict = await asyncio.to_thread(
        checker.check,
        history,
        town=dsns[Tier.TOWN],
        prefecture=dsns[Tier.PREFECTURE],
        nation=dsns[Tier.NATION],
    )
    found = await asyncio.to_thread(
        leaks.find_in_files,
        log_files(nation),
        [value for person in population.people for value in (person.code, person.number)],
    )
    for line in (*verdict.details, *map(str, found)):
        console.print(f"[red]{line}[/]")
    for name, count in sorted(damage.kills.items()):
        console.print(f"  {name}: 強制終了 {count}回")
    return Outcome(
        kills=damage.killed,
        cuts=damage.cuts,
        acknowledged=verdict.acknowledged,
        lost=verdict.lost,
        doubled=verdict.doubled,
        digest_differences=await opened.digest_differences(),
        leaks=len(found),
        seconds=round(time.monotonic() - started, 1),
    )


def log_files(nation: Nationwide) -> list[Path]:
    """Everything that processes and servers wrote."""
    return [nation.logs, nation.platform.postgres.log_file, nation.platform.nats.log_file]
