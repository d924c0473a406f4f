"""Policies and logic models as a report needs them. Pure."""

from collections.abc import Mapping, Sequence

from jichitai.evaluation.policies import model as policies
from jichitai.evaluation.reports.model.known import Edge, Node, Path, Section


def section_of(section: policies.Section) -> Section:
    """A section with the texts that its slots begin with."""
    lines = [
        line
        for one in section.directions
        for line in (f"○{one.head}", *(f"・{action}" for action in one.actions))
    ]
    if section.remark:
        lines.append(f"※{section.remark}")
    texts = {
        "points": _points("➢", section.background),
        "background": section.outline,
        "present": _points("○", section.situation),
        "issues": _points("○", section.challenges),
        "direction": "\n".join(lines),
    }
    return Section(number=str(section.number), name=section.title, focus=section.focus, texts=texts)


def _points(mark: str, items: Sequence[str]) -> str:
    return "\n".join(f"{mark}{one}" for one in items)


def path_of(model: policies.LogicModel, number: str, edition: int) -> Path:
    """A logic model as an effect path of the section of this number."""
    return Path(
        section=number,
        edition=edition,
        nodes=[
            Node(
                key=one.key,
                column=one.column.place,
                text=one.text,
                indicators=tuple(one.indicators),
                notes=(one.note,) if one.note else (),
            )
            for one in model.nodes
        ],
        edges=[
            Edge(
                source=one.source,
                target=one.target,
                assumption=one.assumption,
                grade=f"{one.grade}（{one.grade.word}）",
            )
            for one in model.edges
        ],
    )


def numbers(policy: policies.Policy) -> Mapping[str, str]:
    """Numbers of a policy's sections by key."""
    return {one.key: str(one.number) for one in policy.sections}
