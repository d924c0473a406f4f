"""Who oversees: the ministry, or one prefecture, which sees its members only."""

from dataclasses import dataclass

from jichitai.correspondence.service.place import MINISTRY_KEY
from jichitai.correspondence.service.place import Overseer as AnyOverseer
from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.kernel.municipalities import prefecture
from jichitai.security.obligations.model import Denominator
from jichitai.security.oversight.store import reports
from jichitai.web.rights import Principal, Role


@dataclass(frozen=True)
class Overseer(AnyOverseer):
    """見守る側: who watches over the policies of bodies, joint bodies included."""

    @property
    def name(self) -> str:
        """Its name at the foot of letters."""
        if self.ministry:
            return "総務省 自治行政局 サイバーセキュリティ対策担当"
        return f"{prefecture(self.key).prefecture} 市区町村支援担当"

    @property
    def denominators(self) -> tuple[Denominator, ...]:
        """The denominators that its rates stand on, the published one first."""
        if self.ministry:
            return (
                Denominator.ALL_1788,
                Denominator.PREFECTURES,
                Denominator.MUNICIPALITIES,
                Denominator.JOINT,
                Denominator.ORGAN_PAIRS,
            )
        return (Denominator.MUNICIPALITIES, Denominator.JOINT, Denominator.ORGAN_PAIRS)

    async def bodies(self, tx: Tx) -> tuple[Body, ...]:
        """All bodies that it oversees, registered joint bodies included, by code."""
        joint = await reports.joint_bodies(tx, None if self.ministry else self.key)
        return tuple(sorted((*self.fixed, *joint), key=lambda one: one.code))


def overseer_of(principal: Principal) -> Overseer:
    """Whom the account oversees for.

    Raises:
        WrongScopeError: the account belongs to no prefecture.
    """
    if Role.MINISTRY_OFFICER in principal.roles:
        return Overseer(MINISTRY_KEY)
    return Overseer(principal.body_prefecture())
