"""Exceptions (例外措置): applied for, decided by another, ended."""

from datetime import date
from uuid import UUID, uuid4

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.security.checks.errors import CheckFormError, NotYourPartError, WrongStepError
from jichitai.security.checks.model.exceptions import (
    Application,
    Permission,
    check_application,
    check_decision,
)
from jichitai.security.checks.store import registers
from jichitai.security.checks.store.registers import ExceptionRow
from jichitai.security.checks.store.rounds import next_number
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.guideline import service as guideline


class Exceptions:
    """The register of exceptions of a body."""

    def __init__(self, clock: Clock) -> None:
        """Take law time."""
        self._clock = clock

    async def apply(self, tx: Tx, body: str, application: Application, *, by: Actor) -> UUID:
        """Apply for an exception.

        Raises:
            CheckFormError: a field does not hold.

        Source: ガイドライン 対策基準 7.4(1), 7.4(3).
        """
        today = self._clock.today()
        check_application(application, today)
        catalogue = await guideline.current(tx, on=today)
        unknown = [item for item in application.items if item not in catalogue]
        if unknown:
            raise CheckFormError.of(
                {"items": "ガイドラインにない項目が選ばれています。一覧から選び直してください。"}
            )
        exception_id = uuid4()
        await registers.insert(
            tx,
            "exception",
            {
                "municipality": body,
                "exception_id": exception_id,
                "number": await next_number(tx, body, "exception"),
                "title": application.title.strip(),
                "items": [catalogue.item(item).id for item in dict.fromkeys(application.items)],
                "target_key": application.target_ref,
                "target_name": application.target_name,
                "reason": application.reason.strip(),
                "risk": application.risk.strip(),
                "compensating": application.compensating.strip(),
                "until": application.until,
                "emergency": application.emergency,
                "correction_id": application.correction_id,
                "state": Permission.APPLIED,
                "applied_by": by.id,
                "applied_by_name": by.display,
                "applied_at": self._clock.now(),
            },
        )
        await self._tell(tx, body, exception_id, by, "apply", "")
        return exception_id

    async def decide(
        self, tx: Tx, body: str, exception_id: UUID, *, approved: bool, note: str, by: Actor
    ) -> None:
        """Permit or refuse an exception; never one's own.

        Raises:
            UnknownDocumentError, WrongStepError, OwnDecisionError, CheckFormError.
            NotYourPartError: auditors look at permissions and give none.

        Source: ガイドライン 対策基準 1(8), 7.4(1), 9.1(2).
        """
        _require_decider(by)
        row = await self._known(tx, body, exception_id)
        check_decision(
            row.permission, applicant=row.applied_by, by=by.id, approved=approved, note=note
        )
        if approved and row.until < self._clock.today():
            raise WrongStepError(
                "申請された期間が終わっています。許可できません。必要なら新しく申請してください。"
            )
        state = Permission.APPROVED if approved else Permission.REFUSED
        await registers.change(
            tx,
            "exception",
            body,
            exception_id,
            state=state,
            decided_by=by.id,
            decided_by_name=by.display,
            decided_at=self._clock.now(),
            note=note.strip()[:2_000],
        )
        await self._tell(tx, body, exception_id, by, state.value, note)

    async def end(self, tx: Tx, body: str, exception_id: UUID, *, note: str, by: Actor) -> None:
        """End an exception before its day: the standard is kept again.

        Raises:
            UnknownDocumentError, WrongStepError, CheckFormError.
        """
        row = await self._known(tx, body, exception_id)
        if row.permission is not Permission.APPROVED:
            raise WrongStepError(
                f"この例外措置は「{row.permission.japanese}」です。終えられるのは許可されたものだけです。"
            )
        if not note.strip():
            raise CheckFormError.of(
                {
                    "note": "終える理由がありません。基準をどう守れるようになったかを入力してください。"
                }
            )
        today: date = self._clock.today()
        await registers.change(
            tx, "exception", body, exception_id, state=Permission.ENDED, until=min(row.until, today)
        )
        await self._tell(tx, body, exception_id, by, Permission.ENDED.value, note)

    async def _known(self, tx: Tx, body: str, exception_id: UUID) -> ExceptionRow:
        row = await registers.exception(tx, body, exception_id, lock=True)
        if row is None:
            raise UnknownDocumentError(
                "この団体に、その例外措置はありません。一覧から開き直してください。"
            )
        return row

    async def _tell(
        self, tx: Tx, body: str, exception_id: UUID, by: Actor, what: str, note: str
    ) -> None:
        await registers.tell(
            tx,
            body,
            exception_id,
            at=self._clock.now(),
            by_id=by.id,
            by_name=by.display,
            what=what,
            note=note.strip()[:2_000],
        )
        action = "apply" if what == "apply" else "decide"
        await audit.record(
            tx,
            by=by,
            action=f"security.exception.{action}",
            subject=str(exception_id),
            reason=note.strip() or None,
            facts={"what": what},
        )


def _require_decider(by: Actor) -> None:
    if not by.roles & {"security-officer", "policy-adopter"}:
        raise NotYourPartError(
            "例外措置の許可は、CISOの権限を持つ人が行います。監査人は許可しません（監査の独立のため）。"
        )
