"""The command `jichitai standardisation load`."""

import click

from jichitai.infra.clock import RehearsalClock, SystemClock
from jichitai.infra.database import Database
from jichitai.infra.operators import shell_user, with_database
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.standardisation.progress import loading


@click.command()
def load() -> None:
    """公表されている移行の状況（2025年12月、2026年1月ほか）を、府省のデータベースに取り込みます。

    もう取り込んであるものは変わりません。何度実行してもかまいません。
    """

    async def work(database: Database, settings: Settings) -> list[loading.Loaded]:
        file = settings.clock_file
        clock = RehearsalClock(file) if file else SystemClock()
        async with database.transaction() as tx:
            return await loading.load_open_data(tx, clock, by=shell_user())

    loaded = with_database(str(Tier.MINISTRY), work)
    for one in loaded:
        click.echo(f"{one.dataset.dataset_id}\t{one.dataset.as_of}\t{one.bodies:,}団体")
    if not loaded:
        click.echo("新しく取り込むものはありませんでした。", err=True)
