"""Calls for the ministry's rounds: the same use cases as the pages."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from jichitai.correspondence.model.letters import Wording
from jichitai.correspondence.service.reminding import Plan
from jichitai.infra.database import Tx
from jichitai.standardisation.access import MINISTRY
from jichitai.standardisation.survey.api.shapes import (
    AnswerItem,
    ApplyBody,
    DeadlineItem,
    Done,
    Made,
    PreviewItem,
    ReminderBody,
    ReminderItem,
    RoundBody,
    RoundDetail,
    RoundItem,
    StandingItem,
    WrittenItem,
    reading_item,
)
from jichitai.standardisation.survey.pages.parts import ZIP, AnyRequest, Outgoing, attached
from jichitai.standardisation.survey.service.deadlines import deadlines
from jichitai.standardisation.survey.service.place import MINISTRY_OVERSEER
from jichitai.standardisation.survey.service.rounds import Rounds, usual_words
from jichitai.standardisation.survey.service.sheets import Sheets, progress
from jichitai.standardisation.survey.store import answers
from jichitai.standardisation.survey.store import rounds as store
from jichitai.web.inject import Db, LawClock, NodeSettings, Who

BASE: Final = "/api/v1/standardisation/rounds"
_ONE: Final = f"{BASE}/{{round_id:uuid}}"
_UPLOAD: Final = f"{_ONE}/uploads/{{upload_id:uuid}}"
_LARGEST: Final = 50 * 1024 * 1024
_KEPT: Final[dict[str, Any]] = {"opt": {"roles": MINISTRY}, "tags": ["standardisation-rounds"]}
FileName = Annotated[str, QueryParameter(max_length=80, pattern=r"^[^\x00]*$")]


@get(BASE, summary="Survey rounds (移行の調査)", **_KEPT)
async def rounds(principal: Who, db: Db) -> list[RoundItem]:
    """All rounds, newest first."""
    del principal
    async with db.transaction(read_only=True) as tx:
        counts = await store.counts(tx)
        return [
            RoundItem.of(one, counts.get(one.round_id, (0, 0))) for one in await store.rounds(tx)
        ]


@post(BASE, summary="Draft a round", **_KEPT)
async def make(
    data: JSONBody[RoundBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Made:
    """Nobody is asked yet."""
    work = Rounds(clock, outbox, settings.demo)
    async with db.transaction() as tx:
        return Made(id=await work.save(tx, data.asked(), actor=principal.actor))


@put(_ONE, summary="Change a draft", **_KEPT)
async def change(
    round_id: FromPath[UUID],
    data: JSONBody[RoundBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Made:
    """Only before the round is opened."""
    work = Rounds(clock, outbox, settings.demo)
    async with db.transaction() as tx:
        found = await work.save(tx, data.asked(), actor=principal.actor, round_id=round_id)
    return Made(id=found)


@get(_ONE, summary="One round and where its bodies stand", **_KEPT)
async def one(
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> RoundDetail:
    """Every body that is asked."""
    del principal
    async with db.transaction(read_only=True) as tx:
        found = await store.round_of(tx, round_id)
        standing = await Rounds(clock, outbox, settings.demo).standings(tx, round_id)
    counts = (len(standing), sum(one.given is not None for one in standing))
    return RoundDetail(
        round=RoundItem.of(found, counts), bodies=[StandingItem.of(one) for one in standing]
    )


@post(f"{_ONE}/open", status_code=200, summary="Ask all bodies", **_KEPT)
async def open_round(
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Done:
    """Each body finds the round on its own pages."""
    async with db.transaction() as tx:
        work = Rounds(clock, outbox, settings.demo)
        return Done(bodies=await work.open(tx, round_id, actor=principal.actor))


@post(f"{_ONE}/close", status_code=200, summary="Close a round", **_KEPT)
async def close_round(
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> RoundItem:
    """Answers that come later are kept too."""
    async with db.transaction() as tx:
        await Rounds(clock, outbox, settings.demo).close(tx, round_id, actor=principal.actor)
        counts = await store.counts(tx)
        found = await store.round_of(tx, round_id)
    return RoundItem.of(found, counts.get(round_id, (0, 0)))


@get(f"{_ONE}/answers/{{code:str}}", summary="Every answer of one body", **_KEPT)
async def past(
    round_id: FromPath[UUID], code: FromPath[str], principal: Who, db: Db
) -> list[AnswerItem]:
    """The newest first; it stands."""
    del principal
    async with db.transaction(read_only=True) as tx:
        await store.round_of(tx, round_id)
        whose = await MINISTRY_OVERSEER.body(tx, code)
        found = await answers.history(tx, round_id, whose.code)
    return [AnswerItem.of(one) for one in found]


@get(f"{_ONE}/files.zip", summary="A workbook for each body", **_KEPT)
async def files(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, settings: NodeSettings
) -> Response[bytes]:
    """Each filled in with the body's last answer."""
    del principal
    async with db.transaction(read_only=True) as tx:
        data = await Sheets(clock, settings.demo).archive(tx, round_id)
    return attached(data, "survey-files.zip", ZIP)


