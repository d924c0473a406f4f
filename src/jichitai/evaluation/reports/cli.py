"""The command `jichitai evaluation report`: every format of a report, as known on a day."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Final

import click

from jichitai.evaluation.figures.errors import NoRehearsalError
from jichitai.evaluation.indicators import builtin as indicators
from jichitai.evaluation.policies import service as policies
from jichitai.evaluation.reports.model.assembly import assemble
from jichitai.evaluation.reports.model.document import Document
from jichitai.evaluation.reports.renderers.files import files_of
from jichitai.evaluation.reports.service.desk import published
from jichitai.evaluation.reports.service.gathering import gather
from jichitai.infra.database import Database
from jichitai.infra.embedded.postgres import PostgresServer
from jichitai.infra.migrate import APP, OWNER, ensure_roles, migrate
from jichitai.infra.platform import Platform, database_name
from jichitai.infra.settings import read_settings
from jichitai.kernel.dates import both, parse_date
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.parties import Tier

_URL: Final = "JICHITAI_DATABASE_URL"


@click.command("report")
@click.option("--policy", type=click.IntRange(1, 999), required=True, help="政策の番号")
@click.option("--fiscal-year", type=click.IntRange(2000, 2999), required=True,
              help="評価の年度（西暦）")  # fmt: skip
@click.option(
    "--as-of", help="時点（例 2026-11-20、R8.11.20）。その日の終わりまでに分かっていた値で作る"
)
@click.option("--edition", type=click.IntRange(1), help="公表した版をそのまま取り出す")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True,
              help="ファイルを置くフォルダー")  # fmt: skip
@click.option("--state", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="演習のフォルダー。省くと設定のデータベース")  # fmt: skip
def report(
    policy: int,
    fiscal_year: int,
    as_of: str | None,
    edition: int | None,
    out: Path,
    state: Path | None,
) -> None:
    """評価書と要旨を、ページ・PDF・Word・Excel・CSV・JSON で作ります。

    同じデータベースで同じ時点を指定すると、いつ作っても同じ JSON になります。
    --state も設定（JICHITAI_DATABASE_URL）もないときは、組込みの公表データだけで作ります。
    """
    if (as_of is None) == (edition is None):
        raise click.UsageError(
            "--as-of（時点）と --edition（公表した版）のどちらか一つが要ります。"
        )
    try:
        day = parse_date(as_of) if as_of else None
        document = asyncio.run(_document(state, policy, fiscal_year, day, edition))
        made = files_of(document)
    except JichitaiError as refusal:
        raise click.ClickException(refusal.detail) from None
    out.mkdir(parents=True, exist_ok=True)
    for one in made:
        (out / one.name).write_bytes(one.content)
        click.echo(str(out / one.name))
    click.echo(
        f"{both(document.as_of)}現在の数値{len(document.figures)}個を、{len(made)}個のファイルに書きました。",
        err=True,
    )


async def _document(
    state: Path | None, policy: int, year: int, as_of: date | None, edition: int | None
) -> Document:
    async with _database(state) as database, database.transaction(read_only=True) as tx:
        if as_of is not None:
            return assemble(await gather(tx, policy, year, as_of)).document
        _, document = await published(tx, policy, year, edition)
        return document


@asynccontextmanager
async def _database(state: Path | None) -> AsyncIterator[Database]:
    with ExitStack() as open_:
        builtin = state is None and not (os.environ.get(_URL) or os.environ.get(f"{_URL}_FILE"))
        if state is not None:
            url = _of_rehearsal(open_, state)
        elif builtin:
            click.echo("データベースの設定がないので、組込みの公表データだけで作ります。", err=True)
            url = _of_builtin(open_)
        else:
            url = read_settings(os.environ, tier=Tier.MINISTRY).database_url
        database = await Database.open(url, size=1, name="jichitai-report")
        try:
            if builtin:
                async with database.transaction() as tx:
                    await policies.load_builtin(tx)
                    await indicators.load(tx)
            yield database
        finally:
            await database.close()


def _of_rehearsal(open_: ExitStack, state: Path) -> str:
    if not (state / "postgres").is_dir():
        raise NoRehearsalError(
            f"{state} に演習のデータがありません。演習のフォルダー（postgres のあるところ）を"
            "指定してください。"
        )
    platform = Platform(state)
    open_.enter_context(platform.databases())
    return platform.dsn(Tier.MINISTRY)


def _of_builtin(open_: ExitStack) -> str:
    folder = open_.enter_context(tempfile.TemporaryDirectory(prefix="jichitai-report-"))
    server = PostgresServer(Path(folder) / "postgres", durable=False)
    server.start()
    open_.callback(server.stop)
    ensure_roles(
        server.superuser_dsn(),
        app_password=server.ensure_role(APP),
        owner_password=server.ensure_role(OWNER),
    )
    name = database_name(Tier.MINISTRY)
    server.ensure_database(name, OWNER)
    migrate(server.dsn(name, OWNER), Tier.MINISTRY)
    return server.dsn(name, APP)
