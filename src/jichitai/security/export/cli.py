"""The command `jichitai security oscal`: OSCAL documents into a folder."""

import asyncio
import os
from pathlib import Path

import click

from jichitai.infra.clock import RehearsalClock, SystemClock
from jichitai.infra.database import Database
from jichitai.infra.settings import read_settings
from jichitai.kernel.identifiers import LocalGovernmentCode
from jichitai.kernel.municipalities import prefectures
from jichitai.kernel.parties import Tier
from jichitai.security.export.oscal import body_documents
from jichitai.security.guideline import builtin
from jichitai.security.oscal.bundle import guideline_files
from jichitai.security.oscal.folder import write_folder
from jichitai.security.oscal.parts import Node


@click.command("oscal")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="書き出すフォルダ。なければ作ります",
)
@click.option("--version", help="ガイドラインの版。省くと最も新しい版（--body のないとき）")
@click.option("--body", help="団体コード（6桁）。その団体の SSP、点検の結果、POA&M も書き出します")
def oscal(out: Path, version: str | None, body: str | None) -> None:
    """ガイドラインのカタログ・プロファイル・対応関係を OSCAL 1.2.1 で書き出します。

    団体の文書は内部の文書です。公開しないでください。
    """
    if body is None:
        found = guideline_files(builtin.catalogue(version) if version else builtin.newest())
    elif version:
        raise click.UsageError("--version と --body は一緒に使えません。団体の版を使います。")
    else:
        found = asyncio.run(_of_body(str(LocalGovernmentCode.parse(body))))
    written = write_folder(found, out)
    for path in written:
        click.echo(path)
    click.echo(f"{len(written)}件の文書を書き出しました。", err=True)
    if body is not None and not any(".ssp." in path.name for path in written):
        click.echo("自己点検の回答がまだないため、SSPと点検の結果はありません。", err=True)


async def _of_body(code: str) -> dict[str, Node]:
    """The documents of a body, from the database of its tier."""
    tier = Tier.PREFECTURE if code in {str(one.code) for one in prefectures()} else Tier.TOWN
    settings = read_settings(os.environ, tier=str(tier))
    clock = RehearsalClock(settings.clock_file) if settings.clock_file else SystemClock()
    database = await Database.open(settings.database_url, size=1, name="jichitai-command")
    try:
        async with database.transaction(town=code, read_only=True) as tx:
            return await body_documents(tx, code, clock.now())
    finally:
        await database.close()
