"""Timed work on the policies of all bodies of this node."""

from jichitai.infra.audit import SYSTEM
from jichitai.infra.database import Database
from jichitai.security.guideline import service as guideline
from jichitai.security.policy.reach import Fetcher
from jichitai.security.policy.service import publishing
from jichitai.security.policy.service.desk import Desk, version_of
from jichitai.security.policy.service.publishing import AGAIN, EVERY
from jichitai.security.policy.service.reporting import report
from jichitai.security.policy.store import policies as store


async def turn_days(db: Database, desk: Desk) -> bool:
    """Bring into force what falls due, call for reviews, tell of a new guideline.

    Returns:
        Whether there was anything to do.
    """
    today = desk.clock.today()
    async with db.transaction(all_towns=True, read_only=True) as tx:
        turning = await store.turning(tx, today)
        current = await guideline.current(tx, on=today)
        unaware = await store.unaware(tx, current.version)
    for due in turning:
        async with db.transaction(town=due.municipality) as tx:
            await publishing.turn(desk, tx, due)
    for due in unaware:
        async with db.transaction(town=due.municipality) as tx:
            version = await version_of(tx, due.municipality, due.policy_id, due.version)
            await store.change_policy(
                tx, due.municipality, due.policy_id, guideline_seen=current.version
            )
            await desk.step(tx, version, "guideline", by=SYSTEM, reference=current.version)
            await report(desk, tx, due.municipality, due.policy_id)
    return bool(turning or unaware)


async def check_addresses(db: Database, desk: Desk, fetcher: Fetcher) -> bool:
    """Look at published addresses whose turn it is, one after the other.

    Returns:
        Whether there was anything to look at.
    """
    now = desk.clock.now()
    async with db.transaction(all_towns=True, read_only=True) as tx:
        due = await store.to_check(tx, before=now - EVERY, again=now - AGAIN)
    for one in due:
        await publishing.check(desk, db, fetcher, one)
    return bool(due)
