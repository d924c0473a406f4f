"""届書: what a clerk writes down, still text, complete or not.

The same types are the bodies of the API, the drafts of the counter's pages and what the rules
read. Every field has an empty default, because a draft may be kept at any moment; the rules
say what is missing. Texts are parsed by the rules, so that a wrong one becomes a finding at
its field instead of a lost form.
"""

from datetime import date
from typing import TypeAlias
from uuid import UUID

import msgspec

from jichitai.register.model.reasons import Basis, EventKind


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address inside the municipality, as written."""

    town: str = ""
    lot: str = ""
    building: str = ""
    postal_code: str = ""
    machiaza: str = ""


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person who enters the register, as written."""

    name: str = ""
    kana: str = ""
    kana_confirmed: bool = False
    former_name: str = ""
    former_kana: str = ""
    alias: str = ""
    alias_kana: str = ""
    birth_date: str = ""
    sex: str = ""
    relation: str = ""
    juki_code: str = ""
    my_number: str = ""
    honseki: str = ""
    hittosha: str = ""

    def __repr__(self) -> str:
        """Hide the person from logs and traces."""
        return "<Person ・・・>"


class _Form(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True
):
    """What every form has.

    Attributes:
        occurred_on: 異動日, as written.
        reported_on: 届出日; empty means the day of entry.
        basis: 届出 or 職権.
        reporter: who came (届出人), for the paper of the case.
        note: remark for the approver.
    """

    occurred_on: str = ""
    reported_on: date | None = None
    basis: Basis = Basis.REPORT
    reporter: str = ""
    note: str = ""

    def __repr__(self) -> str:
        """Hide the persons from logs and traces."""
        return f"<{type(self).__name__} ・・・>"


class Birth(_Form, frozen=True, kw_only=True, tag=EventKind.BIRTH.value):
    """出生 (職権記載 after the notice of the family register). The event date is the birth date."""

    person: Person = Person()
    household_id: UUID | None = None


class Death(_Form, frozen=True, kw_only=True, tag=EventKind.DEATH.value):
    """死亡."""

    resident_id: UUID | None = None


class MoveIn(_Form, frozen=True, kw_only=True, tag=EventKind.MOVE_IN.value):
    """転入届, with a paper certificate or by 特例."""

    people: tuple[Person, ...] = ()
    place: Place = Place()
    household_id: UUID | None = None
    previous_municipality: str = ""
    previous_address: str = ""
    special: bool = False


class MoveInAbroad(_Form, frozen=True, kw_only=True, tag=EventKind.MOVE_IN_ABROAD.value):
    """国外からの転入. A person without a code has never been registered and gets a new one."""

    people: tuple[Person, ...] = ()
    place: Place = Place()
    household_id: UUID | None = None
    country: str = ""


class MoveWithin(_Form, frozen=True, kw_only=True, tag=EventKind.MOVE_WITHIN.value):
    """転居届.

    Attributes:
        household_id: the household that they join; None: they stay together, in their own
            household when all its members move, else in a new one.
        relations: new relation per resident; those not named keep theirs.
    """

    resident_ids: tuple[UUID, ...] = ()
    place: Place = Place()
    household_id: UUID | None = None
    relations: dict[UUID, str] = {}


class MoveOut(_Form, frozen=True, kw_only=True, tag=EventKind.MOVE_OUT.value):
    """転出届. The event date is the planned day and may lie in the future."""

    resident_ids: tuple[UUID, ...] = ()
    destination: str = ""
    destination_address: str = ""
    special: bool = False


class MoveAbroad(_Form, frozen=True, kw_only=True, tag=EventKind.MOVE_ABROAD.value):
    """国外転出届. The event date is the planned day and may lie in the future."""

    resident_ids: tuple[UUID, ...] = ()
    country: str = ""


class HeadChange(_Form, frozen=True, kw_only=True, tag=EventKind.HEAD_CHANGE.value):
    """世帯主変更. Relations of all other members are written anew."""

    household_id: UUID | None = None
    new_head_id: UUID | None = None
    relations: dict[UUID, str] = {}


class NameCorrection(_Form, frozen=True, kw_only=True, tag=EventKind.NAME_CORRECTION.value):
    """職権修正 of name, furigana, 旧氏, 通称, birth date, sex or 戸籍の表示.

    An empty field keeps what stands; `remove_former_name` and `remove_alias` take away.
    """

    resident_id: UUID | None = None
    name: str = ""
    kana: str = ""
    kana_confirmed: bool = False
    former_name: str = ""
    former_kana: str = ""
    remove_former_name: bool = False
    alias: str = ""
    alias_kana: str = ""
    remove_alias: bool = False
    birth_date: str = ""
    sex: str = ""
    honseki: str = ""
    hittosha: str = ""


class MinorCorrection(_Form, frozen=True, kw_only=True, tag=EventKind.MINOR_CORRECTION.value):
    """軽微な修正: one of seven cases, of the address of several people or of a name's characters.

    Attributes:
        cause: key of `MINOR_CAUSES`.
        place: the address as it is written now; empty keeps it.
        name: the name in other characters (one resident only); empty keeps it.
    """

    resident_ids: tuple[UUID, ...] = ()
    cause: str = ""
    place: Place | None = None
    name: str = ""


class CodeChange(_Form, frozen=True, kw_only=True, tag=EventKind.CODE_CHANGE.value):
    """住民票コードの変更請求. The new code comes from the stock."""

    resident_id: UUID | None = None


class Cancellation(_Form, frozen=True, kw_only=True, tag=EventKind.CANCELLATION.value):
    """異動の取消し: reverses one event; nothing is deleted."""

    event_number: int = 0
    cause: str = ""


Form: TypeAlias = (
    Birth
    | Death
    | MoveIn
    | MoveInAbroad
    | MoveWithin
    | MoveOut
    | MoveAbroad
    | HeadChange
    | NameCorrection
    | MinorCorrection
    | CodeChange
    | Cancellation
)

MINOR_CAUSES: dict[str, str] = {
    "common-characters": "常用の字体への変更",
    "character-identification": "文字の同定",
    "renamed-area": "行政区画・町名の変更",
    "renumbered-lots": "地番の変更",
    "residence-indication": "住居表示の実施",
    "building": "方書（建物の名称・所有者）の変更",
    "minister": "総務大臣が認めるその他の軽微な修正",
}
"""The seven cases of 軽微な修正.

Source: 住民記録システム標準仕様書 4.2.3.2 (軽微な修正).
"""


def kind_of(form: Form) -> EventKind:
    """The kind of event that a form asks for.

    Source: 住民記録システム標準仕様書 2.3.1 (処理画面).
    """
    return EventKind(str(form.__struct_config__.tag))
