"""The command `jichitai evaluation recount`: figures that were told, against the raw records."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Final

import click

from jichitai.evaluation.figures import model, words
from jichitai.evaluation.figures.catalogue import measure, measures_of
from jichitai.evaluation.figures.errors import NoRehearsalError
from jichitai.evaluation.figures.recount import Comparison, compare
from jichitai.infra.clock import Clock, RehearsalClock, SystemClock
from jichitai.infra.database import Database
from jichitai.infra.figures import Measure
from jichitai.infra.platform import Platform
from jichitai.infra.settings import read_settings
from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.parties import Tier

_SHOWN: Final = 20
_COUNTING: Final = (Tier.TOWN, Tier.PREFECTURE, Tier.NATION, Tier.MINISTRY)


@click.command("recount")
@click.option("--measure", "keys", multiple=True, help="測定項目の名前（複数）。省くとすべて")
@click.option("--from", "first", help="最初の日。省くと数え始めから")
@click.option("--to", "last", help="最後の日。省くと、届いた最後の日まで")
@click.option(
    "--state",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="演習のフォルダー。全階層の記録から数え、総務省に届いた数字と比べる",
)
def recount(keys: tuple[str, ...], first: str | None, last: str | None, state: Path | None) -> None:
    """伝えた日次集計を、記録から数え直して比べます。違いがあれば示し、1で終わります。

    --state がないときは、この装置の設定（JICHITAI_TIER、JICHITAI_DATABASE_URL）のデータベースで、
    その階層が伝えた数字と、その階層の記録とを比べます。
    """
    try:
        for key in keys:
            measure(key)
        span = (_day(first, model.FIRST), _day(last, date.max.replace(year=9998)))
        found = asyncio.run(_compared(state, keys, span))
    except JichitaiError as refusal:
        raise click.ClickException(refusal.detail) from None
    _show(found)
    if any(one.differences for one in found):
        sys.exit(1)


def _day(text: str | None, otherwise: date) -> date:
    return parse_date(text) if text else otherwise


async def _compared(
    state: Path | None, keys: Sequence[str], span: tuple[date, date]
) -> list[Comparison]:
    async with _nodes(state) as (databases, telling, clock):
        first, last = span
        last = min(last, model.last_closed(clock.now()))
        found = []
        for one in _chosen(databases, keys):
            async with AsyncExitStack() as open_:
                counting = await open_.enter_async_context(
                    databases[one.tier].transaction(all_towns=True, read_only=True)
                )
                told = counting
                if telling not in (None, one.tier):
                    told = await open_.enter_async_context(
                        databases[telling].transaction(all_towns=True, read_only=True)
                    )
                found.append(await compare(counting, told, one, first, last, model.ALWAYS))
        return found


@asynccontextmanager
async def _nodes(
    state: Path | None,
) -> AsyncIterator[tuple[dict[Tier, Database], Tier | None, Clock]]:
    """The databases, whose statements are compared (each tier's own: None), and the clock."""
    async with AsyncExitStack() as open_:
        if state is None:
            settings = read_settings(os.environ)
            urls = {settings.tier: settings.database_url}
            file = settings.clock_file
        else:
            platform = _platform(state)
            open_.enter_context(platform.databases())
            urls = {tier: platform.dsn(tier) for tier in _COUNTING}
            file = platform.clock_file if platform.clock_file.exists() else None
        databases = {}
        for tier, url in urls.items():
            database = await Database.open(url, size=2, name="jichitai-recount")
            open_.push_async_callback(database.close)
            databases[tier] = database
        clock = RehearsalClock(file) if file else SystemClock()
        yield databases, None if state is None else Tier.MINISTRY, clock


def _platform(state: Path) -> Platform:
    if not (state / "postgres").is_dir():
        raise NoRehearsalError(
            f"{state} に演習のデータがありません。演習のフォルダー（postgres のあるところ）を"
            "指定してください。"
        )
    return Platform(state)


def _chosen(databases: Mapping[Tier, Database], keys: Sequence[str]) -> list[Measure]:
    here = [one for tier in databases for one in measures_of(tier)]
    return [one for one in here if not keys or one.key in keys]


def _show(found: Sequence[Comparison]) -> None:
    if not found:
        click.echo("この装置で数える測定項目はありません。")
    for one in found:
        verdict = f"違い {len(one.differences):,}件" if one.differences else "一致"
        click.echo(
            f"{verdict}\t{one.measure.key}\t{one.measure.title}"
            f"\t延べ{one.days:,}日\t数字{one.figures:,}個"
        )
        for line in one.differences[:_SHOWN]:
            parts = "・".join(
                words.part_name(one.measure, name, value)
                for name, value in zip(one.measure.dimensions, line.parts, strict=True)
            )
            click.echo(
                f"  {line.day}　{words.origin_name(line.origin)}　{parts}"
                f"　伝えた数 {line.stated:,}　記録の数 {line.counted:,}"
            )
        if len(one.differences) > _SHOWN:
            click.echo(f"  ほか {len(one.differences) - _SHOWN:,}件")
