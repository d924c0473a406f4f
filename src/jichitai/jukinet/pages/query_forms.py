"""The form of a question, and the answer as the officer's page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from jichitai.jukinet.affairs import Affair, Field, KeyKind, rows
from jichitai.jukinet.provision.errors import InvalidKeyError
from jichitai.jukinet.provision.model import ORDINANCE, Reason, Result
from jichitai.jukinet.provision.service import Person, Sought, Stated
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.kernel.municipalities import municipality
from jichitai.kernel.persons import Sex
from jichitai.web.components import DateInput, Fact, FieldErrors, Option, Status
from jichitai.web.formats import date_text, name_text, number_text

_RESULTS: Final = {
    Result.HIT: Status("該当あり（1人）", "green"),
    Result.NONE: Status("該当なし", "grey"),
    Result.SEVERAL: Status("1人に絞れません", "yellow"),
    Result.DECEASED: Status("死亡により消除", "purple"),
    Result.MOVED: Status("転出等により消除", "purple"),
}
_KEY_ORDER: Final = (KeyKind.MATCH, KeyKind.NUMBER, KeyKind.CODE)
_TABLES: Final = frozenset({"T1", "T2", "T3", "T4", "T5"})
_FIELD_OF_ERROR: Final = {
    "jukinet.invalid-reference": "reference",
    "jukinet.reason-not-allowed": "reason",
    "kernel.invalid-date": "birth",
    "kernel.invalid-name": "name",
}


@dataclass(frozen=True, slots=True, repr=False)
class QueryForm:
    """What the officer has typed; `repr` tells nothing."""

    affair: Affair
    key: KeyKind
    reason: str = ""
    reference: str = ""
    fields: tuple[str, ...] = ()
    name: str = ""
    birth: DateInput = DateInput("S")  # noqa: RUF009 - frozen
    sex: str = ""
    address: str = ""
    exact: str = ""

    @property
    def keys(self) -> list[KeyKind]:
        """The keys that the affair may use, in the order in which they are offered."""
        return [one for one in _KEY_ORDER if one in self.affair.keys]

    @property
    def basis(self) -> str:
        """Under what the affair may ask."""
        return legal_basis(self.affair)

    @property
    def reasons(self) -> list[Option]:
        """The reasons that fit the affair."""
        ordinance = {Reason.INVESTIGATION, Reason.TAX}
        return [
            Option(str(one), one.japanese)
            for one in Reason
            if one not in ordinance or self.affair.id == ORDINANCE
        ]

    @property
    def offered(self) -> list[Option]:
        """The fields that the affair may learn."""
        return [Option(str(one), one.japanese) for one in self.affair.fields]

    @property
    def stated(self) -> Stated:
        """The purpose."""
        wanted = tuple(Field(one) for one in self.fields if one in {str(f) for f in Field})
        return Stated(self.affair.id, Reason(self.reason), self.reference, wanted)

    @property
    def sought(self) -> Sought:
        """The key."""
        match self.key:
            case KeyKind.NUMBER:
                return Sought(number=self.exact)
            case KeyKind.CODE:
                return Sought(code=self.exact)
            case KeyKind.MATCH:
                person = Person(self.name.strip(), self.birth.text, self.sex, self.address.strip())
                return Sought(person=person)


def legal_basis(affair: Affair) -> str:
    """Articles of the Act, and the item of the tables, as officers cite them.

    >>> from jichitai.jukinet import affairs
    >>> legal_basis(affairs.affair("T1-77"))
    '住民基本台帳法 第30条の9、別表第一の77の項'
    """
    articles = "・".join(_article(one) for one in affair.authority.removeprefix("Act ").split("/"))
    table, _, item = affair.id.partition("-")
    place = f"、別表第{'〇一二三四五'[int(table[1])]}の{item}の項" if table in _TABLES else ""
    return f"住民基本台帳法 {articles}{place}"


def _article(text: str) -> str:
    """`30-15(1)` as 第30条の15第1項."""
    number, _, paragraph = text.rstrip(")").partition("(")
    article, _, branch = number.partition("-")
    return f"第{article}条の{branch}" + (f"第{paragraph}項" if paragraph else "")


def blank(affair: Affair, key: str) -> QueryForm:
    """The form of an affair, with all it gives but the numbers chosen."""
    chosen = tuple(str(one) for one in affair.fields if one not in (Field.NUMBER, Field.CODE))
    form = QueryForm(affair, KeyKind.MATCH, fields=chosen)
    wanted = next((one for one in form.keys if one == key), form.keys[0])
    return QueryForm(affair, wanted, fields=chosen)


def typed(affair: Affair, data: Mapping[str, str], fields: list[str]) -> QueryForm:
    """The form as it was sent."""
    return QueryForm(
        affair=affair,
        key=blank(affair, data.get("key", "")).key,
        reason=data.get("reason", ""),
        reference=data.get("reference", "").strip(),
        fields=tuple(fields),
        name=data.get("name", ""),
        birth=DateInput.of_form(data, "birth"),
        sex=data.get("sex", ""),
        address=data.get("address", ""),
        exact=data.get("exact", ""),
    )


def missing(form: QueryForm) -> FieldErrors:
    """What is empty and must not be."""
    found: dict[str, str] = {}
    if form.reason not in set(Reason):
        found["reason"] = (
            "照会の理由が選ばれていません。本人に示す記録に残ります。1つ選んでください。"
        )
    if not form.reference:
        found["reference"] = (
            "整理番号がありません。後から照会を確かめるために必要です。"
            "貴機関の受付番号などを入力してください。"
        )
    if not form.fields:
        found["fields"] = "受け取る項目が選ばれていません。必要な項目を選んでください。"
    if form.key is KeyKind.MATCH:
        if not form.name.strip():
            found["name"] = "氏名がありません。住民票のとおりの氏名か、振り仮名を入力してください。"
        if not form.birth.text:
            found["birth"] = "生年月日がありません。氏名と合わせて入力してください。"
    elif not form.exact.strip():
        found["exact"] = f"{form.key.japanese}がありません。入力してください。"
    return FieldErrors.of(found)


def refused(form: QueryForm, error: JichitaiError) -> FieldErrors:
    """A refusal of the service beside the field that it is about."""
    place = _FIELD_OF_ERROR.get(error.type, "")
    if not place and (isinstance(error, InvalidKeyError) or error.type.startswith("kernel.")):
        place = "name" if form.key is KeyKind.MATCH else "exact"
    return FieldErrors.of({place: error.detail})


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    state: str = ""
    name: str = ""
    kana: str = ""
    former_name: str = ""
    alias: str = ""
    birth_date: str = ""
    sex: str = ""
    municipality: str = ""
    postal_code: str = ""
    address: str | None = None
    change_reason: str = ""
    changed_on: str = ""
    withheld: tuple[str, ...] = ()
    number: str | None = None
    code: str | None = None


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    receipt: str
    at: datetime
    result: str
    person: _Found | None = None


@dataclass(frozen=True, slots=True, repr=False)
class AnswerView:
    """An answer for the page: only fields that were given; `repr` tells nothing."""

    receipt: str
    at: datetime
    affair: Affair
    key: KeyKind
    result: Result
    facts: tuple[Fact, ...]

    @property
    def status(self) -> Status:
        """The result in a word."""
        return _RESULTS[self.result]


def view_of(form: QueryForm, answer: bytes) -> AnswerView:
    """Read the JSON of the service."""
    found = msgspec.json.decode(answer, type=_Answer)
    person = found.person
    return AnswerView(
        receipt=found.receipt,
        at=found.at,
        affair=form.affair,
        key=form.key,
        result=Result(found.result),
        facts=tuple(_facts(person)) if person is not None else (),
    )


def _facts(person: _Found) -> list[Fact]:
    candidates: list[tuple[str, Any]] = [
        ("氏名", name_text(person.name, person.kana) if person.name else ""),
        ("旧氏", person.former_name),
        ("通称", person.alias),
        (
            "生年月日",
            date_text(UncertainDate.parse(person.birth_date)) if person.birth_date else "",
        ),
        ("性別", Sex(person.sex).japanese if person.sex else ""),
        ("住所", _address(person)),
        ("異動事由", _change_reasons().get(person.change_reason, person.change_reason)),
        (
            "異動年月日",
            date_text(UncertainDate.parse(person.changed_on)) if person.changed_on else "",
        ),
        (
            "個人番号",
            number_text(MyNumber.parse(person.number), revealed=True) if person.number else "",
        ),
        (
            "住民票コード",
            number_text(JukiCode.parse(person.code), revealed=True) if person.code else "",
        ),
    ]
    return [Fact(label, value) for label, value in candidates if value]


def _address(person: _Found) -> str:
    if "address" in person.withheld:
        return "提供できません。機構の窓口に連絡してください。"
    if person.address is None:
        return ""
    place = municipality(person.municipality).full_name if person.municipality else ""
    return f"{place}{person.address}"


def _change_reasons() -> dict[str, str]:
    return {row["code"]: row["name"] for row in rows("change_reasons.csv")}
