"""Events that let people leave: death, move-out, move abroad, and what follows a move-out."""

from dataclasses import replace
from datetime import date, timedelta

from jichitai.kernel.dates import UncertainDate
from jichitai.register.model.findings import Findings
from jichitai.register.model.forms import Death, MoveAbroad, MoveOut
from jichitai.register.model.reasons import Basis, EventKind, Reason
from jichitai.register.model.resident import Change, Departure, Resident, next_row, removal
from jichitai.register.model.rules import checks
from jichitai.register.model.rules.checks import SPEC
from jichitai.register.model.situation import Arrived, Decision, Situation, settle

_FAR = timedelta(days=365)


def death(form: Death, situation: Situation) -> Decision:
    """死亡: the line is removed; the household keeps or loses its head.

    Args:
        form: the notice. The event date may be uncertain.
        situation: the register.

    Source: 住民基本台帳法 第8条, 第9条第2項; 住民記録システム標準仕様書 4.2.2.1, 4.0.4.
    """
    found = Findings()
    reported = checks.reported_on(found, form, situation.today)
    day = checks.uncertain_day(found, form, situation.today, name="死亡の年月日")
    rows = checks.live(found, (form.resident_id,), situation, where="resident_id")
    stay = checks.leave(found, rows, situation)
    changes: tuple[Change, ...] = ()
    for row in rows:
        if day is None:
            break
        if checks.before(day, row.birth_date):
            found.error(
                "before-birth",
                "occurred_on",
                "死亡の年月日が生年月日より前です。通知と住民票を照らして、日付を直すか、人を選び直してください。",
                f"{SPEC} 11.1",
            )
        changes = (removal(row, on=day, reason=Reason.DELETION_DEATH), *stay)
    return settle(
        Decision(
            kind=EventKind.DEATH,
            reason=Reason.DELETION_DEATH,
            basis=Basis.EX_OFFICIO,
            occurred_on=day,
            reported_on=reported,
            changes=changes,
            findings=tuple(found.found),
        ),
        situation,
    )


def move_out(form: MoveOut, situation: Situation) -> Decision:
    """転出: with a future day people stay residents until it comes.

    Args:
        form: the report; the event date is 転出予定年月日.
        situation: the register.

    Source: 住民基本台帳法 第24条, 第24条の2; 住民記録システム標準仕様書 4.1.3.0.1, 4.1.3.0.2.
    """
    found = Findings()
    destination = ""
    if form.destination.strip():
        town = checks.other_town(found, form.destination, situation, where="destination")
        destination = town.value if town else ""
    elif not form.destination_address.strip():
        found.error(
            "destination-missing",
            "destination",
            "転出先が入力されていません。転出証明書に転出先と予定日を書きます。"
            "市区町村だけでも、分からないときは「不明」でも構いません。転出先を入力してください。",
            f"住民基本台帳法 第24条、{SPEC} 4.1.3.0.2",
        )
    departure = Departure(
        planned_on=None,
        destination=destination,
        destination_address=form.destination_address.strip(),
        special=form.special,
    )
    return _leave_town(found, form, departure, situation)


def move_abroad(form: MoveAbroad, situation: Situation) -> Decision:
    """国外転出: as a move-out, to a country.

    Args:
        form: the report; the event date is 転出予定年月日.
        situation: the register.

    Source: 住民基本台帳法 第24条; 住民記録システム標準仕様書 4.1.3.0.2.
    """
    found = Findings()
    if not form.country.strip():
        found.error(
            "destination-missing",
            "country",
            "転出先の国が入力されていません。届書の国名を入力してください。",
            f"住民基本台帳法 第24条、{SPEC} 4.1.3.0.2",
        )
    departure = Departure(planned_on=None, destination_address=form.country.strip(), abroad=True)
    return _leave_town(found, form, departure, situation)


def _leave_town(
    found: Findings, form: MoveOut | MoveAbroad, departure: Departure, situation: Situation
) -> Decision:
    reported = checks.reported_on(found, form, situation.today)
    day = checks.certain_day(found, form.occurred_on, name="転出予定年月日")
    rows = checks.live(found, form.resident_ids, situation, where="resident_ids")
    checks.after_residence_began(found, day, rows)
    if any(row.departure is not None for row in rows):
        found.error(
            "already-leaving",
            "resident_ids",
            "既に転出の届出がある人が含まれています。転出届は1回です。"
            "予定が変わったときは、前の転出を取り消してから入力し直してください。",
            f"{SPEC} 4.1.3.0.1、4.6.0.1",
        )
    basis = _basis(found, form.basis, day, reported)
    stay = checks.leave(found, rows, situation)
    planned = replace(departure, planned_on=day)
    reason = Reason.DELETION_ABROAD if departure.abroad else Reason.DELETION_TO_TOWN
    changes: tuple[Change, ...] = ()
    if day is not None and day > situation.today:
        changes = tuple(Change(before=r, after=next_row(r, departure=planned)) for r in rows)
    elif day is not None:
        leaving = [removal(r, on=UncertainDate.of(day), reason=reason) for r in rows]
        gone = (Change(before=c.before, after=replace(c.after, departure=planned)) for c in leaving)
        changes = (*gone, *stay)
    return settle(
        Decision(
            kind=EventKind.MOVE_ABROAD if departure.abroad else EventKind.MOVE_OUT,
            reason=reason,
            basis=basis,
            occurred_on=UncertainDate.of(day) if day else None,
            reported_on=reported,
            changes=changes,
            findings=tuple(found.found),
            destination=departure.destination,
            destination_address=departure.destination_address,
            planned_on=day,
            special=departure.special,
        ),
        situation,
    )


