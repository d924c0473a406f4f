"""Who looks at the guideline, for whom, and in which rows."""

from dataclasses import dataclass
from typing import Final

from jichitai.security.access import ANALYST, INSIDE, MINISTRY, OFFICER, SUPERVISOR, body_code
from jichitai.security.guideline.service import OFFICE
from jichitai.web.rights import Principal, Role

READERS: Final = INSIDE | SUPERVISOR | ANALYST | MINISTRY
"""Everybody who works with the guideline at a body, a prefecture or the ministry."""

WRITERS: Final = OFFICER | MINISTRY
"""Who takes catalogues in from files."""


@dataclass(frozen=True, slots=True)
class Office:
    """The office that an account works for.

    Attributes:
        code: code of the body, or `OFFICE` for the ministry.
        town: whose rows the transaction sees; None at the ministry.
    """

    code: str
    town: str | None

    @property
    def ministry(self) -> bool:
        """Whether it is the ministry."""
        return self.town is None


def office_of(principal: Principal) -> Office:
    """The office of an account.

    Raises:
        WrongScopeError: the account belongs to none.
    """
    if (
        Role.MINISTRY_OFFICER in principal.roles
        and principal.municipality is None
        and principal.prefecture is None
    ):
        return Office(OFFICE, None)
    code = body_code(principal)
    return Office(code, code)
