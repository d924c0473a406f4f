"""`jichitai verify`: the stand-alone verifier as a command."""

import sys
from pathlib import Path

import click

from jichitai.infra.transparency import verifier


@click.command()
@click.argument("proof", type=click.Path(path_type=Path))
@click.option("--key", required=True, type=click.Path(path_type=Path), help="ログの公開鍵")
def verify(proof: Path, key: Path) -> None:
    """提供の記録の証明ファイル PROOF を、公開鍵だけを使って確かめます。"""
    sys.exit(verifier.main([str(proof), "--key", str(key)]))
