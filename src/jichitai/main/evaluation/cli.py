"""The commands `jichitai evaluation …`."""

from typing import Final

import click

from jichitai.main.groups import LazyGroup

ELSEWHERE: Final = {
    "load": "jichitai.evaluation.indicators.cli:load",
    "recount": "jichitai.evaluation.figures.cli:recount",
    "report": "jichitai.evaluation.reports.cli:report",
}


@click.group(cls=LazyGroup, elsewhere=ELSEWHERE)
def evaluation() -> None:
    """政策評価：ロジックモデル、指標、評価書。"""
