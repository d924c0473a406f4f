"""Events inside the municipality: move within, change of the head."""

from collections.abc import Mapping
from uuid import UUID

from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.relations import Relation
from jichitai.register.model.findings import Findings
from jichitai.register.model.forms import HeadChange, MoveWithin
from jichitai.register.model.reasons import EventKind, Reason
from jichitai.register.model.resident import Change, Household, Resident, next_row
from jichitai.register.model.rules import checks
from jichitai.register.model.rules.checks import SPEC
from jichitai.register.model.situation import Decision, Situation, settle


def move_within(form: MoveWithin, situation: Situation) -> Decision:
    """転居: to another address of the same municipality.

    Args:
        form: the report; all or a part of one household.
        situation: the register.

    Source: 住民基本台帳法 第23条; 住民記録システム標準仕様書 4.0.1, 4.0.2, 4.0.4, 4.1.2.
    """
    found = Findings()
    reported = checks.reported_on(found, form, situation.today)
    day = checks.event_day(found, form, situation.today, name="転居した日")
    checks.in_time(found, day, reported)
    rows = checks.live(found, form.resident_ids, situation, where="resident_ids")
    checks.after_residence_began(found, day, rows)
    home = (
        checks.household(found, form.household_id, situation)
        if form.household_id is not None
        else None
    )
    household_id = _destination(found, rows, home, situation)
    relations = _relations(found, form.relations, rows)
    if rows and household_id != rows[0].household_id:
        checks.heads(found, relations.values(), home, where="relations")
    joined = situation.address_of(home.id) if home else None
    address = joined or checks.own_address(found, form.place, situation)
    if address is not None and any(row.address.text == address.text for row in rows):
        found.alert(
            "same-address",
            "place.town",
            "転居の前と後の住所が同じです。同じ番地の別の建物に移ったときだけ転居になります。"
            "世帯だけが変わるなら世帯変更です。転居なら、その理由を書いてください。",
            f"{SPEC} 4.1.2.1",
        )
    stay = checks.leave(found, rows, situation) if household_id else ()
    changes: tuple[Change, ...] = ()
    if day is not None and address is not None and household_id is not None:
        moved = (
            next_row(
                row,
                address=address,
                address_since=UncertainDate.of(day),
                reported_on=reported,
                basis=form.basis,
                household_id=household_id,
                relation=relations.get(row.id, row.relation),
            )
            for row in rows
        )
        changes = (*(Change(before=b, after=a) for b, a in zip(rows, moved, strict=True)), *stay)
    return settle(
        Decision(
            kind=EventKind.MOVE_WITHIN,
            reason=Reason.MOVE_WITHIN,
            basis=form.basis,
            occurred_on=UncertainDate.of(day) if day else None,
            reported_on=reported,
            changes=changes,
            findings=tuple(found.found),
        ),
        situation,
    )


def _destination(
    found: Findings, rows: tuple[Resident, ...], home: Household | None, situation: Situation
) -> UUID | None:
    """The household after the move: the chosen one, their own if all go, else a new one."""
    own = {row.household_id for row in rows}
    if len(own) > 1:
        found.error(
            "several-households",
            "resident_ids",
            "違う世帯の人が一緒に選ばれています。転居は世帯ごとに届け出ます。世帯ごとに分けて入力してください。",
            f"{SPEC} 4.0.1",
        )
        return None
    if not rows:
        return None
    if home is not None and home.id in own:
        found.error(
            "own-household",
            "household_id",
            "入る先に今の世帯が選ばれています。別の世帯を選ぶか、新しい世帯として入力してください。",
            f"{SPEC} 4.0.2",
        )
        return None
    if home is not None:
        return home.id
    everybody = {member.id for member in situation.members(rows[0].household_id)}
    if everybody == {row.id for row in rows}:
        return rows[0].household_id
    return situation.supply.household_id


def _relations(
    found: Findings, written: Mapping[UUID, str], rows: tuple[Resident, ...]
) -> dict[UUID, Relation]:
    """The relation of each one after the move: as written, else as it stands."""
    relations = {}
    for row in rows:
        text = written.get(row.id, row.relation.text)
        relation = found.read(f"relations.{row.id}", Relation.parse, text, f"{SPEC} 1.1.11")
        relations[row.id] = relation or row.relation
    return relations


def head_change(form: HeadChange, situation: Situation) -> Decision:
    """世帯主変更: a new head, and every other member's relation anew.

    Args:
        form: the report.
        situation: the register.

    Source: 住民基本台帳法 第25条; 住民記録システム標準仕様書 4.1.4.1, 4.1.4.2.
    """
    found = Findings()
    reported = checks.reported_on(found, form, situation.today)
    day = checks.event_day(found, form, situation.today, name="世帯主が変わった日")
    checks.in_time(found, day, reported)
    home = checks.household(found, form.household_id, situation)
    members = situation.members(home.id) if home else ()
    if home is not None and form.new_head_id not in {row.id for row in members}:
        found.error(
            "head-not-member",
            "new_head_id",
            "新しい世帯主が世帯の人から選ばれていません。世帯主は同じ世帯の人です。世帯の中から選んでください。",
            f"{SPEC} 4.1.4.1",
        )
    elif home is not None and home.head == form.new_head_id:
        found.error(
            "same-head",
            "new_head_id",
            "選ばれた人は既に世帯主です。ほかの人を選ぶか、入力を取りやめてください。",
            f"{SPEC} 4.1.4.1",
        )
    changes = []
    for row in members:
        relation = (
            Relation("世帯主")
            if row.id == form.new_head_id
            else _new_relation(found, form.relations.get(row.id, ""), row)
        )
        if relation is not None and relation != row.relation:
            changes.append(Change(before=row, after=next_row(row, relation=relation)))
    return settle(
        Decision(
            kind=EventKind.HEAD_CHANGE,
            reason=Reason.HEAD_CHANGED,
            basis=form.basis,
            occurred_on=UncertainDate.of(day) if day else None,
            reported_on=reported,
            changes=tuple(changes),
            findings=tuple(found.found),
        ),
        situation,
    )


def _new_relation(found: Findings, text: str, row: Resident) -> Relation | None:
    where = f"relations.{row.id}"
    relation = found.read(where, Relation.parse, text, f"{SPEC} 4.1.4.2") if text.strip() else None
    if not text.strip() or (relation is not None and relation.is_head):
        found.error(
            "relation-missing",
            where,
            "新しい世帯主から見た続柄が選ばれていません。世帯主が変わると、ほかの全員の続柄を付け直します。"
            "続柄を選んでください。",
            f"{SPEC} 4.1.4.2",
        )
        return None
    return relation
