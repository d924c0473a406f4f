"""Alerts, what was done with them, and suppressions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg.rows import RowMaker, class_row
from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx
from jichitai.security.monitoring.errors import UnknownAlertError
from jichitai.security.monitoring.model.alerts import Alert, AlertState, Step, Suppression
from jichitai.security.monitoring.model.rules import Severity

_ALERT: Final = (
    "prefecture, alert_id, rule_id, rule_file, title, severity, body, area, key, sample, raw_ids,"
    " first_seen, last_seen, events, state, found_at, notified_at, incident, suppression_id"
)
_SUPPRESSION: Final = (
    "suppression_id, rule_id, body, field, value, reason, until, made_at, made_by, ended_at"
)


def _alert(cursor: Any) -> RowMaker[Alert]:
    names = [column.name for column in cursor.description or ()]

    def make(values: Sequence[Any]) -> Alert:
        row = dict(zip(names, values, strict=True))
        row["severity"], row["state"] = Severity(row["severity"]), AlertState(row["state"])
        return Alert(**row)

    return make


async def insert(tx: Tx, alert: Alert) -> None:
    """A new alert."""
    values = asdict(alert) | {"key": Jsonb(alert.key), "sample": Jsonb(alert.sample)}
    names = _ALERT.split(", ")
    await tx.execute(
        f"insert into security.monitoring_alert ({_ALERT})"
        f" values ({', '.join(f'%({name.strip()})s' for name in names)})",
        values,
    )


async def same(
    tx: Tx,
    prefecture: str,
    *,
    rule_id: str,
    body: str,
    key: Mapping[str, str],
    span: tuple[datetime, datetime],
    join: timedelta,
) -> Alert | None:
    """An open alert of the same rule, body and key near a span of time, locked."""
    cursor = tx.cursor(row_factory=_alert)
    await cursor.execute(
        f"select {_ALERT} from security.monitoring_alert"
        " where prefecture = %s and rule_id = %s and body = %s and key = %s"
        " and state not in ('false', 'closed') and first_seen <= %s and last_seen >= %s"
        " order by last_seen desc limit 1 for update",
        (prefecture, rule_id, body, Jsonb(dict(key)), span[1] + join, span[0] - join),
    )
    return await cursor.fetchone()


async def save(tx: Tx, alert: Alert) -> None:
    """Keep what may change of an alert."""
    await tx.execute(
        "update security.monitoring_alert set first_seen = %s, last_seen = %s, events = %s,"
        " raw_ids = %s, severity = %s, state = %s, notified_at = %s, incident = %s,"
        " suppression_id = %s where prefecture = %s and alert_id = %s",
        (
            alert.first_seen,
            alert.last_seen,
            alert.events,
            alert.raw_ids,
            alert.severity,
            alert.state,
            alert.notified_at,
            alert.incident,
            alert.suppression_id,
            alert.prefecture,
            alert.alert_id,
        ),
    )


async def get(tx: Tx, prefecture: str, alert_id: UUID, *, lock: bool = False) -> Alert:
    """One alert.

    Raises:
        UnknownAlertError: there is none in this prefecture.
    """
    cursor = tx.cursor(row_factory=_alert)
    await cursor.execute(
        f"select {_ALERT} from security.monitoring_alert"
        f" where prefecture = %s and alert_id = %s{' for update' if lock else ''}",
        (prefecture, alert_id),
    )
    found = await cursor.fetchone()
    if found is None:
        raise UnknownAlertError("この番号の検知はありません。検知の一覧から選び直してください。")
    return found


async def listed(
    tx: Tx,
    prefecture: str,
    *,
    states: Sequence[AlertState] = (),
    body: str | None = None,
    rule_id: str | None = None,
    before: datetime | None = None,
    most: int = 50,
) -> list[Alert]:
    """Alerts, those found last first."""
    cursor = tx.cursor(row_factory=_alert)
    await cursor.execute(
        f"select {_ALERT} from security.monitoring_alert where prefecture = %s"
        " and (%s::text[] is null or state = any(%s)) and (%s::text is null or body = %s)"
        " and (%s::text is null or rule_id = %s) and (%s::timestamptz is null or found_at < %s)"
        " order by found_at desc, alert_id limit %s",
        (
            prefecture,
            *((list(states) or None,) * 2),
            *((body,) * 2),
            *((rule_id,) * 2),
            *((before,) * 2),
            most,
        ),
    )
    return await cursor.fetchall()


async def counts(tx: Tx, prefecture: str) -> dict[AlertState, int]:
    """Alerts by state."""
    cursor = await tx.execute(
        "select state, count(*) from security.monitoring_alert where prefecture = %s group by state",
        (prefecture,),
    )
    return {AlertState(row[0]): row[1] for row in await cursor.fetchall()}


async def rule_counts(tx: Tx, prefecture: str, since: datetime) -> dict[str, tuple[int, int]]:
    """Alerts of each rule file since a time: all, and those judged false."""
    cursor = await tx.execute(
        "select rule_file, count(*), count(*) filter (where state = 'false')"
        " from security.monitoring_alert where prefecture = %s and found_at >= %s"
        " group by rule_file",
        (prefecture, since),
    )
    return {row[0]: (row[1], row[2]) for row in await cursor.fetchall()}


async def add_step(
    tx: Tx, alert: Alert, *, at: datetime, by: tuple[str, str], action: str, note: str
) -> None:
    """Write down what was done with an alert, whose row is locked."""
    await tx.execute(
        "insert into security.monitoring_step"
        " (prefecture, alert_id, step_no, at, by_id, by_name, action, note)"
        " select %s, %s, 1 + count(*), %s, %s, %s, %s, %s from security.monitoring_step"
        "  where prefecture = %s and alert_id = %s",
        (
            alert.prefecture,
            alert.alert_id,
            at,
            *by,
            action,
            note,
            alert.prefecture,
            alert.alert_id,
        ),
    )


async def steps(tx: Tx, alert: Alert) -> list[Step]:
    """What was done with an alert, in order."""
    cursor = tx.cursor(row_factory=class_row(Step))
    await cursor.execute(
        "select step_no, at, by_id, by_name, action, note from security.monitoring_step"
        " where prefecture = %s and alert_id = %s order by step_no",
        (alert.prefecture, alert.alert_id),
    )
    return await cursor.fetchall()


async def suppress(tx: Tx, prefecture: str, one: Suppression) -> None:
    """A new suppression."""
    await tx.execute(
        f"insert into security.monitoring_suppression (prefecture, {_SUPPRESSION})"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            prefecture,
            one.suppression_id,
            one.rule_id,
            one.body,
            one.field,
            one.value,
            one.reason,
            one.until,
            one.made_at,
            one.made_by,
            one.ended_at,
        ),
    )


async def suppressions(tx: Tx, prefecture: str) -> list[Suppression]:
    """All suppressions, the newest first."""
    cursor = tx.cursor(row_factory=class_row(Suppression))
    await cursor.execute(
        f"select {_SUPPRESSION} from security.monitoring_suppression where prefecture = %s"
        " order by made_at desc",
        (prefecture,),
    )
    return await cursor.fetchall()


async def end_suppression(tx: Tx, prefecture: str, id_: UUID, at: datetime) -> bool:
    """End a suppression; whether there was one that had not ended."""
    cursor = await tx.execute(
        "update security.monitoring_suppression set ended_at = %s"
        " where prefecture = %s and suppression_id = %s and ended_at is null",
        (at, prefecture, id_),
    )
    return cursor.rowcount > 0
