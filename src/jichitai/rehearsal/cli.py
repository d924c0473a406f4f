"""Commands of the rehearsal."""

import asyncio
import logging
import sys
import tempfile
from pathlib import Path
from typing import Protocol

import click
import structlog
import uvloop
from rich.console import Console

from jichitai.rehearsal import report
from jichitai.rehearsal.demo import Settings, play_and_check
from jichitai.rehearsal.faults import rehearsal as fault_rehearsal

DEFAULT_DATA = Path(".jichitai") / "demo"


@click.command()
@click.option("--residents", default=20_000, show_default=True, type=click.IntRange(200, 2_000_000),
              help="架空の住民の人数")  # fmt: skip
@click.option("--exit", "leave", is_flag=True, help="検査まで済んだら終わる")
@click.option("--json", "as_json", is_flag=True, help="結果を JSON 1行で標準出力に書く")
@click.option("--data", type=click.Path(path_type=Path), default=DEFAULT_DATA, show_default=True,
              help="データを置く場所")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="同じ数なら同じ人々と同じ1年になる")
def demo(*, residents: int, leave: bool, as_json: bool, data: Path, seed: int) -> None:
    """架空の日本で1年分の届出を処理し、検査して、画面を開いておきます。"""
    quiet_logs()
    console = Console(stderr=True, highlight=False)
    settings = Settings(data.absolute(), residents=residents, seed=seed)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(play_and_check(settings, console, stay=None if leave else report.stay))
    if leave:
        report.result(console, outcome)
    finish(outcome, as_json=as_json)


class Result(Protocol):
    """What a rehearsal showed."""

    @property
    def sound(self) -> bool:
        """Whether all went as it should."""

    def as_json(self) -> str:
        """One JSON object."""


def finish(outcome: Result, *, as_json: bool) -> None:
    """Write the result where it is asked for; exit status 1 when it is not sound."""
    if as_json:
        click.echo(outcome.as_json())
    if not outcome.sound:
        sys.exit(1)


def quiet_logs() -> None:
    """Standard output belongs to the result, and the console to the story."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@click.group()
def rehearse() -> None:
    """演習：障害を起こし、失われたものがないかを独立に検査します。"""


@rehearse.command()
@click.option("--kills", default=50, show_default=True, type=click.IntRange(0, 10_000),
              help="強制終了の回数")  # fmt: skip
@click.option("--residents", default=6_000, show_default=True, type=click.IntRange(200, 1_000_000),
              help="架空の住民の人数")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="同じ数なら同じ障害の順になる")
@click.option("--data", type=click.Path(path_type=Path),
              help="データを残す新しい場所。省くと終わりに消す")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="結果を JSON 1行で標準出力に書く")
def faults(*, kills: int, residents: int, seed: int, data: Path | None, as_json: bool) -> None:
    """届出と照会の最中に処理を強制終了し、回線を切り、失われたものがないかを検査します。"""
    quiet_logs()
    console = Console(stderr=True, highlight=False)
    with tempfile.TemporaryDirectory(prefix="jichitai-faults-") as scratch:
        directory = data.absolute() if data else Path(scratch) / "data"
        settings = fault_rehearsal.Settings(
            directory=directory, kills=kills, residents=residents, seed=seed
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            outcome = runner.run(fault_rehearsal.run(settings, console))
    console.print(
        f"強制終了 {outcome.kills}回、切断 {outcome.cuts}回。確認済みの処理 {outcome.acknowledged:,}件のうち、"
        f"失われたもの {outcome.lost}件、二重に効いたもの {outcome.doubled}件、"
        f"階層間の不一致 {outcome.digest_differences}件、記録に漏れた番号 {outcome.leaks}件。"
    )
    if as_json:
        click.echo(outcome.as_json())
    if not outcome.sound:
        sys.exit(1)
