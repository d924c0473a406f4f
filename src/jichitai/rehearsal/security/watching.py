"""The security cloud's eyes: stories are planted in logs, sent like devices send, and looked for."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from jichitai.kernel.bodies import body
from jichitai.kernel.municipalities import in_prefecture
from jichitai.kernel.parties import Tier
from jichitai.rehearsal.driver import guards
from jichitai.rehearsal.driver.visitor import Visitor
from jichitai.rehearsal.security.stage import PREFECTURE, Stage
from jichitai.security.monitoring.trial.scenarios import Feed, Scenario, scenarios

MONITORING: Final = "/api/v1/security/monitoring"
_INCIDENTS: Final = "/api/v1/security/incidents"
_LOOK: Final = 0.5
_STILL: Final = 4.0
"""Seconds without a new alert that end the wait, once nothing planted is missing."""
_PATIENCE: Final = 90.0
"""Seconds after which what is missing counts as missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One story: what was planted, what was found, what was found that was not there."""

    title: str
    planted: int
    found: int
    false: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the eyes saw.

    Attributes:
        stories: a row each.
        told: bodies that were told of an alert and made an incident of it.
    """

    stories: tuple[Seen, ...]
    told: int


async def watch(stage: Stage) -> Watched:
    """Send every story from a body of its own, wait for the rules, tell the towns."""
    analyst = await stage.as_(guards.analyst(PREFECTURE))
    told = scenarios(stage.nation.clock.now())
    bodies = [str(one.code) for one in in_prefecture(PREFECTURE)][: len(told)]
    async with httpx.AsyncClient(
        base_url=stage.origin(Tier.PREFECTURE), timeout=60.0, trust_env=False
    ) as devices:
        for code, story in zip(bodies, told, strict=True):
            for number, feed in enumerate(story.feeds, start=1):
                await _send(analyst, devices, code, f"{story.key} {number}", feed)
    await _read(stage, analyst)
    alerts = await _calm(analyst, sum(len(story.expected) for story in told))
    found: dict[str, set[str]] = defaultdict(set)
    for alert in alerts:
        found[alert["body"]].add(alert["rule_file"])
    rows = tuple(_row(story, found[code]) for code, story in zip(bodies, told, strict=True))
    return Watched(stories=rows, told=await _tell(stage, analyst, alerts))


async def _send(
    analyst: Visitor, devices: httpx.AsyncClient, code: str, name: str, feed: Feed
) -> None:
    wanted = {
        "body": code,
        "area": feed.area,
        "function": feed.function,
        "format": feed.format,
        "name": name,
    }
    source = await analyst.call("POST", f"{MONITORING}/sources", wanted)
    answer = await devices.post(
        f"{MONITORING}/intake/{source['source_id']}",
        content=feed.data,
        headers={"x-jichitai-source-token": source["token"]},
    )
    answer.raise_for_status()


async def _read(stage: Stage, analyst: Visitor) -> None:
    async def done() -> bool:
        batches = await analyst.call("GET", f"{MONITORING}/batches")
        return all(one["state"] == "stored" for one in batches)

    await stage.until(done)


async def _calm(analyst: Visitor, planted: int) -> list[Mapping[str, Any]]:
    """The alerts, once nothing planted is missing and no new one has come for a while.

    What stays missing ends the wait too, and then stands in the table.
    """
    before, still, waited = -1, 0.0, 0.0
    while True:
        alerts: list[Mapping[str, Any]] = await analyst.call("GET", f"{MONITORING}/alerts?show=all")
        still = still + _LOOK if len(alerts) == before else 0.0
        waited += _LOOK
        pairs = {(alert["body"], alert["rule_file"]) for alert in alerts}
        if still >= _STILL and (len(pairs) >= planted or waited >= _PATIENCE):
            return alerts
        before = len(alerts)
        await asyncio.sleep(_LOOK)


def _row(story: Scenario, found: set[str]) -> Seen:
    return Seen(
        title=story.title,
        planted=len(story.expected),
        found=len(story.expected & found),
        false=len(found - story.expected),
    )


async def _tell(stage: Stage, analyst: Visitor, alerts: list[Mapping[str, Any]]) -> int:
    """Tell the towns of the rehearsal of their alerts; each makes an incident of the first."""
    towns = {one.code for one in stage.towns}
    mine = [alert for alert in alerts if alert["body"] in towns]
    for alert in mine:
        path = f"{MONITORING}/alerts/{alert['alert_id']}"
        await analyst.call("POST", f"{path}/decision", {"decision": "take", "reason": ""})
        await analyst.call("POST", f"{path}/notice", {})
    await stage.settle()
    made = 0
    for code in sorted({alert["body"] for alert in mine}):
        officer = await stage.officer(body(code))
        arrived = await officer.call("GET", f"{_INCIDENTS}/alerts")
        if arrived:
            first = arrived[0]["alert_id"]
            await officer.call("POST", f"{_INCIDENTS}/alerts/{first}/incident", {})
            made += 1
    return made
