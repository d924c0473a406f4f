"""Operators' commands for relying parties: `jichitai rp …`, on the nation's node."""

from pathlib import Path
from typing import Any, Final

import click
import msgspec

from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.infra.operators import run, shell_user, with_database
from jichitai.infra.settings import Settings
from jichitai.jpki.signin import parties, registration
from jichitai.jpki.signin.parties import Fault, PartyState, Rehearsal, RelyingParty
from jichitai.jpki.signin.registration import Registration
from jichitai.jpki.signin.service import keys as signing_keys
from jichitai.jpki.signin.service import registry
from jichitai.jpki.signin.store import parties as store
from jichitai.jpki.signin.views import ending_rows
from jichitai.kernel.parties import Tier
from jichitai.web.sessions import instant

_NATION: Final = str(Tier.NATION)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_DAYS: Final = click.IntRange(1, 1096)


@click.group()
def rp() -> None:
    """カードでのサインインの相手先を登録し、試験し、止めます。全国の階層で使います。"""


@rp.command("add")
@click.argument("document", type=_FILE)
@click.option("--days", type=_DAYS, default=365, help="登録の有効日数")
def add(document: Path, days: int) -> None:
    """登録票 DOCUMENT（JSON）で相手先を登録します。初めは接続試験中です。

    同じ client_id なら、登録の内容と鍵を置き換えます。利用中の相手先は利用中のままです。
    """
    try:
        made = msgspec.json.decode(document.read_bytes(), type=Registration)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise click.BadParameter(
            f"登録票を読めません（{error}）。docs/how-to/let-people-sign-in.md の例と比べてください。"
        ) from error

    async def work(tx: Tx) -> RelyingParty:
        return await registry.register(tx, made, days=days, now=instant(), by=shell_user())

    party = run(_NATION, work)
    click.echo(f"{party.client_id}\t{party.state.japanese}\tセクター {party.sector}")


@rp.command("list")
def list_parties() -> None:
    """登録された相手先を一覧にします。"""
    for party in run(_NATION, store.everyone):
        end = f"{party.not_after:%Y-%m-%d}"
        click.echo(
            f"{party.client_id}\t{party.state}\t{end}\t{party.organisation}\t{party.display}"
        )


@rp.command("keys")
@click.argument("client_id")
@click.argument("jwks", type=_FILE)
@click.option(
    "--days",
    type=_DAYS,
    default=registration.KEY_DAYS,
    help="鍵の有効日数（x5c があればその期限まで）",
)
def renew_keys(client_id: str, jwks: Path, days: int) -> None:
    """相手先の公開鍵を JWKS のものに置き換えます。切れ目なく替えるには、新旧の鍵を並べます。"""
    try:
        document: dict[str, Any] = msgspec.json.decode(jwks.read_bytes(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise click.BadParameter("JWKS を JSON として読めません。") from error
    now = instant()
    made = registration.party_keys(document, now=now, days=days)
    run(_NATION, lambda tx: registry.renew_keys(tx, client_id, made, now=now, by=shell_user()))


@rp.command("extend")
@click.argument("client_id")
@click.option("--days", type=_DAYS, default=365, help="今日からの有効日数")
@click.option("--reason", required=True, help="監査の記録に残す理由")
def extend(client_id: str, days: int, reason: str) -> None:
    """登録の期限を延ばします。"""
    now = instant()
    run(
        _NATION,
        lambda tx: registry.extend(
            tx, client_id, days=days, now=now, by=shell_user(), reason=reason
        ),
    )


@rp.command("state")
@click.argument("client_id")
@click.argument("state", type=click.Choice([str(state) for state in PartyState]))
@click.option("--reason", required=True, help="監査の記録に残す理由")
def change_state(client_id: str, state: str, reason: str) -> None:
    """相手先の利用を始める（open）、止める、閉じる、接続試験に戻す。

    接続試験で確かめていないことが残っていると、利用を始められません。
    """
    now = instant()
    run(
        _NATION,
        lambda tx: registry.set_state(
            tx, client_id, PartyState(state), now=now, by=shell_user(), reason=reason
        ),
    )


@rp.command("rehearse")
@click.argument("client_id")
@click.option(
    "--fault",
    type=click.Choice([*map(str, Fault), "none"]),
    help="次のIDトークンに入れる誤り。相手先が断ることを確かめます",
)
def rehearse(client_id: str, fault: str | None) -> None:
    """接続試験の進み具合を示し、次に試す誤りを決めます。残りがあれば終了状態は1です。"""

    async def work(tx: Tx) -> Rehearsal:
        party = await registry.known(tx, client_id)
        if fault is not None:
            planned = None if fault == "none" else Fault(fault)
            await registry.plan_fault(tx, client_id, planned, by=shell_user())
        return await registry.rehearsal(tx, party)

    progress = run(_NATION, work)
    for step in parties.Step:
        click.echo(f"{'済み' if step in progress.seen else 'まだ'}\t{step.japanese}")
    for one in Fault:
        word = "済み" if one in progress.refused else "まだ"
        word = "受け入れてしまった" if one in progress.fell_for else word
        click.echo(f"{word}\t{one.japanese}を断る")
    if progress.missing:
        click.get_current_context().exit(1)


@rp.command("warnings")
def warnings() -> None:
    """90日以内に切れる登録と鍵を一覧にします。あれば終了状態は1です（監視に使えます）。"""
    found = run(_NATION, store.everyone)
    rows = ending_rows(parties.endings(found, instant()), found)
    for row in rows:
        click.echo(
            f"{row.status.word}\t{row.until:%Y-%m-%d}\t{row.left}\t{row.client_id}\t{row.what}"
        )
    if rows:
        click.get_current_context().exit(1)


@rp.command("rotate")
@click.option("--leaked", is_flag=True, help="古い鍵を今すぐ公開から外す（漏えいのとき）")
def rotate(leaked: bool) -> None:  # noqa: FBT001  # click gives it
    """IDトークンの鍵を今すぐ替えます。ふだんは90日ごとに自動で替わります。"""

    async def work(database: Database, settings: Settings) -> list[str]:
        keys = Keys.load(settings.key_directory, Tier.NATION)
        async with database.transaction() as tx:
            return await signing_keys.rotate(
                tx, keys.columns, instant(), leaked=leaked, by=shell_user()
            )

    for kid in with_database(_NATION, work):
        click.echo(kid)
