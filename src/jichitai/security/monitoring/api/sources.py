"""Sources of logs and what they send, for programs."""

from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody
from litestar.types import ControllerRouterHandler

from jichitai.infra import audit
from jichitai.infra.outbox import Outbox
from jichitai.security.access import ANALYST
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.monitoring.api.bodies import (
    Accepted,
    BatchView,
    NewSourceView,
    SourceView,
    SourceWanted,
    batch_view,
    source_view,
)
from jichitai.security.monitoring.desk import Desk
from jichitai.security.monitoring.service.intake import LARGEST_BATCH, unpack
from jichitai.security.monitoring.service.sources import NewSource, in_use, of_token
from jichitai.security.monitoring.store import batches
from jichitai.security.monitoring.store import sources as store
from jichitai.web.inject import Db, Given, LawClock, NodeSettings, Who
from jichitai.web.limits import Rate
from jichitai.web.rights import PUBLIC

AnyRequest = Request[Any, Any, Any]
Token = Annotated[
    str,
    HeaderParameter(
        name="x-jichitai-source-token",
        min_length=16,
        max_length=200,
        description="the token that was shown when the source was registered",
    ),
]
_TAGS: Final = ["security"]
_PATH: Final = "/api/v1/security/monitoring/sources"
_INTAKE: Final = "/api/v1/security/monitoring/intake/{source_id:uuid}"
_OPT: Final[dict[str, Any]] = {"roles": ANALYST}


@get(_PATH, opt=_OPT, summary="Sources of logs with their last 24 hours", tags=_TAGS)
async def list_sources(principal: Who, db: Db, clock: LawClock) -> list[SourceView]:
    """Those in use first."""
    prefecture = principal.body_prefecture()
    async with db.transaction(read_only=True) as tx:
        found = await store.every(tx, prefecture)
        traffic = await batches.figures(tx, prefecture, clock.now() - timedelta(days=1))
    return [source_view(one, traffic.get(one.source_id)) for one in found]


@post(_PATH, opt=_OPT, status_code=201, summary="Register a source", tags=_TAGS)
async def register_source(
    data: JSONBody[SourceWanted],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> NewSourceView:
    """The token is shown this once."""
    wanted = NewSource(
        body=data.body,
        area=data.area,
        function=data.function,
        format=data.format,
        name=data.name,
        address=data.address,
    )
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction(all_towns=True) as tx:
        source, token = await desk.sources.register(tx, wanted, by=principal)
    return NewSourceView(source_id=source.source_id, token=token)


@post(_PATH + "/{source_id:uuid}/token", opt=_OPT, status_code=201,
      summary="Give a source a new token", tags=_TAGS)  # fmt: skip
async def renew_token(
    source_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> NewSourceView:
    """The one before ends at once."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        token = await desk.sources.renew_token(tx, source_id, by=principal)
    return NewSourceView(source_id=source_id, token=token)


@post(_PATH + "/{source_id:uuid}/retirement", opt=_OPT, status_code=204,
      summary="Take a source out of use", tags=_TAGS)  # fmt: skip
async def retire_source(
    source_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> None:
    """What it sent stays."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        await desk.sources.retire(tx, source_id, by=principal)


@post(_PATH + "/{source_id:uuid}/logs", opt=_OPT, status_code=202,
      request_max_body_size=LARGEST_BATCH, summary="Hand in logs of a source", tags=_TAGS)  # fmt: skip
async def upload_logs(
    request: AnyRequest,
    source_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Accepted:
    """The body of the request is the file as it is (gzip: Content-Encoding)."""
    data = await _sent(request)
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        source = in_use(await store.get(tx, source_id, principal.body_prefecture()))
        number = await desk.intake.accept(tx, source, data, transport="page")
        await audit.record(
            tx,
            by=principal.actor,
            action="security.monitoring.logs.upload",
            subject=str(source_id),
            facts={"bytes": len(data)},
            at=clock.now(),
        )
    return Accepted(batch=number)


@post(_INTAKE, opt={"roles": PUBLIC, "csrf": False, "rate": Rate(600, 60)}, status_code=202,
      request_max_body_size=LARGEST_BATCH, summary="Send logs as a source", tags=_TAGS)  # fmt: skip
async def send_logs(
    request: AnyRequest,
    source_id: FromPath[UUID],
    token: Token,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> Accepted:
    """For devices and collectors: lines in the source's format (gzip: Content-Encoding)."""
    async with db.transaction(read_only=True) as tx:
        source = await of_token(tx, source_id, token)
    data = await _sent(request)
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        number = await desk.intake.accept(tx, source, data, transport="http")
    return Accepted(batch=number)


@get("/api/v1/security/monitoring/batches", opt=_OPT, summary="What arrived last", tags=_TAGS)
async def list_batches(
    principal: Who, db: Db, source_id: FromQuery[UUID | None] = None
) -> list[BatchView]:
    """The newest 50."""
    async with db.transaction(read_only=True) as tx:
        found = await batches.latest(tx, principal.body_prefecture(), source_id)
    return [batch_view(one) for one in found]


@get(
    "/api/v1/security/monitoring/batches/{batch_no:int}", opt=_OPT, summary="One batch", tags=_TAGS
)
async def show_batch(batch_no: FromPath[int], principal: Who, db: Db) -> BatchView:
    """How many lines became events, and why others did not."""
    known = 0 < batch_no < 2**62
    async with db.transaction(read_only=True) as tx:
        found = await batches.get(tx, principal.body_prefecture(), batch_no) if known else None
    if found is None:
        raise UnknownDocumentError("この番号の受付はありません。番号を確かめてください。")
    return batch_view(found)


async def _sent(request: AnyRequest) -> bytes:
    """The body of a request, unpacked."""
    data = await request.body()
    return unpack(data) if request.headers.get("content-encoding") == "gzip" else data


SOURCE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_sources,
    register_source,
    renew_token,
    retire_source,
    upload_logs,
    send_logs,
    list_batches,
    show_batch,
)
