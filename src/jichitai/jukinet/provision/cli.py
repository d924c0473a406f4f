"""Operators' commands for registered bodies (利用機関) and their operators, at the nation."""

import re
from typing import Final

import click

from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Tx
from jichitai.infra.operators import run, shell_user
from jichitai.jukinet.provision import service
from jichitai.jukinet.provision.errors import UnknownOperatorError, UnknownOrganError
from jichitai.jukinet.provision.model import Organ, State
from jichitai.jukinet.provision.store import organs
from jichitai.jukinet.provision.store.organs import Operator
from jichitai.kernel.parties import Tier

_NATION: Final = str(Tier.NATION)
_STATE: Final = click.Choice([str(state) for state in State])
_CLOCK: Final = SystemClock()


_ORGAN: Final = re.compile("[A-Za-z0-9][A-Za-z0-9-]{0,39}")
_OPERATOR: Final = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def _organ_name(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if _ORGAN.fullmatch(value) is None:
        raise click.BadParameter("英数字とハイフンだけで、40字までで付けてください。")
    return value


def _operator_name(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if _OPERATOR.fullmatch(value) is None:
        raise click.BadParameter("英数字と . _ - だけで、40字までで付けてください。")
    return value


@click.group()
def organ() -> None:
    """利用機関とその操作者を登録し、止めます。全国の階層で使います。"""


@organ.command("add")
@click.argument("organ_id", callback=_organ_name)
@click.option("--name", required=True, help="本人が開示で読む機関の名前")
@click.option("--affair", "affairs", multiple=True, required=True, help="事務（複数可）。例 T1-77")
@click.option("--quota", type=click.IntRange(0, 2**31 - 1), required=True, help="1日の件数の上限")
def add_organ(organ_id: str, name: str, affairs: tuple[str, ...], quota: int) -> None:
    """利用機関 ORGAN_ID を登録します。同じ名前なら、止めたかどうかのほかを置き換えます。"""

    async def work(tx: Tx) -> None:
        known = await organs.organ(tx, organ_id)
        made = Organ(
            organ_id=organ_id,
            name=name,
            affairs=frozenset(affairs),
            daily_quota=quota,
            state=known.state if known else State.ACTIVE,
        )
        await service.register_organ(tx, made, by=shell_user(), clock=_CLOCK)

    run(_NATION, work)


@organ.command("state")
@click.argument("organ_id")
@click.argument("state", type=_STATE)
@click.option("--reason", required=True, help="監査の記録に残す理由")
def change_organ(organ_id: str, state: str, reason: str) -> None:
    """利用機関を止める、再び使えるようにします。3秒以内に効きます。"""

    async def work(tx: Tx) -> None:
        known = await _known(tx, organ_id)
        changed = Organ(known.organ_id, known.name, known.affairs, known.daily_quota, State(state))
        await service.register_organ(tx, changed, by=shell_user(), clock=_CLOCK, reason=reason)

    run(_NATION, work)


@organ.command("list")
def list_organs() -> None:
    """登録された利用機関を一覧にします。"""
    for known in run(_NATION, organs.organs):
        affairs = ",".join(sorted(known.affairs))
        click.echo(f"{known.organ_id}\t{known.state}\t{known.daily_quota}\t{affairs}\t{known.name}")


@organ.group()
def operator() -> None:
    """利用機関の操作者を登録し、止めます。"""


@operator.command("add")
@click.argument("organ_id")
@click.argument("operator_id", callback=_operator_name)
@click.option("--name", required=True, help="操作者の名前。本人への開示には出ません")
def add_operator(organ_id: str, operator_id: str, name: str) -> None:
    """操作者 OPERATOR_ID を登録します。同じ番号なら、名前を置き換えます。"""

    async def work(tx: Tx) -> None:
        await _known(tx, organ_id)
        state = await organs.operator_state(tx, organ_id, operator_id)
        await service.register_operator(
            tx,
            organ_id,
            operator_id,
            name,
            by=shell_user(),
            clock=_CLOCK,
            state=state or State.ACTIVE,
        )

    run(_NATION, work)


@operator.command("state")
@click.argument("organ_id")
@click.argument("operator_id")
@click.argument("state", type=_STATE)
@click.option("--reason", required=True, help="監査の記録に残す理由")
def change_operator(organ_id: str, operator_id: str, state: str, reason: str) -> None:
    """操作者を止める、再び使えるようにします。3秒以内に効きます。"""

    async def work(tx: Tx) -> None:
        known = await _known_operator(tx, organ_id, operator_id)
        await service.register_operator(
            tx,
            organ_id,
            operator_id,
            known.name,
            by=shell_user(),
            clock=_CLOCK,
            state=State(state),
            reason=reason,
        )

    run(_NATION, work)


@operator.command("list")
@click.argument("organ_id")
def list_operators(organ_id: str) -> None:
    """利用機関の操作者を一覧にします。"""

    async def work(tx: Tx) -> list[Operator]:
        await _known(tx, organ_id)
        return await organs.operators(tx, organ_id)

    for known in run(_NATION, work):
        click.echo(f"{known.operator_id}\t{known.state}\t{known.name}")


async def _known(tx: Tx, organ_id: str) -> Organ:
    known = await organs.organ(tx, organ_id)
    if known is None:
        raise UnknownOrganError(
            f"利用機関 {organ_id} は登録されていません。jichitai organ list で名前を確かめてください。"
        )
    return known


async def _known_operator(tx: Tx, organ_id: str, operator_id: str) -> Operator:
    await _known(tx, organ_id)
    for known in await organs.operators(tx, organ_id):
        if known.operator_id == operator_id:
            return known
    raise UnknownOperatorError(
        f"操作者 {operator_id} は {organ_id} に登録されていません。"
        f"jichitai organ operator list {organ_id} で番号を確かめてください。"
    )
