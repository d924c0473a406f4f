"""Systems and networks for programs: a body's own, read by its people, written by its officers."""

from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from anyio import to_thread
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from jichitai.security.access import INSIDE, OFFICER, body_code, own_body
from jichitai.security.assets import sheet, store
from jichitai.security.assets.diagram import draw
from jichitai.security.assets.model.drafts import LinkDraft, ModelDraft, SegmentDraft, SystemDraft
from jichitai.security.assets.service import Assets
from jichitai.security.assets.states import (
    AtRevision,
    ImportResult,
    LinkChange,
    LinkPreview,
    LinkState,
    NetworkState,
    SegmentChange,
    SegmentState,
    SystemChange,
    SystemList,
    SystemState,
    finding_state,
    import_result,
    link_state,
    network_state,
    segment_state,
    system_state,
)
from jichitai.security.assets.uploads import import_systems, sent_file
from jichitai.web.inject import Db, LawClock, Who

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": OFFICER}
_TAGS: Final = ["security"]
_UPLOAD: Final = 6 * 1024 * 1024
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
At = Annotated[int, QueryParameter(ge=0, le=1_000_000)]


@get("/api/v1/security/systems", opt=_READ, summary="The body's systems in use", tags=_TAGS)
async def list_systems(principal: Who, db: Db) -> SystemList:
    """By number."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        return SystemList(systems=list(map(system_state, await store.systems(tx, code))))


@post("/api/v1/security/systems", opt=_WRITE, status_code=201, summary="Register a system",
      tags=_TAGS)  # fmt: skip
async def enter_system(
    data: JSONBody[SystemDraft], principal: Who, db: Db, clock: LawClock
) -> SystemState:
    """It gets the next number."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        return system_state(await Assets(clock).enter_system(tx, code, data, by=principal.actor))


@get("/api/v1/security/systems/workbook", opt=_READ, summary="The systems as a workbook",
     tags=_TAGS)  # fmt: skip
async def system_workbook(principal: Who, db: Db) -> Response[bytes]:
    """The same layout is taken in again by the import."""
    return await workbook_answer(principal, db)


@post("/api/v1/security/systems/import", opt=_WRITE, status_code=200, tags=_TAGS,
      summary="Read a filled-in workbook; with commit=true take it over",
      request_max_body_size=_UPLOAD)  # fmt: skip
async def import_workbook(
    request: Request[Any, Any, Any],
    principal: Who,
    db: Db,
    clock: LawClock,
    *,
    commit: Annotated[bool, QueryParameter()] = False,
) -> ImportResult:
    """Multipart with the part `file`. A workbook with faults is never taken over in part."""
    data = await sent_file(request)
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        upload, wrote = await import_systems(
            tx, code, data, Assets(clock), by=principal.actor, commit=commit
        )
    return import_result(upload, written=wrote)


@get("/api/v1/security/systems/{system_id:uuid}", opt=_READ, summary="One system", tags=_TAGS)
async def one_system(
    system_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> SystemState:
    """Retired ones too."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        return system_state(await Assets(clock).system(tx, code, system_id))


@put("/api/v1/security/systems/{system_id:uuid}", opt=_WRITE, summary="Change a system", tags=_TAGS)
async def change_system(
    system_id: FromPath[UUID],
    data: JSONBody[SystemChange],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> SystemState:
    """The whole system is replaced."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        changed = await Assets(clock).change_system(
            tx, code, system_id, data.revision, data.system, by=principal.actor
        )
    return system_state(changed)


@post("/api/v1/security/systems/{system_id:uuid}/retire", opt=_WRITE, status_code=200,
      summary="End the use of a system", tags=_TAGS)  # fmt: skip
async def retire_system(
    system_id: FromPath[UUID], data: JSONBody[AtRevision], principal: Who, db: Db, clock: LawClock
) -> SystemState:
    """It leaves the picture and stays in the history."""
    code, assets = body_code(principal), Assets(clock)
    async with db.transaction(town=code) as tx:
        await assets.retire_system(tx, code, system_id, data.revision, by=principal.actor)
        return system_state(await assets.system(tx, code, system_id))


@get("/api/v1/security/network", opt=_READ, summary="The network, checked", tags=_TAGS)
async def network(principal: Who, db: Db, clock: LawClock) -> NetworkState:
    """Systems, segments, links, model, partners, findings."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        return network_state(await Assets(clock).look(tx, code))


@get("/api/v1/security/network/diagram", opt=_READ, summary="The network as SVG", tags=_TAGS)
async def network_diagram(principal: Who, db: Db, clock: LawClock) -> Response[str]:
    """Offending links are red, broken and marked."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        looked = await Assets(clock).look(tx, code)
    return Response(str(draw(looked.picture, looked.findings)), media_type="image/svg+xml")


