"""The policies that come with the software, each with the source that it was read from."""

import tomllib
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from msgspec import Struct

from jichitai.evaluation.policies.model import LogicModel, Policy
from jichitai.kernel.dates import JST

_FILES: Final = ("evaluation_policy8.toml",)


class Builtin(Struct, frozen=True, kw_only=True):
    """A policy, its models, and since when they are known.

    Attributes:
        policy: the policy in the year that it was written for.
        models: one for each section that has one.
        known_on: the source's publication, or its last as-of day where that is not known.
        published: whether `known_on` is the day of publication.
        comment: what the first edition is.
    """

    policy: Policy
    models: tuple[LogicModel, ...]
    known_on: date
    published: bool
    comment: str

    @property
    def recorded_at(self) -> datetime:
        """The end of that day in Japan."""
        return datetime.combine(self.known_on, time(23, 59, 59), JST).astimezone(UTC)


@cache
def policies() -> tuple[Builtin, ...]:
    """All of them.

    Source: 政策８ 電子自治体の推進 評価書要旨（第１部）, in our own words but for names and facts.
    """
    return tuple(_read(name) for name in _FILES)


def _read(name: str) -> Builtin:
    raw = tomllib.loads((files("jichitai.data") / name).read_text("utf-8"))
    sections = [
        {key: value for key, value in one.items() if key not in ("nodes", "edges", "model_note")}
        for one in raw["sections"]
    ]
    models = [_model(one) for one in raw["sections"] if "nodes" in one]
    policy = {**raw["policy"], "sections": sections}
    return Builtin(
        policy=msgspec.convert(policy, Policy),
        models=tuple(msgspec.convert(one, LogicModel) for one in models),
        known_on=raw["source"]["known_on"],
        published=raw["source"]["published"],
        comment=raw["source"]["comment"],
    )


def _model(section: dict[str, Any]) -> dict[str, Any]:
    return {
        "section": section["key"],
        "nodes": section["nodes"],
        "edges": section["edges"],
        "note": section.get("model_note", ""),
    }
