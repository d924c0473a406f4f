"""ログの取得元: what is registered, what arrives, what was set aside and why."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, MultipartBody, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra import audit
from jichitai.infra.outbox import Outbox
from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError, JichitaiError
from jichitai.security.access import ANALYST
from jichitai.security.monitoring.desk import Desk
from jichitai.security.monitoring.pages import words
from jichitai.security.monitoring.service.places import members
from jichitai.security.monitoring.service.sources import NewSource, in_use
from jichitai.security.monitoring.store import batches
from jichitai.security.monitoring.store import sources as store
from jichitai.security.monitoring.syslog import EVERYBODY
from jichitai.web.components import Column, FieldErrors
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, NodeSettings, Who
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
_OPT: Final[dict[str, Any]] = {"roles": ANALYST}
_PLACE: Final = "/security/monitoring/sources"
_LARGEST: Final = 16 * 1024 * 1024
_COLUMNS: Final = (
    Column("name", "取得元", head=True, wide=True),
    Column("body", "団体"),
    Column("lines", "24時間の行数", align="end"),
    Column("refused", "隔離", align="end"),
    Column("last", "最後の受信"),
    Column("state", "状態"),
)
_BATCH_COLUMNS: Final = (
    Column("batch", "受付番号", head=True),
    Column("received", "受信"),
    Column("lines", "行数", align="end"),
    Column("events", "記録", align="end"),
    Column("amiss", "隔離した行・印を付けた行", wide=True),
    Column("state", "状態"),
)
_NOTHING: Final[Mapping[str, str]] = {}


@get(_PLACE, opt=_OPT, include_in_schema=False)
async def show_sources(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template:
    """All sources with their last day."""
    return await _list(request, principal, Desk(db, clock, outbox, settings))


@post(_PLACE, opt=_OPT, status_code=200, include_in_schema=False)
async def register(
    request: AnyRequest,
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template:
    """Register a source; its token is shown this once."""
    desk = Desk(db, clock, outbox, settings)
    given = {name: text.replace("\0", "")[:200] for name, text in data.items()}
    names = ("body", "area", "function", "format", "name", "address")
    wanted = NewSource(**{name: given.get(name, "") for name in names})
    try:
        async with db.transaction(all_towns=True) as tx:
            source, token = await desk.sources.register(tx, wanted, by=principal)
    except (InvalidError, ConflictError, ForbiddenError) as refusal:
        return await _list(
            request, principal, desk, typed=given, errors=_errors(refusal), status=422
        )
    return await _source(request, source.source_id, principal, desk, token=token)


@get(_PLACE + "/{source_id:uuid}", opt=_OPT, include_in_schema=False)
async def show_source(
    request: AnyRequest,
    source_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template:
    """One source with what arrived."""
    return await _source(request, source_id, principal, Desk(db, clock, outbox, settings))


@post(_PLACE + "/{source_id:uuid}/token", opt=_OPT, status_code=200, include_in_schema=False)
async def renew_token(
    request: AnyRequest,
    source_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template:
    """A new token, shown this once."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        token = await desk.sources.renew_token(tx, source_id, by=principal)
    return await _source(request, source_id, principal, desk, token=token)


@post(_PLACE + "/{source_id:uuid}/retire", opt=_OPT, include_in_schema=False)
async def retire(
    source_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Redirect:
    """Take it out of use."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        await desk.sources.retire(tx, source_id, by=principal)
    return Redirect(f"{_PLACE}/{source_id}", status_code=303)


@post(_PLACE + "/{source_id:uuid}/logs", opt=_OPT, include_in_schema=False,
      request_max_body_size=_LARGEST)  # fmt: skip
async def upload(
    request: AnyRequest,
    source_id: FromPath[UUID],
    data: MultipartBody[dict[str, Any]],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Template | Redirect:
    """Hand in a file."""
    desk, file = Desk(db, clock, outbox, settings), data.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    if not content:
        errors = FieldErrors.of(
            {"file": "ファイルが選ばれていません。ログのファイルを選んでください。"}
        )
        return await _source(request, source_id, principal, desk, errors=errors, status=422)
    async with db.transaction() as tx:
        source = in_use(await store.get(tx, source_id, principal.body_prefecture()))
        await desk.intake.accept(tx, source, content, transport="page")
        await audit.record(
            tx,
            by=principal.actor,
            action="security.monitoring.logs.upload",
            subject=str(source_id),
            facts={"bytes": len(content)},
            at=clock.now(),
        )
    return Redirect(f"{_PLACE}/{source_id}", status_code=303)


def _errors(refusal: JichitaiError) -> FieldErrors:
    taken = "address" if isinstance(refusal, ConflictError) else "body"
    return FieldErrors.of({str(refusal.facts.get("field") or taken): refusal.detail})


async def _list(
    request: AnyRequest,
    principal: Principal,
    desk: Desk,
    *,
    typed: Mapping[str, str] = _NOTHING,
    errors: FieldErrors | None = None,
    status: int = 200,
) -> Template:
    prefecture = principal.body_prefecture()
    since = desk.clock.now() - timedelta(days=1)
    async with desk.database.transaction(all_towns=True, read_only=True) as tx:
        found = await store.every(tx, prefecture)
        traffic = await batches.figures(tx, prefecture, since)
        strangers = await store.strangers(tx, (prefecture, EVERYBODY))
        days = await batches.days(tx, prefecture)
        names = await members(tx, prefecture)
    context = {
        "sources": found,
        "traffic": traffic,
        "strangers": strangers,
        "days": days,
        "names": names,
        "columns": _COLUMNS,
        "bodies": words.body_options(names),
        "words": words,
        "typed": typed,
        "errors": errors or FieldErrors(),
        "port": desk.settings.syslog_port,
        "tabs": words.tabs(request),
    }
    return page(request, "security_monitoring/sources.html", context, status=status)


async def _source(
    request: AnyRequest,
    source_id: UUID,
    principal: Principal,
    desk: Desk,
    *,
    token: str = "",
    errors: FieldErrors | None = None,
    status: int = 200,
) -> Template:
    prefecture = principal.body_prefecture()
    async with desk.database.transaction(all_towns=True, read_only=True) as tx:
        source = await store.get(tx, source_id, prefecture)
        arrived = await batches.latest(tx, prefecture, source_id)
        names = await members(tx, prefecture)
    context = {
        "source": source,
        "arrived": arrived,
        "names": names,
        "columns": _BATCH_COLUMNS,
        "words": words,
        "token": token,
        "errors": errors or FieldErrors(),
        "origin": desk.settings.origin,
    }
    return page(request, "security_monitoring/source.html", context, status=status)
