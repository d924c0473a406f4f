"""Rights: who asks, and which routes they may call.

Every route names its roles in `opt={"roles": frozenset({...})}`, or is `PUBLIC`. The application
does not start when one route forgets, and one function, `require`, decides for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.routes import HTTPRoute

from jichitai.infra.audit import Actor
from jichitai.kernel.errors import ForbiddenError, UnauthenticatedError

T = TypeVar("T")


class Role(StrEnum):
    """役割: what a person or program may do in one tier."""

    CLERK = "clerk"
    APPROVER = "approver"
    TOWN_OPERATOR = "town-operator"
    PREFECTURE_OPERATOR = "prefecture-operator"
    NETWORK_OPERATOR = "network-operator"
    ORGAN_OFFICER = "organ-officer"
    ORGAN_CLIENT = "organ-client"
    LOG_AUDITOR = "log-auditor"
    RESIDENT = "resident"
    MINISTRY_OFFICER = "ministry-officer"
    SECURITY_OFFICER = "security-officer"
    POLICY_ADOPTER = "policy-adopter"
    SECURITY_AUDITOR = "security-auditor"
    SECURITY_SUPERVISOR = "security-supervisor"
    SOC_ANALYST = "soc-analyst"
    STANDARDISATION_OFFICER = "standardisation-officer"
    STANDARDISATION_SUPERVISOR = "standardisation-supervisor"
    EVALUATION_OFFICER = "evaluation-officer"
    EVALUATION_APPROVER = "evaluation-approver"
    EVALUATION_EXPERT = "evaluation-expert"
    ANONYMOUS = "anonymous"


class Kind(StrEnum):
    """What stands behind a request."""

    STAFF = "staff"
    RESIDENT = "resident"
    CLIENT = "client"
    ANONYMOUS = "anonymous"


PUBLIC: Final = frozenset({Role.ANONYMOUS})
"""Roles of a route that anybody may call, signed in or not."""

PEOPLE: Final = frozenset(set(Role) - {Role.ANONYMOUS, Role.ORGAN_CLIENT})
"""Roles of a route for everybody who has signed in, of whatever role."""

_JAPANESE: Final[Mapping[Role, str]] = {
    Role.CLERK: "窓口担当者",
    Role.APPROVER: "審査担当者",
    Role.TOWN_OPERATOR: "市区町村の運用担当者",
    Role.PREFECTURE_OPERATOR: "都道府県の運用担当者",
    Role.NETWORK_OPERATOR: "全国ネットワークの運用担当者",
    Role.ORGAN_OFFICER: "利用機関の操作者",
    Role.ORGAN_CLIENT: "利用機関のシステム",
    Role.LOG_AUDITOR: "記録の監査担当者",
    Role.RESIDENT: "住民本人",
    Role.MINISTRY_OFFICER: "府省の担当者",
    Role.SECURITY_OFFICER: "情報セキュリティ担当者",
    Role.POLICY_ADOPTER: "方針の決裁者",
    Role.SECURITY_AUDITOR: "情報セキュリティ監査人",
    Role.SECURITY_SUPERVISOR: "都道府県の市区町村支援担当者",
    Role.SOC_ANALYST: "セキュリティクラウドの監視担当者",
    Role.STANDARDISATION_OFFICER: "システム標準化の担当者",
    Role.STANDARDISATION_SUPERVISOR: "都道府県のシステム標準化支援担当者",
    Role.EVALUATION_OFFICER: "政策評価の担当者",
    Role.EVALUATION_APPROVER: "政策評価の決裁者",
    Role.EVALUATION_EXPERT: "政策評価の学識経験者",
    Role.ANONYMOUS: "だれでも",
}


class WrongRoleError(ForbiddenError):
    """役割不足: the account exists, but its roles do not reach this route."""

    type = "web.wrong-role"
    title = "この操作の権限がありません"


class WrongScopeError(ForbiddenError):
    """所属なし: the account belongs to no body of the kind that this route works for."""

    type = "web.wrong-scope"
    title = "所属が登録されていません"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: one signed-in person, one organ's program, or nobody.

    Attributes:
        kind: person of staff, resident, program or anonymous.
        account_id: opaque id, fit for audit; empty when anonymous.
        display: name of the account for the page header; never a resident's legal name.
        roles: all roles of the account.
        municipality: 6-digit code of the town that the account works for.
        prefecture: 2-digit code of the prefecture that the account works for.
        organ_id: public body (利用機関) that the account works for.
        operator_id: operator number (操作者番号) inside that body.
        person_id: the resident's own surrogate at the nation tier.
        scopes: what a program's access token is good for.
    """

    kind: Kind
    account_id: str
    display: str
    roles: frozenset[Role]
    municipality: str | None = None
    prefecture: str | None = None
    organ_id: str | None = None
    operator_id: str | None = None
    person_id: UUID | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def actor(self) -> Actor:
        """The same, as the audit log wants it."""
        return Actor(str(self.kind), self.account_id, self.display, frozenset(map(str, self.roles)))

    @property
    def signed_in(self) -> bool:
        """Whether anybody stands behind the request."""
        return self.kind is not Kind.ANONYMOUS

    def town(self) -> str:
        """The municipality that this account works for.

        Raises:
            WrongScopeError: the account belongs to no municipality.
        """
        return _scoped(self.municipality, "市区町村")

    def body_prefecture(self) -> str:
        """The prefecture that this account works for.

        Raises:
            WrongScopeError: the account belongs to no prefecture.
        """
        return _scoped(self.prefecture, "都道府県")

    def organ(self) -> str:
        """The public body that this account works for.

        Raises:
            WrongScopeError: the account belongs to no public body.
        """
        return _scoped(self.organ_id, "利用機関")

    def person(self) -> UUID:
        """The resident who asks about themselves.

        Raises:
            WrongScopeError: the account is not a resident's.
        """
        return _scoped(self.person_id, "住民")


