"""Assembling a report (評価書・要旨の組立て): from what is known to the document. Pure.

The same knowledge gives the same document, byte for byte.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from jichitai.evaluation.reports.model import tables
from jichitai.evaluation.reports.model.document import (
    Block,
    Document,
    Heading,
    Mention,
    Paper,
    Paragraph,
    Part,
    Series,
    Words,
    checked,
    mentions,
)
from jichitai.evaluation.reports.model.form import Form, PartForm, form_of, slots
from jichitai.evaluation.reports.model.known import Known, Section
from jichitai.evaluation.reports.model.looking import Fault, Figures, year_text
from jichitai.evaluation.reports.model.paths import edges_of, paths_of
from jichitai.evaluation.reports.model.texts import blocks_of

_TITLES: Final = {"statement": "評価書", "summary": "評価書要旨"}
_YEARS: Final = 5
_LATE: Final = frozenset({"materials", "figures", "sources"})
"""Contents that list what all others mention."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """A document, and what is wrong with the texts that it was made from, by their slot."""

    document: Document
    faults: Mapping[str, tuple[Fault, ...]]


def default_texts(known: Known) -> dict[str, str]:
    """The texts that a report begins with, by slot: the policy's own, else the form's.

    Source: data evaluation_report_form.toml.
    """
    form = form_of(known.fiscal_year)
    sections = {one.number: one for one in known.sections}
    found = {}
    for slot in slots(form, sections):
        text = slot.form.default
        if slot.section:
            text = sections[slot.section].texts.get(slot.form.key, text)
        found[slot.key] = text
    return found


def assemble(known: Known) -> Assembled:
    """The document that is known.

    Raises:
        BrokenDocumentError: never, unless this program is wrong.

    Source: 行政機関が行う政策の評価に関する法律 第10条第1項.
    """
    return _Assembly(known).made()


class _Assembly:
    """One document in the making."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.form: Form = form_of(known.fiscal_year)
        self.figures = Figures(known.indicators)
        self.texts = default_texts(known) | dict(known.texts)
        self.faults: dict[str, tuple[Fault, ...]] = {}
        self.used: set[str] = set()
        self.years = tuple(range(known.fiscal_year - _YEARS + 1, known.fiscal_year + 1))

    def made(self) -> Assembled:
        known = self.known
        printed = {kind: list(self._parts(kind)) for kind in ("statement", "summary")}
        series = tuple(self.series)
        # the lists of figures come last, when every figure has its number
        papers = tuple(
            Paper(
                kind="statement" if kind == "statement" else "summary",
                title=f"政策{known.policy}：{known.policy_name}　{_TITLES[kind]}",
                parts=tuple(one() for one in parts),
            )
            for kind, parts in ((kind, printed[kind]) for kind in printed)
        )
        document = Document(
            policy=known.policy,
            policy_name=known.policy_name,
            fiscal_year=known.fiscal_year,
            as_of=known.as_of,
            office=self.texts.get("office", "").strip(),
            years=self.years,
            figures=tuple(self.figures.found.values()),
            series=series,
            corrections=tables.corrections(known),
            papers=papers,
        )
        return Assembled(checked(document), self.faults)

    def _parts(self, kind: str) -> Iterable[Callable[[], Part]]:
        for form in self.form.parts:
            if form.paper != kind:
                continue
            for section in self._sections(form):
                yield self._part(form, section)

    def _sections(self, form: PartForm) -> Sequence[Section | None]:
        if form.per == "section":
            return self.known.sections
        if form.per == "focus":
            return [one for one in self.known.sections if one.focus]
        return [None]

    def _part(self, form: PartForm, section: Section | None) -> Callable[[], Part]:
        names = {"number": section.number, "name": section.name} if section else {}
        late = not _LATE.isdisjoint(form.content)
        blocks = None if late else self._blocks(form, section)
        if form.paper == "summary":
            self.used |= {one.ref for one in mentions(blocks or [])}

        def part() -> Part:
            return Part(
                key=f"{form.key}-{section.number}" if section else form.key,
                role=form.role,
                title=form.title.format(**names),
                basis=form.basis,
                blocks=tuple(self._blocks(form, section) if blocks is None else blocks),
            )

        return part

    def _blocks(self, form: PartForm, section: Section | None) -> list[Block]:
        """The blocks of a part; a heading whose text is empty is left out with it."""
        found: list[Block] = []
        waiting: list[Heading] = []
        for item in form.content:
            sort, _, name = item.partition(":")
            if sort in ("head", "label"):
                level = 2 if sort == "head" else 3
                waiting = [one for one in waiting if one.level < level]
                waiting.append(Heading(level, name))
                continue
            blocks = self._content(sort, name, section)
            if blocks:
                found += [*waiting, *blocks]
                waiting = []
        return found or [Paragraph((Words("（記載なし）"),))]

    def _content(self, sort: str, name: str, section: Section | None) -> list[Block]:
        known, figures = self.known, self.figures
        if sort == "slot":
            return self._text(f"{name}-{section.number}" if section else name)
        made: dict[str, Callable[[], list[Block]]] = {
            "policy": lambda: [tables.policy_facts(known, self.texts.get("office", ""))],
            "purpose": lambda: [Paragraph((Words(known.purpose),))],
            "series": lambda: tables.series_blocks(self.series, figures, self.years, known),
            "paths": lambda: paths_of(known, figures, section),
            "edges": lambda: edges_of(known, section),
            "experts": lambda: tables.remarks(known),
            "materials": lambda: tables.materials(figures),
            "corrections": lambda: tables.correction_blocks(known),
            "figures": lambda: [tables.figure_table(figures)],
            "sources": lambda: [tables.source_table(figures, self.used)],
        }
        return made[sort]()

    def _text(self, slot: str) -> list[Block]:
        before = len(self.figures.faults)
        blocks = list(blocks_of(self.texts.get(slot, ""), self.figures))
        if faults := self.figures.faults[before:]:
            self.faults[slot] = tuple(faults)
        return blocks

    @cached_property
    def series(self) -> list[Series]:
        """The rows of targets and actuals: indicators that are not mere context."""
        found = []
        for one in self.known.indicators.values():
            if not one.level:
                continue
            by_year = {value.year: value for value in one.current if value.year}
            actuals = [
                self.figures.value(one, by_year[year]).ref if year in by_year else ""
                for year in self.years
            ]
            goal, baseline = one.goal, one.baseline
            found.append(
                Series(
                    indicator=one.id,
                    name=one.name,
                    section=one.section,
                    level=one.level,
                    baseline=_ref(self.figures.baseline(one, baseline) if baseline else None),
                    actuals=tuple(actuals),
                    target=_ref(self.figures.goal(one, goal) if goal else None),
                    status=one.status,
                    basis=one.basis,
                )
            )
        return found


def _ref(mention: Mention | None) -> str:
    return mention.ref if mention else ""


def title_of(document: Document) -> str:
    """Its full title.

    Source: form 1 of this software.
    """
    name = f"政策{document.policy}：{document.policy_name}"
    return f"{name}　{year_text(document.fiscal_year)} 評価書"
