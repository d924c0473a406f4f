"""The indicators of policy 8 with their targets and values, as published; read from data files.

Where the day of publication is not known, the row says what was assumed instead, and the page and
the report say so as well.
"""

import csv
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from jichitai.evaluation.indicators.model import Definition, Point, Target, day_label, goal_text
from jichitai.evaluation.indicators.store import entered
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.kernel.dates import JST

LOADER: Final = Actor("system", "builtin", "組込みのデータ")
_DATA: Final = files("jichitai.data")


async def load(tx: Tx) -> int:
    """Keep what comes with the software, once; how many rows were added.

    What is there already stays as it was: a later release brings other words as a further `edition`
    with its `reason` and `recorded_on`, another way of counting as a further `version`.
    """
    added = await entered.add_definitions(tx, definitions(), LOADER)
    added += await entered.add_targets(tx, targets(), LOADER)
    return added + await entered.add_points(tx, points(), LOADER)


@cache
def definitions() -> tuple[Definition, ...]:
    """The definitions, by the order of the file."""
    text = (_DATA / "evaluation_indicators.toml").read_text("utf-8")
    return tuple(_definition(one) for one in tomllib.loads(text)["indicators"])


def _definition(raw: Mapping[str, Any]) -> Definition:
    plain = dict(raw)
    plain["indicator_id"] = plain.pop("id")
    known_on = plain.pop("recorded_on", plain["valid_from"])
    for key in ("numerator", "denominator"):
        if key in plain:
            plain[key] = _tagged(plain[key])
    found = msgspec.convert(plain, Definition)
    return msgspec.structs.replace(found, recorded_at=end_of(known_on), by=LOADER.display)


def _tagged(raw: Mapping[str, Any]) -> dict[str, Any]:
    plain = dict(raw)
    plain["type"] = plain.pop("kind")
    if "where" in plain:
        plain["where"] = [dict(one) for one in plain["where"]]
    return plain


@cache
def _by_id() -> Mapping[str, Definition]:
    return {one.indicator_id: one for one in definitions()}


@cache
def points() -> tuple[Point, ...]:
    """The published values with all their editions."""
    return tuple(_point(row) for row in _rows("evaluation_indicator_actuals.csv"))


def _point(row: Mapping[str, str]) -> Point:
    definition = _by_id()[row["indicator_id"]]
    as_of, value = date.fromisoformat(row["as_of"]), _number(row["value"])
    return Point(
        indicator_id=definition.indicator_id,
        version=1,
        label=row["label"] or day_label(as_of),
        as_of=as_of,
        dated=row["dated"] == "yes",
        value=value,
        text=row["words"] or definition.text_of(value),
        numerator=_number(row["numerator"]),
        denominator=_number(row["denominator"]),
        source=row["source"],
        confidence=row["confidence"],
        edition=int(row["edition"]),
        recorded_at=end_of(date.fromisoformat(row["recorded_on"])),
        assumed=row["recorded_note"],
        reason=row["reason"],
        by=LOADER.display,
    )


@cache
def targets() -> tuple[Target, ...]:
    """The published targets."""
    return tuple(_target(row) for row in _rows("evaluation_indicator_targets.csv"))


def _target(row: Mapping[str, str]) -> Target:
    value = _number(row["value"])
    return Target(
        indicator_id=row["indicator_id"],
        version=1,
        value=value,
        text=row["words"] or goal_text(value),
        on=date.fromisoformat(row["on"]),
        yearly=row["yearly"] == "yes",
        source=row["source"],
        recorded_at=end_of(date.fromisoformat(row["recorded_on"])),
        by=LOADER.display,
    )


def _rows(name: str) -> Iterator[Mapping[str, str]]:
    yield from csv.DictReader((_DATA / name).read_text("utf-8").splitlines())


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def end_of(day: date) -> datetime:
    """The last instant of a day in Japan: since when what was published on it is known."""
    return datetime.combine(day + timedelta(days=1), time(), JST) - timedelta(microseconds=1)
