"""依頼と督促: a body's inbox, and its answers to surveys."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.kernel.bodies import prefecture_body
from jichitai.kernel.parties import Party, Tier
from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.oversight.api.overseers import attached
from jichitai.security.oversight.errors import BadAnswerError
from jichitai.security.oversight.pages.contacts import uploaded
from jichitai.security.oversight.pages.shared import SORTS, AnyRequest, Outgoing, texts
from jichitai.security.oversight.service.notices import Inbox, Opened
from jichitai.security.oversight.store import notices as store
from jichitai.web.components import Column, Crumb, FieldErrors, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Role

_READ: Final = {"roles": INSIDE}
_WRITE: Final = {"roles": OFFICER}
_COLUMNS: Final = (
    Column("subject", "件名", head=True, wide=True),
    Column("sort", "種類"),
    Column("sender", "差出人"),
    Column("sent", "届いた日時"),
    Column("due", "期限"),
    Column("state", "状態"),
)
_HOME: Final = Crumb("依頼と督促", "/security/notices")


def sender_name(text: str) -> str:
    """The office that asks, by its name."""
    party = Party.parse(text)
    return prefecture_body(party.code).name if party.tier is Tier.PREFECTURE else "総務省"


@get("/security/notices", opt=_READ, include_in_schema=False)
async def inbox(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """What is asked of the body, newest first."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        rows = await store.notices(tx, code)
    context = {
        "rows": rows,
        "columns": _COLUMNS,
        "sorts": SORTS,
        "sender": sender_name,
        "today": clock.today(),
    }
    return page(request, "security_oversight/inbox.html", context)


@get("/security/notices/{notice_id:uuid}", opt=_READ, include_in_schema=False)
async def notice(
    request: AnyRequest,
    notice_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template:
    """One request; a survey can be answered here."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        found = await Inbox(clock, outbox).open(tx, code, notice_id, actor=principal.actor)
    return _page(request, found, may_write=Role.SECURITY_OFFICER in principal.roles)


def _page(
    request: AnyRequest,
    found: Opened,
    *,
    may_write: bool = True,
    errors: FieldErrors | None = None,
    typed: dict[str, str] | None = None,
) -> Template:
    answers = dict(found.answers) if typed is None else typed
    context = {
        "found": found,
        "notice": found.notice,
        "sort": SORTS[found.notice.sort],
        "sender": sender_name(found.notice.sender),
        "answers": answers,
        "offered": {
            one.key: [Option(value, value) for value in one.offered]
            for one in (found.form.questions if found.form else ())
        },
        "errors": errors or FieldErrors(),
        "may_write": may_write,
        "done": request.query_params.get("done", "")[:10],
        "crumbs": [_HOME, Crumb(found.notice.subject)],
    }
    status = 422 if errors else 200
    return page(request, "security_oversight/notice.html", context, status=status)


@post("/security/notices/{notice_id:uuid}", opt=_WRITE, include_in_schema=False)
async def reply(
    request: AnyRequest,
    notice_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Keep a draft, or send the answer."""
    code, work = body_code(principal), Inbox(clock, outbox)
    data = texts(await request.form())
    answers = {
        name.removeprefix("a_"): value
        for name, value in data.items()
        if name.startswith("a_") and value.strip()
    }
    here = f"/security/notices/{notice_id}"
    if data.get("deed") == "draft":
        async with db.transaction(town=code) as tx:
            await work.keep(tx, code, notice_id, answers, actor=principal.actor)
        return Redirect(f"{here}?done=draft", status_code=303)
    try:
        async with db.transaction(town=code) as tx:
            await work.answer(
                tx,
                code,
                notice_id,
                answers,
                reason=data.get("reason", ""),
                actor=principal.actor,
            )
    except BadAnswerError as refusal:
        faults: Any = refusal.facts["faults"]
        errors = FieldErrors.of(
            {key if key == "reason" else f"a_{key}": text for key, text in faults.items()}
        )
        async with db.transaction(town=code) as tx:
            await work.keep(tx, code, notice_id, answers, actor=principal.actor)
            found = await work.open(tx, code, notice_id, actor=principal.actor)
        return _page(
            request, found, errors=errors, typed={**answers, "reason": data.get("reason", "")}
        )
    return Redirect(f"{here}?done=sent", status_code=303)


@get("/security/notices/{notice_id:uuid}/form.xlsx", opt=_READ, include_in_schema=False)
async def form_sheet(
    notice_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Response[bytes]:
    """The form as a spreadsheet."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        return attached(await Inbox(clock, outbox).sheet(tx, code, notice_id), f"{code}.xlsx")


@post(
    "/security/notices/{notice_id:uuid}/upload",
    opt=_WRITE,
    include_in_schema=False,
    request_max_body_size=6 * 1024 * 1024,
)
async def take_sheet(
    request: AnyRequest,
    notice_id: FromPath[UUID],
    data: MultipartBody[dict[str, Any]],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Read the body's own file into the draft; another body's row is refused."""
    code, work = body_code(principal), Inbox(clock, outbox)
    content, name = await uploaded(data)
    faults: list[str] = []
    try:
        async with db.transaction(town=code) as tx:
            taken = await work.take(tx, code, notice_id, content, actor=principal.actor)
        faults = [f"{one.cell}：{one.why}。{one.remedy}" for _, one in taken.faults]
        if len(taken.rows) != 1 and not faults:
            faults = [
                "この団体の行が1つだけ入った表を選んでください。行がないか、二つ以上あります。"
            ]
    except WorkbookRefusedError as refusal:
        faults = [
            refusal.detail if name else "ファイルが選ばれていません。記入した表を選んでください。"
        ]
    if not faults:
        return Redirect(f"/security/notices/{notice_id}?done=file", status_code=303)
    async with db.transaction(town=code) as tx:
        found = await work.open(tx, code, notice_id, actor=principal.actor)
    return _page(request, found, errors=FieldErrors.of({"file": "　".join(faults[:5])}))


INBOX_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (
    inbox,
    notice,
    reply,
    form_sheet,
    take_sheet,
)
