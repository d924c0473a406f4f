"""Events that correct a line: name and other items, minor corrections, code and number."""

from dataclasses import replace

from jichitai.kernel.addresses import Address
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.identifiers import MyNumber
from jichitai.kernel.persons import PersonName
from jichitai.register.model.findings import Findings
from jichitai.register.model.forms import MINOR_CAUSES, CodeChange, MinorCorrection, NameCorrection
from jichitai.register.model.reasons import Basis, EventKind, Reason
from jichitai.register.model.resident import Change, Resident, next_row
from jichitai.register.model.rules import checks
from jichitai.register.model.rules.checks import SPEC
from jichitai.register.model.rules.people import birth_date, optional_name, parse_sex
from jichitai.register.model.situation import Decision, Situation, settle


def name_correction(form: NameCorrection, situation: Situation) -> Decision:
    """職権修正 of what the family register or the person's request changes.

    Args:
        form: fields that change; empty ones stay.
        situation: the register.

    Source: 住民基本台帳法 第8条, 第9条第2項; 住民記録システム標準仕様書 4.2.3.1, 1.1.7.
    """
    found = Findings()
    reported = checks.reported_on(found, form, situation.today)
    day = checks.event_day(found, form, situation.today, name="修正の異動日")
    rows = checks.live(found, (form.resident_id,), situation, where="resident_id")
    changes: tuple[Change, ...] = ()
    reason = Reason.CORRECTION
    for row in rows:
        after = _corrected(found, form, row, situation)
        reason = _reason(row, after)
        if after == next_row(row):
            _nothing(found)
        changes = (Change(before=row, after=after),)
    return settle(
        Decision(
            kind=EventKind.NAME_CORRECTION,
            reason=reason,
            basis=Basis.EX_OFFICIO,
            occurred_on=UncertainDate.of(day) if day else None,
            reported_on=reported,
            changes=changes,
            findings=tuple(found.found),
        ),
        situation,
    )


def _corrected(
    found: Findings, form: NameCorrection, row: Resident, situation: Situation
) -> Resident:
    text, kana = form.name.strip() or row.name.text, form.kana.strip() or row.name.kana
    name = found.read(
        "name", lambda value: PersonName.parse(value, kana), text, "住民基本台帳法 第7条第1号"
    )
    former = optional_name(
        found, form.former_name, form.former_kana, where="former_name", label="旧氏"
    )
    alias = optional_name(found, form.alias, form.alias_kana, where="alias", label="通称")
    birth = (
        birth_date(found, form.birth_date, situation.today, where="person")
        if form.birth_date.strip()
        else None
    )
    sex = (
        found.read("sex", parse_sex, form.sex.strip(), "住民基本台帳法 第7条第3号")
        if form.sex.strip()
        else None
    )
    return next_row(
        row,
        name=name or row.name,
        kana_confirmed=form.kana_confirmed or row.kana_confirmed,
        former_name=None if form.remove_former_name else former or row.former_name,
        alias=None if form.remove_alias else alias or row.alias,
        birth_date=birth or row.birth_date,
        sex=sex or row.sex,
        honseki=form.honseki.strip() or row.honseki,
        hittosha=form.hittosha.strip() or row.hittosha,
    )


_PARTS: tuple[str, ...] = (
    "name", "kana_confirmed", "former_name", "alias", "birth_date", "sex", "honseki", "hittosha",
)  # fmt: skip


def _reason(before: Resident, after: Resident) -> Reason:
    """The reason when exactly one thing changes; otherwise 職権修正."""
    changed = {part for part in _PARTS if getattr(before, part) != getattr(after, part)}
    if changed == {"former_name"}:
        return _entered_changed_removed(before.former_name, after.former_name)
    if changed == {"alias"}:
        return Reason.ALIAS_ENTERED if after.alias else Reason.ALIAS_REMOVED
    kana_only = changed and changed <= {"name", "kana_confirmed"}
    if kana_only and before.name.text == after.name.text:
        return Reason.FURIGANA_ENTERED
    return Reason.CORRECTION


def _entered_changed_removed(before: PersonName | None, after: PersonName | None) -> Reason:
    if after is None:
        return Reason.FORMER_NAME_REMOVED
    return Reason.FORMER_NAME_CHANGED if before else Reason.FORMER_NAME_ENTERED


