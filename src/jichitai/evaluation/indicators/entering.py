"""Recording definitions, targets and values. Nothing is changed: each deed adds an edition."""

from typing import Final

import msgspec

from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.indicators import checks, service
from jichitai.evaluation.indicators.checks import Entry, Faults, NewTarget
from jichitai.evaluation.indicators.errors import (
    AlreadyEnteredError,
    CountedHereError,
    StaleValueError,
    UnknownPointError,
)
from jichitai.evaluation.indicators.model import Definition, Point, Target, day_label, goal_text
from jichitai.evaluation.indicators.store import entered
from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx

_ACTION: Final = "evaluation.indicator"


async def enter(tx: Tx, entry: Entry, *, by: Actor, clock: Clock) -> Point:
    """Record a value of a day that has none.

    Raises:
        UnknownIndicatorError: no such indicator.
        CountedHereError: it is counted from daily figures.
        AlreadyEnteredError: that day has a value; it is corrected, not entered again.
        FaultyEntryError: field by field what is wrong.
    """
    await entered.lock(tx, entry.indicator_id)
    definition = await service.definition_of(tx, entry.indicator_id, clock.now())
    _entered_by_hand(definition)
    others = await _series(tx, definition, clock)
    if any(one.as_of == entry.as_of for one in others):
        raise AlreadyEnteredError(
            f"{day_label(entry.as_of)}の実績値は既にあります。"
            "書き直すと前の報告を確かめられなくなるため、理由を添えて訂正してください。",
            indicator=entry.indicator_id,
            as_of=entry.as_of.isoformat(),
        )
    _refuse(checks.entry_faults(definition, entry, others, today=clock.today()))
    point = point_of(definition, entry, clock, edition=1, by=by)
    return await _kept(tx, point, by=by, what="enter")


async def correct(tx: Tx, entry: Entry, *, edition: int, by: Actor, clock: Clock) -> Point:
    """Record another edition of a value, with its reason; the one before stays.

    Args:
        tx: of the ministry.
        entry: the value as it should have been.
        edition: the number of the edition that the writer had before them.
        by: who records.
        clock: the law's.

    Raises:
        UnknownPointError: that day has no value.
        StaleValueError: somebody else was faster.
        FaultyEntryError: field by field what is wrong.
    """
    await entered.lock(tx, entry.indicator_id)
    definition = await service.definition_of(tx, entry.indicator_id, clock.now())
    _entered_by_hand(definition)
    series = await _series(tx, definition, clock)
    before = next((one for one in series if one.as_of == entry.as_of), None)
    if before is None:
        raise UnknownPointError(
            f"{day_label(entry.as_of)}の実績値はまだありません。訂正ではなく、新しく記録してください。"
        )
    if before.edition != edition:
        raise StaleValueError(
            f"この実績値は、開いた後に第{before.edition}版（{before.text}）が記録されました。"
            "新しい版を見てから、必要なら訂正し直してください。"
        )
    others = [one for one in series if one.as_of != entry.as_of]
    faults = checks.entry_faults(definition, entry, others, today=clock.today())
    _refuse([*checks.reason_faults(entry.reason, what="訂正"), *faults])
    point = point_of(definition, entry, clock, edition=edition + 1, by=by)
    if (point.value, point.text, point.numerator, point.denominator, point.source) == (
        before.value, before.text, before.numerator, before.denominator, before.source,
    ):  # fmt: skip
        _refuse([("value", "前の版と同じ値です。訂正する所がなければ、そのままにしてください。")])
    return await _kept(tx, point, by=by, what="correct")


async def set_target(
    tx: Tx, new: NewTarget, *, edition: int = 0, by: Actor, clock: Clock
) -> Target:
    """Record a target, or another edition of one, with its reason.

    Args:
        tx: of the ministry.
        new: the target.
        edition: the number of the edition that the writer had before them; 0 for none.
        by: who records.
        clock: the law's.

    Raises:
        StaleValueError: the target of that day has another edition by now.
        FaultyEntryError: field by field what is wrong.
    """
    await entered.lock(tx, new.indicator_id)
    now = clock.now()
    definition = await service.definition_of(tx, new.indicator_id, now)
    last = await entered.last_edition(tx, "target", new.indicator_id, definition.version, new.on)
    if last != edition:
        raise StaleValueError(
            f"{day_label(new.on)}を期限とする目標には、第{last}版があります。"
            "その版を開いて、理由を添えて改めてください。",
            edition=last,
        )
    values = (await service.points(tx, [new.indicator_id], now))[new.indicator_id]
    aims = (await service.targets(tx, [new.indicator_id], now)).get(new.indicator_id, [])
    aims = [one for one in aims if one.on != new.on and one.version == definition.version]
    values = [one for one in values if one.version == definition.version]
    faults = checks.target_faults(definition, new, values, aims)
    _refuse([*(checks.reason_faults(new.reason, what="目標を改める") if edition else []), *faults])
    target = Target(
        indicator_id=new.indicator_id,
        version=definition.version,
        value=new.value,
        text=new.words.strip() or goal_text(new.value),
        on=new.on,
        yearly=new.yearly,
        source=new.source.strip(),
        edition=edition + 1,
        reason=new.reason.strip() if edition else "",
        recorded_at=now,
        by=by.display,
    )
    if not await entered.add_targets(tx, [target], by):
        raise StaleValueError("同じ目標をほかの人が先に記録しました。開き直してください。")
    await audit.record(
        tx,
        by=by,
        action=f"{_ACTION}.target",
        subject=new.indicator_id,
        reason=target.reason or None,
        facts={"on": new.on.isoformat(), "edition": target.edition},
    )
    return target


