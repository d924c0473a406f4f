"""Use cases of prefecture and nation: notices come in, are kept and passed on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.infra.messages import Received
from jichitai.jukinet.digest import cases
from jichitai.jukinet.digest.cases import NewCase
from jichitai.jukinet.errors import WrongReceiverError
from jichitai.jukinet.messages import M15, decode
from jichitai.jukinet.network import intake
from jichitai.jukinet.network.notice import read
from jichitai.jukinet.network.scope import NATIONAL, Scope
from jichitai.jukinet.node import Node, draft
from jichitai.kernel.parties import NATION, Party

_OVERDUE: Final = timedelta(days=5)


async def receive_notices(tx: Tx, node: Node, batch: Sequence[Received]) -> None:
    """Take in 本人確認情報通知 (M01); a prefecture also passes them on.

    Raises:
        InvalidMessageError: content that may not enter.
        WrongOriginError: a town speaks for another one.
        WrongReceiverError: a town of another prefecture.
        NumberOfAnotherPersonError: a 個人番号 belongs to somebody else.
        CodeOfAnotherPersonError: old and new code belong to different persons.
    """
    at = node.clock.now()
    scope = Scope.of(batch[0].receiver)
    notices = [read(received, node.keys.network_blind) for received in batch]
    if not scope.is_nation:
        _refuse_strangers(scope, batch)
    effect = await intake.take_in(tx, scope, notices, node.keys, at)
    await cases.settle(tx, scope, effect.settled, "second-live", at)
    found = [
        NewCase(second.municipality, "second-live", second.code_hash, f"town-{second.municipality}")
        for second in effect.second_lives
    ]
    opened = await cases.open_cases(tx, scope, found, at)
    if scope.is_nation:
        await report(tx, node, opened, at)
        for watch in node.watchers:
            await watch(tx, effect.heard)
    else:
        await node.outbox.forward(tx, by=scope.party, to=NATION, messages=batch)


async def report(tx: Tx, node: Node, opened: Sequence[tuple[UUID, NewCase]], at: datetime) -> None:
    """Tell the prefectures of errors that the nation found (M15).

    Source: 住民基本台帳法 第30条の8.
    """
    drafts = [
        draft(NATION, Party.prefecture(case.municipality[:2]), cases.report_of(case_id, case, at))
        for case_id, case in opened
    ]
    if drafts:
        await node.outbox.send_many(tx, drafts)


async def open_overdue(tx: Tx, node: Node, *, older_than: timedelta = _OVERDUE) -> int:
    """Open a case for every town that still counts a person who registered elsewhere.

    A deletion may arrive after the entry of the next town, so such a record is no error at first.

    Returns:
        How many cases are new.
    """
    at = node.clock.now()
    cursor = await tx.execute(
        "select municipality, code_hash from jukinet.other_residence where since < %s",
        (at - older_than,),
    )
    found = [
        NewCase(town, "second-live", code_hash, f"town-{town}")
        for town, code_hash in await cursor.fetchall()
    ]
    opened = await cases.open_cases(tx, NATIONAL, found, at)
    await report(tx, node, opened, at)
    return len(opened)


async def pass_report(tx: Tx, node: Node, batch: Sequence[Received]) -> None:
    """Pass 誤り通報 (M15) of the nation on to the towns.

    Source: 住民基本台帳法 第12条の5 (誤り・脱漏の通報).
    """
    by_town: dict[str, list[Received]] = {}
    for received in batch:
        body = decode(received.kind, received.version, received.body)
        if isinstance(body, M15):
            by_town.setdefault(body.municipality, []).append(received)
    prefecture = batch[0].receiver
    for town, messages in by_town.items():
        await node.outbox.forward(tx, by=prefecture, to=Party.town(town), messages=messages)


def _refuse_strangers(scope: Scope, batch: Sequence[Received]) -> None:
    for received in batch:
        if received.origin.prefecture_code != scope.party.code:
            raise WrongReceiverError(
                "この都道府県の市区町村ではありません。宛先を確かめてください。",
                origin=str(received.origin),
                receiver=str(scope.party),
            )
