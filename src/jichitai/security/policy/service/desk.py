"""What every use case stands on: the clock, the outbox, and the rows it locks first."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.policy.model.states import State, expect
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.store.policies import PolicyRow, VersionRow

LARGEST_VERSION: Final = 10_000


@dataclass(frozen=True, slots=True)
class Desk:
    """The clock of the law, and where messages leave."""

    clock: Clock
    outbox: Outbox

    async def step(
        self,
        tx: Tx,
        row: VersionRow,
        verb: str,
        *,
        by: Actor,
        organ: str = "",
        reference: str = "",
        reason: str = "",
        hash_: str = "",
    ) -> None:
        """Write down what happened, in the policy's own history and in the audit log."""
        await store.add_step(
            tx,
            row.municipality,
            row.policy_id,
            {
                "version": row.version,
                "verb": verb,
                "at": self.clock.now(),
                "actor_id": by.id,
                "organ": organ,
                "reference": reference,
                "reason": reason,
                "hash": hash_,
            },
        )
        await audit.record(
            tx,
            by=by,
            action=f"security.policy.{verb}",
            subject=str(row.policy_id),
            reason=reason or None,
            facts={"version": row.version, "organ": organ, "reference": reference},
        )


async def policy_of(tx: Tx, body: str, policy_id: UUID, *, lock: bool = False) -> PolicyRow:
    """A policy of the body.

    Raises:
        UnknownDocumentError: the body has none with this id.
    """
    found = await store.policy(tx, body, policy_id, lock=lock)
    if found is None:
        raise UnknownDocumentError(
            "この団体に、この方針はありません。方針の一覧から開き直してください。"
        )
    return found


async def version_of(
    tx: Tx, body: str, policy_id: UUID, number: int, *, lock: bool = False
) -> VersionRow:
    """A version of a policy of the body.

    Raises:
        UnknownDocumentError: the body has none with this number.
    """
    known = 0 < number < LARGEST_VERSION
    found = await store.version(tx, body, policy_id, number, lock=lock) if known else None
    if found is None:
        raise UnknownDocumentError(
            "この方針に、この版はありません。方針のページから版を選び直してください。"
        )
    return found


async def version_at(
    tx: Tx, body: str, policy_id: UUID, number: int, *allowed: State
) -> VersionRow:
    """A version, locked, at one of the steps that a deed is for.

    Raises:
        UnknownDocumentError: there is none.
        WrongStepError: it stands elsewhere.
    """
    found = await version_of(tx, body, policy_id, number, lock=True)
    expect(found.step, *allowed)
    return found
