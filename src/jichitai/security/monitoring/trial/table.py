"""The table: what was planted, what was found, what was found that was not there."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import NAMESPACE_URL, uuid5

from jichitai.kernel.municipalities import in_prefecture
from jichitai.security.monitoring.detection import run
from jichitai.security.monitoring.lake import Lake
from jichitai.security.monitoring.model.sources import Source
from jichitai.security.monitoring.normalising import normalise, prepare
from jichitai.security.monitoring.rules.builtin import rule_files
from jichitai.security.monitoring.trial.scenarios import Feed, Scenario, scenarios


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One story of the table.

    Attributes:
        scenario: its short name.
        title: for people.
        lines: lines that were read.
        planted: rules that must alert.
        found: those that did.
        false: further alerts, which are wrong.
        missed, wrong: names of the rules.
    """

    scenario: str
    title: str
    lines: int
    planted: int
    found: int
    false: int
    missed: tuple[str, ...]
    wrong: tuple[str, ...]


def trial(at: datetime) -> list[TrialRow]:
    """Plant every story in one sea of logs, each at another body, and let all rules read it.

    Args:
        at: aware; the stories end there.

    Returns:
        A row per story, attacks and harmless ones in the order in which they are told.
    """
    stories = scenarios(at)
    bodies = [str(one.code) for one in in_prefecture("01")][: len(stories)]
    rules = [rule for file in rule_files() for rule in file.rules]
    with TemporaryDirectory(prefix="jichitai-trial-") as folder:
        lake = Lake(Path(folder), "01", threads=1)
        with lake.connection() as connection:
            prepare(connection)
            lines: dict[str, int] = defaultdict(int)
            feeds = [
                (body, feed)
                for story, body in zip(stories, bodies, strict=True)
                for feed in story.feeds
            ]
            for batch, (body, feed) in enumerate(feeds, start=1):
                outcome = normalise(
                    connection,
                    feed.data,
                    source_of(feed, body, at),
                    batch=batch,
                    received_at=at,
                )
                lines[body] += outcome.events
            alerted: dict[str, set[str]] = defaultdict(set)
            for found in run(connection, rules).detections:
                alerted[found.body].add(found.rule.file)
    return [
        _row(story, lines[body], alerted[body]) for story, body in zip(stories, bodies, strict=True)
    ]


def source_of(feed: Feed, body: str, at: datetime) -> Source:
    """A source that could have sent these lines.

    Args:
        feed: the lines.
        body: code of the body they are of.
        at: when it was registered.
    """
    name = f"{body} {feed.function.value} {feed.format.value}"
    return Source(
        prefecture=body[:2],
        source_id=uuid5(NAMESPACE_URL, f"jichitai:trial:{name}"),
        body=body,
        area=feed.area,
        function=feed.function,
        format=feed.format,
        name=name,
        address=None,
        heading="",
        registered_at=at,
        retired_at=None,
    )


def _row(story: Scenario, lines: int, alerted: set[str]) -> TrialRow:
    missed, wrong = story.expected - alerted, alerted - story.expected
    return TrialRow(
        scenario=story.key,
        title=story.title,
        lines=lines,
        planted=len(story.expected),
        found=len(story.expected & alerted),
        false=len(wrong),
        missed=tuple(sorted(missed)),
        wrong=tuple(sorted(wrong)),
    )
