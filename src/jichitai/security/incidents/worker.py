"""The clocks' watch: tells the CSIRT when a report is nearly due, and when it is late."""

from collections import defaultdict
from uuid import UUID

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.kernel.bodies import BodyKind
from jichitai.security.access import own_body
from jichitai.security.incidents import desk_store, due, notices, store
from jichitai.security.incidents.due import Done, Standing


async def watch(database: Database, clock: Clock) -> bool:
    """Look at every open incident of this node once; never busy.

    Each (incident, clock) is told of twice at most: when its end is near and when it has passed.
    """
    async with database.transaction(all_towns=True) as tx:
        await tell_due(tx, clock)
    return False


async def tell_due(tx: Tx, clock: Clock) -> int:
    """Tell what is newly near or late; returns how many."""
    incidents = await store.open_everywhere(tx)
    ids = [incident.incident_id for incident in incidents]
    done: dict[UUID, list[Done]] = defaultdict(list)
    for row in await store.reports_everywhere(tx, ids):
        done[row.incident_id].append(row.done)
    told = await desk_store.causes_told(tx, ids)
    kinds: dict[str, BodyKind] = {}
    now, count = clock.now(), 0
    for incident in incidents:
        code = incident.municipality
        if code not in kinds:
            kinds[code] = (await own_body(tx, code)).kind
        for one in due.clocks(incident, kinds[code], done[incident.incident_id]):
            standing = one.standing(now)
            cause = f"{standing.value}:{one.rule.id}"
            if standing not in (Standing.SOON, Standing.LATE) or (
                (incident.incident_id, cause) in told
            ):
                continue
            title = f"{one.rule.name}：{standing.japanese}（{one.deadline}）"
            await notices.tell(tx, incident, cause=cause, title=title, at=now)
            count += 1
    return count
