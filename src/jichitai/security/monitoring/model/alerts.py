"""検知: an alert from a rule until it is settled.

new -> working -> notified -> incident | closed
 |        |-> false | closed
 '-> suppressed (by a suppression that was registered before)
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from jichitai.security.monitoring.errors import ReasonMissingError, WrongStepError
from jichitai.security.monitoring.model.rules import Severity


class AlertState(StrEnum):
    """状態."""

    NEW = "new"
    WORKING = "working"
    NOTIFIED = "notified"
    INCIDENT = "incident"
    FALSE = "false"
    CLOSED = "closed"
    SUPPRESSED = "suppressed"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return _STATES[self]

    @property
    def open(self) -> bool:
        """Whether further events of the same kind join this alert."""
        return self not in {AlertState.FALSE, AlertState.CLOSED}

    @property
    def waits(self) -> bool:
        """Whether an analyst has to judge it."""
        return self in {AlertState.NEW, AlertState.WORKING}


_STATES: Final = {
    AlertState.NEW: "未確認",
    AlertState.WORKING: "確認中",
    AlertState.NOTIFIED: "団体に通知済み",
    AlertState.INCIDENT: "事案化",
    AlertState.FALSE: "誤検知",
    AlertState.CLOSED: "完了",
    AlertState.SUPPRESSED: "抑制",
}


class Decision(StrEnum):
    """判断: what an analyst may do with an alert."""

    TAKE = "take"
    FALSE = "false"
    CLOSE = "close"
    REOPEN = "reopen"

    @property
    def japanese(self) -> str:
        """The words on buttons."""
        return _DECISIONS[self]


_DECISIONS: Final = {
    Decision.TAKE: "確認を始める",
    Decision.FALSE: "誤検知とする",
    Decision.CLOSE: "完了とする",
    Decision.REOPEN: "確認に戻す",
}
_NEXT: Final[dict[Decision, tuple[frozenset[AlertState], AlertState]]] = {
    Decision.TAKE: (frozenset({AlertState.NEW}), AlertState.WORKING),
    Decision.FALSE: (
        frozenset({AlertState.NEW, AlertState.WORKING, AlertState.NOTIFIED}),
        AlertState.FALSE,
    ),
    Decision.CLOSE: (
        frozenset({AlertState.WORKING, AlertState.NOTIFIED, AlertState.INCIDENT}),
        AlertState.CLOSED,
    ),
    Decision.REOPEN: (
        frozenset({AlertState.FALSE, AlertState.CLOSED, AlertState.SUPPRESSED}),
        AlertState.WORKING,
    ),
}
_REASONED: Final = frozenset({Decision.FALSE, Decision.CLOSE, Decision.REOPEN})
JOIN: Final = timedelta(hours=24)
"""Events of the same rule, body and key join an alert that is open and this close. Our choice."""


def decided(state: AlertState, decision: Decision, reason: str) -> AlertState:
    """The state after a decision.

    Raises:
        WrongStepError: the state does not allow it.
        ReasonMissingError: the decision needs a reason.

    >>> decided(AlertState.NEW, Decision.TAKE, "")
    <AlertState.WORKING: 'working'>

    Source: our own procedure for the security cloud's operation.
    """
    before, after = _NEXT[decision]
    if state not in before:
        raise WrongStepError(
            f"この検知は「{state.japanese}」なので、「{decision.japanese}」の操作はできません。"
            "最新の状態を確かめてください。"
        )
    if decision in _REASONED and not reason.strip():
        raise ReasonMissingError(
            "理由がありません。あとから確かめられるように記録します。判断の理由を書いてください。"
        )
    return after


def decisions(state: AlertState) -> list[Decision]:
    """What may be decided in a state.

    Source: our own procedure for the security cloud's operation.
    """
    return [one for one, (before, _) in _NEXT.items() if state in before]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert as it stands."""

    prefecture: str
    alert_id: UUID
    rule_id: str
    rule_file: str
    title: str
    severity: Severity
    body: str
    area: str
    key: dict[str, str]
    sample: dict[str, str]
    raw_ids: list[int]
    first_seen: datetime
    last_seen: datetime
    events: int
    state: AlertState
    found_at: datetime
    notified_at: datetime | None
    incident: str
    suppression_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What somebody did with an alert."""

    step_no: int
    at: datetime
    by_id: str
    by_name: str
    action: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """抑制: what is known to be harmless is not shown again, until a day."""

    suppression_id: UUID
    rule_id: str
    body: str | None
    field: str
    value: str
    reason: str
    until: date
    made_at: datetime
    made_by: str
    ended_at: datetime | None

    def covers(self, rule_id: str, body: str, key: dict[str, str], on: date) -> bool:
        """Whether an alert falls under it on a day."""
        return (
            self.ended_at is None
            and on <= self.until
            and rule_id == self.rule_id
            and self.body in (None, body)
            and key.get(self.field, "") == self.value
        )