async def define(
    tx: Tx, definition: Definition, *, new_series: bool, reason: str, by: Actor, clock: Clock
) -> Definition:
    """Record a definition: a new indicator, other words for a version, or a new version.

    Args:
        tx: of the ministry.
        definition: `version` and `edition` are those that the writer had before them; 1 and 0 for
            a new indicator.
        new_series: whether what is counted changes, so that a new series begins.
        reason: why; not asked of a new indicator.
        by: who records.
        clock: the law's.

    Raises:
        StaleValueError: somebody else was faster.
        FaultyEntryError: field by field what is wrong.
    """
    await entered.lock(tx, definition.indicator_id)
    now = clock.now()
    known = await service.definitions(tx, now)
    before = known.get(definition.indicator_id)
    if (
        (before.version, before.edition) != (definition.version, definition.edition)
        if before
        else (definition.edition != 0)
    ):
        raise StaleValueError(
            "この指標の定義には、開いた後に別の版が記録されました。新しい版を開いて、書き直してください。"
        )
    others = set(known) - {definition.indicator_id}
    faults = checks.definition_faults(definition, service.measures(), others)
    if before is not None:
        faults = [*checks.reason_faults(reason, what="定義を変える"), *faults]
    if before is not None and not new_series and _counts_otherwise(before, definition):
        text = "数えるもの（単位・分子・分母）を変えるときは、新しい系列にしてください。前の系列はそのまま残ります。"
        faults.append(("new_series", text))
    _refuse(faults)
    number = 1 if before is None else before.version + int(new_series)
    kept = msgspec.structs.replace(
        definition,
        version=number,
        edition=1 if before is None or new_series else before.edition + 1,
        reason=reason.strip() if before is not None else "",
        recorded_at=now,
        by=by.display,
    )
    if not await entered.add_definitions(tx, [kept], by):
        raise StaleValueError("同じ定義をほかの人が先に記録しました。開き直してください。")
    await audit.record(
        tx,
        by=by,
        action=f"{_ACTION}.define",
        subject=kept.indicator_id,
        reason=kept.reason or None,
        facts={"version": kept.version, "edition": kept.edition},
    )
    return kept


def _counts_otherwise(before: Definition, after: Definition) -> bool:
    return (before.unit, before.numerator, before.denominator) != (
        after.unit,
        after.numerator,
        after.denominator,
    )


def point_of(
    definition: Definition, entry: Entry, clock: Clock, *, edition: int, by: Actor
) -> Point:
    """An entry as it is kept."""
    value = checks.value_of(definition, entry)
    return Point(
        indicator_id=definition.indicator_id,
        version=definition.version,
        label=entry.label.strip() or day_label(entry.as_of),
        as_of=entry.as_of,
        dated=entry.dated,
        value=value,
        text=entry.words.strip() if value is None else definition.text_of(value),
        numerator=entry.numerator if definition.rate else None,
        denominator=(
            checks.denominator_of(definition, entry) if entry.numerator is not None else None
        ),
        source=entry.source.strip(),
        confidence=entry.confidence,
        edition=edition,
        recorded_at=clock.now(),
        reason=entry.reason.strip(),
        by=by.display,
    )


async def _series(tx: Tx, definition: Definition, clock: Clock) -> list[Point]:
    found = await entered.points(tx, [definition.indicator_id], clock.now())
    return [one for one in found if one.version == definition.version and one.holds]


async def _kept(tx: Tx, point: Point, *, by: Actor, what: str) -> Point:
    if not await entered.add_points(tx, [point], by):
        raise StaleValueError("同じ時点の値をほかの人が先に記録しました。開き直してください。")
    await audit.record(
        tx,
        by=by,
        action=f"{_ACTION}.{what}",
        subject=point.indicator_id,
        reason=point.reason or None,
        facts={"as_of": point.as_of.isoformat(), "edition": point.edition},
    )
    return point


def _entered_by_hand(definition: Definition) -> None:
    if definition.live:
        raise CountedHereError(
            f"「{definition.name}」は、届いた日次集計から計算しています。手で入れると二つの値が並びます。"
            "値が違うときは、元の記録を確かめるか、定義の新しい版を作ってください。"
        )


def _refuse(faults: Faults) -> None:
    if faults:
        raise FaultyEntryError(faults)
