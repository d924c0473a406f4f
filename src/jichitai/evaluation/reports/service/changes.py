"""What changed after a document was made: figures that differ, corrections that came later. Pure."""

from dataclasses import dataclass

from jichitai.evaluation.reports.model.document import Correction, Document


@dataclass(frozen=True, slots=True)
class Drift:
    """A figure that would say something else today."""

    ref: str
    name: str
    then: str
    now: str


def drift(then: Document, now: Document) -> list[Drift]:
    """Figures of an earlier document that differ in a later one."""
    known = {one.ref: one for one in now.figures}
    return [
        Drift(one.ref, one.name, one.text, known[one.ref].text)
        for one in then.figures
        if one.ref in known and known[one.ref].text != one.text
    ]


def later_corrections(then: Document, now: Document) -> list[Correction]:
    """Corrections of indicators that a document uses, made after it."""
    used = {one.indicator for one in then.figures}
    return [one for one in now.corrections if one not in then.corrections and one.indicator in used]
