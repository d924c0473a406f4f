"""The command `jichitai channel`: bring the two ends of a channel together after a restore."""

from typing import Final

import click

from jichitai.infra import channels
from jichitai.infra.channels import Incoming, Outgoing
from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Tx
from jichitai.infra.operators import TIER, run, shell_user
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.parties import Party, Tier

_SENDER: Final = "sender"
_RECEIVER: Final = "receiver"


class ForeignChannelError(InvalidError):
    """This tier's database holds neither end, or both and none was named."""

    type = "main.foreign-channel"
    title = "直す側を決められません"


@click.group()
def channel() -> None:
    """通知の番号を見て、復旧のあとに相手とずれたものを直します。"""


@channel.command("list")
@click.option("--tier", type=TIER, required=True, help="対象の階層")
@click.option("--municipality", help="この市区町村（6桁）のものだけ")
def list_channels(tier: str, municipality: str | None) -> None:
    """送る側の番号（付けた、確認された、待っている）と、受け取る側の番号を一覧にします。"""

    async def work(tx: Tx) -> tuple[list[Outgoing], list[Incoming]]:
        return await channels.outgoing(tx), await channels.incoming(tx)

    sent, received = run(tier, work)
    town = str(Party.town(municipality)) if municipality else None
    for out in sent:
        if town in (None, out.sender, out.receiver):
            numbers = f"{out.last_number}\t{out.confirmed_number}\t{out.waiting}"
            click.echo(f"送信\t{out.sender}\t{out.receiver}\t{numbers}")
    for come in received:
        if town in (None, come.sender, come.receiver):
            click.echo(f"受信\t{come.sender}\t{come.receiver}\t{come.number}")


@channel.command("repair")
@click.option("--tier", type=TIER, required=True, help="復旧した階層")
@click.option("--sender", required=True, help="送る団体。例 town-011002")
@click.option("--receiver", required=True, help="受け取る団体。例 prefecture-01")
@click.option("--number", type=click.IntRange(1), required=True, help="相手の側の一覧の番号")
@click.option("--reason", required=True, help="監査の記録に残す理由")
@click.option(
    "--side", type=click.Choice([_SENDER, _RECEIVER]), help="直す側。両方がこの階層のとき必要"
)
def repair(
    tier: str, sender: str, receiver: str, number: int, reason: str, side: str | None
) -> None:
    """復旧した側の番号を、相手の番号まで進めます。後ろへは戻しません。

    送る側を直すときは受け取った側の番号を、受け取る側を直すときは送った側の確認された番号を、
    --number に指定します。
    """
    source, target = Party.parse(sender), Party.parse(receiver)
    if _side(Tier(tier), source, target, side) == _SENDER:
        count = run(tier, lambda tx: _repair_sender(tx, source, target, number, reason))
        click.echo(
            f"次の通知は番号 {number + 1} からです。待っていた通知 {count}件に番号を付け直しました。",
            err=True,
        )
    else:
        count = run(tier, lambda tx: _repair_receiver(tx, source, target, number, reason))
        click.echo(
            f"番号 {number} の次から受け取ります。通知 {count}件は届きません。"
            "欠けたものは、次の整合性確認で見つかります。",
            err=True,
        )


async def _repair_sender(tx: Tx, sender: Party, receiver: Party, number: int, reason: str) -> int:
    return await channels.repair_sender(
        tx, sender, receiver, number, by=shell_user(), reason=reason
    )


async def _repair_receiver(tx: Tx, sender: Party, receiver: Party, number: int, reason: str) -> int:
    at = SystemClock().now()
    return await channels.repair_receiver(
        tx, sender, receiver, number, by=shell_user(), reason=reason, at=at
    )


def _side(tier: Tier, sender: Party, receiver: Party, asked: str | None) -> str:
    possible = {_SENDER: sender.tier is tier, _RECEIVER: receiver.tier is tier}
    ours = [side for side, is_ours in possible.items() if is_ours and asked in (None, side)]
    if len(ours) == 1:
        return ours[0]
    raise ForeignChannelError(
        f"{sender} から {receiver} への通知は、両方の側がこの階層にあります。"
        "--side sender か --side receiver で、復旧した側を指定してください。"
        if ours
        else f"{sender} から {receiver} への通知の、直す側がこの階層（{tier}）にありません。"
        "復旧した側の階層を --tier に指定してください。"
    )
