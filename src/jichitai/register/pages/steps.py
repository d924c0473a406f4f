"""Which steps and fields the entry of each event has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from jichitai.register.model.forms import MINOR_CAUSES
from jichitai.register.model.reasons import EventKind
from jichitai.web.components import Option

Widget = Literal["text", "area", "date", "uncertain", "radios", "select", "check", "town"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a step.

    Attributes:
        name: path in the form, as findings name it.
        widget: how it is asked; `town` is a municipality by name or code.
        required: True 必須, False 任意.
        rare: asked for few people; folded away until it holds something.
    """

    name: str
    label: str
    widget: Widget = "text"
    hint: str = ""
    required: bool = True
    options: tuple[Option, ...] = ()
    width: str = "m"
    rare: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpec:
    """One step: a page with one task.

    Attributes:
        key: last part of its address.
        fields: plain fields.
        people: also the persons who enter (`people`), or one (`person`).
        place: also the new address and household.
        residents: also the choice among the members of the household.
        relations: also a relation for each member.
    """

    key: str
    label: str
    fields: tuple[Field, ...] = ()
    people: Literal["", "people", "person"] = ""
    place: bool = False
    residents: bool = False
    relations: bool = False
    head: bool = False

    def covers(self, field: str) -> bool:
        """Whether a finding at this field belongs to the step."""
        names = {f.name for f in self.fields}
        names |= {self.people} - {""}
        names |= {"place", "household_id"} if self.place else set()
        names |= {"resident_ids"} if self.residents else set()
        names |= {"relations"} if self.relations else set()
        names |= {"new_head_id"} if self.head else set()
        return any(field == name or field.startswith(f"{name}.") for name in names)


_BASIS: Final = (Option("report", "届出"), Option("ex-officio", "職権"))
_SEX: Final = (Option("1", "男"), Option("2", "女"), Option("3", "不詳"))
_REPORTED: Final = Field(
    name="reported_on",
    label="届出日",
    widget="date",
    required=False,
    hint="空欄は今日です。",
)
_REPORTER: Final = Field(
    name="reporter", label="届出人", required=False, hint="窓口に来た人と、本人確認に使った書類"
)
_NOTE: Final = Field(name="note", label="審査する人への連絡", widget="area", required=False)


def _day(label: str, *, uncertain: bool = False) -> Field:
    return Field(name="occurred_on", label=label, widget="uncertain" if uncertain else "date")


def _report(label: str, *more: Field, uncertain: bool = False, basis: bool = True) -> StepSpec:
    asked = (Field(name="basis", label="届出か職権か", widget="radios", options=_BASIS),)
    return StepSpec(
        key="report",
        label="届出",
        fields=(
            _day(label, uncertain=uncertain),
            _REPORTED,
            *(asked if basis else ()),
            *more,
            _REPORTER,
            _NOTE,
        ),
    )


_FROM: Final = (
    Field(
        name="previous_municipality",
        label="前の市区町村",
        widget="town",
        hint="名前または6桁の団体コード。例：千代田区、131016",
    ),
    Field(name="previous_address", label="前の住所", required=False, width="l"),
    Field(
        name="special",
        label="特例転入（紙の転出証明書がなく、転出証明書情報を使う）",
        widget="check",
        required=False,
    ),
)
_TO: Final = (
    Field(
        name="destination",
        label="転出先の市区町村",
        widget="town",
        required=False,
        hint="名前または6桁の団体コード。分からないときは空欄にして、下に「不明」と入力します。",
    ),
    Field(name="destination_address", label="転出先の住所", required=False, width="l"),
    Field(
        name="special",
        label="特例転入を使う（転出証明書を交付せず、情報を送る）",
        widget="check",
        required=False,
    ),
)
_KEEP: Final = "空欄は変わりません。"
_CORRECTED: Final = (
    Field(name="name", label="氏名", required=False, hint=_KEEP),
    Field(name="kana", label="氏名の振り仮名", required=False, hint=_KEEP),
    Field(name="kana_confirmed", label="振り仮名を確認した", widget="check", required=False),
    Field(name="former_name", label="旧氏", required=False, hint=_KEEP),
    Field(name="former_kana", label="旧氏の振り仮名", required=False),
    Field(name="remove_former_name", label="旧氏を削除する", widget="check", required=False),
    Field(name="alias", label="通称", required=False, hint=_KEEP),
    Field(name="alias_kana", label="通称の振り仮名", required=False),
    Field(name="remove_alias", label="通称を削除する", widget="check", required=False),
    Field(name="birth_date", label="生年月日", widget="uncertain", required=False, hint=_KEEP),
    Field(name="sex", label="性別", widget="radios", options=_SEX, required=False, hint=_KEEP),
    Field(name="honseki", label="本籍", required=False, width="l", hint=_KEEP),
    Field(name="hittosha", label="筆頭者", required=False, hint=_KEEP),
)
_MINOR: Final = (
    Field(
        name="cause",
        label="事由",
        widget="select",
        options=tuple(Option(key, label) for key, label in MINOR_CAUSES.items()),
    ),
    Field(name="name", label="新しい文字での氏名", required=False, hint="1人のときだけ。" + _KEEP),
)
_WHO: Final = StepSpec(key="who", label="異動する人", residents=True)
_PEOPLE: Final = StepSpec(key="people", label="転入する人", people="people")
_PLACE: Final = StepSpec(key="place", label="住所と世帯", place=True)

