"""The commands `jichitai standardisation …`."""

from typing import Final

import click

from jichitai.main.groups import LazyGroup

ELSEWHERE: Final = {
    "load": "jichitai.standardisation.progress.cli:load",
}


@click.group(cls=LazyGroup, elsewhere=ELSEWHERE)
def standardisation() -> None:
    """自治体情報システムの標準化：移行の状況。"""
