"""The commands `jichitai security …`."""

from datetime import date
from typing import Final

import click

from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Tx, enter_town
from jichitai.infra.operators import run, shell_user
from jichitai.kernel.bodies import BodyKind, body
from jichitai.kernel.parties import Tier
from jichitai.main.groups import Elsewhere, LazyGroup
from jichitai.security.desk import service
from jichitai.security.obligations.model import Denominator, bodies_in, duty, measures, organs_of

ELSEWHERE: Final = {
    "demo": Elsewhere(
        "jichitai.rehearsal.security.cli:demo",
        "都道府県と市が、何もないところから方針を公表し、点検し、事案を期限までに報告するまでを演じます。",
    ),
    "oscal": Elsewhere(
        "jichitai.security.export.cli:oscal",
        "ガイドラインのカタログ・プロファイル・対応関係を OSCAL 1.2.1 で書き出します。",
    ),
    "seal": Elsewhere(
        "jichitai.security.policy.cli:seal",
        "演習のため、団体（6桁のコード）が公開する文書に署名する鍵を作ります。",
    ),
}
"""Commands of the parts, imported only when they are asked for."""

_TIERS: Final = click.Choice([str(Tier.TOWN), str(Tier.PREFECTURE), str(Tier.MINISTRY)])
_JOINT: Final = click.Choice([str(kind) for kind in BodyKind if kind.joint])


@click.group(cls=LazyGroup, elsewhere=ELSEWHERE)
def security() -> None:
    """自治体の情報セキュリティ：方針、ガイドライン、点検、事案、セキュリティクラウド、補助金。"""


@security.command("obligations")
@click.argument("code")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="いつの義務か。省くと今日")
def show_obligations(code: str, on: date | None) -> None:
    """団体（6桁のコード）の、方針を定める機関と八つの措置を表示します。"""
    day = _day(on)
    found = body(code)
    click.echo(f"{found.full_name}　{day:%Y-%m-%d}")
    for organ in organs_of(found, on=day):
        click.echo(f"  方針　{organ.japanese}")
    for one in measures():
        click.echo(f"  措置　第{one.number}号 {one.name}　{duty(one, on=day).japanese}")


def _day(on: date | None) -> date:
    return SystemClock().today() if on is None else date(on.year, on.month, on.day)


@security.command("denominators")
def show_denominators() -> None:
    """率を数える分母の一覧です。"""
    for one in Denominator:
        click.echo(f"{one}\t{one.japanese}\t{len(bodies_in(one)):,}\t{one.definition}")


@security.group("body")
def joint() -> None:
    """一部事務組合・広域連合を登録します。"""


@joint.command("add")
@click.option("--tier", type=_TIERS, required=True, help="どの階層に登録するか")
@click.option("--code", required=True, help="組合の団体コード（6桁）")
@click.option("--kind", type=_JOINT, required=True, help="区分")
@click.option("--name", required=True, help="名前")
@click.option("--member", "members", multiple=True, required=True, help="構成団体（6桁、複数）")
def add_joint(tier: str, code: str, kind: str, name: str, members: tuple[str, ...]) -> None:
    """組合を登録し、または名前と構成団体を改めます。"""

    async def work(tx: Tx) -> None:
        if tier != Tier.MINISTRY:
            await enter_town(tx, code)
        await service.register_joint(
            tx,
            code,
            kind=BodyKind(kind),
            name=name,
            members=members,
            by=shell_user(),
            at=SystemClock().now(),
        )

    run(tier, work)
    click.echo(f"登録しました：{name}（{code}）")


@security.command("sbom")
def show_bill() -> None:
    """この装置に入っている部品の一覧を CycloneDX 1.6（JSON）で出します。"""
    from jichitai.security.house.bill import bill_of_materials

    click.echo(bill_of_materials())


@security.command("controls")
def show_controls() -> None:
    """このソフトウェアが満たすのを助けるガイドラインの項目と、それを示す試験の一覧です。"""
    from jichitai.security.house.controls import own_controls

    for one in own_controls():
        click.echo(f"{one.item}\t{one.helps}\t{one.test}")
