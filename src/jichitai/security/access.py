"""Who works for which body: the bridge between an account and the body's own records."""

from typing import Final

from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, BodyKind, body, prefecture_body
from jichitai.kernel.errors import ForbiddenError
from jichitai.security.organs import Organ
from jichitai.web.rights import Principal, Role

OFFICER: Final = frozenset({Role.SECURITY_OFFICER})
"""Write the body's own documents."""

INSIDE: Final = frozenset({Role.SECURITY_OFFICER, Role.POLICY_ADOPTER, Role.SECURITY_AUDITOR})
"""Read the body's own documents, unpublished ones included."""

EMPLOYEE: Final = frozenset(
    {
        Role.CLERK,
        Role.APPROVER,
        Role.TOWN_OPERATOR,
        Role.PREFECTURE_OPERATOR,
        Role.SECURITY_SUPERVISOR,
        Role.SOC_ANALYST,
        Role.STANDARDISATION_OFFICER,
        Role.STANDARDISATION_SUPERVISOR,
        *INSIDE,
    }
)
"""Everybody of a body's staff: whoever notices an incident may report it."""

SUPERVISOR: Final = frozenset({Role.SECURITY_SUPERVISOR})
"""At a prefecture: see what its members handed in; keep the cloud's register; apply for subsidy."""

ANALYST: Final = frozenset({Role.SOC_ANALYST})
"""At a prefecture: logs, rules, alerts, notices to members."""

MINISTRY: Final = frozenset({Role.MINISTRY_OFFICER})


class NoOrganError(ForbiddenError):
    """The account decides for no organ."""

    type = "security.no-organ"
    title = "決裁する機関が登録されていません"


def body_code(principal: Principal) -> str:
    """The code of the body that the account works for: its town, or its prefecture as a body.

    Raises:
        WrongScopeError: the account belongs to no body.
    """
    if principal.prefecture is not None and principal.municipality is None:
        return prefecture_body(principal.prefecture).code
    return principal.town()


def organ_of(principal: Principal) -> Organ:
    """The organ that the account adopts policies for (its `organ_id`, such as `education`).

    Raises:
        NoOrganError: none is registered.
    """
    try:
        return Organ(principal.organ_id or "")
    except ValueError:
        raise NoOrganError(
            "このアカウントには、方針を決裁する機関（議会・長・教育委員会など）が登録されていません。"
            "管理者に登録を依頼してください。"
        ) from None


class _JointRow:
    def __init__(self, name: str, kind: str, members: list[str]) -> None:
        self.name, self.kind, self.members = name, kind, members


async def own_body(tx: Tx, code: str) -> Body:
    """The body with this code: one of the 1,788, or a joint body that is registered here.

    Raises:
        UnknownMunicipalityError: neither.
    """
    cursor = tx.cursor(row_factory=class_row(_JointRow))
    query = "select name, kind, members from security.joint_body where municipality = %s"
    row = await (await cursor.execute(query, (code,))).fetchone()
    if row is None:
        return body(code)
    return Body.joint(code, kind=BodyKind(row.kind), name=row.name, members=tuple(row.members))
