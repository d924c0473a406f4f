"""The command `jichitai bench`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import click
import uvloop
from rich.console import Console

from jichitai.rehearsal.bench import digest, evaluation, intake, jpki, load, logs, provision, survey
from jichitai.rehearsal.bench.result import Result, as_json, show
from jichitai.rehearsal.bench.stage import Scale, Stage, stage

Bench = Callable[[Stage], Awaitable[list[Result]]]

BENCHES: Mapping[str, Bench] = {
    "provision": provision.run,
    "intake": intake.run,
    "load": load.run,
    "digest": digest.run,
    "jpki": jpki.run,
    "logs": logs.run,
    "survey": survey.run,
    "evaluation": evaluation.run,
}


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(list(BENCHES)))
@click.option("--json", "as_text", is_flag=True, help="結果を JSON で標準出力に書きます")
@click.option("--quick", is_flag=True, help="小さな規模で一通り動かします")
@click.option("--persons", type=click.IntRange(min=1), help="人数（測定ごとの既定を置き換えます）")
@click.option("--rows", type=click.IntRange(min=1000), help="ログの行数（logs の既定は3200万行）")
@click.option("--seconds", type=click.FloatRange(min=0.1), help="時間を計る部分の長さ（秒）")
def bench(
    names: tuple[str, ...],
    as_text: bool,  # noqa: FBT001  # click passes options by name
    quick: bool,  # noqa: FBT001
    persons: int | None,
    rows: int | None,
    seconds: float | None,
) -> None:
    """速さを、同じ実行の中で測った基準と並べて測ります。

    専用のサーバーを一時的な場所に立て、終わると消します。
    """
    console = Console(stderr=True)
    scale = Scale(quick=quick, persons=persons, seconds=seconds, rows=rows)
    results = [one for name in names for one in measure(name, scale, console)]
    if as_text:
        click.echo(as_json(results))
    else:
        show(results, Console())


def measure(name: str, scale: Scale, console: Console) -> list[Result]:
    """Run one benchmark on servers of its own."""
    console.print(f"[bold]{name}[/bold]")
    with stage(scale, console) as ready:
        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        with runner:
            return runner.run(_awaited(BENCHES[name], ready))


async def _awaited(run: Bench, ready: Stage) -> list[Result]:
    return await run(ready)
