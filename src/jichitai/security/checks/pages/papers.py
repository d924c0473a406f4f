"""根拠資料: what is kept, what it is good until, and taking it back."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.kernel.errors import JichitaiError
from jichitai.security.access import INSIDE, body_code
from jichitai.security.checks.access import CHECKERS
from jichitai.security.checks.pages import words
from jichitai.security.checks.pages.forms import AnyRequest, Typed, status_of, typed_into
from jichitai.security.checks.service.evidence import Evidence, known
from jichitai.security.checks.store import evidence
from jichitai.security.checks.store.evidence import EvidenceRow
from jichitai.web.components import FieldErrors, Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": CHECKERS}


@get("/security/checks/evidence", opt=_READ, include_in_schema=False)
async def list_page(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """What is kept, the newest first."""
    body, today = body_code(principal), clock.today()
    async with db.transaction(town=body, read_only=True) as tx:
        found = await evidence.newest(tx, body)
        used = await evidence.used(tx, body)
    context = {
        "rows": [
            {"row": one, "status": _status(one, today), "used": used.get(one.evidence_id, 0)}
            for one in found
        ],
        "may_write": bool(principal.roles & CHECKERS),
    }
    return page(request, "checks/evidence.html", context)


@get("/security/checks/evidence/{evidence_id:uuid}/withdraw", opt=_WRITE, include_in_schema=False)
async def ask(
    request: AnyRequest, evidence_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """Why it is taken back."""
    return await _page(request, evidence_id, principal, db, clock, {}, FieldErrors())


@post("/security/checks/evidence/{evidence_id:uuid}/withdraw", opt=_WRITE, include_in_schema=False)
async def withdraw(
    request: AnyRequest, evidence_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Take it back; answers that named it are stale in the next round."""
    body = body_code(principal)
    typed = await typed_into(request)
    try:
        async with db.transaction(town=body) as tx:
            await Evidence(clock).withdraw(
                tx, body, evidence_id, reason=str(typed.get("reason", "")), by=principal.actor
            )
    except JichitaiError as refusal:
        errors, status = words.fields_of(refusal), status_of(refusal)
        return await _page(request, evidence_id, principal, db, clock, typed, errors, status)
    return Redirect("/security/checks/evidence", status_code=303)


async def _page(
    request: AnyRequest,
    evidence_id: UUID,
    principal: Principal,
    db: Database,
    clock: Clock,
    typed: Typed,
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        row = await known(tx, body, evidence_id)
        used = await evidence.used(tx, body)
    context = {
        "row": row,
        "status": _status(row, clock.today()),
        "used": used.get(evidence_id, 0),
        "typed": typed,
        "errors": errors,
    }
    return page(request, "checks/evidence_withdraw.html", context, status=status)


def _status(row: EvidenceRow, today: date) -> Status:
    if row.withdrawn_at is not None:
        return Status("取下げ", "grey")
    if row.valid_until is not None and row.valid_until < today:
        return Status("期限切れ", "red", "翌年の点検で見直しを求めます")
    return Status("有効", "green")


ROUTES: Final = (list_page, ask, withdraw)
