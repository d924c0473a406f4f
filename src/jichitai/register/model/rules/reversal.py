"""異動の取消し: an event that reverses another one. History is stacked, never edited."""

from dataclasses import replace

from jichitai.kernel.dates import UncertainDate
from jichitai.register.model.findings import Findings
from jichitai.register.model.forms import Cancellation
from jichitai.register.model.reasons import EventKind, Reason
from jichitai.register.model.resident import Change, Resident, removal
from jichitai.register.model.rules import checks
from jichitai.register.model.rules.checks import SPEC
from jichitai.register.model.situation import Decision, Logged, Situation, settle

_NEVER = frozenset({EventKind.INITIAL, EventKind.CANCELLATION, EventKind.NUMBER_RECORD})
_HARMLESS = frozenset({EventKind.NUMBER_RECORD})


def cancellation(form: Cancellation, situation: Situation) -> Decision:
    """Bring back the rows as they stood before an event, as new rows.

    Only the last event of each person can be reversed; a 個人番号 that the network recorded
    in the meantime stays.

    Args:
        form: the event's number and the cause.
        situation: the register with the event in `target`.

    Source: 住民記録システム標準仕様書 4.6.0.1 (異動の取消し), 1.2.2 (増減).
    """
    found = Findings()
    reported = checks.reported_on(found, form, situation.today)
    target = situation.target
    if not form.cause.strip():
        found.error(
            "cause-missing",
            "cause",
            "取消しの理由が入力されていません。取消しは記録に残り、通知の訂正を伴います。理由を入力してください。",
            f"{SPEC} 4.6.0.1",
        )
    if target is None:
        found.error(
            "event-missing",
            "event_number",
            "取り消す異動が見つかりません。人の履歴から、取り消す異動を選び直してください。",
            f"{SPEC} 4.6.0.1",
        )
    else:
        _reversible(found, target)
    day = UncertainDate.of(situation.today)
    changes = tuple(_reverse(c, target, day, situation) for c in target.changes) if target else ()
    draft = Decision(
        kind=EventKind.CANCELLATION,
        reason=Reason.CANCELLED_CORRECTION,
        basis=form.basis,
        occurred_on=day,
        reported_on=reported,
        changes=changes,
        findings=tuple(found.found),
        cancels=target.number if target else None,
    )
    return settle(replace(draft, reason=_reason(draft.resident_count_delta)), situation)


def _reversible(found: Findings, target: Logged) -> None:
    if target.cancelled:
        found.error(
            "already-cancelled",
            "event_number",
            "この異動は既に取り消されています。もう一度行うには、異動を新しく入力してください。",
            f"{SPEC} 4.6.0.1",
        )
    elif target.kind in _NEVER:
        found.error(
            "not-cancellable",
            "event_number",
            "この種類の異動は窓口で取り消せません。初期移行、取消し、個人番号の記載は、"
            "修正または新しい異動として入力してください。",
            f"{SPEC} 4.6.0.1",
        )
    elif target.later - _HARMLESS:
        found.error(
            "later-events",
            "event_number",
            "この異動の後に、同じ人のほかの異動があります。取消しは新しいものから順に行います。"
            "先に後の異動を取り消してください。",
            f"{SPEC} 4.6.0.1",
        )


def _reverse(change: Change, target: Logged, day: UncertainDate, situation: Situation) -> Change:
    current = situation.residents.get(change.after.id, change.after)
    if change.before is None:
        return removal(current, on=day, reason=Reason.DELETION_BY_CANCELLATION)
    before: Resident = replace(
        change.before, version=current.version + 1, my_number=current.my_number
    )
    if target.kind is EventKind.DEPARTURE:
        before = replace(before, departure=None)
    return Change(before=current, after=before)


def _reason(delta: int) -> Reason:
    if delta > 0:
        return Reason.ENTRY_BY_CANCELLATION
    return Reason.DELETION_BY_CANCELLATION if delta < 0 else Reason.CANCELLED_CORRECTION
