"""What pages and programs read of incidents, put together once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.security.access import INSIDE, own_body
from jichitai.security.incidents import desk_store, due, forms, reporting, store, timeline
from jichitai.security.incidents.desk_store import Notice
from jichitai.security.incidents.due import Clock, Standing
from jichitai.security.incidents.errors import TimelineBrokenError, UnknownIncidentError
from jichitai.security.incidents.forms import Filled, Form
from jichitai.security.incidents.model import Incident
from jichitai.security.incidents.store import FileRow, ReportRow, Wanted
from jichitai.security.incidents.timeline import Entry
from jichitai.web.rights import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An incident on the board, with its clocks."""

    incident: Incident
    clocks: Sequence[Clock]

    def next(self, now: datetime) -> Clock | None:
        """The clock to look at first: owed and not done, the earliest end."""
        waiting = [clock for clock in self.clocks if clock.open]
        return due.by_urgency(waiting, now)[0] if waiting else None

    def late(self, now: datetime) -> int:
        """How many of its clocks are late."""
        return sum(clock.standing(now) is Standing.LATE for clock in self.clocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that is known of one incident."""

    incident: Incident
    body: Body
    clocks: Sequence[Clock]
    entries: Sequence[Entry]
    reports: Sequence[ReportRow]
    photos: Sequence[FileRow]
    notices: Sequence[Notice]

    @property
    def broken_at(self) -> int | None:
        """The first entry of the time line that does not hold; None when all do.

        The line must also contain what each report that left was bound to.
        """
        try:
            timeline.verify(self.incident.incident_id, self.entries)
            for report in self.reports:
                known = (report.content or {}).get("timeline_hash", "")
                if known:
                    last = bytes.fromhex(known)
                    timeline.verify(self.incident.incident_id, self.entries, last=last)
        except TimelineBrokenError as error:
            return int(str(error.facts["sequence"]))
        return None


async def board(tx: Tx, code: str, wanted: Wanted, *, limit: int = 50) -> list[Line]:
    """Incidents of a body with their clocks, newest first."""
    incidents = await store.incidents(tx, code, wanted, limit=limit)
    if not incidents:
        return []
    kind = (await own_body(tx, code)).kind
    done: dict[UUID, list[due.Done]] = defaultdict(list)
    for row in await store.reports(tx, code, [one.incident_id for one in incidents]):
        done[row.incident_id].append(row.done)
    return [
        Line(incident=one, clocks=due.clocks(one, kind, done[one.incident_id])) for one in incidents
    ]


def by_urgency(lines: Sequence[Line], now: datetime) -> list[Line]:
    """Late ones first, then by the end of their next clock; exercises after real ones."""

    def key(line: Line) -> tuple[bool, bool, float]:
        first = line.next(now)
        end = first.late_at.timestamp() if first else float("inf")
        return line.incident.drill, line.late(now) == 0, end

    return sorted(lines, key=key)


async def case(tx: Tx, code: str, incident_id: UUID) -> Case:
    """One incident with everything about it.

    Raises:
        UnknownIncidentError: none of this body's.
    """
    incident = await store.incident(tx, code, incident_id)
    body = await own_body(tx, code)
    reports = await store.reports(tx, code, [incident_id])
    return Case(
        incident=incident,
        body=body,
        clocks=due.clocks(incident, body.kind, [row.done for row in reports]),
        entries=await store.entries(tx, code, incident_id),
        reports=reports,
        photos=await store.photos(tx, code, incident_id),
        notices=await desk_store.notices_of(tx, code, incident_id),
    )


async def readable(tx: Tx, code: str, incident_id: UUID, who: Principal) -> Incident:
    """An incident for those inside, or for the one who reported it.

    Raises:
        UnknownIncidentError: none of this body's, or somebody else's report.
    """
    incident = await store.incident(tx, code, incident_id)
    if who.roles & INSIDE or incident.reported_by == who.account_id:
        return incident
    raise UnknownIncidentError(
        "この事案は、あなたが報告したものではないため開けません。用があるときは情報セキュリティ担当に"
        "連絡してください。"
    )


async def draft(
    tx: Tx, code: str, incident_id: UUID, form: Form, *, clock_id: str = "", at: datetime
) -> Filled:
    """A paper as it would be handed in now.

    Raises:
        UnknownIncidentError: none of this body's.
    """
    found = await case(tx, code, incident_id)
    for clock in found.clocks:
        if clock.rule.id == clock_id:
            paper = await reporting.paper_of(
                tx, found.incident, found.body, clock, report=clock.rule.report, at=at
            )
            if paper is not None and paper.form is form:
                return paper
    last = found.entries[-1].hash if found.entries else b""
    return forms.filled(
        form, found.incident, found.body, recipient="", report="", at=at, timeline_hash=last
    )


def forms_of(incident: Incident) -> list[Form]:
    """The papers that an incident may need: by its kind, and the commission's."""
    own = forms.form_for("kind", incident.kind) or Form.GENERAL
    return list(dict.fromkeys((own, Form.PPC, Form.GENERAL)))
