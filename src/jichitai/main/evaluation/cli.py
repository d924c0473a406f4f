"""The commands `jichitai evaluation …`."""

from typing import Final

import click

from jichitai.main.groups import Elsewhere, LazyGroup

ELSEWHERE: Final = {
    "load": Elsewhere(
        "jichitai.evaluation.indicators.cli:load",
        "組込みの政策・効果発現経路・指標と、公表された実績値を、府省のデータベースに取り込みます。",
    ),
    "recount": Elsewhere(
        "jichitai.evaluation.figures.cli:recount",
        "伝えた日次集計を、記録から数え直して比べます。違いがあれば示し、1で終わります。",
    ),
    "report": Elsewhere(
        "jichitai.evaluation.reports.cli:report",
        "評価書と要旨を、ページ・PDF・Word・Excel・CSV・JSON で作ります。",
    ),
}


@click.group(cls=LazyGroup, elsewhere=ELSEWHERE)
def evaluation() -> None:
    """政策評価：ロジックモデル、指標、評価書。"""
