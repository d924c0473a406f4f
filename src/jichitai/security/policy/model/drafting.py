"""From answers to clauses: the texts that come with Jichitai, and which of them a body needs.

The texts are our own proposals. None of them is quoted from the guideline.

Source: ガイドライン 第2編第1章 (十の節), 第2章 (九の章), 第4編 (クラウド特則).
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from jichitai.kernel.bodies import Body
from jichitai.security.organs import Organ
from jichitai.security.policy.model.interview import Answer, holds, organ_name
from jichitai.security.policy.model.text import Clause, Part

_NAMESPACE: Final = uuid5(NAMESPACE_URL, "https://jichitai.example/policy-clause")
_FILES: Final = {
    Part.BASIC: "security_policy_basic.toml",
    Part.STANDARD: "security_policy_standard.toml",
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of a text, and the answers it stands for."""

    text: str
    when: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """文案: one clause before the answers are filled in."""

    key: str
    part: Part
    chapter: str
    title: str
    items: tuple[str, ...]
    when: Mapping[str, Sequence[str]]
    paragraphs: tuple[Paragraph, ...]


@cache
def templates(part: Part) -> tuple[Template, ...]:
    """The texts of a part, in order.

    Source: ガイドライン 第2編, 第4編 (見出し).
    """
    raw = tomllib.loads((files("jichitai.data") / _FILES[part]).read_text("utf-8"))
    return tuple(
        Template(
            key=one["key"],
            part=part,
            chapter=one["chapter"],
            title=one["title"],
            items=tuple(one["items"]),
            when=one.get("when", {}),
            paragraphs=tuple(map(_paragraph, one["text"])),
        )
        for one in raw["clause"]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """Items that an answer takes out, and the reason that it gives."""

    when: Mapping[str, Sequence[str]]
    reason: str
    items: tuple[str, ...]


@cache
def _declines() -> tuple[Decline, ...]:
    raw = tomllib.loads((files("jichitai.data") / _FILES[Part.STANDARD]).read_text("utf-8"))
    return tuple(
        Decline(when=one["when"], reason=one["reason"], items=tuple(one["items"]))
        for one in raw["decline"]
    )


BY_ANSWER: Final = "質問の回答から："
"""How the reason of a decision begins that follows from the interview."""


def declined(answers: Mapping[str, Answer]) -> dict[str, str]:
    """Items that the answers take out -> why.

    Source: ガイドライン 対策基準 8.3, 第4編 (適用の条件).
    """
    return {
        item: BY_ANSWER + one.reason
        for one in _declines()
        if holds(one.when, answers)
        for item in one.items
    }


def _paragraph(raw: str | dict[str, Any]) -> Paragraph:
    return Paragraph(raw, {}) if isinstance(raw, str) else Paragraph(raw["text"], raw["when"])


def words(body: Body, answers: Mapping[str, Answer]) -> dict[str, str]:
    """What stands for each name in braces.

    Args:
        body: whose policy.
        answers: of the interview, proposals filled in.

    Source: 地方自治法 第244条の6第1項.
    """
    chosen = {key: value for key, value in answers.items() if isinstance(value, str | int)}
    organs = answers.get("organs", [])
    named = [organ_name(Organ(one), body) for one in organs] if isinstance(organs, list) else []
    given = {key: str(value) for key, value in chosen.items()}
    return given | {"body": body.name, "organs": "、".join(named)}


def draft(
    policy_id: UUID,
    body: Body,
    answers: Mapping[str, Answer],
    *,
    applicable: frozenset[str],
    guideline_version: str,
) -> tuple[Clause, ...]:
    """The clauses of both parts for the answers.

    Args:
        policy_id: of which policy; the ids of its clauses follow from it.
        body: whose.
        answers: proposals filled in.
        applicable: items of the guideline that apply to the body.
        guideline_version: version they are of.

    Source: ガイドライン 第2編第1章, 第2章; 第4編.
    """
    organs = answers.get("organs", [])
    joint = isinstance(organs, list) and len(organs) > 1
    given = {**answers, "joint": "yes" if joint else "no"}
    named = words(body, answers)
    clauses = []
    for part in Part:
        for place, template in enumerate(templates(part)):
            items = tuple(item for item in template.items if item in applicable)
            if (template.items and not items) or not holds(template.when, given):
                continue
            clauses.append(
                Clause(
                    id=uuid5(_NAMESPACE, f"{policy_id}/{template.key}"),
                    part=part,
                    chapter=template.chapter,
                    title=template.title,
                    body=_body(template, given, named),
                    items=items,
                    guideline_version=guideline_version,
                    origin="interview",
                    template=template.key,
                    position=(place + 1) * 10,
                )
            )
    return tuple(clauses)


_NAME: Final = re.compile(r"\{([a-z_]+)\}")


def _body(template: Template, answers: Mapping[str, Answer], named: Mapping[str, str]) -> str:
    lines = [one.text for one in template.paragraphs if holds(one.when, answers)]
    return _NAME.sub(lambda found: named[found[1]], "\n".join(_renumbered(lines)))


_NUMBER: Final = re.compile(r"^（[0-9]+）")


def _renumbered(lines: Sequence[str]) -> list[str]:
    """Number the 号 anew, because some of them may not stand."""
    result, place = [], 0
    for line in lines:
        if _NUMBER.match(line):
            place += 1
            result.append(_NUMBER.sub(f"（{place}）", line))
        else:
            place = 0
            result.append(line)
    return result


def proposal(item: str, body: Body, answers: Mapping[str, Answer]) -> str:
    """Our text for one item of the guideline; empty when there is none.

    Source: ガイドライン 第2編, 第4編 (見出し).
    """
    for part in Part:
        for template in templates(part):
            if item in template.items:
                return _body(template, {**answers, "joint": "yes"}, words(body, answers))
    return ""
