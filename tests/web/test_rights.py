"""Who may call a route, and that no route can forget to say it."""

from typing import Any

import pytest
from litestar import get
from litestar.exceptions import ImproperlyConfiguredException
from litestar.params import FromPath

from jichitai.infra.settings import Settings
from jichitai.kernel.errors import UnauthenticatedError
from jichitai.kernel.parties import Tier
from jichitai.web import rights
from jichitai.web.app import create_app
from jichitai.web.rights import ANONYMOUS, PUBLIC, Kind, Principal, Role


def principal(*roles: Role, **changes: Any) -> Principal:
    values: dict[str, Any] = {
        "kind": Kind.STAFF,
        "account_id": "a",
        "display": "x",
        "roles": frozenset(roles),
    }
    return Principal(**(values | changes))


@pytest.mark.parametrize("who", [ANONYMOUS, principal(Role.CLERK)])
def test_a_public_route_is_open_to_everybody(who: Principal) -> None:
    rights.require(who, PUBLIC)


def test_a_route_of_clerks_sends_nobody_to_sign_in_and_refuses_others() -> None:
    route = frozenset({"clerk"})
    rights.require(principal(Role.CLERK, Role.APPROVER), route)
    with pytest.raises(UnauthenticatedError):
        rights.require(ANONYMOUS, route)
    with pytest.raises(rights.WrongRoleError) as refusal:
        rights.require(principal(Role.RESIDENT), route)
    assert "窓口担当者" in refusal.value.detail
    assert refusal.value.facts == {"roles": ["clerk"]}


def test_scope_is_asked_for_and_refused_when_the_account_has_none() -> None:
    assert principal(municipality="011002").town() == "011002"
    for ask in ("town", "body_prefecture", "organ", "person"):
        with pytest.raises(rights.WrongScopeError):
            getattr(principal(Role.CLERK), ask)()


def test_the_actor_of_the_audit_log_is_the_opaque_account() -> None:
    actor = principal(Role.CLERK).actor
    assert (actor.kind, actor.id, actor.roles) == ("staff", "a", frozenset({"clerk"}))


@pytest.mark.parametrize(
    "opt", [{}, {"roles": []}, {"roles": frozenset()}, {"roles": frozenset({"king"})}]
)
def test_an_application_with_a_route_that_names_no_known_role_does_not_start(
    opt: dict[str, Any],
) -> None:
    @get("/forgotten", opt=opt, sync_to_thread=False)
    def forgotten() -> str:
        return "open to all by mistake"

    with pytest.raises(ImproperlyConfiguredException, match=r"roles|king"):
        create_app(Tier.TOWN, Settings(tier=Tier.TOWN), controllers=[forgotten])


def test_the_table_of_rights_lists_every_route_with_its_roles() -> None:
    @get("/residents/{name:str}", opt={"roles": frozenset({"clerk", "approver"})})
    async def resident(name: FromPath[str]) -> str:
        return name

    app = create_app(Tier.TOWN, Settings(tier=Tier.TOWN), controllers=[resident])
    rows = {(row.method, row.path): row for row in rights.table(app)}
    assert rows["GET", "/residents/{name}"].roles == ("approver", "clerk")
    assert rows["GET", "/healthz"].public
    assert not any("/openapi/" in path or path == "/{path}" for _, path in rows)


@pytest.mark.parametrize(
    ("demo", "rehearsal", "offered"),
    [(True, True, True), (True, False, False), (False, True, False)],
)
def test_personas_have_routes_only_in_a_rehearsal_that_the_settings_allow(
    *, demo: bool, rehearsal: bool, offered: bool
) -> None:
    app = create_app(Tier.TOWN, Settings(tier=Tier.TOWN, demo=demo), rehearsal=rehearsal)
    paths = {row.path for row in rights.table(app)}
    assert ("/sign-in/personas" in paths) is offered


def test_only_the_nation_gives_tokens() -> None:
    for tier in Tier:
        paths = {row.path for row in rights.table(create_app(tier, Settings(tier=tier)))}
        assert ("/oauth/token" in paths) is (tier is Tier.NATION)
