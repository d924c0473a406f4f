"""Operators' commands for verifiers of certificates (検証者), at the nation."""

import re
from typing import Final

import click

from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Tx
from jichitai.infra.operators import run, shell_user
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.status import verifiers
from jichitai.jpki.status.verifiers import Body, BodyState, UnknownBodyError
from jichitai.kernel.parties import Tier

_NATION: Final = str(Tier.NATION)
_CLOCK: Final = SystemClock()
_NAME: Final = re.compile("[A-Za-z0-9][A-Za-z0-9-]{0,39}")


def _body_name(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if _NAME.fullmatch(value) is None:
        raise click.BadParameter("英数字とハイフンだけで、40字までで付けてください。")
    return value


@click.group()
def verifier() -> None:
    """署名検証者・利用者証明検証者を登録し、止めます。全国の階層で使います。"""


@verifier.command("add")
@click.argument("body_id", callback=_body_name)
@click.option("--name", required=True, help="検証者の名前。同意の文に載ります")
@click.option("--service", required=True, help="サービスの名前。同意の文に載ります")
@click.option("--origin", required=True, help="サイトの場所。例 https://bank.example")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    required=True,
    type=click.Choice([str(kind) for kind in CertificateKind]),
    help="届け出た電子証明書の種類（複数可）",
)
def add(body_id: str, name: str, service: str, origin: str, kinds: tuple[str, ...]) -> None:
    """検証者 BODY_ID を登録します。同じ名前なら、止めたかどうかのほかを置き換えます。"""

    async def work(tx: Tx) -> None:
        known = await verifiers.find(tx, body_id)
        body = Body(
            body_id=body_id,
            name=name,
            service=service,
            origin=origin,
            kinds=frozenset(map(CertificateKind, kinds)),
            state=known.state if known else BodyState.ACTIVE,
        )
        await verifiers.register(tx, body, by=shell_user(), at=_CLOCK.now())

    run(_NATION, work)


@verifier.command("state")
@click.argument("body_id")
@click.argument("state", type=click.Choice([str(state) for state in BodyState]))
@click.option("--reason", required=True, help="監査の記録に残す理由")
def change(body_id: str, state: str, reason: str) -> None:
    """検証者を止める、再び使えるようにします。"""

    async def work(tx: Tx) -> None:
        known = await verifiers.find(tx, body_id)
        if known is None:
            raise UnknownBodyError(
                "この名前の検証者は登録されていません。jichitai verifier list で確かめてください。"
            )
        changed = Body(
            body_id=known.body_id,
            name=known.name,
            service=known.service,
            origin=known.origin,
            kinds=known.kinds,
            state=BodyState(state),
        )
        await verifiers.register(tx, changed, by=shell_user(), at=_CLOCK.now(), reason=reason)

    run(_NATION, work)


@verifier.command("list")
def show() -> None:
    """登録された検証者を一覧にします。"""
    for known in run(_NATION, verifiers.everyone):
        kinds = ",".join(sorted(known.kinds))
        click.echo(f"{known.body_id}\t{known.state}\t{kinds}\t{known.origin}\t{known.name}")
