"""The command `jichitai evaluation load`."""

import click

from jichitai.evaluation.indicators import builtin
from jichitai.evaluation.policies import service as policies
from jichitai.infra.database import Tx
from jichitai.infra.operators import run
from jichitai.kernel.parties import Tier


@click.command()
def load() -> None:
    """組込みの政策・効果発現経路・指標と、公表された実績値を、府省のデータベースに取り込みます。

    もう取り込んであるものは変わりません。何度実行してもかまいません。
    """

    async def work(tx: Tx) -> int:
        return await policies.load_builtin(tx) + await builtin.load(tx)

    added = run(str(Tier.MINISTRY), work)
    click.echo(
        f"{added}件を取り込みました。" if added else "新しく取り込むものはありませんでした。"
    )
