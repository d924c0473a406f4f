"""Reading a person who enters the register, and finding out whether they were here before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from jichitai.kernel.dates import DatePattern, UncertainDate
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.kernel.persons import PersonName, Sex
from jichitai.kernel.relations import Relation
from jichitai.register.model.findings import Findings
from jichitai.register.model.forms import Person
from jichitai.register.model.relation import parents_of
from jichitai.register.model.resident import Resident
from jichitai.register.model.rules.checks import SPEC, in_future
from jichitai.register.model.situation import Situation

_Value = TypeVar("_Value")
_OLDEST = 125
_YOUNGEST_PARENT = 13
_OLDEST_MOTHER = 60
_YEAR = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A person of a form, read.

    Attributes:
        known: their line from an earlier stay, when there is one.
    """

    name: PersonName
    former_name: PersonName | None
    alias: PersonName | None
    birth_date: UncertainDate
    sex: Sex
    relation: Relation
    code: JukiCode | None
    number: MyNumber | None
    known: Resident | None


def parse_sex(text: str) -> Sex:
    """男女の別 by its code or its word.

    Raises:
        InvalidError: neither.

    Source: 住民基本台帳法 第7条第3号.
    """
    for sex in Sex:
        if text in (sex.value, sex.japanese):
            return sex
    raise InvalidError(
        "男女の別が選ばれていません。住民票の記載事項です。男または女を選んでください。"
    )


def optional_name(
    found: Findings, text: str, kana: str, *, where: str, label: str
) -> PersonName | None:
    """旧氏 or 通称, each with its furigana, or None when both are empty.

    Source: 住民基本台帳法施行令 第30条の13, 第30条の16; 住民記録システム標準仕様書 1.1.7.
    """
    if not text.strip() and not kana.strip():
        return None
    if not text.strip() or not kana.strip():
        found.error(
            "name-without-kana",
            where,
            f"{label}と{label}の振り仮名のどちらかが空です。片方だけを記載することはできません。"
            "両方を入力してください。",
            f"{SPEC} 1.1.7",
        )
        return None
    return found.read(where, lambda value: PersonName.parse(value, kana), text.strip(), SPEC)


def read_person(
    found: Findings, person: Person, situation: Situation, *, where: str, born: str = ""
) -> Arrival | None:
    """Read every field of a person and look for an earlier stay.

    Args:
        found: where errors and alerts go.
        person: as written.
        situation: the register.
        where: prefix of the fields.
        born: the birth date when it is the event date of the form.

    Returns:
        The person, or None when a field is wrong.

    Source: 住民基本台帳法 第7条, 第22条; 住民記録システム標準仕様書 4.1.1.1, 4.1.1.2.
    """
    name = found.read(
        f"{where}.name",
        lambda value: PersonName.parse(value, person.kana),
        person.name.strip(),
        "住民基本台帳法 第7条第1号",
    )
    former = optional_name(
        found, person.former_name, person.former_kana, where=f"{where}.former_name", label="旧氏"
    )
    alias = optional_name(
        found, person.alias, person.alias_kana, where=f"{where}.alias", label="通称"
    )
    birth = birth_date(found, born or person.birth_date, situation.today, where=where)
    sex = found.read(f"{where}.sex", parse_sex, person.sex.strip(), "住民基本台帳法 第7条第3号")
    word = found.read(f"{where}.relation", Relation.parse, person.relation, f"{SPEC} 1.1.11")
    code = _optional(found, f"{where}.juki_code", JukiCode.parse, person.juki_code)
    number = _optional(found, f"{where}.my_number", MyNumber.parse, person.my_number)
    if name is None or birth is None or sex is None or word is None:
        return None
    return Arrival(
        name=name,
        former_name=former,
        alias=alias,
        birth_date=birth,
        sex=sex,
        relation=word,
        code=code,
        number=number,
        known=situation.by_code.get(code) if code else None,
    )


def _optional(
    found: Findings, where: str, parse: Callable[[str], _Value], text: str
) -> _Value | None:
    return found.read(where, parse, text, "住民基本台帳法 第7条") if text.strip() else None


