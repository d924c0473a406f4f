"""A policy on its way: shortcuts that the tests of the workshop share."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.security.organs import Organ
from jichitai.security.policy.service import deciding, opening, publishing
from jichitai.security.policy.service.deciding import Decision, Meeting
from jichitai.security.policy.service.desk import Desk, version_of
from jichitai.security.policy.service.publishing import Press
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.store.clauses import Key
from jichitai.security.policy.store.policies import PolicyRow, VersionRow
from tests.conftest import TOWN

OFFICER = Actor("staff", "11111111-1111-4111-8111-111111111111", "担当 一子")
OTHER = Actor("staff", "22222222-2222-4222-8222-222222222222", "担当 二郎")
ADOPTER = Actor("staff", "33333333-3333-4333-8333-333333333333", "決裁 三奈")
ORGANS = (Organ.ASSEMBLY, Organ.HEAD)


@dataclass(frozen=True, slots=True)
class Workshop:
    """One body's desk, with its transaction."""

    desk: Desk
    tx: Tx
    press: Press
    code: str = TOWN

    @classmethod
    def of(cls, tx: Tx, clock: Clock, outbox: Outbox, folder: Path, code: str = TOWN) -> "Workshop":
        press = Press("https://policy.example", folder, rehearsal=True)
        return cls(Desk(clock, outbox), tx, press, code)

    @property
    def today(self) -> date:
        return self.desk.clock.today()

    async def opened(self, *organs: Organ, **answers: object) -> PolicyRow:
        """A policy with answers and a draft."""
        policy = await opening.open_policy(
            self.desk, self.tx, self.code, by=OFFICER, organs=organs or ORGANS
        )
        if answers:
            await opening.answer(
                self.desk, self.tx, self.code, policy.policy_id, answers, edition=None, by=OFFICER
            )
        await opening.draft(self.desk, self.tx, self.code, policy.policy_id, by=OFFICER)
        return await self.policy(policy.policy_id)

    async def policy(self, policy_id: UUID) -> PolicyRow:
        found = await store.policy(self.tx, self.code, policy_id)
        assert found is not None
        return found

    def place(self, policy: PolicyRow, version: int = 1) -> Key:
        return (self.code, policy.policy_id, version)

    async def laid(self, policy: PolicyRow, version: int = 1) -> VersionRow:
        """Passed by the committee."""
        place = self.place(policy, version)
        await deciding.submit(self.desk, self.tx, place, by=OFFICER)
        meeting = Meeting(number="委-1", held_on=self.today, approved=True)
        return await deciding.committee(self.desk, self.tx, place, meeting, by=OFFICER)

    async def adopt(self, place: Key, organ: Organ, **changes: object) -> VersionRow:
        row = await version_of(self.tx, *place)
        values = {
            "number": f"{organ}-1",
            "decided_on": self.today,
            "document_hash": row.document_hash or "",
        } | changes
        decision = Decision(**values)  # type: ignore[arg-type]
        return await deciding.adopt(self.desk, self.tx, place, organ, decision, by=ADOPTER)

    async def adopted(self, policy: PolicyRow, version: int = 1) -> VersionRow:
        row = await self.laid(policy, version)
        for organ in row.adopters:
            row = await self.adopt(self.place(policy, version), organ)
        return row

    async def published(self, policy: PolicyRow, version: int = 1) -> VersionRow:
        await self.adopted(policy, version)
        place = self.place(policy, version)
        return await publishing.publish(self.desk, self.press, self.tx, place, by=OFFICER)

    async def turned(self) -> None:
        """What the day brings."""
        for due in await store.turning(self.tx, self.today):
            await publishing.turn(self.desk, self.tx, due)


def later(day: date, days: int) -> date:
    return day + timedelta(days=days)
