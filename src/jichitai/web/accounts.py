"""Accounts: who may sign in at one tier, with what roles and for which body."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.kernel.errors import NotFoundError
from jichitai.web.rights import Kind, Principal, Role


class AccountState(StrEnum):
    """Whether an account may sign in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class NoSuchAccountError(NotFoundError):
    """アカウントなし: nobody has this id."""

    type = "web.no-such-account"
    title = "アカウントが見つかりません"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One person who may sign in.

    Attributes:
        account_id: opaque id; the only name of the account in logs and audit.
        kind: staff or resident.
        display: shown in the page header; for residents a neutral word, never the legal name.
        roles: what the person may do.
        municipality: 6-digit code, for staff of a town.
        prefecture: 2-digit code, for staff of a prefecture.
        organ_id: public body, for its officers.
        operator_id: operator number inside the body.
        person_id: surrogate of the resident at the nation tier.
        state: whether sign-in is possible.
        persona: synthetic person of a rehearsal, offered on the list of personas.
        about: one sentence for that list.
    """

    account_id: UUID
    kind: Kind
    display: str
    roles: frozenset[Role]
    municipality: str | None = None
    prefecture: str | None = None
    organ_id: str | None = None
    operator_id: str | None = None
    person_id: UUID | None = None
    state: AccountState = AccountState.ACTIVE
    persona: bool = False
    about: str = ""

    def principal(self) -> Principal:
        """The account as the one who asks."""
        return Principal(
            kind=self.kind,
            account_id=str(self.account_id),
            display=self.display,
            roles=self.roles,
            municipality=self.municipality,
            prefecture=self.prefecture,
            organ_id=self.organ_id,
            operator_id=self.operator_id,
            person_id=self.person_id,
        )

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """An account from a row of `COLUMNS`."""
        return cls(
            account_id=row[0],
            kind=Kind(row[1]),
            display=row[2],
            roles=frozenset(Role(role) for role in row[3]),
            municipality=row[4],
            prefecture=row[5],
            organ_id=row[6],
            operator_id=row[7],
            person_id=row[8],
            state=AccountState(row[9]),
            persona=row[10],
            about=row[11],
        )


COLUMNS: Final = (
    "account.account_id, account.kind, account.display, account.roles, account.municipality,"
    " account.prefecture, account.organ_id, account.operator_id, account.person_id,"
    " account.state, account.persona, account.about"
)
WIDTH: Final = 12

_SAVE = """
insert into web.account (account_id, kind, display, roles, municipality, prefecture, organ_id,
                         operator_id, person_id, state, persona, about)
values (%(account_id)s, %(kind)s, %(display)s, %(roles)s, %(municipality)s, %(prefecture)s,
        %(organ_id)s, %(operator_id)s, %(person_id)s, %(state)s, %(persona)s, %(about)s)
on conflict (account_id) do update
   set display = excluded.display, roles = excluded.roles, state = excluded.state,
       municipality = excluded.municipality, prefecture = excluded.prefecture,
       organ_id = excluded.organ_id, operator_id = excluded.operator_id,
       person_id = excluded.person_id, persona = excluded.persona, about = excluded.about
"""


async def save(tx: Tx, account: Account) -> None:
    """Add an account, or bring it up to date."""
    await tx.execute(
        _SAVE,
        {
            "account_id": account.account_id,
            "kind": str(account.kind),
            "display": account.display,
            "roles": sorted(str(role) for role in account.roles),
            "municipality": account.municipality,
            "prefecture": account.prefecture,
            "organ_id": account.organ_id,
            "operator_id": account.operator_id,
            "person_id": account.person_id,
            "state": str(account.state),
            "persona": account.persona,
            "about": account.about,
        },
    )


async def get(tx: Tx, account_id: UUID) -> Account:
    """One account.

    Raises:
        NoSuchAccountError: nobody has this id.
    """
    query = f"select {COLUMNS} from web.account as account where account_id = %s"
    row = await (await tx.execute(query, (account_id,))).fetchone()
    if row is None:
        raise NoSuchAccountError("この番号のアカウントはありません。一覧で番号を確かめてください。")
    return Account.of(row)


async def of_person(tx: Tx, person_id: UUID) -> Account | None:
    """The account of a resident, the oldest if there are several, or None."""
    query = (
        f"select {COLUMNS} from web.account as account"
        " where person_id = %s and kind = 'resident' order by created_at, account_id limit 1"
    )
    row = await (await tx.execute(query, (person_id,))).fetchone()
    return None if row is None else Account.of(row)


async def set_state(tx: Tx, account_id: UUID, state: AccountState) -> Account:
    """Suspend, close or open an account; its sessions end with it.

    Raises:
        NoSuchAccountError: nobody has this id.
    """
    account = await get(tx, account_id)
    await tx.execute(
        "update web.account set state = %s where account_id = %s", (str(state), account_id)
    )
    if state is not AccountState.ACTIVE:
        await tx.execute("delete from web.session where account_id = %s", (account_id,))
    return replace(account, state=state)


async def personas(tx: Tx) -> list[Account]:
    """The synthetic people of a rehearsal, staff first."""
    query = (
        f"select {COLUMNS} from web.account as account"
        " where persona and state = 'active'"
        " order by kind desc, municipality nulls first, prefecture nulls first, display"
    )
    return [Account.of(row) for row in await (await tx.execute(query)).fetchall()]
