"""Calls of the ministry and of prefectures, each for the bodies that it oversees."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from jichitai.correspondence.model.letters import Wording, sensible
from jichitai.correspondence.service.contacts import Contacts
from jichitai.correspondence.service.reminding import Plan
from jichitai.correspondence.store import contacts as contact_store
from jichitai.correspondence.store import reminders as reminder_store
from jichitai.correspondence.store.contacts import Contact
from jichitai.correspondence.store.reminders import Reminder
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.infra.outbox import Outbox
from jichitai.security.messages import S02
from jichitai.security.oversight.api.bodies import (
    ApplyBody,
    BodyEvidence,
    BodyItem,
    BodyPage,
    ContactBody,
    Done,
    Made,
    PreviewItem,
    RatesItem,
    ReminderBody,
    ReminderPlan,
    Summary,
)
from jichitai.security.oversight.area import SECURITY
from jichitai.security.oversight.model.filters import Filter, chosen
from jichitai.security.oversight.model.letters import wording
from jichitai.security.oversight.service import overview
from jichitai.security.oversight.service.place import overseer_of
from jichitai.security.oversight.service.reminding import Reminding
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
Outgoing = NamedDependency[Outbox]
Word = Annotated[str, QueryParameter(max_length=40, pattern=r"^[^\x00]*$")]
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BASE: Final = "/api/v1/security/oversight"
TAGS: Final = ["security-oversight"]
LARGEST_UPLOAD: Final = 50 * 1024 * 1024


def attached(data: bytes, name: str, media_type: str = XLSX) -> Response[bytes]:
    """A file to be kept."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=media_type, headers=headers)


async def summary(
    principal: Who, db: Db, clock: LawClock, as_of: FromQuery[date | None] = None
) -> Summary:
    """The rates on each denominator; `as_of` gives the figures as they were known on that day."""
    by, on = overseer_of(principal), overview.known_day(as_of, clock.today())
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.standings(tx, by, on=on)
    rates = [RatesItem.of(one) for one in overview.all_rates(found, by, on=on)]
    return Summary(as_of=on, rates=rates)


async def bodies(
    principal: Who,
    db: Db,
    clock: LawClock,
    as_of: FromQuery[date | None] = None,
    prefecture: Word = "",
    kind: Word = "",
    size: Word = "",
    model: Word = "",
    status: Word = "",
    q: Word = "",
    after: Word = "",
    limit: Annotated[int, QueryParameter(ge=1, le=2_000)] = 200,
) -> BodyPage:
    """Bodies by code, narrowed by prefecture, kind, size class, network model and status."""
    by, on = overseer_of(principal), overview.known_day(as_of, clock.today())
    narrowed = Filter(
        prefecture=prefecture, kind=kind, size=size, model=model, status=status, text=q
    )
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.overview(tx, by, on=on)
    every = chosen(found.standings, narrowed)
    rest = [one for one in every if one.body.code > after]
    items = [
        BodyItem.of(
            one,
            reminded_at=found.reminded.get(one.body.code),
            contact=one.body.code in found.contacts,
        )
        for one in rest[:limit]
    ]
    more = items[-1].code if len(rest) > limit else None
    return BodyPage(total=len(every), items=items, after=more)


async def evidence(
    code: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    as_of: FromQuery[date | None] = None,
) -> BodyEvidence:
    """One body: policies with decisions and addresses, incidents, checks, reminders."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.evidence(tx, by, code, on=overview.known_day(as_of, clock.today()))
    last = max((one.reminded_at for one in found.reminders), default=None)
    return BodyEvidence(
        body=BodyItem.of(found.standing, reminded_at=last, contact=found.contact is not None),
        policies=list(found.standing.reports),
        history=[one.report for one in found.past],
        incidents=found.incidents,
        checks=found.checks,
        contact=found.contact,
        reminders=found.reminders,
    )


async def incidents(
    principal: Who,
    db: Db,
    clock: LawClock,
    drills: FromQuery[bool] = False,  # noqa: FBT002 - the query says it
) -> list[S02]:
    """What bodies reported; exercises stand apart."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        return await overview.incidents(tx, by, on=clock.today(), drills=drills)


def _planned(plan: Plan) -> ReminderPlan:
    return ReminderPlan(
        bodies=[one.code for one in plan.bodies],
        without_address=list(plan.without_address),
        reminded_today=list(plan.reminded_today),
        done=list(plan.done),
    )


