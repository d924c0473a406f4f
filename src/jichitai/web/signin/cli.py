"""Operators' commands for accounts and for programs of public bodies.

They run on the node itself, with its settings; whoever may read the node's database password may
use them, and each leaves a row in the audit log.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import click
import msgspec

from jichitai.infra import audit
from jichitai.infra.database import Tx, enter_town
from jichitai.infra.operators import TIER, run, shell_user
from jichitai.kernel.parties import Tier
from jichitai.web import accounts
from jichitai.web.accounts import Account, AccountState
from jichitai.web.oauth import model, store
from jichitai.web.oauth import service as programs
from jichitai.web.oauth.model import Client, ClientState
from jichitai.web.rights import PEOPLE, Kind, Role
from jichitai.web.sessions import instant
from jichitai.web.signin import service

_ROLES: Final = click.Choice(sorted(str(role) for role in PEOPLE - {Role.RESIDENT}))


@click.group()
def account() -> None:
    """職員のアカウントを作り、登録コードを渡し、止めます。"""


@account.command("add")
@click.option("--tier", type=TIER, required=True, help="どの階層のアカウントか")
@click.option("--display", required=True, help="画面の上に出る名前")
@click.option("--role", "roles", type=_ROLES, multiple=True, required=True, help="役割（複数可）")
@click.option("--municipality", help="所属する市区町村（6桁）")
@click.option("--prefecture", help="所属する都道府県（2桁）")
@click.option("--organ", help="所属する利用機関")
@click.option("--operator", help="操作者番号")
def add_account(
    tier: str,
    display: str,
    roles: tuple[str, ...],
    municipality: str | None,
    prefecture: str | None,
    organ: str | None,
    operator: str | None,
) -> None:
    """アカウントを作り、その番号を標準出力に書きます。"""
    made = Account(
        account_id=uuid4(),
        kind=Kind.STAFF,
        display=display,
        roles=frozenset(Role(role) for role in roles),
        municipality=municipality,
        prefecture=prefecture,
        organ_id=organ,
        operator_id=operator,
    )

    async def work(tx: Tx) -> None:
        await accounts.save(tx, made)
        await _enter(tx, made)
        await audit.record(
            tx,
            by=shell_user(),
            action="web.account.save",
            subject=str(made.account_id),
            facts={"roles": sorted(roles)},
        )

    run(tier, work)
    click.echo(made.account_id)


@account.command("invite")
@click.argument("account_id", type=click.UUID)
@click.option("--tier", type=TIER, required=True, help="どの階層のアカウントか")
@click.option("--hours", type=click.IntRange(1, 168), default=24, help="コードの有効時間")
def invite_account(account_id: UUID, tier: str, hours: int) -> None:
    """パスキーの登録コードを作り、標準出力に一度だけ書きます。本人に直接渡してください。"""

    async def work(tx: Tx) -> str:
        await _enter(tx, await accounts.get(tx, account_id))
        return await service.invite(
            tx, account_id, by=shell_user(), lifetime=timedelta(hours=hours)
        )

    click.echo(run(tier, work))
    click.echo(f"このコードは1回だけ、{hours}時間以内に使えます。", err=True)


@account.command("state")
@click.argument("account_id", type=click.UUID)
@click.argument("state", type=click.Choice([str(state) for state in AccountState]))
@click.option("--tier", type=TIER, required=True, help="どの階層のアカウントか")
@click.option("--reason", required=True, help="監査の記録に残す理由")
def change_account(account_id: UUID, state: str, tier: str, reason: str) -> None:
    """アカウントを止める、閉じる、再び使えるようにします。開いている画面もすぐに閉じます。"""

    async def work(tx: Tx) -> None:
        await _enter(tx, await accounts.get(tx, account_id))
        await service.set_account_state(
            tx, account_id, AccountState(state), by=shell_user(), reason=reason
        )

    run(tier, work)


async def _enter(tx: Tx, found: Account) -> None:
    if found.municipality is not None:
        await enter_town(tx, found.municipality)


@click.group()
def client() -> None:
    """利用機関のシステム（OAuth 2.0 クライアント）を登録し、止めます。全国の階層で使います。"""


@client.command("add")
@click.argument("client_id")
@click.argument("jwks", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organ", required=True, help="利用機関")
@click.option("--display", required=True, help="運用担当者に見える名前")
@click.option("--scope", "scopes", type=click.Choice(model.SCOPES), multiple=True)
@click.option("--days", type=click.IntRange(1, 1096), default=365, help="登録の有効日数")
def add_client(
    client_id: str, jwks: Path, organ: str, display: str, scopes: tuple[str, ...], days: int
) -> None:
    """公開鍵のファイル JWKS でシステムを登録します。同じ名前なら鍵と範囲を置き換えます。"""
    try:
        document: dict[str, Any] = msgspec.json.decode(jwks.read_bytes(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise click.BadParameter("JWKS を JSON として読めません。") from error
    made = Client(
        client_id=client_id,
        organ_id=organ,
        display=display,
        jwks=document,
        scopes=frozenset(scopes or model.SCOPES),
        state=ClientState.ACTIVE,
        not_after=instant() + timedelta(days=days),
    )
    run(str(Tier.NATION), lambda tx: programs.register(tx, made, by=shell_user()))


@client.command("state")
@click.argument("client_id")
@click.argument("state", type=click.Choice([str(state) for state in ClientState]))
@click.option("--reason", required=True, help="監査の記録に残す理由")
def change_client(client_id: str, state: str, reason: str) -> None:
    """システムを止める、閉じる、再び使えるようにします。数秒でトークンも使えなくなります。"""

    async def work(tx: Tx) -> None:
        await programs.set_state(tx, client_id, ClientState(state), by=shell_user(), reason=reason)

    run(str(Tier.NATION), work)


@client.command("list")
def list_clients() -> None:
    """登録されたシステムを一覧にします。"""
    for found in run(str(Tier.NATION), store.everyone):
        end = f"{found.not_after:%Y-%m-%d}"
        click.echo(f"{found.client_id}\t{found.organ_id}\t{found.state}\t{end}\t{found.display}")


COMMANDS: Final = (account, client)
