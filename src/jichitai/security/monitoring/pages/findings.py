"""脆弱性等の一覧: looked at before it is taken in, and passed on to the bodies."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody
from litestar.response import Redirect, Template

from jichitai.infra.outbox import Outbox
from jichitai.kernel.errors import ForbiddenError, InvalidError
from jichitai.security.access import ANALYST
from jichitai.security.monitoring.desk import Desk
from jichitai.security.monitoring.model.findings import HEADINGS, FindingList
from jichitai.security.monitoring.pages import words
from jichitai.security.monitoring.service.places import members, own_body
from jichitai.security.monitoring.store import findings as store
from jichitai.web.components import Column, FieldErrors
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, NodeSettings, Who
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
_OPT: Final[dict[str, Any]] = {"roles": ANALYST}
_PLACE: Final = "/security/monitoring/findings"
_LARGEST: Final = 4 * 1024 * 1024
_COLUMNS: Final = (
    Column("title", "件名", head=True, wide=True),
    Column("body", "団体"),
    Column("target", "対象", wide=True),
    Column("severity", "重大度"),
    Column("found_on", "検出日"),
    Column("due_on", "対応期限"),
    Column("state", "団体への通知"),
)
_FAULT_COLUMNS: Final = (
    Column("row", "行", head=True),
    Column("column", "列"),
    Column("why", "誤り", wide=True),
    Column("remedy", "直し方", wide=True),
)
_NOTHING: Final[Mapping[str, Any]] = {}


@get(_PLACE, opt=_OPT, include_in_schema=False)
async def show_findings(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template:
    """What is known, and the form for a list."""
    return await _page(request, principal, Desk(db, clock, outbox, settings))


@post(_PLACE, opt=_OPT, include_in_schema=False, request_max_body_size=_LARGEST)
async def take(
    request: AnyRequest,
    data: MultipartBody[dict[str, Any]],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template | Redirect:
    """Look at a list; the second time, take it in."""
    desk = Desk(db, clock, outbox, settings)
    content, text = await _content(data)
    if not content:
        errors = FieldErrors.of(
            {"file": "ファイルが選ばれていません。CSVのファイルを選んでください。"}
        )
        return await _page(request, principal, desk, typed=data, errors=errors, status=422)
    source = str(data.get("source", "")).replace("\0", "")
    body = str(data.get("body", "")).replace("\0", "") or None
    try:
        async with db.transaction(all_towns=True) as tx:
            looked = await desk.findings.look(tx, content, source=source, body=body, by=principal)
            if data.get("deed") == "take" and not looked.faults:
                await desk.findings.take(tx, content, source=source, body=body, by=principal)
                return Redirect(_PLACE, status_code=303)
    except (InvalidError, ForbiddenError) as refusal:
        where = "body" if isinstance(refusal, ForbiddenError) else "file"
        errors = words.errors_of(refusal, where)
        return await _page(request, principal, desk, typed=data, errors=errors, status=422)
    status = 422 if looked.faults else 200
    return await _page(
        request, principal, desk, typed=data, looked=looked, content=text, status=status
    )


@post(_PLACE + "/send", opt=_OPT, include_in_schema=False)
async def send(
    principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox], settings: NodeSettings
) -> Redirect:
    """Pass everything on."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        await desk.findings.send(tx, body=None, by=principal)
    return Redirect(_PLACE, status_code=303)


async def _content(data: Mapping[str, Any]) -> tuple[bytes, str]:
    """The list's bytes: from the file, or as the page before carried them."""
    file = data.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    if not content:
        content = str(data.get("content", "")).encode()
    try:
        return content, content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content, content.decode("cp932", "replace")


async def _page(
    request: AnyRequest,
    principal: Principal,
    desk: Desk,
    *,
    typed: Mapping[str, Any] = _NOTHING,
    looked: FindingList | None = None,
    content: str = "",
    errors: FieldErrors | None = None,
    status: int = 200,
) -> Template:
    prefecture = principal.body_prefecture()
    async with desk.database.transaction(all_towns=True, read_only=True) as tx:
        found = await store.listed(tx, prefecture)
        names = await members(tx, prefecture)
    waiting = [row for row in found if row.sent_at is None and row.body != own_body(prefecture)]
    context = {
        "rows": found,
        "waiting": len(waiting),
        "waiting_bodies": len({row.body for row in waiting}),
        "names": names,
        "own": own_body(prefecture),
        "columns": _COLUMNS,
        "fault_columns": _FAULT_COLUMNS,
        "looked": looked,
        "by_body": Counter(row.body for row in looked.rows) if looked else Counter(),
        "content": content,
        "bodies": words.body_options(names),
        "headings": HEADINGS,
        "words": words,
        "typed": typed,
        "errors": errors or FieldErrors(),
        "tabs": words.tabs(request),
    }
    return page(request, "security_monitoring/findings.html", context, status=status)