async def plan_reminder(
    data: JSONBody[ReminderBody], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> ReminderPlan:
    """Whom a reminder would reach; nothing is sent."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        return _planned(
            await Reminding(clock, outbox).plan(
                tx, by, data.matter, codes=data.bodies, round_id=data.round_id
            )
        )


async def remind(
    data: JSONBody[ReminderBody], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> ReminderPlan:
    """Write the letters and the notices; nobody is reminded twice on a day."""
    by = overseer_of(principal)
    usual = wording(data.matter, due_on=sensible(data.due_on))
    words = Wording(subject=data.subject or usual.subject, text=data.text or usual.text)
    async with by.transaction(db) as tx:
        return _planned(
            await Reminding(clock, outbox).remind(
                tx,
                by,
                data.matter,
                words=words,
                actor=principal.actor,
                codes=data.bodies,
                round_id=data.round_id,
                due_on=data.due_on,
            )
        )


async def reminders(
    principal: Who,
    db: Db,
    code: Word = "",
    letter: Annotated[str, QueryParameter(pattern="^(waiting|sent|failed)?$")] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=2_000)] = 200,
) -> list[Reminder]:
    """The log: who was reminded of what, when, and where the letter stands."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        return await reminder_store.reminders(
            tx, SECURITY, by.key, body=code or None, state=letter or None, limit=limit
        )


async def send_again(
    letter_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Made:
    """Let a letter that failed be tried once more."""
    by = overseer_of(principal)
    async with by.transaction(db) as tx:
        await Reminding(clock, outbox).send_again(tx, by, letter_id, actor=principal.actor)
    return Made(id=letter_id)


async def contacts(principal: Who, db: Db) -> list[Contact]:
    """The office of each body, where it is known."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        return list((await contact_store.contacts(tx, SECURITY, by.key)).values())


async def save_contact(
    code: FromPath[str],
    data: JSONBody[ContactBody],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Contact:
    """Record the office of a body; the earlier one stays in the history."""
    by = overseer_of(principal)
    contact = Contact(body=code, office=data.office, mail=data.mail, phone=data.phone)
    async with by.transaction(db) as tx:
        await Contacts(clock, SECURITY).save(tx, by, contact, actor=principal.actor)
        return (await contact_store.contacts(tx, SECURITY, by.key, code))[code]


async def contacts_sheet(principal: Who, db: Db, clock: LawClock) -> Response[bytes]:
    """All contacts as a spreadsheet, to be filled in and handed back."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        return attached(await Contacts(clock, SECURITY).sheet(tx, by), "contacts.xlsx")


async def take_contacts(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock, name: Word = "contacts.xlsx"
) -> PreviewItem:
    """Read a spreadsheet (the request's body); nothing is written yet."""
    data = await request.body()
    return await take_contact_file(principal, db, clock, data, name)


async def take_contact_file(
    principal: Principal, db: Database, clock: Clock, data: bytes, name: str
) -> PreviewItem:
    """Read a spreadsheet of contacts."""
    by, work = overseer_of(principal), Contacts(clock, SECURITY)
    async with by.transaction(db) as tx:
        upload = await work.take(tx, by, data, name=name, actor=principal.actor)
        return PreviewItem.of(await work.preview(tx, by, upload), upload)


async def apply_contacts(
    upload_id: FromPath[UUID],
    data: JSONBody[ApplyBody],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Done:
    """Write the right rows, and those whose repair was accepted."""
    by = overseer_of(principal)
    async with by.transaction(db) as tx:
        done = await Contacts(clock, SECURITY).apply(
            tx, by, upload_id, repaired=data.repaired, actor=principal.actor
        )
    return Done(bodies=done)


def overseer_routes(roles: frozenset[str]) -> list[ControllerRouterHandler]:
    """The calls of one tier, for these roles."""
    opt = {"roles": roles}

    def reading(path: str, summary_: str) -> Any:
        return get(BASE + path, opt=opt, summary=summary_, tags=TAGS)

    def doing(path: str, summary_: str, status: int = 200, **options: Any) -> Any:
        return post(
            BASE + path, opt=opt, summary=summary_, tags=TAGS, status_code=status, **options
        )

    return [
        reading("/summary", "Rates of policies by denominator (策定率)")(summary),
        reading("/bodies", "Bodies and where they stand")(bodies),
        reading("/bodies/{code:str}", "One body with its evidence")(evidence),
        put(
            BASE + "/bodies/{code:str}/contact",
            opt=opt,
            summary="Record the office of a body (連絡先)",
            tags=TAGS,
        )(save_contact),
        reading("/incidents", "Incidents that bodies reported")(incidents),
        doing("/reminders/plan", "Whom a reminder would reach")(plan_reminder),
        doing("/reminders", "Remind bodies (督促)", 201)(remind),
        reading("/reminders", "The log of reminders")(reminders),
        doing("/letters/{letter_id:uuid}/again", "Send a failed letter again")(send_again),
        reading("/contacts", "Offices of bodies (連絡先)")(contacts),
        reading("/contacts.xlsx", "Offices of bodies as a spreadsheet")(contacts_sheet),
        doing(
            "/contacts/uploads",
            "Read a spreadsheet of offices",
            201,
            request_max_body_size=6 * 1024 * 1024,
        )(take_contacts),
        doing("/contacts/uploads/{upload_id:uuid}/apply", "Write what was read")(apply_contacts),
    ]
