"""A filled-in workbook: chosen, looked at, confirmed."""

from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.database import Database
from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.kernel.errors import JichitaiError
from jichitai.security.access import body_code
from jichitai.security.checks.access import CHECKERS
from jichitai.security.checks.downloads import LARGEST_BODY
from jichitai.security.checks.pages.forms import AnyRequest, file_of, status_of
from jichitai.security.checks.service.exchange import Exchange, Preview
from jichitai.security.checks.service.rounds import known_round
from jichitai.security.errors import BadUploadError
from jichitai.security.oscal.errors import UnreadableOscalError
from jichitai.web.components import FieldErrors
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

_WRITE: Final[dict[str, Any]] = {"roles": CHECKERS}


@get("/security/checks/{round_id:uuid}/import", opt=_WRITE, include_in_schema=False)
async def choose(request: AnyRequest, round_id: FromPath[UUID], principal: Who, db: Db) -> Template:
    """Choose the workbook."""
    return await _page(request, round_id, principal, db, None, FieldErrors())


@post(
    "/security/checks/{round_id:uuid}/import",
    opt=_WRITE,
    include_in_schema=False,
    request_max_body_size=LARGEST_BODY,
)
async def look(
    request: AnyRequest, round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """Say what it would change, and what is wrong with which cell."""
    body = body_code(principal)
    sent = await file_of(request, "workbook")
    if sent is None:
        errors = FieldErrors.of(
            {
                "workbook": "ファイルが選ばれていません。記入した表（.xlsx）かOSCALの文書を選んでください。"
            }
        )
        return await _page(request, round_id, principal, db, None, errors, 422)
    try:
        async with db.transaction(town=body) as tx:
            found = await Exchange(clock).preview(
                tx, body, round_id, name=sent[0], data=sent[1], by=principal.actor
            )
    except (WorkbookRefusedError, UnreadableOscalError, BadUploadError) as refusal:
        errors = FieldErrors.of({"workbook": refusal.detail})
        return await _page(request, round_id, principal, db, None, errors, 422)
    status = 422 if found.faults else 200
    return await _page(request, round_id, principal, db, found, FieldErrors(), status)


@post(
    "/security/checks/{round_id:uuid}/import/{import_id:uuid}", opt=_WRITE, include_in_schema=False
)
async def take(
    request: AnyRequest,
    round_id: FromPath[UUID],
    import_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Write what it asks for."""
    body = body_code(principal)
    try:
        async with db.transaction(town=body) as tx:
            await Exchange(clock).apply(tx, body, round_id, import_id, by=principal.actor)
    except JichitaiError as refusal:
        status = status_of(refusal)
        errors = FieldErrors.of({"workbook": refusal.detail})
        return await _page(request, round_id, principal, db, None, errors, status)
    return Redirect(f"/security/checks/{round_id}", status_code=303)


async def _page(
    request: AnyRequest,
    round_id: UUID,
    principal: Principal,
    db: Database,
    found: Preview | None,
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        row = await known_round(tx, body, round_id)
    context = {"row": row, "found": found, "errors": errors}
    return page(request, "checks/import.html", context, status=status)


ROUTES: Final = (choose, look, take)