def birth_date(found: Findings, text: str, today: date, *, where: str) -> UncertainDate | None:
    """A birth date: may be uncertain or impossible, not in the future, rarely very long ago.

    Source: 住民基本台帳法 第7条第2号; 住民記録システム標準仕様書 1.1.8.
    """
    day = found.read(
        f"{where}.birth_date", UncertainDate.parse, text.strip(), "住民基本台帳法 第7条第2号"
    )
    if day is None:
        return None
    if in_future(day, today):
        found.error(
            "birth-in-future",
            f"{where}.birth_date",
            "生年月日が未来の日付です。届書と照らして、今日以前の日付に直してください。",
            f"{SPEC} 1.1.8",
        )
    elif (today - day.sort_key).days / _YEAR > _OLDEST:
        found.alert(
            "very-old",
            f"{where}.birth_date",
            f"生年月日から計算すると{_OLDEST}歳を超えます。元号や年の取り違えかもしれません。"
            "書類と照らし、正しければ確かめた方法を理由に書いてください。",
            f"{SPEC} 11.1",
        )
    return day


def plausible_parents(
    found: Findings, child: Arrival, household: tuple[Resident | Arrival, ...], *, where: str
) -> None:
    """An alert when a parent in the household would have been a child, or too old a mother.

    Source: 住民記録システム標準仕様書 11.1 (エラー・アラート項目); the ages are this project's own.
    """
    words = parents_of(child.relation)
    for parent in household:
        unknown = DatePattern.UNKNOWN in (child.birth_date.pattern, parent.birth_date.pattern)
        if unknown or parent is child or parent.relation.text not in words:
            continue
        years = (child.birth_date.sort_key - parent.birth_date.sort_key).days / _YEAR
        too_old = parent.sex is Sex.FEMALE and years > _OLDEST_MOTHER
        if years < _YOUNGEST_PARENT or too_old:
            found.alert(
                "implausible-parent",
                f"{where}.birth_date",
                "親と子の生年月日の差が普通ではありません（親が13歳未満、または母が60歳を超えて生まれた"
                "計算です）。生年月日か続柄の取り違えかもしれません。書類と照らし、"
                "正しければ確かめた方法を理由に書いてください。",
                f"{SPEC} 11.1、1.1.11",
            )
            return


def earlier_stay(found: Findings, arrival: Arrival, situation: Situation, *, where: str) -> None:
    """Refuse a second live record; point out somebody who may have lived here before.

    Source: 住民基本台帳法 第30条の3; 住民記録システム標準仕様書 4.1.1.2 (再転入者).
    """
    if arrival.known is not None and arrival.known.live:
        found.error(
            "second-live-record",
            f"{where}.juki_code",
            "この住民票コードの住民票が既にあります。1人に住民票は1つです。"
            "番号の写し間違いか、既に転入の処理が済んでいないかを確かめてください。",
            f"住民基本台帳法 第30条の3、{SPEC} 4.1.1.2",
        )
    holder = situation.by_number.get(arrival.number) if arrival.number else None
    if holder is not None and (arrival.known is None or holder.id != arrival.known.id):
        found.error(
            "number-of-another",
            f"{where}.my_number",
            "この個人番号は、この市区町村のほかの住民票に記載されています。個人番号は1人に1つです。"
            "カードなどと照らして、個人番号と住民票コードを入力し直してください。",
            f"番号法 第7条、{SPEC} 4.1.1.2",
        )
    if arrival.known is None and any(
        row.name.search_key() == arrival.name.search_key()
        and row.birth_date == arrival.birth_date
        and row.sex is arrival.sex
        for row in situation.lookalikes
    ):
        found.alert(
            "lookalike",
            f"{where}.name",
            "氏名の読み、生年月日、性別が同じ人の記録がこの市区町村にあります。同じ人なら、"
            "前の住民票コードを入力すると宛名番号を引き継げます。別の人なら、確かめた方法を理由に書いてください。",
            f"{SPEC} 4.1.1.2",
        )