@post(
    f"{_ONE}/uploads", summary="Read filled-in workbooks", request_max_body_size=_LARGEST, **_KEPT
)
async def take(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    settings: NodeSettings,
    name: FileName = "answers.xlsx",
) -> PreviewItem:
    """A workbook or an archive of them (the request's body); nothing is written yet.

    Many files are read in the background: `state` is `reading`; ask for the upload until it is not.
    """
    data, work = await request.body(), Sheets(clock, settings.demo)
    async with db.transaction() as tx:
        upload = await work.hand_in(tx, round_id, data, name=name, actor=principal.actor)
        return await _shown(tx, work, round_id, upload)


async def _shown(tx: Tx, work: Sheets, round_id: UUID, upload_id: UUID) -> PreviewItem:
    unread = await progress(tx, round_id, upload_id)
    if unread is not None:
        return reading_item(unread)
    return PreviewItem.of(await work.preview(tx, round_id, upload_id), upload_id)


@get(_UPLOAD, summary="What a file would write", **_KEPT)
async def preview(
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    settings: NodeSettings,
) -> PreviewItem:
    """Every fault with its cell and remedy."""
    del principal
    async with db.transaction(read_only=True) as tx:
        return await _shown(tx, Sheets(clock, settings.demo), round_id, upload_id)


@get(f"{_UPLOAD}/marked.xlsx", summary="The faulty rows with what to do", **_KEPT)
async def marked(
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    settings: NodeSettings,
) -> Response[bytes]:
    """A workbook to be sent back."""
    del principal
    async with db.transaction(read_only=True) as tx:
        data = await Sheets(clock, settings.demo).marked(tx, round_id, upload_id)
    return attached(data, "to-correct.xlsx")


@post(f"{_UPLOAD}/apply", status_code=200, summary="Write what was read", **_KEPT)
async def apply(
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    data: JSONBody[ApplyBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    settings: NodeSettings,
) -> WrittenItem:
    """Write the right rows; earlier answers stay."""
    async with db.transaction() as tx:
        done = await Sheets(clock, settings.demo).apply(
            tx, round_id, upload_id, repaired=data.repaired, actor=principal.actor
        )
    return WrittenItem(bodies=done.bodies, same=done.same, left=done.left)


def _plan(plan: Plan) -> ReminderItem:
    return ReminderItem(
        bodies=[one.code for one in plan.bodies],
        without_address=list(plan.without_address),
        reminded_today=list(plan.reminded_today),
    )


@get(f"{_ONE}/reminders", summary="Whom a reminder would reach", **_KEPT)
async def plan_reminder(
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> ReminderItem:
    """Nothing is sent."""
    del principal
    async with MINISTRY_OVERSEER.transaction(db, read_only=True) as tx:
        return _plan(await Rounds(clock, outbox, settings.demo).plan(tx, round_id))


@post(f"{_ONE}/reminders", summary="Remind those that have not answered", **_KEPT)
async def remind(
    round_id: FromPath[UUID],
    data: JSONBody[ReminderBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> ReminderItem:
    """By letter and notice; nobody twice on a day."""
    work = Rounds(clock, outbox, settings.demo)
    async with MINISTRY_OVERSEER.transaction(db) as tx:
        usual = usual_words(await store.round_of(tx, round_id), clock.today())
        words = Wording(subject=data.subject or usual.subject, text=data.text or usual.text)
        sent = await work.remind(tx, round_id, words=words, actor=principal.actor, codes=data.codes)
    return _plan(sent)


@get("/api/v1/standardisation/calendar", summary="Deadlines of all rounds", **_KEPT)
async def calendar(principal: Who, db: Db, clock: LawClock) -> list[DeadlineItem]:
    """The earliest first, with the business days that are left."""
    del principal
    async with db.transaction(read_only=True) as tx:
        return [DeadlineItem.of(one) for one in await deadlines(tx, today=clock.today())]


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    rounds,
    make,
    change,
    one,
    open_round,
    close_round,
    past,
    files,
    take,
    preview,
    marked,
    apply,
    plan_reminder,
    remind,
    calendar,
)
