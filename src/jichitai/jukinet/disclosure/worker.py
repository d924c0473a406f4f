"""Timed work of provision and disclosure at the nation: heads to the witnesses, counts, months ahead."""

from datetime import timedelta

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.jukinet import tree_heads
from jichitai.jukinet.disclosure import model, service
from jichitai.jukinet.provision.store import organs
from jichitai.kernel.dates import fiscal_year

_AHEAD = timedelta(days=32)


async def publish_head(database: Database, keys: Keys, outbox: Outbox, clock: Clock) -> bool:
    """Sign the log's head and send it to the prefectures; never anything to hurry on with."""
    async with database.transaction() as tx:
        await tree_heads.publish(tx, keys, outbox, clock)
    return False


async def roll_up(database: Database) -> bool:
    """Count the next stretch of the log; whether more may wait."""
    async with database.transaction() as tx:
        return await service.roll_up(tx)


async def report_counts(database: Database, outbox: Outbox, clock: Clock) -> bool:
    """Report the fiscal year so far to the ministry; never anything to hurry on with."""
    year = fiscal_year(clock.today())
    async with database.transaction() as tx:
        first, end = model.fiscal_months(year)
        await service.report(tx, outbox, clock, first, end)
    return False


async def make_months(database: Database, clock: Clock) -> bool:
    """Make the partitions of this month and the next."""
    today = clock.today()
    async with database.transaction() as tx:
        for day in (today, today.replace(day=1) + _AHEAD):
            await organs.ensure_month(tx, day.replace(day=1))
    return False
