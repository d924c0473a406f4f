"""The register of risks: assessed, treated, accepted by another, closed."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.security.checks.errors import CheckFormError, NotYourPartError, WrongStepError
from jichitai.security.checks.model.risks import (
    Assessed,
    RiskState,
    check_acceptance,
    check_assessed,
)
from jichitai.security.checks.store import registers
from jichitai.security.checks.store.registers import RiskRow
from jichitai.security.checks.store.rounds import next_number
from jichitai.security.errors import StaleEditError, UnknownDocumentError
from jichitai.security.guideline import service as guideline


class Risks:
    """The register of risks of a body."""

    def __init__(self, clock: Clock) -> None:
        """Take law time."""
        self._clock = clock

    async def enter(self, tx: Tx, body: str, risk: Assessed, *, by: Actor) -> UUID:
        """Enter a risk.

        Raises:
            CheckFormError: a field does not hold.
        """
        check_assessed(risk, self._clock.today())
        risk_id = uuid4()
        await registers.insert(
            tx,
            "risk",
            {
                "municipality": body,
                "risk_id": risk_id,
                "number": await next_number(tx, body, "risk"),
                "state": RiskState.OPEN,
                **_values(risk, await self._items(tx, risk.items)),
                **self._by(by),
            },
        )
        await self._tell(tx, body, risk_id, by, "enter", _said(risk))
        return risk_id

    async def assess(
        self, tx: Tx, body: str, risk_id: UUID, risk: Assessed, *, version: int, by: Actor
    ) -> None:
        """Assess a risk anew; an accepted one is open again.

        Raises:
            UnknownDocumentError, StaleEditError, CheckFormError.
            WrongStepError: it is closed.
        """
        row = await self._known(tx, body, risk_id)
        if row.stands is RiskState.CLOSED:
            raise WrongStepError("このリスクは終了しています。新しいリスクとして登録してください。")
        if row.version != version:
            raise StaleEditError(
                "このリスクは、ほかの人が先に評価し直しました。今の内容を見て直してください。"
            )
        check_assessed(risk, self._clock.today())
        await registers.change(
            tx,
            "risk",
            body,
            risk_id,
            state=RiskState.OPEN,
            version=version + 1,
            decided_by=None,
            decided_by_name=None,
            decided_at=None,
            **_values(risk, await self._items(tx, risk.items)),
            **self._by(by),
        )
        await self._tell(tx, body, risk_id, by, "assess", _said(risk))

    async def accept(self, tx: Tx, body: str, risk_id: UUID, *, note: str, by: Actor) -> None:
        """Accept a risk as it is; never one's own assessment.

        Raises:
            UnknownDocumentError, WrongStepError, OwnDecisionError, CheckFormError.
            NotYourPartError: auditors accept nothing.

        Source: ガイドライン 対策基準 1(8).
        """
        if not by.roles & {"security-officer", "policy-adopter"}:
            raise NotYourPartError(
                "リスクの受容は、CISOの権限を持つ人が決めます。監査人は決めません（監査の独立のため）。"
            )
        row = await self._known(tx, body, risk_id)
        check_acceptance(row.stands, assessed_by=row.assessed_by, by=by.id, note=note)
        await self._decide(tx, body, row, RiskState.ACCEPTED, note, by)

    async def close(self, tx: Tx, body: str, risk_id: UUID, *, note: str, by: Actor) -> None:
        """Close a risk that is there no longer.

        Raises:
            UnknownDocumentError, WrongStepError, CheckFormError.
        """
        row = await self._known(tx, body, risk_id)
        if row.stands is RiskState.CLOSED:
            raise WrongStepError("このリスクは終了しています。")
        if not note.strip():
            raise CheckFormError.of(
                {"note": "終える理由がありません。なぜ起こらなくなったかを入力してください。"}
            )
        await self._decide(tx, body, row, RiskState.CLOSED, note, by)

    async def _decide(
        self, tx: Tx, body: str, row: RiskRow, state: RiskState, note: str, by: Actor
    ) -> None:
        await registers.change(
            tx,
            "risk",
            body,
            row.risk_id,
            state=state,
            version=row.version + 1,
            decided_by=by.id,
            decided_by_name=by.display,
            decided_at=self._clock.now(),
            note=note.strip()[:2_000],
        )
        await self._tell(tx, body, row.risk_id, by, state.value, note)

    async def _items(self, tx: Tx, items: Sequence[str]) -> list[str]:
        catalogue = await guideline.current(tx, on=self._clock.today())
        if any(item not in catalogue for item in items):
            raise CheckFormError.of(
                {"items": "ガイドラインにない項目が選ばれています。一覧から選び直してください。"}
            )
        return [catalogue.item(item).id for item in dict.fromkeys(items)]

    async def _known(self, tx: Tx, body: str, risk_id: UUID) -> RiskRow:
        row = await registers.risk(tx, body, risk_id, lock=True)
        if row is None:
            raise UnknownDocumentError(
                "この団体に、そのリスクはありません。一覧から開き直してください。"
            )
        return row

    def _by(self, by: Actor) -> dict[str, object]:
        return {
            "assessed_by": by.id,
            "assessed_by_name": by.display,
            "assessed_at": self._clock.now(),
        }

    async def _tell(
        self, tx: Tx, body: str, risk_id: UUID, by: Actor, what: str, note: str
    ) -> None:
        await registers.tell(
            tx,
            body,
            risk_id,
            at=self._clock.now(),
            by_id=by.id,
            by_name=by.display,
            what=what,
            note=note.strip()[:2_000],
        )
        decided = what in (RiskState.ACCEPTED, RiskState.CLOSED)
        await audit.record(
            tx,
            by=by,
            action="security.risk.decide" if decided else "security.risk.assess",
            subject=str(risk_id),
            reason=(note.strip() or None) if decided else None,
            facts={"what": what},
        )


def _values(risk: Assessed, items: list[str]) -> dict[str, object]:
    return {
        "asset": risk.asset.strip(),
        "system_id": risk.system_id,
        "threat": risk.threat.strip(),
        "weakness": risk.weakness.strip(),
        "likelihood": risk.likelihood,
        "impact": risk.impact,
        "treatment": risk.treatment,
        "plan": risk.plan.strip(),
        "owner": risk.owner.strip(),
        "residual_likelihood": risk.residual_likelihood,
        "residual_impact": risk.residual_impact,
        "review_on": risk.review_on,
        "items": items,
    }


def _said(risk: Assessed) -> str:
    after = "" if risk.residual is None else f"、対応後 {risk.residual.japanese}"
    return (
        f"起こりやすさ{risk.likelihood}・影響{risk.impact}（{risk.grade.japanese}）"
        f"、{risk.treatment.japanese}{after}"
    )
