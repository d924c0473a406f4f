"""The commands `jichitai standardisation …`."""

from typing import Final

import click

from jichitai.main.groups import Elsewhere, LazyGroup

ELSEWHERE: Final = {
    "load": Elsewhere(
        "jichitai.standardisation.progress.cli:load",
        "公表されている移行の状況（2025年12月、2026年1月ほか）を、府省のデータベースに取り込みます。",
    ),
}


@click.group(cls=LazyGroup, elsewhere=ELSEWHERE)
def standardisation() -> None:
    """自治体情報システムの標準化：移行の状況。"""
