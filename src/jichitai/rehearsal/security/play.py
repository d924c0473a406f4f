"""`jichitai security demo`: what a prefecture and three towns need, from nothing to counted."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from jichitai.rehearsal.security import adopting, checking, responding, watching
from jichitai.rehearsal.security.adopting import ALL, PAIRS, Adopted
from jichitai.rehearsal.security.checking import Checked
from jichitai.rehearsal.security.responding import Responded
from jichitai.rehearsal.security.stage import TOWNS, Stage, stage
from jichitai.rehearsal.security.watching import Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the rehearsal showed; the keys of `--json`."""

    bodies: int
    adopted: int
    counted_before: int
    counted_after: int
    pairs_after: int
    questions: int
    gaps: int
    corrections: int
    incident_reports: int
    incident_late: int
    chain_holds: bool
    seen_above: bool
    planted: int
    found: int
    false: int
    told: int
    seconds: float

    @property
    def sound(self) -> bool:
        """Everybody adopted and counts, and the incident was reported in time."""
        return (
            self.adopted == self.bodies == self.counted_after - self.counted_before
            and self.incident_late == 0
            and self.incident_reports > 0
            and self.chain_holds
            and self.seen_above
            and self.found == self.planted > 0
            and self.false == 0
            and self.told > 0
        )

    def as_json(self) -> str:
        """One JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)


async def play(directory: Path, console: Console, *, towns: Sequence[str] = TOWNS) -> Outcome:
    """Run the rehearsal from the first server to the last check.

    Args:
        directory: everything is kept below it; a new one.
        console: where people read along.
        towns: of the rehearsal's prefecture.
    """
    started = time.monotonic()
    async with stage(directory, console, towns) as scene:
        before = await adopting.rates(scene)
        adopted = await _adopt(scene)
        after = await adopting.rates(scene)
        checked = await _check(scene)
        watched = await watching.watch(scene)
        _show(scene.console, watched)
        responded = await responding.respond(scene, scene.towns[-1])
        scene.console.print(told(responded))
        return Outcome(
            bodies=len(scene.bodies),
            adopted=sum(one.counted for one in adopted),
            counted_before=before[ALL],
            counted_after=after[ALL],
            pairs_after=after[PAIRS],
            questions=sum(one.questions for one in checked),
            gaps=sum(one.gaps for one in checked),
            corrections=sum(one.corrections for one in checked),
            incident_reports=responded.sent,
            incident_late=responded.late,
            chain_holds=responded.chain_holds,
            seen_above=responded.seen_by_prefecture and responded.seen_by_ministry,
            planted=sum(one.planted for one in watched.stories),
            found=sum(one.found for one in watched.stories),
            false=sum(one.false for one in watched.stories),
            told=watched.told,
            seconds=round(time.monotonic() - started, 1),
        )


async def _adopt(scene: Stage) -> list[Adopted]:
    found = []
    for one in scene.bodies:
        adopted = await adopting.adopt(scene, one)
        scene.console.print(
            f"{one.full_name}：{adopted.clauses}条の案を{adopted.organs}機関が決裁し、公表しました。"
            f"{'数えられます' if adopted.counted else 'まだ数えられません'}　{adopted.address}"
        )
        found.append(adopted)
    await scene.settle()
    return found


async def _check(scene: Stage) -> list[Checked]:
    found = []
    for one in scene.towns:
        checked = await checking.check(scene, one)
        scene.console.print(
            f"{one.full_name}：{checked.questions}問に答え、実施{checked.met}、"
            f"課題{checked.gaps}（改善の計画{checked.corrections}件）。"
        )
        found.append(checked)
    return found


def _show(console: Console, watched: Watched) -> None:
    table = Table("仕込んだこと", "検知すべき数", "検知した数", "誤検知", title="ログの腕試し")
    for one in watched.stories:
        table.add_row(one.title, str(one.planted), str(one.found), str(one.false))
    console.print(table)


def told(outcome: Responded) -> str:
    """The incident in one line."""
    return (
        f"事案 {outcome.number}：報告{outcome.owed}件のうち{outcome.sent}件を提出、"
        f"期限に遅れた報告{outcome.late}件。"
    )
