"""Calls of a body for its own inbox of requests."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.oversight.api.bodies import (
    AnswerBody,
    DraftBody,
    NoticeDetail,
    NoticeItem,
    PreviewItem,
    Revision,
    SentItem,
)
from jichitai.security.oversight.api.overseers import AnyRequest, Outgoing, attached
from jichitai.security.oversight.service.notices import Inbox
from jichitai.security.oversight.store import notices as store
from jichitai.security.oversight.store.notices import Notice
from jichitai.web.inject import Db, LawClock, Who

_BASE: Final = "/api/v1/security/notices"
_TAGS: Final = ["security-notices"]
_READ: Final = {"roles": INSIDE}
_WRITE: Final = {"roles": OFFICER}


def _item(found: Notice) -> NoticeItem:
    return NoticeItem(
        notice_id=found.notice_id,
        sender=found.sender,
        sort=found.sort,
        subject=found.subject,
        text=found.body,
        due_on=found.due_on,
        round_id=found.round_id,
        sent_at=found.sent_at,
        read_at=found.read_at,
        answered=found.answered,
    )


@get(_BASE, opt=_READ, summary="Requests and reminders to the body (依頼と督促)", tags=_TAGS)
async def inbox(principal: Who, db: Db) -> list[NoticeItem]:
    """Newest first."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        return [_item(one) for one in await store.notices(tx, code)]


@get(f"{_BASE}/{{notice_id:uuid}}", opt=_READ, summary="One request", tags=_TAGS)
async def one_notice(
    notice_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> NoticeDetail:
    """The request with its form, what was typed and what was sent; that it was read is noted."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        found = await Inbox(clock, outbox).open(tx, code, notice_id, actor=principal.actor)
    sent = [
        SentItem(
            revision=one.revision,
            answers=one.answers,
            reason=one.reason,
            answered_at=one.answered_at,
        )
        for one in found.sent
    ]
    return NoticeDetail(
        notice=_item(found.notice),
        form=found.form,
        answers=dict(found.answers),
        drafted=found.drafted,
        sent=sent,
    )


@put(
    f"{_BASE}/{{notice_id:uuid}}/draft",
    opt=_WRITE,
    status_code=204,
    summary="Keep what was typed",
    tags=_TAGS,
)
async def keep_draft(
    notice_id: FromPath[UUID],
    data: JSONBody[DraftBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> None:
    """A draft may hold faults; it is not sent."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        work = Inbox(clock, outbox)
        await work.keep(tx, code, notice_id, data.answers, actor=principal.actor)


@post(
    f"{_BASE}/{{notice_id:uuid}}/answers",
    opt=_WRITE,
    summary="Answer a survey",
    tags=_TAGS,
)
async def send_answer(
    notice_id: FromPath[UUID],
    data: JSONBody[AnswerBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Revision:
    """Earlier answers stay; a correction says why."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        revision = await Inbox(clock, outbox).answer(
            tx, code, notice_id, data.answers, reason=data.reason, actor=principal.actor
        )
    return Revision(revision=revision)


@get(
    f"{_BASE}/{{notice_id:uuid}}/form.xlsx",
    opt=_READ,
    summary="The survey's form as a spreadsheet",
    tags=_TAGS,
)
async def form_sheet(
    notice_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Response[bytes]:
    """Filled in with what was answered so far."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        return attached(await Inbox(clock, outbox).sheet(tx, code, notice_id), f"{code}.xlsx")


@post(
    f"{_BASE}/{{notice_id:uuid}}/uploads",
    opt=_WRITE,
    status_code=200,
    request_max_body_size=6 * 1024 * 1024,
    summary="Read the body's own filled-in spreadsheet into the draft",
    tags=_TAGS,
)
async def take_sheet(
    request: AnyRequest,
    notice_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> PreviewItem:
    """A row of another body is refused; with a fault nothing is kept."""
    code = body_code(principal)
    data = await request.body()
    async with db.transaction(town=code) as tx:
        found = await Inbox(clock, outbox).take(tx, code, notice_id, data, actor=principal.actor)
    return PreviewItem.of(found)


INBOX_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    inbox,
    one_notice,
    keep_draft,
    send_answer,
    form_sheet,
    take_sheet,
)
