"""What of the incidents waits on the officer's first page."""

from collections.abc import Sequence
from datetime import date, datetime, time

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import JST
from jichitai.security.desk.service import Todo
from jichitai.security.incidents import desk_store, due, store
from jichitai.security.incidents.model import State
from jichitai.security.incidents.store import Wanted

_MOST = 200


async def todos(tx: Tx, body: Body, on: date) -> Sequence[Todo]:
    """Reports that are owed by their last day, incidents without triage, alerts to decide on."""
    incidents = await store.incidents(tx, body.code, Wanted(over=False, drill=False), limit=_MOST)
    found = []
    ids = [incident.incident_id for incident in incidents]
    rows = await store.reports(tx, body.code, ids)
    start = datetime.combine(on, time(), JST)
    for incident in incidents:
        done = [row.done for row in rows if row.incident_id == incident.incident_id]
        for clock in due.clocks(incident, body.kind, done):
            if not clock.open:
                continue
            found.append(
                Todo(
                    label=f"{incident.number}　{clock.rule.name}を報告する",
                    href=f"/security/incidents/{incident.incident_id}/reports",
                    area="事案",
                    due=clock.late_at.astimezone(JST).date(),
                    late=clock.late_at < start,
                )
            )
    new = sum(incident.state is State.RECEIVED for incident in incidents)
    if new:
        label = "受け付けた事案をトリアージする"
        found.append(Todo(label=label, href="/security/incidents", area="事案", count=new))
    alerts = await desk_store.alerts(tx, body.code, state="new")
    if alerts:
        label = "検知の通知を確かめる"
        found.append(Todo(label=label, href="/security/incidents", area="事案", count=len(alerts)))
    return found
