"""What a step's POST says, put into the draft's form; nothing typed is lost."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar.datastructures import FormMultiDict

from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.municipalities import municipalities
from jichitai.register.errors import FormRefusedError
from jichitai.register.model.forms import Form
from jichitai.register.pages.steps import (
    CHILD_FIELDS,
    PERSON_FIELDS,
    PLACE_FIELDS,
    Field,
    StepSpec,
)
from jichitai.web.components import DateInput

Draft = dict[str, Any]


def draft_of(form: Form) -> Draft:
    """A form as nested plain values."""
    values: Draft = msgspec.to_builtins(form, str_keys=True)
    return values


def form_of(draft: Draft) -> Form:
    """The form of nested plain values.

    Raises:
        FormRefusedError: a choice that the page does not offer.
    """
    try:
        form: Form = msgspec.convert(draft, Form, strict=False)
    except msgspec.ValidationError:
        raise FormRefusedError(
            "選べない値が送られたため、受け取っていません。画面を開き直して、表示された中から選んでください。"
        ) from None
    return form


def read_step(draft: Draft, step: StepSpec, sent: FormMultiDict) -> tuple[Draft, dict[str, str]]:
    """Put what was sent into the draft.

    Args:
        draft: as it was kept.
        step: which fields were on the page.
        sent: the POST.

    Returns:
        The new draft, and messages for texts that the draft cannot hold.
    """
    text = _texts(sent)
    changed = dict(draft)
    wrong: dict[str, str] = {}
    for field in step.fields:
        if field.name == "reported_on":
            changed["reported_on"] = _reported(text, wrong)
        elif field.widget != "radios" or text(field.name):
            changed[field.name] = _value(field, field.name, text)
    _read_people(changed, draft, step, text)
    _read_members(changed, draft, step, sent, wrong)
    return changed, wrong


_MINOR = "minor-correction"
Text = Callable[[str], str]


def _read_people(changed: Draft, draft: Draft, step: StepSpec, text: Text) -> None:
    if step.people == "people":
        changed["people"] = [
            _group(PERSON_FIELDS, f"people.{n}", text, old)
            for n, old in enumerate(draft.get("people") or [{}])
        ]
    if step.people == "person":
        changed["person"] = _group(CHILD_FIELDS, "person", text, draft.get("person") or {})
    if step.place:
        place = _group(PLACE_FIELDS, "place", text, {})
        changed["place"] = place if any(place.values()) or draft["kind"] != _MINOR else None


def _read_members(
    changed: Draft, draft: Draft, step: StepSpec, sent: FormMultiDict, wrong: dict[str, str]
) -> None:
    text = _texts(sent)
    if step.residents:
        chosen = [str(value) for value in sent.getall("resident_ids", [])]
        changed["resident_ids"] = chosen or draft["resident_ids"]
        if not chosen:
            wrong["resident_ids"] = (
                "異動する人が選ばれていません。届書と照らして、世帯の中から1人以上を選んでください。"
                "（住民記録標準仕様 4.0.1）"
            )
    if step.relations:
        changed["relations"] = {
            name.removeprefix("relations."): text(name)
            for name in sent
            if name.startswith("relations.") and text(name)
        }
    if step.head:
        changed["new_head_id"] = text("new_head_id") or None


def _texts(sent: FormMultiDict) -> Text:
    def text(name: str) -> str:
        value = sent.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    return text


def _group(fields: tuple[Field, ...], prefix: str, text: Text, old: Mapping[str, Any]) -> Draft:
    return {**old, **{f.name: _value(f, f"{prefix}.{f.name}", text) for f in fields}}


def _value(field: Field, name: str, text: Text) -> object:
    if field.widget in ("date", "uncertain"):
        return _date(name, text).text
    if field.widget == "check":
        return text(name) == "1"
    if field.widget == "town":
        return town_code(text(name))
    return text(name)


def _date(name: str, text: Text) -> DateInput:
    parts = ("era", "year", "month", "day", "free")
    return DateInput.of_form({f"{name}_{p}": text(f"{name}_{p}") for p in parts}, name)


def _reported(text: Text, wrong: dict[str, str]) -> str | None:
    written = _date("reported_on", text).text
    if not written:
        return None
    try:
        return parse_date(written).isoformat()
    except InvalidError as refusal:
        wrong["reported_on"] = refusal.detail
        return None


def town_code(text: str) -> str:
    """The code of a municipality that is named without doubt; otherwise the text itself."""
    plain = text.replace(" ", "").replace("　", "")
    if not plain or plain.isdigit():
        return plain
    found = [
        one
        for one in municipalities()
        if plain in (one.name, f"{one.county}{one.name}", f"{one.prefecture}{one.county}{one.name}")
        or plain == f"{one.prefecture}{one.name}"
    ]
    return found[0].code.value if len(found) == 1 else text


_ERA = re.compile(r"([RHSTM])(\d{1,2})\.(\d{1,2})\.(\d{1,2})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def date_input(text: str | None, *, uncertain: bool = False) -> DateInput:
    """A kept text in the parts of a date field.

    >>> date_input("R8.11.20").month
    '11'
    >>> date_input("昭和20年頃", uncertain=True).free
    '昭和20年頃'
    """
    written = text or ""
    if found := _ERA.fullmatch(written):
        return DateInput(*found.groups())
    if found := _ISO.fullmatch(written):
        return DateInput("AD", *found.groups())
    return DateInput(free=written) if uncertain else DateInput(year=written)
