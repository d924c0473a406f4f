"""The command `jichitai security demo`."""

import asyncio
import tempfile
from pathlib import Path

import click
import uvloop
from rich.console import Console

from jichitai.rehearsal.cli import finish, quiet_logs
from jichitai.rehearsal.security.play import play
from jichitai.rehearsal.security.stage import TOWNS


@click.command()
@click.option("--data", type=click.Path(path_type=Path),
              help="データを残す新しい場所。省くと終わりに消す")  # fmt: skip
@click.option("--towns", default=len(TOWNS), show_default=True,
              type=click.IntRange(1, len(TOWNS)), help="何市で演じるか")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="結果を JSON 1行で標準出力に書く")
def demo(*, data: Path | None, towns: int, as_json: bool) -> None:
    """都道府県と市が、何もないところから方針を公表し、点検し、事案を期限までに報告するまでを演じます。"""
    quiet_logs()
    console = Console(stderr=True, highlight=False)
    with tempfile.TemporaryDirectory(prefix="jichitai-security-") as scratch:
        directory = data.absolute() if data else Path(scratch) / "data"
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            outcome = runner.run(play(directory, console, towns=TOWNS[:towns]))
    finish(outcome, as_json=as_json)
