"""The command `jichitai security seal`: keys that sign the documents of a rehearsal's bodies."""

import os
from pathlib import Path

import click

from jichitai.infra.settings import read_settings
from jichitai.kernel.bodies import body
from jichitai.kernel.errors import JichitaiError
from jichitai.security.policy import seal as seals


@click.command("seal")
@click.argument("codes", nargs=-1, required=True)
@click.option(
    "--dir",
    "place",
    type=click.Path(file_okay=False, path_type=Path),
    help="鍵を置くフォルダー。省くと設定 JICHITAI_SEAL_DIRECTORY、なければ鍵のフォルダーの seals",
)
def seal(codes: tuple[str, ...], place: Path | None) -> None:
    """演習のため、団体（6桁のコード）が公開する文書に署名する鍵を作ります。

    自己署名の証明書です。名前に「演習用」と入ります。今ある鍵は書き換えません。
    本番では、団体が受けた証明書（PKCS#12）を CODE.p12 の名前で同じフォルダーに置いてください。
    """
    where = place or seals.folder(read_settings(os.environ))
    for code in codes:
        try:
            found = body(code)
            known = (where / f"{found.code}.p12").exists()
            file = seals.make(found, where)
        except JichitaiError as refusal:
            raise click.ClickException(refusal.detail) from None
        except OSError as error:
            raise click.ClickException(
                f"{where} に書けません（{error.strerror}）。場所と権限を確かめてください。"
            ) from None
        click.echo(f"{file}　{'前からあります' if known else '作りました'}　{found.full_name}")