def _nothing(found: Findings) -> None:
    found.error(
        "nothing-changed",
        "",
        "修正の前と後が同じです。変える項目を入力するか、入力を取りやめてください。",
        f"{SPEC} 4.2.3.1",
    )


def minor_correction(form: MinorCorrection, situation: Situation) -> Decision:
    """軽微な修正: one of seven causes; it must not revoke the signature certificate.

    Args:
        form: the cause, and the address or the name as it is written now.
        situation: the register.

    Source: 住民基本台帳法施行規則 第11条第3項第2号; 住民記録システム標準仕様書 4.2.3.2.
    """
    found = Findings()
    reported = checks.reported_on(found, form, situation.today)
    day = checks.event_day(found, form, situation.today, name="修正の異動日")
    rows = checks.live(found, form.resident_ids, situation, where="resident_ids")
    if form.cause not in MINOR_CAUSES:
        found.error(
            "cause-missing",
            "cause",
            "軽微な修正の事由が選ばれていません。軽微な修正は決められた7つの場合に限ります。"
            "当てはまらないときは、職権修正として入力してください。",
            f"{SPEC} 4.2.3.2",
        )
    if form.name.strip() and len(rows) > 1:
        found.error(
            "name-of-several",
            "name",
            "複数の人の氏名を同じ文字にすることはできません。1人ずつ入力してください。",
            f"{SPEC} 4.2.3.2",
        )
    address = checks.own_address(found, form.place, situation) if form.place else None
    changes = tuple(
        Change(before=row, after=_minor(found, row, address, form.name)) for row in rows
    )
    if rows and all(change.after == next_row(change.before) for change in changes if change.before):
        _nothing(found)
    return settle(
        Decision(
            kind=EventKind.MINOR_CORRECTION,
            reason=Reason.MINOR,
            basis=Basis.EX_OFFICIO,
            occurred_on=UncertainDate.of(day) if day else None,
            reported_on=reported,
            changes=changes,
            findings=tuple(found.found),
        ),
        situation,
    )


def _minor(found: Findings, row: Resident, address: Address | None, text: str) -> Resident:
    name = (
        found.read(
            "name",
            lambda value: PersonName.parse(value, row.name.kana),
            text.strip(),
            "住民基本台帳法 第7条第1号",
        )
        if text.strip()
        else None
    )
    return next_row(row, address=address or row.address, name=name or row.name)


def code_change(form: CodeChange, situation: Situation) -> Decision:
    """住民票コードの変更: on request, without a reason; a new one from the stock.

    Args:
        form: the request.
        situation: the register.

    Source: 住民基本台帳法 第30条の4; 住民記録システム標準仕様書 4.3.2.
    """
    found = Findings()
    reported = checks.reported_on(found, form, situation.today)
    day = checks.event_day(found, form, situation.today, name="請求の日")
    rows = checks.live(found, (form.resident_id,), situation, where="resident_id")
    if not situation.supply.codes:
        checks.no_code_left(found)
    changes = tuple(
        Change(before=row, after=next_row(row, juki_code=code))
        for row, code in zip(rows, situation.supply.codes, strict=False)
    )
    return settle(
        Decision(
            kind=EventKind.CODE_CHANGE,
            reason=Reason.CODE_CHANGED,
            basis=form.basis,
            occurred_on=UncertainDate.of(day) if day else None,
            reported_on=reported,
            changes=changes,
            findings=tuple(found.found),
        ),
        situation,
    )


def number_record(
    row: Resident, number: MyNumber, situation: Situation, *, changed: bool
) -> Decision | None:
    """個人番号の記載: the result of the network's generation.

    Args:
        row: the line, live or removed in the meantime.
        number: the number.
        situation: the register.
        changed: whether it replaces an earlier number on request.

    Returns:
        The decision, or None when the line has this number already.

    Source: 番号法 第7条, 第8条; 住民記録システム標準仕様書 4.4, 7.1.2.1.
    """
    if row.my_number == number:
        return None
    after = replace(next_row(row), my_number=number)
    return settle(
        Decision(
            kind=EventKind.NUMBER_RECORD,
            reason=Reason.NUMBER_CHANGED if changed else Reason.NUMBER_ENTERED,
            basis=Basis.EX_OFFICIO,
            occurred_on=UncertainDate.of(situation.today),
            reported_on=situation.today,
            changes=(Change(before=row, after=after),),
        ),
        situation,
    )
