"""`jichitai demo`: a small true Japan on one machine, a year of it played, checked, and shown."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

import anyio.to_thread
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from jichitai.infra.clock import JST
from jichitai.kernel.errors import ConflictError, UnavailableError
from jichitai.kernel.parties import Tier
from jichitai.rehearsal import checker, quiet
from jichitai.rehearsal.driver import cards, cast, residents
from jichitai.rehearsal.driver.organs import Bodies
from jichitai.rehearsal.driver.play import Play
from jichitai.rehearsal.forms import Book
from jichitai.rehearsal.heroes import Hero, cast_heroes
from jichitai.rehearsal.history import History, read
from jichitai.rehearsal.nationwide import Nationwide, nationwide
from jichitai.rehearsal.opening import Offices, offices
from jichitai.rehearsal.plan.events import Year
from jichitai.rehearsal.plan.year import plan_year
from jichitai.rehearsal.population.people import DEFAULT_TOWNS, Population, synthesise
from jichitai.rehearsal.recounting import recounted

START, END = date(2026, 1, 1), date(2026, 12, 31)
OUTSIDE = ("132098", "262137")
"""町田市 and 南丹市: nobody lives there at first, some people move there."""
_PATIENCE = 180.0


class OtherRehearsalError(ConflictError):
    """The directory holds a rehearsal with other people."""

    type = "rehearsal.other-data"
    title = "別の演習のデータがあります"


class StoppedEarlyError(UnavailableError):
    """A signal came before the rehearsal was checked."""

    type = "rehearsal.stopped-early"
    title = "演習の途中で止めました"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is rehearsed."""

    directory: Path
    residents: int = 20_000
    seed: int = 1
    towns: tuple[str, ...] = DEFAULT_TOWNS
    start: date = START
    end: date = END


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the rehearsal showed; the keys of `--json`."""

    events: int
    messages: int
    provisions: int
    lost: int
    doubled: int
    digest_differences: int
    figure_days: int
    figure_differences: int
    proofs_checked: int
    card_sign_ins: int
    seconds: float

    @property
    def sound(self) -> bool:
        """Nothing was lost or doubled, the levels agree, and the ministry's figures with them."""
        wrong = (self.lost, self.doubled, self.digest_differences, self.figure_differences)
        return not any(wrong)

    def as_json(self) -> str:
        """One JSON object."""
        return json.dumps(asdict(self))


@dataclass(slots=True)
class Stage:
    """Everything that the parts of one rehearsal share."""

    settings: Settings
    console: Console
    nation: Nationwide
    offices: Offices
    population: Population
    year: Year
    seen: list[residents.Seen] = field(default_factory=list)
    held: list[cards.HeldCard] = field(default_factory=list)
    writer_key: bytes = b""

    @property
    def history(self) -> Path:
        """File of acknowledged operations."""
        return self.settings.directory / "history.jsonl"

    @property
    def towns(self) -> tuple[str, ...]:
        """Towns that the story uses."""
        return (*self.settings.towns, *OUTSIDE)

    @property
    def heroes(self) -> list[Hero]:
        """The people of the story."""
        return cast_heroes(self.population, self.year)

    def dsns(self) -> dict[Tier, str]:
        """For the checks: DSNs that see every row."""
        return {tier: self.nation.superuser_dsn(tier) for tier in Tier}


Show = Callable[[Stage, Outcome], None]
"""Tells the people who watch what there is to see."""


async def play_and_check(
    settings: Settings, console: Console, *, stay: Show | None = None
) -> Outcome:
    """Run the demo from the first server to the last check.

    Args:
        settings: what is rehearsed.
        console: where people read along (standard error).
        stay: shows the result; the servers then run until a signal comes. None: stop at once.

    Raises:
        OtherRehearsalError: the directory holds a rehearsal with other people.
        StoppedEarlyError: somebody stopped it before the end; the same command goes on.
    """
    outcome: Outcome | None = None
    started = time.monotonic()
    new = _begin(settings)
    console.print("[bold]架空の日本を組み立てます。[/]登場する人はすべて架空です。")
    population = synthesise(settings.seed, settings.residents, settings.towns, settings.start)
    year = plan_year(population, settings.seed, settings.start, settings.end, OUTSIDE)
    async with nationwide(settings.directory) as nation:
        if new:
            nation.clock.move_to(datetime.combine(settings.start, clock_time(8), JST))
        async with offices(nation.platform, nation.clock) as open_offices:
            stage = Stage(settings, console, nation, open_offices, population, year)
            await _open(stage)
            await nation.start_tiers()
            await _play(stage)
            await _hand_over_cards(stage)
            await _meet(stage)
            outcome = await _verify(stage)
            outcome = replace(outcome, seconds=round(time.monotonic() - started, 1))
            if stay is not None:
                stay(stage, outcome)
                await nation.supervisor.wait()
    if outcome is None:
        raise StoppedEarlyError("同じコマンドをもう一度実行すると、続きから始まります。")
    return outcome


