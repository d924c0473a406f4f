"""判断と通知: an analyst judges an alert, reads its evidence, and tells the body."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import anyio

from jichitai.infra import audit
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.kernel.parties import Party
from jichitai.security.messages import S03
from jichitai.security.monitoring.errors import (
    ReasonMissingError,
    SuppressionRefusedError,
    WrongStepError,
)
from jichitai.security.monitoring.lake import Lake
from jichitai.security.monitoring.model.alerts import (
    Alert,
    AlertState,
    Decision,
    Suppression,
    decided,
    decisions,
)
from jichitai.security.monitoring.model.rules import Severity
from jichitai.security.monitoring.model.targets import targets
from jichitai.security.monitoring.service.intake import Intake
from jichitai.security.monitoring.service.places import own_body
from jichitai.security.monitoring.service.rulebook import RuleBook
from jichitai.security.monitoring.store import alerts as store
from jichitai.security.monitoring.store import batches
from jichitai.web.rights import Principal

_LONGEST_SUPPRESSION: Final = timedelta(days=180)
_TELLABLE: Final = frozenset({AlertState.NEW, AlertState.WORKING, AlertState.NOTIFIED})
_AREAS: Final = {"MN": "mn", "LGWAN": "lgwan", "INT": "internet", "CLOUD": "cloud"}
"""Areas as the record of an incident names them."""
_HURRIED: Final = frozenset({Severity.HIGH, Severity.CRITICAL})


@dataclass(frozen=True, slots=True)
class Evidence:
    """One raw line behind an alert."""

    raw_id: int
    time: datetime
    source_id: str
    line: str


@dataclass(frozen=True, slots=True)
class Alerts:
    """Alerts of the prefectures of a node."""

    intake: Intake
    outbox: Outbox

    @property
    def clock(self) -> Clock:
        """Law time."""
        return self.intake.clock

    def notice_due(self, alert: Alert) -> datetime | None:
        """Until when the body should be told; only for high and critical alerts that wait."""
        if alert.severity not in _HURRIED or not alert.state.waits:
            return None
        return alert.found_at + targets(self.clock.today()).notice

    async def advice(self, tx: Tx, rules: RuleBook, alert: Alert) -> str:
        """What the rule advises, if the rule is still there."""
        for kept in await rules.all(tx, alert.prefecture):
            for rule in kept.file.rules:
                if rule.id == alert.rule_id:
                    return rule.advice
        return ""

    async def decide(
        self, tx: Tx, alert_id: UUID, decision: Decision, reason: str, *, by: Principal
    ) -> Alert:
        """Judge an alert.

        Raises:
            UnknownAlertError: there is none in the prefecture.
            WrongStepError: its state does not allow the decision.
            ReasonMissingError: the decision needs a reason.
        """
        alert = await store.get(tx, by.body_prefecture(), alert_id, lock=True)
        state = decided(alert.state, decision, reason)
        changed = replace(alert, state=state)
        await store.save(tx, changed)
        await self._step(tx, changed, by, decision.value, reason.strip() or decision.japanese)
        await audit.record(
            tx,
            by=by.actor,
            action="security.monitoring.alert.decide",
            subject=str(alert_id),
            reason=reason.strip() or None,
            facts={"state": state.value},
            at=self.clock.now(),
        )
        return changed

    async def notify(self, tx: Tx, alert_id: UUID, advice: str, *, by: Principal) -> Alert:
        """Tell the body of an alert (S03).

        Args:
            tx: the transaction.
            alert_id: the alert.
            advice: what the body should do, in the analyst's words.
            by: the analyst.

        Raises:
            UnknownAlertError: there is none in the prefecture.
            WrongStepError: it is settled, or the body is the prefecture itself.
            ReasonMissingError: the advice is empty.
        """
        alert = await store.get(tx, by.body_prefecture(), alert_id, lock=True)
        if alert.state not in _TELLABLE:
            raise WrongStepError(
                f"この検知は「{alert.state.japanese}」なので通知できません。確認に戻してから通知して"
                "ください。"
            )
        if alert.body == own_body(alert.prefecture):
            raise WrongStepError(
                "この検知は都道府県自身のものです。通知ではなく、事案として記録してください。"
            )
        if not advice.strip():
            raise ReasonMissingError(
                "団体への助言がありません。受け取った団体が何をすればよいかを書いてください。"
            )
        changed = replace(
            alert, state=AlertState.NOTIFIED, notified_at=alert.notified_at or self.clock.now()
        )
        await store.save(tx, changed)
        await self.outbox.send(
            tx,
            origin=Party.prefecture(alert.prefecture),
            to=Party.town(alert.body),
            kind="S03",
            version=1,
            body=self._message(changed, advice.strip()),
        )
        await self._step(tx, changed, by, "notify", advice.strip())
        await audit.record(
            tx,
            by=by.actor,
            action="security.monitoring.alert.notify",
            subject=str(alert_id),
            facts={"body": alert.body, "rule": alert.rule_id},
            at=self.clock.now(),
        )
        return changed

    def _message(self, alert: Alert, advice: str) -> S03:
        told = {**alert.sample, **alert.key}
        return S03(
            prefecture=alert.prefecture,
            body=alert.body,
            alert_id=alert.alert_id,
            rule_id=alert.rule_id[:80],
            rule_title=alert.title[:400],
            severity=alert.severity.value,
            area=_AREAS.get(alert.area, "unknown"),
            first_seen=alert.first_seen,
            last_seen=alert.last_seen,
            events=alert.events,
            context={name: value[:400] for name, value in list(told.items())[:30]},
            advice=advice[:8000],
            sent_at=self.clock.now(),
        )

    async def own(self, tx: Tx, alert_id: UUID, *, by: Principal) -> Alert:
        """An alert about the prefecture itself that may become an incident, locked.

        Raises:
            UnknownAlertError, WrongStepError: there is no such alert that waits.
        """
        alert = await store.get(tx, by.body_prefecture(), alert_id, lock=True)
        if not alert.state.waits or alert.body != own_body(alert.prefecture):
            raise WrongStepError(
                "都道府県自身の検知で、確認が済んでいないものだけを事案にできます。ほかの団体の検知は、"
                "その団体に通知してください。"
            )
        return alert

    async def became_incident(
        self, tx: Tx, alert_id: UUID, incident: str, *, by: Principal
    ) -> Alert:
        """Note that an alert about the prefecture itself was recorded as an incident.

        Raises:
            UnknownAlertError, WrongStepError: there is no such alert that waits.
        """
        alert = await self.own(tx, alert_id, by=by)
        changed = replace(alert, state=AlertState.INCIDENT, incident=incident)
        await store.save(tx, changed)
        await self._step(tx, changed, by, "incident", f"事案 {incident} として記録しました")
        await audit.record(
            tx,
            by=by.actor,
            action="security.monitoring.alert.incident",
            subject=str(alert_id),
            facts={"incident": incident},
            at=self.clock.now(),
        )
        return changed

    async def evidence(self, tx: Tx, alert_id: UUID, *, by: Principal) -> list[Evidence]:
        """Raw lines behind an alert. Reading them is recorded: they show what people did.

        Raises:
            UnknownAlertError: there is none in the prefecture.
        """
        alert = await store.get(tx, by.body_prefecture(), alert_id)
        files = await batches.between(tx, alert.prefecture, alert.first_seen, alert.last_seen)
        await audit.record(
            tx,
            by=by.actor,
            action="security.monitoring.alert.evidence",
            subject=str(alert_id),
            at=self.clock.now(),
        )
        lake = self.intake.lake(alert.prefecture)
        paths = [file.path for file in files]
        return await anyio.to_thread.run_sync(_lines, lake, paths, alert.raw_ids)

    async def suppress(
        self,
        tx: Tx,
        alert_id: UUID,
        *,
        field: str,
        all_bodies: bool,
        until: date,
        reason: str,
        by: Principal,
    ) -> Suppression:
        """Do not show alerts like this one until a day; the alert itself becomes 誤検知.

        Args:
            tx: the transaction.
            alert_id: an alert of the kind.
            field: which part of its key makes it harmless, e.g. src.
            all_bodies: for every body, not only for the alert's.
            until: last day; half a year ahead at most.
            reason: why it is harmless.
            by: the analyst.

        Raises:
            SuppressionRefusedError: no such field in the key, a day out of bounds, no reason.
        """
        prefecture = by.body_prefecture()
        alert = await store.get(tx, prefecture, alert_id, lock=True)
        today = self.clock.today()
        if field not in alert.key:
            raise SuppressionRefusedError(
                "抑制の条件にする項目を、この検知にある項目から選んでください。ルール全体を見えなく"
                "する抑制はできません。",
                field="field",
            )
        if not today <= until <= today + _LONGEST_SUPPRESSION:
            raise SuppressionRefusedError(
                "抑制の期限は、今日から180日以内の日にしてください。期限が来たら見直してください。",
                field="until",
            )
        if not reason.strip():
            raise SuppressionRefusedError(
                "理由がありません。なぜ害がないと言えるかを書いてください。", field="reason"
            )
        one = Suppression(
            suppression_id=uuid4(),
            rule_id=alert.rule_id,
            body=None if all_bodies else alert.body,
            field=field,
            value=alert.key[field],
            reason=reason.strip()[:1000],
            until=until,
            made_at=self.clock.now(),
            made_by=by.display,
            ended_at=None,
        )
        await store.suppress(tx, prefecture, one)
        await audit.record(
            tx,
            by=by.actor,
            action="security.monitoring.suppression.add",
            subject=str(one.suppression_id),
            reason=one.reason,
            facts={"rule": one.rule_id, "field": field, "until": until.isoformat()},
            at=one.made_at,
        )
        if Decision.FALSE in decisions(alert.state):
            await self.decide(tx, alert_id, Decision.FALSE, f"抑制を登録：{one.reason}", by=by)
        return one

    async def end_suppression(self, tx: Tx, suppression_id: UUID, *, by: Principal) -> None:
        """Show such alerts again from now on.

        Raises:
            SuppressionRefusedError: it has ended, or there is none.
        """
        ended = await store.end_suppression(
            tx, by.body_prefecture(), suppression_id, self.clock.now()
        )
        if not ended:
            raise SuppressionRefusedError(
                "この抑制はないか、もう終わっています。一覧を読み込み直してください。", field=""
            )
        await audit.record(
            tx,
            by=by.actor,
            action="security.monitoring.suppression.end",
            subject=str(suppression_id),
            at=self.clock.now(),
        )

    async def _step(self, tx: Tx, alert: Alert, by: Principal, action: str, note: str) -> None:
        await store.add_step(
            tx,
            alert,
            at=self.clock.now(),
            by=(by.account_id, by.display),
            action=action,
            note=note[:4000],
        )


def _lines(lake: Lake, paths: Sequence[str], raw_ids: Sequence[int]) -> list[Evidence]:
    """Raw lines by number; runs in a thread."""
    with lake.connection() as connection:
        lake.read(connection, paths)
        rows = connection.execute(
            "select raw_id, time, source_id, left(raw, 2000) from events"
            " where raw_id = any($1::bigint[]) order by time, raw_id",
            [list(raw_ids)],
        ).fetchall()
    return [Evidence(*row) for row in rows]