STEPS: Final[Mapping[EventKind, tuple[StepSpec, ...]]] = {
    EventKind.BIRTH: (
        _report("出生の年月日", uncertain=True, basis=False),
        StepSpec(key="person", label="生まれた人", people="person"),
    ),
    EventKind.DEATH: (_report("死亡の年月日", uncertain=True, basis=False),),
    EventKind.MOVE_IN: (_report("転入した日", *_FROM), _PEOPLE, _PLACE),
    EventKind.MOVE_IN_ABROAD: (
        _report("転入した日", Field(name="country", label="前に住んでいた国", required=False)),
        _PEOPLE,
        _PLACE,
    ),
    EventKind.MOVE_WITHIN: (
        _report("転居した日"),
        _WHO,
        _PLACE,
        StepSpec(key="relations", label="続柄", relations=True),
    ),
    EventKind.MOVE_OUT: (_report("転出予定年月日", *_TO), _WHO),
    EventKind.MOVE_ABROAD: (
        _report("転出予定年月日", Field(name="country", label="転出先の国")),
        _WHO,
    ),
    EventKind.HEAD_CHANGE: (
        _report("世帯主が変わった日"),
        StepSpec(key="head", label="世帯主と続柄", head=True, relations=True),
    ),
    EventKind.NAME_CORRECTION: (
        _report("修正の異動日", basis=False),
        StepSpec(key="items", label="修正する項目", fields=_CORRECTED),
    ),
    EventKind.MINOR_CORRECTION: (
        _report("修正の異動日", *_MINOR, basis=False),
        _WHO,
        _PLACE,
    ),
    EventKind.CODE_CHANGE: (_report("請求の日", basis=False),),
    EventKind.CANCELLATION: (
        StepSpec(
            key="cause",
            label="取消しの理由",
            fields=(Field(name="cause", label="取消しの理由", widget="area"), _REPORTER, _NOTE),
        ),
    ),
}

CONFIRM: Final = StepSpec(key="confirm", label="確認")

PERSON_FIELDS: Final[tuple[Field, ...]] = (
    Field(name="name", label="氏名", hint="氏と名の間に空白を入れます。"),
    Field(name="kana", label="氏名の振り仮名"),
    Field(name="birth_date", label="生年月日", widget="uncertain"),
    Field(name="sex", label="性別", widget="radios", options=_SEX),
    Field(name="relation", label="世帯主から見た続柄"),
    Field(name="juki_code", label="住民票コード", hint="数字11桁"),
    Field(name="my_number", label="個人番号", required=False, hint="数字12桁"),
    Field(name="honseki", label="本籍", required=False, width="l", rare=True),
    Field(name="hittosha", label="筆頭者", required=False, rare=True),
    Field(name="former_name", label="旧氏", required=False, rare=True),
    Field(name="former_kana", label="旧氏の振り仮名", required=False, rare=True),
    Field(name="alias", label="通称", required=False, rare=True),
    Field(name="alias_kana", label="通称の振り仮名", required=False, rare=True),
)
FROM_ABROAD_FIELDS: Final = tuple(
    replace(
        field,
        required=False,
        hint="前に住民票があった人の番号（数字11桁）。初めての人は空欄にすると、新しいコードが付きます。",
    )
    if field.name == "juki_code"
    else field
    for field in PERSON_FIELDS
)
CHILD_FIELDS: Final = tuple(
    field
    for field in PERSON_FIELDS
    if field.name in {"name", "kana", "sex", "relation", "honseki", "hittosha"}
)
PLACE_FIELDS: Final[tuple[Field, ...]] = (
    Field(name="town", label="町名", hint="例：本町二丁目"),
    Field(name="lot", label="番地・号", hint="例：3番4号"),
    Field(name="building", label="方書", required=False, hint="建物の名前と部屋番号"),
    Field(name="postal_code", label="郵便番号", required=False, hint="例：100-0001"),
)


def steps_of(kind: EventKind) -> tuple[StepSpec, ...]:
    """The steps of an event's entry, the confirmation last."""
    return (*STEPS[kind], CONFIRM)


def step_of_field(kind: EventKind, field: str) -> str:
    """Key of the step where a finding's field stands; the confirmation for the whole form."""
    return next((step.key for step in STEPS[kind] if step.covers(field)), CONFIRM.key)