def _basis(found: Findings, basis: Basis, day: date | None, reported: date) -> Basis:
    """A move-out reported more than 14 days late is recorded ex officio."""
    if day is None:
        return basis
    if reported - day > checks.REPORT_PERIOD:
        found.alert(
            "late-move-out",
            "reported_on",
            "転出の日から14日を過ぎた届出です。届出による処理はできず、職権で消除し、"
            "転出証明書に準ずる証明書を交付します。事実を確かめた方法を理由に書いてください。",
            f"{SPEC} 4.1.3.0.1、4.1.3.0.3",
        )
        return Basis.EX_OFFICIO
    if day - reported > _FAR:
        found.alert(
            "far-departure",
            "occurred_on",
            "転出予定年月日が1年より先です。年の取り違えかもしれません。"
            "届書と照らし、正しければ理由を書いてください。",
            f"{SPEC} 11.1",
        )
    return basis


def depart(leaving: tuple[Resident, ...], situation: Situation) -> Decision:
    """The planned day has come: those who leave together are removed.

    Args:
        leaving: live lines with the same planned departure, at least one.
        situation: the register with the households of those lines.

    Source: 住民基本台帳法 第24条; 住民記録システム標準仕様書 1.1.5, 4.1.3.0.1.
    """
    found = Findings()
    departure = leaving[0].departure or Departure(planned_on=situation.today)
    day = departure.planned_on or situation.today
    reason = Reason.DELETION_ABROAD if departure.abroad else Reason.DELETION_TO_TOWN
    stay = checks.leave(found, leaving, situation)
    return settle(
        Decision(
            kind=EventKind.DEPARTURE,
            reason=reason,
            basis=leaving[0].basis,
            occurred_on=UncertainDate.of(day),
            reported_on=situation.today,
            changes=(
                *(removal(row, on=UncertainDate.of(day), reason=reason) for row in leaving),
                *stay,
            ),
            destination=departure.destination,
            destination_address=departure.destination_address,
            planned_on=departure.planned_on,
            special=departure.special,
        ),
        situation,
    )


def confirm(row: Resident, notice: Arrived, situation: Situation) -> Decision | None:
    """転入通知の受理: the fixed day and address are added beside the planned ones.

    A line that is still live is removed on the day that the new town tells, which is then
    earlier than the planned day, or there was no report at all (then ex officio). Of several
    notices the newest one wins; one about a stay before the person came back here is old.

    Args:
        row: the newest line of the person, live or removed.
        notice: what the arrival town told.
        situation: the register with the household of the line.

    Returns:
        The decision, or None when the notice tells nothing new.

    Source: 住民基本台帳法 第9条第1項; 住民記録システム標準仕様書 1.1.5, 4.1.3.1.1, 4.1.3.1.2.
    """
    known = row.departure
    if known and known.told_at and known.told_at >= notice.told_at:
        return None
    if row.live and known is None and checks.before(notice.moved_on, row.resident_since):
        return None
    fixed = replace(
        known or Departure(planned_on=None),
        fixed_on=notice.moved_on,
        fixed_municipality=notice.municipality,
        fixed_address=notice.address,
        told_at=notice.told_at,
    )
    day = UncertainDate.of(notice.moved_on)
    reason = Reason.DELETION_TO_TOWN if known else Reason.DELETION_EX_OFFICIO
    changes: tuple[Change, ...]
    if row.live:
        gone = removal(row, on=day, reason=reason)
        stay = checks.leave(Findings(), (row,), situation)
        changes = (Change(before=row, after=replace(gone.after, departure=fixed)), *stay)
    else:
        changes = (Change(before=row, after=next_row(row, departure=fixed)),)
    return settle(
        Decision(
            kind=EventKind.DEPARTURE_CONFIRMED,
            reason=reason,
            basis=Basis.REPORT if known else Basis.EX_OFFICIO,
            occurred_on=day,
            reported_on=situation.today,
            changes=changes,
            destination=notice.municipality,
            destination_address=notice.address,
            planned_on=known.planned_on if known else None,
            special=bool(known and known.special),
        ),
        situation,
    )
