"""Timed work of the nation: certificates lapse when nobody has moved in for 30 days."""

from typing import Final

from jichitai.infra.database import Database, Tx
from jichitai.jpki import clocks
from jichitai.jpki.lifecycle import model, store
from jichitai.jpki.lifecycle.store import Ending
from jichitai.jpki.lifecycle.watching import Told, end_and_tell
from jichitai.jukinet.network import standing
from jichitai.jukinet.node import Node

_AT_ONCE: Final = 500


async def lapse_overdue(tx: Tx, node: Node, *, limit: int = _AT_ONCE) -> int:
    """End certificates whose 30 days after 転出予定年月日 have passed.

    They lapsed with the first instant after the thirtieth day, and the lists say so.

    Args:
        tx: of the nation.
        node: to send.
        limit: how many at once.

    Returns:
        How many ended.

    Source: 公的個人認証法 第31条第2号.
    """
    rows = await store.due(tx, node.clock.today(), limit)
    records = await standing.by_persons(tx, node.keys, {row.person_id for row in rows})
    told = {
        person_id: Told(record.municipality, record.identity.juki_code)
        for person_id, record in records.items()
    }
    endings = [
        Ending(row, model.NOT_MOVED_IN, clocks.start_of(clocks.day_after(row.lapse_on)))
        for row in rows
        if row.lapse_on is not None
    ]
    await end_and_tell(tx, node, endings, told)
    return len(rows)


async def lapse_all(database: Database, node: Node) -> bool:
    """Lapse what is due, a portion at a time; returns whether there is more."""
    async with database.transaction() as tx:
        return await lapse_overdue(tx, node) == _AT_ONCE