def _scoped(value: T | None, body: str) -> T:
    if value is None:
        raise WrongScopeError(
            f"このアカウントには{body}の所属が登録されていません。"
            "そのため、どこの記録を扱うか決められません。管理者に所属の登録を依頼してください。"
        )
    return value


ANONYMOUS: Final = Principal(
    kind=Kind.ANONYMOUS, account_id="", display="", roles=frozenset({Role.ANONYMOUS})
)


def require(principal: Principal, roles: frozenset[str]) -> None:
    """Let the request pass, or refuse it: the one guard of all routes.

    Args:
        principal: who asks.
        roles: the route's `opt["roles"]`.

    Raises:
        UnauthenticatedError: nobody is signed in.
        WrongRoleError: the roles of the account do not reach the route.
    """
    if roles is PUBLIC or Role.ANONYMOUS in roles or principal.roles & roles:
        return
    if not principal.signed_in:
        raise UnauthenticatedError(
            "サインインしていないため、この画面・機能は使えません。サインインしてからやり直してください。"
        )
    allowed = "、".join(_JAPANESE[Role(role)] for role in sorted(roles))
    raise WrongRoleError(
        f"この機能を使えるのは{allowed}です。今のアカウントにはその役割がありません。"
        "業務に必要なときは、管理者に役割の追加を依頼してください。",
        roles=sorted(roles),
    )


def roles_of(handler: BaseRouteHandler) -> frozenset[str]:
    """The roles that a registered route declares.

    Raises:
        ImproperlyConfiguredException: none are declared, or one is unknown.
    """
    roles = handler.opt.get("roles")
    if not isinstance(roles, frozenset) or not roles:
        raise ImproperlyConfiguredException(
            f'{handler} must declare opt={{"roles": frozenset({{...}})}} or PUBLIC'
        )
    unknown = sorted(str(role) for role in roles if role not in set(Role))
    if unknown:
        raise ImproperlyConfiguredException(f"{handler} names unknown roles: {', '.join(unknown)}")
    return roles


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RouteRights:
    """One row of the table of rights: a method and path, and who may call it."""

    path: str
    method: str
    roles: tuple[str, ...]
    name: str

    @property
    def public(self) -> bool:
        """Whether anybody may call it."""
        return Role.ANONYMOUS in self.roles


def table(app: Litestar) -> tuple[RouteRights, ...]:
    """All routes of an application with their roles, sorted by path and method.

    Raises:
        ImproperlyConfiguredException: a route declares no roles.
    """
    return tuple(sorted(set(_rows(app))))


def _rows(app: Litestar) -> Iterator[RouteRights]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            raise ImproperlyConfiguredException(
                f"{route.path} is not an HTTP route; only those are guarded"
            )
        for handler in route.route_handlers:
            yield from _handler_rows(route, handler)


def _handler_rows(route: HTTPRoute, handler: HTTPRouteHandler) -> Iterable[RouteRights]:
    if getattr(handler.fn, "__name__", "") == "options_handler":
        return
    roles = tuple(sorted(str(role) for role in roles_of(handler)))
    for method in sorted(handler.http_methods):
        yield RouteRights(
            path=route.path_format, method=str(method), roles=roles, name=handler.handler_name
        )


def provide_principal(request: ASGIConnection[Any, Any, Any, Any]) -> Principal:
    """The dependency `principal` of all handlers."""
    user = request.scope.get("user")
    return user if isinstance(user, Principal) else ANONYMOUS
