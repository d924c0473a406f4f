"""Which roles reach the register's routes, and who acts behind them."""

from typing import Final

from jichitai.infra.audit import Actor
from jichitai.web.rights import Principal, Role

CLERKS: Final = frozenset({Role.CLERK, Role.APPROVER})
APPROVERS: Final = frozenset({Role.APPROVER})
READERS: Final = frozenset({Role.CLERK, Role.APPROVER, Role.TOWN_OPERATOR})


def actor(principal: Principal) -> Actor:
    """Who acts, for the service and the audit log."""
    return Actor("staff", principal.account_id, principal.display, frozenset(principal.roles))
