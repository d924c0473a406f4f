"""Checks that several events share."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from jichitai.kernel.addresses import Address, parse_postal_code
from jichitai.kernel.dates import DatePattern, UncertainDate, parse_date
from jichitai.kernel.errors import NotFoundError
from jichitai.kernel.identifiers import LocalGovernmentCode
from jichitai.kernel.municipalities import municipality
from jichitai.kernel.relations import HEAD, Relation
from jichitai.register.model.findings import Findings
from jichitai.register.model.forms import Form, Place
from jichitai.register.model.resident import Change, Household, Resident, next_row
from jichitai.register.model.situation import Situation

REPORT_PERIOD = timedelta(days=14)
"""届出期間. Source: 住民基本台帳法 第22条, 第23条, 第25条."""

SPEC = "住民記録標準仕様"


def reported_on(found: Findings, form: Form, today: date) -> date:
    """届出日: the day of entry unless written, never in the future.

    Source: 住民記録システム標準仕様書 4.1.0.2 (届出日).
    """
    day = form.reported_on or today
    if day > today:
        found.error(
            "reported-in-future",
            "reported_on",
            "届出日が未来の日付です。届出日は窓口で受け取った日です。今日以前の日付に直してください。",
            f"{SPEC} 4.1.0.2",
        )
    return day


def event_day(found: Findings, form: Form, today: date, *, name: str) -> date | None:
    """異動日 as a certain calendar day that is not in the future.

    Source: 住民記録システム標準仕様書 4.0.3 (異動日), 1.1.8 (暦上日).
    """
    day = certain_day(found, form.occurred_on, name=name)
    if day is not None and day > today:
        found.error(
            "event-in-future",
            "occurred_on",
            f"{name}が未来の日付です。{name}には既に起きたことの日付を書きます。"
            "日付を直すか、その日が来てから届け出るよう案内してください。",
            f"{SPEC} 4.0.3",
        )
        return None
    return day


def certain_day(found: Findings, text: str, *, name: str) -> date | None:
    """A calendar day that may be in the future (転出).

    Source: 住民記録システム標準仕様書 1.1.8 (暦上日), 4.1.3.0.1 (届出日以降の異動).
    """
    if not text.strip():
        missing_day(found, name)
        return None
    return found.read("occurred_on", parse_date, text, f"{SPEC} 1.1.8")


def uncertain_day(found: Findings, form: Form, today: date, *, name: str) -> UncertainDate | None:
    """異動日 of a birth or a death, which may be uncertain or impossible.

    Source: 住民記録システム標準仕様書 1.1.8 (暦上日以外), 4.0.3 (異動日).
    """
    if not form.occurred_on.strip():
        missing_day(found, name)
        return None
    day = found.read("occurred_on", UncertainDate.parse, form.occurred_on, f"{SPEC} 1.1.8")
    if day is not None and in_future(day, today):
        found.error(
            "event-in-future",
            "occurred_on",
            f"{name}が未来の日付です。届書や通知と照らして、今日以前の日付に直してください。",
            f"{SPEC} 4.0.3",
        )
        return None
    return day


def in_future(day: UncertainDate, today: date) -> bool:
    """Whether a day lies after today for sure; 年月日不詳 does not.

    Source: 住民記録システム標準仕様書 1.1.8 (暦上日以外).
    """
    return day.pattern is not DatePattern.UNKNOWN and day.sort_key > today


def before(day: UncertainDate | date, other: UncertainDate) -> bool:
    """Whether a day lies before another for sure; 年月日不詳 is before and after nothing.

    Source: 住民記録システム標準仕様書 1.1.8 (暦上日以外).
    """
    first = day if isinstance(day, UncertainDate) else UncertainDate.of(day)
    if DatePattern.UNKNOWN in (first.pattern, other.pattern):
        return False
    return first.sort_key < other.sort_key


def missing_day(found: Findings, name: str) -> None:
    """The event date is blank by default and must be written.

    Source: 住民記録システム標準仕様書 4.0.3 (異動日).
    """
    found.error(
        "event-date-missing",
        "occurred_on",
        f"{name}が入力されていません。異動日は自動では入りません。届書の日付を入力してください。",
        f"{SPEC} 4.0.3",
    )


def in_time(found: Findings, day: date | None, reported: date) -> None:
    """An alert when the report came more than 14 days after the event.

    Source: 住民基本台帳法 第22条, 第23条, 第25条, 第52条第2項.
    """
    if day is not None and reported - day > REPORT_PERIOD:
        found.alert(
            "late-report",
            "reported_on",
            "届出が異動の日から14日を過ぎています。正当な理由がない遅れは過料の対象になることがあります。"
            "遅れた理由を聞き取り、理由の欄に書いてください。",
            "住民基本台帳法 第22条・第23条・第25条、第52条",
        )


def own_address(
    found: Findings, place: Place, situation: Situation, *, where: str = "place"
) -> Address | None:
    """The written address as an address of this municipality.

    Source: 住民基本台帳法 第7条第7号; 住民記録システム標準仕様書 1.3.2, 1.1.17.
    """
    if not place.town.strip() or not place.lot.strip():
        found.error(
            "address-missing",
            f"{where}.{'lot' if place.town.strip() else 'town'}",
            "住所が入力されていません。住民票には町名と番地が要ります。町名と番地を入力してください。",
            "住民基本台帳法 第7条第7号",
        )
        return None
    postal = found.read(
        f"{where}.postal_code", parse_postal_code, place.postal_code, f"{SPEC} 1.1.17"
    )

    def build(town: str) -> Address:
        return Address(
            municipality=situation.municipality,
            town=town,
            lot=place.lot.strip(),
            building=place.building.strip(),
            postal_code=postal or "",
            machiaza=place.machiaza.strip(),
        )

    return found.read(f"{where}.town", build, place.town.strip(), f"{SPEC} 1.3.2")


def other_town(
    found: Findings, text: str, situation: Situation, *, where: str
) -> LocalGovernmentCode | None:
    """The code of an existing municipality that is not this one.

    Source: 住民基本台帳法 第22条 (転入), 第24条 (転出).
    """
    code = found.read(where, LocalGovernmentCode.parse, text, "住民基本台帳法 第22条・第24条")
    if code is None:
        return None
    if code == situation.municipality:
        found.error(
            "same-municipality",
            where,
            "相手の市区町村がこの市区町村と同じです。市区町村の中での引越しは転居です。"
            "転居として入力し直すか、団体コードを直してください。",
            "住民基本台帳法 第22条・第23条",
        )
        return None
    try:
        municipality(code.value)
    except NotFoundError:
        found.error(
            "unknown-municipality",
            where,
            "この団体コードの市区町村はありません。転出証明書などと照らして、団体コードを直してください。",
            "住民基本台帳法 第22条・第24条",
        )
        return None
    return code


def live(
    found: Findings, ids: Iterable[UUID | None], situation: Situation, *, where: str
) -> tuple[Resident, ...]:
    """The live lines that a form names.

    Source: 住民記録システム標準仕様書 4.0.1 (異動者).
    """
    rows = []
    for resident_id in dict.fromkeys(ids):
        row = situation.residents.get(resident_id) if resident_id else None
        if row is None:
            found.error(
                "resident-missing",
                where,
                "異動する人がこの市区町村の住民票に見つかりません。ほかの市区町村の人は異動できません。"
                "検索し直して、異動する人を選んでください。",
                f"{SPEC} 4.0.1",
            )
        elif not row.live:
            found.error(
                "already-removed",
                where,
                "この人の住民票は既に消除されています。除票には異動を入力できません。"
                "消除が誤りなら、その異動の取消しを入力してください。",
                f"{SPEC} 4.0.2、4.6.0.1",
            )
        else:
            rows.append(row)
    if not rows and not found.blocked:
        found.error(
            "nobody-chosen",
            where,
            "異動する人が選ばれていません。世帯の全部または一部から、異動する人を選んでください。",
            f"{SPEC} 4.0.1",
        )
    return tuple(rows)


def after_residence_began(found: Findings, day: date | None, rows: Iterable[Resident]) -> None:
    """An error when somebody would move before the day of the present address.

    Source: 住民記録システム標準仕様書 1.2.1 (異動履歴の管理).
    """
    if day is not None and any(before(day, row.address_since) for row in rows):
        found.error(
            "before-present-address",
            "occurred_on",
            "異動日が、今の住所を定めた日より前です。前の異動より先に起きたことになり、履歴が食い違います。"
            "日付を確かめ、前の異動が誤りなら先に取り消してください。",
            f"{SPEC} 1.2.1",
        )


def household(found: Findings, household_id: UUID | None, situation: Situation) -> Household | None:
    """The open household that a form names.

    Source: 住民記録システム標準仕様書 4.0.2 (異動先世帯).
    """
    known = situation.households.get(household_id) if household_id else None
    if known is None or known.closed:
        found.error(
            "household-missing",
            "household_id",
            "世帯が見つからないか、もう誰も住んでいません。検索し直して、世帯を選んでください。",
            f"{SPEC} 4.0.2",
        )
        return None
    return known


def heads(
    found: Findings, relations: Iterable[Relation], joined: Household | None, *, where: str
) -> None:
    """A new household has exactly one head; a household with a head takes no second one.

    Args:
        found: where errors go.
        relations: relations of the people who come.
        joined: the household that they join, or None for a new one.
        where: the field of the error.

    Source: 住民記録システム標準仕様書 1.1.10 (世帯主), 4.0.2 (異動先世帯).
    """
    count = sum(1 for relation in relations if relation.is_head)
    if joined is None and count != 1:
        found.error(
            "one-head",
            where,
            f"新しい世帯の世帯主が{count}人になっています。世帯には世帯主が1人要ります。"
            "世帯主を1人だけ選び、ほかの人には世帯主から見た続柄を選んでください。",
            f"{SPEC} 1.1.10",
        )
    elif joined is not None and count > (0 if joined.head else 1):
        found.error(
            "second-head",
            where,
            "入る先の世帯には既に世帯主がいます。世帯主は1人です。"
            "今の世帯主から見た続柄を選ぶか、先に世帯主変更を入力してください。",
            f"{SPEC} 4.0.2",
        )


def leave(
    found: Findings, leavers: tuple[Resident, ...], situation: Situation
) -> tuple[Change, ...]:
    """What happens to those who stay when somebody leaves their households.

    When the head leaves, a single person who stays becomes the head ex officio; with two or
    more an alert asks for a change of head first.

    Source: 住民記録システム標準仕様書 4.0.4 (世帯主不在となる場合).
    """
    gone = {row.id for row in leavers}
    changes = []
    for household_id in dict.fromkeys(row.household_id for row in leavers):
        members = situation.members(household_id)
        stay = [row for row in members if row.id not in gone]
        headless = bool(stay) and any(row.is_head for row in members if row.id in gone)
        if headless and len(stay) == 1:
            changes.append(Change(before=stay[0], after=next_row(stay[0], relation=Relation(HEAD))))
        elif headless:
            found.alert(
                "head-leaves",
                "household_id",
                f"世帯主がいなくなり、世帯に{len(stay)}人が残ります。新しい世帯主は残る人が決めます。"
                "先に世帯主変更を入力するか、後で届け出てもらう理由を書いてください。",
                f"{SPEC} 4.0.4",
            )
    return tuple(changes)


def no_code_left(found: Findings) -> None:
    """The town has used up its stock of codes.

    Source: 住民基本台帳法 第30条の2; 住民記録システム標準仕様書 4.3.1 (残数の警告).
    """
    found.error(
        "no-code-left",
        "",
        "住民票コードの在庫がありません。新しい住民票コードは全国の機構から配られた在庫から付けます。"
        "運用担当者に在庫の追加を依頼してください。入力した内容は仮登録のまま残せます。",
        f"住民基本台帳法 第30条の2、{SPEC} 4.3.1",
    )
