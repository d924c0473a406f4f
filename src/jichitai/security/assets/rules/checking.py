"""The check of a whole picture."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from jichitai.security.assets.model.picture import Picture
from jichitai.security.assets.rules.catalogue import Finding, Rule, rules_on
from jichitai.security.assets.rules.links import detours, of_link
from jichitai.security.assets.rules.places import of_model, of_segments, of_system

_NOWHERE: Final = Finding(
    rule=Rule(
        code="",
        title="",
        severity="warning",
        item_id="",
        remedy="",
        source="",
        confidence="",
    ),
    what="",
)


def check(picture: Picture) -> list[Finding]:
    """Everything in a picture that breaks a rule or has to be made sure of.

    Args:
        picture: what the body entered, and the day; rules that do not hold on it are not asked.

    Returns:
        Violations first, then by rule and number.

    Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン 対策基準 3.
    """
    return sorted(
        _findings(picture),
        key=lambda one: (not one.violation, one.rule.code, one.link, one.what),
    )


def _findings(picture: Picture) -> Iterator[Finding]:
    known = rules_on(picture.on)
    for code, what, place in chain(
        _of_links(picture), _of_systems(picture), _of_segments(picture), _of_model(picture)
    ):
        if code in known:
            yield replace(place, rule=known[code], what=what)


_Said = Iterator[tuple[str, str, Finding]]


def _of_links(picture: Picture) -> _Said:
    for link in picture.links:
        for code, what in of_link(link, picture):
            yield code, what, replace(_NOWHERE, link=link.number, link_id=link.id)
    for link, what in detours(picture):
        yield "N22", what, replace(_NOWHERE, link=link.number, link_id=link.id)


def _of_systems(picture: Picture) -> _Said:
    for system in picture.systems:
        for code, what in of_system(system, picture):
            yield code, what, replace(_NOWHERE, system_id=system.id)


def _of_segments(picture: Picture) -> _Said:
    for segment, code, what in of_segments(picture):
        yield code, what, replace(_NOWHERE, segment_id=segment)


def _of_model(picture: Picture) -> _Said:
    for code, what in of_model(picture):
        yield code, what, _NOWHERE