def _begin(settings: Settings) -> bool:
    """Whether the directory is new; a directory of another rehearsal is refused."""
    file = settings.directory / "rehearsal.json"
    wanted = {
        "seed": settings.seed,
        "residents": settings.residents,
        "towns": list(settings.towns),
        "start": settings.start.isoformat(),
        "end": settings.end.isoformat(),
    }
    if file.exists():
        known = json.loads(file.read_text("utf-8"))
        if known != wanted:
            raise OtherRehearsalError(
                f"{settings.directory} には住民{known['residents']}人の演習のデータがあります。"
                "同じ人数で続けるか、--data で別の場所を指定するか、そのディレクトリを消してください。"
            )
        return False
    settings.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(json.dumps(wanted), "utf-8")
    return True


async def _open(stage: Stage) -> None:
    """Personas, and everybody into register, prefectures and nation."""
    await stage.offices.introduce(stage.towns, stage.settings.start, stage.settings.end)
    with _bar(stage.console, "初期データを取り込む", len(stage.population)) as step:
        await stage.offices.take_over(stage.population, step)
    stage.writer_key = await stage.offices.found_authorities()


async def _play(stage: Stage) -> None:
    """The year, or what an interrupted run left of it."""
    played = list(read(stage.history)) if stage.history.exists() else []
    if any(line["op"] == "end" for line in played):
        stage.console.print("この場所では1年分が済んでいます。記録を検査します。")
        return
    await quiet.wait_quiet(stage.dsns(), patience=_PATIENCE)
    with History(stage.history) as history:
        if not played:
            history.population(stage.population)
        bodies = Bodies(
            stage.nation.origin(Tier.NATION), stage.population, history, seed=stage.settings.seed
        )
        play = Play(
            stage.year,
            Book.of(stage.population),
            origin=lambda _: stage.nation.origin(Tier.TOWN),
            clock=stage.nation.clock,
            history=history,
            bodies=bodies,
            seed=stage.settings.seed,
        )
        async with bodies, play:
            play.resume(played)
            with _bar(stage.console, "1年間の届出を処理する", len(stage.year.events)) as step:
                step(play.progress.events)
                await play.run(lambda _: step(1))
            await quiet.wait_quiet(stage.dsns(), patience=_PATIENCE)
            for hero in stage.heroes:
                await bodies.confirm(hero.name, hero.birth, hero.sex)
            history.end(stage.year.end)


async def _hand_over_cards(stage: Stage) -> None:
    """The people of the story get their cards at the counters of their towns."""
    folder = stage.settings.directory / cards.FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    heroes = stage.heroes
    with _bar(stage.console, "カードを発行して渡す", len(heroes)) as step:
        for serial, hero in enumerate(heroes, start=1):
            card = await cards.issue(
                stage.nation.origin(Tier.TOWN),
                hero,
                folder,
                serial=serial,
                writer_key=stage.writer_key,
                today=stage.nation.clock.today(),
            )
            stage.held.append(card)
            step(1)


async def _meet(stage: Stage) -> None:
    """The people of the story sign in with their cards, look at who looked, and check the proofs."""
    national = stage.offices[Tier.NATION].database
    stage.seen = await residents.find(national, stage.heroes)
    await cast.save(national, Tier.NATION, residents.personas(stage.seen))
    held = {card.hero.key: card for card in stage.held}
    for one in stage.seen:
        origin = stage.nation.origin(Tier.NATION)
        async with cards.CardHolder(origin, held[one.hero.key]) as visitor:
            await residents.look(visitor, one)


async def _verify(stage: Stage) -> Outcome:
    """Wait until everything has arrived, compare the levels, check against the history."""
    console, dsns = stage.console, stage.dsns()
    await quiet.wait_quiet(dsns, patience=_PATIENCE)
    await stage.offices.compare(stage.towns)
    traffic = await quiet.wait_quiet(dsns, patience=_PATIENCE)
    verdict = await anyio.to_thread.run_sync(
        lambda: checker.check(
            stage.history,
            town=dsns[Tier.TOWN],
            prefecture=dsns[Tier.PREFECTURE],
            nation=dsns[Tier.NATION],
        )
    )
    differences = await stage.offices.digest_differences()
    for line in verdict.details:
        console.print(f"[red]{line}[/]")
    if traffic.quarantined:
        console.print(f"[yellow]隔離された通知が{traffic.quarantined}件あります。[/]")
    _end_the_year(stage)
    figures = await recounted(stage.offices.databases(), stage.nation.clock, patience=_PATIENCE)
    return Outcome(
        events=verdict.events,
        messages=traffic.sent,
        provisions=await stage.offices.provisions(),
        lost=verdict.lost,
        doubled=verdict.doubled,
        digest_differences=differences,
        figure_days=figures.days,
        figure_differences=figures.differences,
        proofs_checked=sum(one.proofs for one in stage.seen),
        card_sign_ins=len(stage.seen),
        seconds=0.0,
    )


def _end_the_year(stage: Stage) -> None:
    """Let the last day pass: figures are told of days that are over."""
    clock, end = stage.nation.clock, stage.settings.end
    if clock.today() <= end:
        clock.move_to(datetime.combine(end + timedelta(days=1), clock_time(2), JST))


@contextmanager
def _bar(console: Console, title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar; the function moves it on."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(title, total=total)
        yield lambda count: progress.advance(task, count)
