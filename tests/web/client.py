"""Clients of an application in process: nobody, a signed-in person, an organ's program."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
from litestar import Litestar

from jichitai.infra.database import Database
from jichitai.kernel.parties import Tier
from jichitai.web import accounts, csrf, sessions
from jichitai.web.accounts import Account
from jichitai.web.rights import Kind, Role

ORIGIN = "http://127.0.0.1:8100"
HTML = {"accept": "text/html,application/xhtml+xml"}


@asynccontextmanager
async def browser(
    app: Litestar, *, html: bool = False, origin: str = ORIGIN
) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a session; with `html` it asks for pages as browsers do."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    headers = HTML if html else {"accept": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url=origin, headers=headers) as client:
        yield client


def account(*roles: Role, kind: Kind = Kind.STAFF, **changes: Any) -> Account:
    """An account with defaults."""
    values: dict[str, Any] = {
        "account_id": uuid4(),
        "kind": kind,
        "display": "窓口 一郎",
        "roles": frozenset(roles or (Role.CLERK,)),
    }
    return Account(**(values | changes))


async def save(db: Database, *people: Account, tier: Tier) -> None:
    """Keep accounts."""
    async with db.transaction(all_towns=tier is Tier.TOWN) as tx:
        for person in people:
            await accounts.save(tx, person)


@asynccontextmanager
async def signed_in(
    app: Litestar,
    roles: Iterable[Role] | None = None,
    *,
    html: bool = False,
    municipality: str | None = None,
    prefecture: str | None = None,
    organ_id: str | None = None,
    operator_id: str | None = None,
    person_id: UUID | None = None,
    kind: Kind = Kind.STAFF,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose person has a session; changing requests carry the CSRF token."""
    person = account(
        *(roles or (Role.CLERK,)),
        kind=kind,
        municipality=municipality,
        prefecture=prefecture,
        organ_id=organ_id,
        operator_id=operator_id,
        person_id=person_id,
    )
    state = app.state
    db: Database = state.db
    async with db.transaction(all_towns=state.tier is Tier.TOWN) as tx:
        await accounts.save(tx, person)
        token = await sessions.open_session(tx, person, method="persona")
    async with browser(app, html=html, origin=state.settings.origin) as client:
        client.cookies.set(state.cookies.session, token)
        client.headers[csrf.HEADER] = csrf.token_for(token)
        yield client


def form_token(page: str) -> str:
    """The CSRF token that a page prints into its forms."""
    found = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert found is not None, "the page has no form"
    return found[1]
