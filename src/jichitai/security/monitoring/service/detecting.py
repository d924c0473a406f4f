"""検知: rules read what is new, and what they find becomes alerts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import anyio
import structlog

from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.security.monitoring.detection import SAMPLES, Detection, Run, look_back, run
from jichitai.security.monitoring.lake import Lake
from jichitai.security.monitoring.model.alerts import JOIN, Alert, AlertState, Suppression
from jichitai.security.monitoring.model.rules import Rule
from jichitai.security.monitoring.service.intake import Intake
from jichitai.security.monitoring.service.rulebook import RuleBook
from jichitai.security.monitoring.store import alerts, batches
from jichitai.security.monitoring.store.batches import LogFile

log = structlog.get_logger(__name__)

_FILES_AT_ONCE: Final = 400
_SYSTEM: Final = ("system", "自動処理")


@dataclass(frozen=True, slots=True)
class Detecting:
    """Runs the rules over new files."""

    intake: Intake
    rules: RuleBook

    @property
    def clock(self) -> Clock:
        """Law time."""
        return self.intake.clock

    async def scan_new(self) -> bool:
        """One round for each prefecture with new files; whether there may be more."""
        async with self.intake.database.transaction(read_only=True) as tx:
            prefectures = await batches.prefectures_unscanned(tx)
        for prefecture in prefectures:
            async with self.intake.database.transaction() as tx:
                await self.scan(tx, prefecture)
        return bool(prefectures)

    async def scan(self, tx: Tx, prefecture: str) -> int:
        """Let the rules read the new files of a prefecture; how many alerts are new."""
        new = await batches.unscanned(tx, prefecture, _FILES_AT_ONCE)
        rules = await self.rules.enabled(tx, prefecture)
        if not new:
            return 0
        back = look_back(rules)
        span = (
            min(file.first_time for file in new) - back,
            max(file.last_time for file in new) + back,
        )
        numbers = {file.file_no for file in new}
        old = [
            file
            for file in await batches.between(tx, prefecture, *span)
            if file.file_no not in numbers and file.scanned_at is not None
        ]
        lake = self.intake.lake(prefecture)
        found = await anyio.to_thread.run_sync(_run, lake, rules, new, old, span)
        if found.left_out:
            log.warning("detections-left-out", prefecture=prefecture, count=found.left_out)
        fresh = await self.record(tx, prefecture, found.detections)
        await batches.mark_scanned(tx, prefecture, sorted(numbers), self.clock.now())
        return fresh

    async def record(self, tx: Tx, prefecture: str, detections: Sequence[Detection]) -> int:
        """Make alerts of detections, or add them to open ones; how many are new."""
        suppressions = await alerts.suppressions(tx, prefecture)
        fresh = 0
        for detection in detections:
            known = await alerts.same(
                tx,
                prefecture,
                rule_id=detection.rule.id,
                body=detection.body,
                key=dict(detection.key),
                span=(detection.first, detection.last),
                join=JOIN,
            )
            if known is not None:
                await alerts.save(tx, joined(known, detection))
                continue
            alert = self._alert(prefecture, detection, suppressions)
            await alerts.insert(tx, alert)
            note = (
                "登録した抑制に当たるため、一覧に出していません"
                if alert.suppression_id
                else f"ルール「{alert.title}」が見つけました"
            )
            await alerts.add_step(
                tx, alert, at=alert.found_at, by=_SYSTEM, action="found", note=note
            )
            fresh += alert.state is AlertState.NEW
        return fresh

    def _alert(
        self, prefecture: str, detection: Detection, suppressions: Sequence[Suppression]
    ) -> Alert:
        rule, key = detection.rule, dict(detection.key)
        today = self.clock.today()
        covering = next(
            (one for one in suppressions if one.covers(rule.id, detection.body, key, today)),
            None,
        )
        return Alert(
            prefecture=prefecture,
            alert_id=uuid4(),
            rule_id=rule.id,
            rule_file=rule.file,
            title=rule.title,
            severity=rule.level,
            body=detection.body,
            area=detection.area,
            key=key,
            sample=dict(detection.sample),
            raw_ids=list(detection.raw_ids),
            first_seen=detection.first,
            last_seen=detection.last,
            events=detection.events,
            state=AlertState.SUPPRESSED if covering else AlertState.NEW,
            found_at=self.clock.now(),
            notified_at=None,
            incident="",
            suppression_id=covering.suppression_id if covering else None,
        )


def joined(alert: Alert, detection: Detection) -> Alert:
    """An open alert with further events of the same kind.

    A rule on single events counts each event once, as each file is read once. A course is seen again
    while its window is open, so that its larger count holds where the spans overlap.
    """
    apart = detection.first > alert.last_seen or detection.last < alert.first_seen
    add = apart or detection.rule.course is None
    events = alert.events + detection.events if add else max(alert.events, detection.events)
    raw_ids = list(dict.fromkeys([*alert.raw_ids, *detection.raw_ids]))[:SAMPLES]
    return replace(
        alert,
        first_seen=min(alert.first_seen, detection.first),
        last_seen=max(alert.last_seen, detection.last),
        events=events,
        raw_ids=raw_ids,
    )


def _run(
    lake: Lake,
    rules: Sequence[Rule],
    new: Sequence[LogFile],
    old: Sequence[LogFile],
    span: tuple[datetime, datetime],
) -> Run:
    """The rules over new files, with what lies shortly before and after; runs in a thread."""
    first, last = (f"timestamp '{time.astimezone(UTC).replace(tzinfo=None)}'" for time in span)
    with lake.connection() as connection:
        lake.read(connection, [file.path for file in new], name="new_events")
        lake.read(connection, [file.path for file in old], name="old_events")
        connection.execute(
            "create view events as select *, true as is_new from new_events union all"
            f" select *, false from old_events where time between {first} and {last}"
        )
        return run(connection, rules, fresh="is_new")
