"""The command `jichitai quarantine`: refused messages of any tier, and what becomes of them.

Nothing of a message is shown but types and lengths.
"""

from uuid import UUID

import click

from jichitai.infra import audit, quarantine
from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Database, Tx, enter_town
from jichitai.infra.inbox import Inbox
from jichitai.infra.keys import Keys
from jichitai.infra.messages import PublicKeys, open_one
from jichitai.infra.operators import TIER, run, shell_user, with_database
from jichitai.infra.outbox import Outbox
from jichitai.infra.party_keys import KeyBook
from jichitai.infra.quarantine import Entry
from jichitai.infra.settings import Settings
from jichitai.jukinet.pages.shapes import Member, shape_of
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.parties import Party, Tier


@click.group("quarantine")
def commands() -> None:
    """隔離した通知を見て、もう一度処理するか、破棄します。個人の情報は表示しません。"""


@commands.command("list")
@click.option("--tier", type=TIER, required=True, help="対象の階層")
@click.option("--municipality", help="この市区町村（6桁）に届いたものだけ")
@click.option("--all", "everything", is_flag=True, help="処理が済んだものも")
def list_entries(tier: str, municipality: str | None, *, everything: bool) -> None:
    """隔離した通知を、古い順に一覧にします。"""
    receiver = str(Party.town(municipality)) if municipality else None

    async def work(tx: Tx) -> list[Entry]:
        return await quarantine.entries(tx, receiver=receiver, only_open=not everything)

    for entry in run(tier, work):
        click.echo(
            f"{entry.quarantine_id}\t{entry.state}\t{entry.received_at:%Y-%m-%dT%H:%M:%S%z}\t"
            f"{entry.receiver}\t{entry.sender}\t{entry.kind}\t{_number(entry)}\t{entry.reason_type}"
        )


@commands.command("show")
@click.argument("entry_id", type=click.UUID)
@click.option("--tier", type=TIER, required=True, help="対象の階層")
def show(entry_id: UUID, tier: str) -> None:
    """一つの通知の理由と、内容の形（項目、種類、長さ）を表示します。"""

    async def work(database: Database, settings: Settings) -> tuple[Entry, list[Member]]:
        async with database.transaction(all_towns=settings.tier is Tier.TOWN) as tx:
            entry = await quarantine.entry(tx, entry_id)
        book = await KeyBook(database, SystemClock()).with_retired()
        return entry, _members(entry, Keys.load(settings.key_directory, settings.tier), book)

    entry, members = with_database(tier, work)
    for word, value in _facts(entry):
        click.echo(f"{word}\t{value}")
    for member in members:
        click.echo(f"内容\t{member.path}\t{member.kind}\t{member.length}")


@commands.command("retry")
@click.argument("entry_id", type=click.UUID)
@click.option("--tier", type=TIER, required=True, help="対象の階層")
@click.option("--reason", required=True, help="監査の記録に残す理由")
def retry(entry_id: UUID, tier: str, reason: str) -> None:
    """原因を直した後に、もう一度処理します。また断られれば、隔離したままです。"""
    from jichitai.main import tiers
    from jichitai.main.node import clock_of

    async def work(database: Database, settings: Settings) -> None:
        keys, clock = Keys.load(settings.key_directory, settings.tier), clock_of(settings)
        handlers = tiers.handlers(settings, keys, Outbox(keys.network, clock), clock)
        book = await KeyBook(database, SystemClock()).with_retired()
        async with database.transaction(all_towns=settings.tier is Tier.TOWN) as tx:
            entry = await _lock(tx, entry_id)
            await Inbox(handlers, keys.network, clock).retry(tx, entry, book)
            await _decide(tx, entry, "applied", "retry", reason)

    with_database(tier, work)
    click.echo("処理しました。", err=True)


@commands.command("reject")
@click.argument("entry_id", type=click.UUID)
@click.option("--tier", type=TIER, required=True, help="対象の階層")
@click.option("--reason", required=True, help="監査の記録に残す理由")
def reject(entry_id: UUID, tier: str, reason: str) -> None:
    """破棄します。もう処理することはできません。記録は残ります。"""

    async def work(tx: Tx) -> None:
        entry = await _lock(tx, entry_id)
        await _decide(tx, entry, "rejected", "reject", reason)

    run(tier, work)
    click.echo("破棄しました。", err=True)


async def _lock(tx: Tx, entry_id: UUID) -> Entry:
    """The open entry, locked, and the transaction bound to its town if it has one."""
    entry = await quarantine.lock_open(tx, entry_id)
    receiver = Party.parse(entry.receiver)
    if receiver.tier is Tier.TOWN:
        await enter_town(tx, receiver.code)
    return entry


async def _decide(tx: Tx, entry: Entry, state: str, action: str, reason: str) -> None:
    by = shell_user()
    at = SystemClock().now()
    await quarantine.decide(tx, entry, state=state, by=by.id, reason=reason, at=at)
    await audit.record(
        tx,
        by=by,
        action=f"infra.quarantine.{action}",
        subject=str(entry.quarantine_id),
        reason=reason,
        at=at,
    )


def _facts(entry: Entry) -> list[tuple[str, str]]:
    return [
        ("番号", str(entry.quarantine_id)),
        ("状態", entry.state),
        ("受信", f"{entry.received_at:%Y-%m-%dT%H:%M:%S%z}"),
        ("受け手", entry.receiver),
        ("差出人", entry.sender),
        ("発信元", entry.origin),
        ("通知", f"{entry.kind} {entry.message_id}"),
        ("通知の番号", _number(entry)),
        ("理由", entry.reason_type),
        ("説明", entry.reason),
        ("担当", entry.owner or "-"),
        ("大きさ", f"{len(entry.content)}バイト"),
    ]


def _members(entry: Entry, keys: Keys, book: PublicKeys) -> list[Member]:
    """Types and lengths of the content; nothing when signature or seal do not hold."""
    try:
        message = open_one(
            entry.content,
            entry.part,
            sender=Party.parse(entry.sender),
            receiver=Party.parse(entry.receiver),
            number=entry.number or 0,
            keys=book,
            network=keys.network,
        )
    except JichitaiError:
        return []
    return shape_of(message.body)


def _number(entry: Entry) -> str:
    return "-" if entry.number is None else str(entry.number)
