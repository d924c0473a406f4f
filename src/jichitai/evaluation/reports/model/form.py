"""The form (様式) of reports: slots that officers write in, parts that papers print. Dated data."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from jichitai.evaluation.reports.errors import UnknownPartError


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotForm:
    """項目: a place of the form for an officer's text.

    Attributes:
        key: name; with `per`, the section's number follows it.
        title: for people.
        basis: article of the law, or empty.
        hint: what to write.
        required: whether the report cannot be handed in while it is empty.
        per: `section` when every section has its own.
        default: the text that a new report begins with.
    """

    key: str
    title: str
    basis: str = ""
    hint: str = ""
    required: bool = False
    per: Literal["", "section"] = ""
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartForm:
    """A part of a paper and what it is made of."""

    paper: Literal["statement", "summary"]
    key: str
    title: str
    content: tuple[str, ...]
    role: str = "plain"
    basis: str = ""
    per: Literal["", "section", "focus"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """様式: one version.

    Source: 行政機関が行う政策の評価に関する法律 第10条第1項.
    """

    version: int
    valid_from: date
    source: str
    confidence: str
    slots: tuple[SlotForm, ...]
    parts: tuple[PartForm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A slot of one report: `points-4` is the points of section 4."""

    key: str
    title: str
    form: SlotForm
    section: str = ""

    @property
    def label(self) -> str:
        """Its name among all slots."""
        return f"{self.section}　{self.title}" if self.section else self.title


@cache
def forms() -> tuple[Form, ...]:
    """All versions, oldest first.

    Source: data evaluation_report_form.toml.
    """
    text = (files("jichitai.data") / "evaluation_report_form.toml").read_text("utf-8")
    return tuple(sorted((_form(one) for one in tomllib.loads(text)["form"]), key=_first_day))


def _first_day(form: Form) -> date:
    return form.valid_from


def _form(raw: dict[str, Any]) -> Form:
    slots = tuple(SlotForm(**one | _text(one)) for one in raw["slot"])
    parts = tuple(PartForm(**one | {"content": tuple(one["content"])}) for one in raw["part"])
    rest = {key: raw[key] for key in ("version", "valid_from", "source", "confidence")}
    return Form(**rest, slots=slots, parts=parts)


def _text(raw: dict[str, Any]) -> dict[str, str]:
    return {"default": str(raw.get("default", "")).strip("\n")}


def form_of(fiscal_year: int) -> Form:
    """The form that a fiscal year's report has.

    >>> form_of(2026).version
    1

    Source: data evaluation_report_form.toml.
    """
    first = date(fiscal_year, 4, 1)
    known = [one for one in forms() if one.valid_from <= first]
    return known[-1] if known else forms()[0]


def slots(form: Form, sections: Iterable[str]) -> Iterator[Slot]:
    """The slots of a report in the order in which its statement prints them.

    Args:
        form: its form.
        sections: numbers of the policy's sections.

    Source: data evaluation_report_form.toml.
    """
    numbers = tuple(sections)
    waiting: list[SlotForm] = []
    for one in form.slots:
        if one.per == "section":
            waiting.append(one)
            continue
        yield from _of_sections(waiting, numbers)
        waiting = []
        yield Slot(key=one.key, title=one.title, form=one)
    yield from _of_sections(waiting, numbers)


def _of_sections(waiting: list[SlotForm], numbers: tuple[str, ...]) -> Iterator[Slot]:
    for number in numbers:
        for one in waiting:
            yield Slot(key=f"{one.key}-{number}", title=one.title, form=one, section=number)


def slot_of(form: Form, sections: Iterable[str], key: str) -> Slot:
    """One slot.

    Raises:
        UnknownPartError: the form has none of this name.

    Source: data evaluation_report_form.toml.
    """
    for one in slots(form, sections):
        if one.key == key:
            return one
    raise UnknownPartError(
        "評価書にこの項目はありません。様式が変わったか、アドレスが違います。評価書の画面から開き直してください。"
    )