@post("/api/v1/security/network/model", opt=_WRITE, status_code=201,
      summary="Say which network model holds", tags=_TAGS)  # fmt: skip
async def say_model(
    data: JSONBody[ModelDraft], principal: Who, db: Db, clock: LawClock
) -> NetworkState:
    """Earlier lines stay; the one with the latest day up to today counts."""
    code, assets = body_code(principal), Assets(clock)
    async with db.transaction(town=code) as tx:
        await assets.say_model(tx, code, data, by=principal.actor)
        return network_state(await assets.look(tx, code))


@post("/api/v1/security/network/segments", opt=_WRITE, status_code=201,
      summary="Register a segment", tags=_TAGS)  # fmt: skip
async def enter_segment(
    data: JSONBody[SegmentDraft], principal: Who, db: Db, clock: LawClock
) -> SegmentState:
    """It gets the next number."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        return segment_state(await Assets(clock).enter_segment(tx, code, data, by=principal.actor))


@put("/api/v1/security/network/segments/{segment_id:uuid}", opt=_WRITE,
     summary="Change a segment", tags=_TAGS)  # fmt: skip
async def change_segment(
    segment_id: FromPath[UUID],
    data: JSONBody[SegmentChange],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> SegmentState:
    """The whole segment is replaced."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        changed = await Assets(clock).change_segment(
            tx, code, segment_id, data.revision, data.segment, by=principal.actor
        )
    return segment_state(changed)


@delete("/api/v1/security/network/segments/{segment_id:uuid}", opt=_WRITE,
        summary="Take a segment away", tags=_TAGS)  # fmt: skip
async def remove_segment(
    segment_id: FromPath[UUID], revision: At, principal: Who, db: Db, clock: LawClock
) -> None:
    """Refused while systems stand in it or links end at it."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await Assets(clock).remove_segment(tx, code, segment_id, revision, by=principal.actor)


@post("/api/v1/security/network/links", opt=_WRITE, status_code=201,
      summary="Register a link", tags=_TAGS)  # fmt: skip
async def enter_link(
    data: JSONBody[LinkDraft], principal: Who, db: Db, clock: LawClock
) -> LinkState:
    """One that breaks a rule is registered too, and found by the check."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        return link_state(await Assets(clock).enter_link(tx, code, data, by=principal.actor))


@post("/api/v1/security/network/links/preview", opt=_WRITE, status_code=200,
      summary="What a link would break", tags=_TAGS)  # fmt: skip
async def preview_link(
    data: JSONBody[LinkDraft], principal: Who, db: Db, clock: LawClock
) -> LinkPreview:
    """Nothing is written."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        found = await Assets(clock).preview(tx, code, data)
    return LinkPreview(findings=list(map(finding_state, found)))


@put("/api/v1/security/network/links/{link_id:uuid}", opt=_WRITE, summary="Change a link",
     tags=_TAGS)  # fmt: skip
async def change_link(
    link_id: FromPath[UUID], data: JSONBody[LinkChange], principal: Who, db: Db, clock: LawClock
) -> LinkState:
    """The whole link is replaced."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        changed = await Assets(clock).change_link(
            tx, code, link_id, data.revision, data.link, by=principal.actor
        )
    return link_state(changed)


@delete("/api/v1/security/network/links/{link_id:uuid}", opt=_WRITE, summary="Take a link away",
        tags=_TAGS)  # fmt: skip
async def remove_link(
    link_id: FromPath[UUID], revision: At, principal: Who, db: Db, clock: LawClock
) -> None:
    """It stays in the history."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await Assets(clock).remove_link(tx, code, link_id, revision, by=principal.actor)


async def workbook_answer(principal: Who, db: Db) -> Response[bytes]:
    """The systems of the caller's body as a file."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        body = await own_body(tx, code)
        systems = await store.systems(tx, code)
        segments = await store.segments(tx, code)
    data = await to_thread.run_sync(
        partial(sheet.written, systems, segments, office=body.full_name)
    )
    headers = {"content-disposition": f'attachment; filename="systems-{code}.xlsx"'}
    return Response(data, media_type=XLSX, headers=headers)


API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_systems,
    enter_system,
    system_workbook,
    import_workbook,
    one_system,
    change_system,
    retire_system,
    network,
    network_diagram,
    say_model,
    enter_segment,
    change_segment,
    remove_segment,
    enter_link,
    preview_link,
    change_link,
    remove_link,
)
