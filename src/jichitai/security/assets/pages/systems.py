"""The list of systems, the form of one, its end, and the workbook."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.kernel.errors import TooLargeError
from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.assets import store
from jichitai.security.assets.api import workbook_answer
from jichitai.security.assets.errors import AssetInUseError, AssetRefusedError
from jichitai.security.assets.model.drafts import SystemDraft
from jichitai.security.assets.model.kinds import Area
from jichitai.security.assets.model.picture import System
from jichitai.security.assets.pages import forms
from jichitai.security.assets.service import Assets
from jichitai.security.assets.uploads import import_systems, sent_file
from jichitai.security.errors import BadUploadError, StaleEditError
from jichitai.web.components import Column, Crumb, FieldErrors, NavItem, Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal, Role

AnyRequest = Request[Any, Any, Any]
_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": OFFICER}
_HOME: Final = Crumb("情報セキュリティ", "/security")
_LIST: Final = Crumb("システム", "/security/systems")
_UPLOAD: Final = 6 * 1024 * 1024
_COLOURS: Final = {
    Area.MYNUMBER: Status(Area.MYNUMBER.japanese, "purple"),
    Area.LGWAN: Status(Area.LGWAN.japanese, "blue"),
    Area.INTERNET: Status(Area.INTERNET.japanese, "yellow"),
    Area.CLOUD: Status(Area.CLOUD.japanese, "grey"),
}
_COLUMNS: Final = (
    Column("number", "番号", align="end"),
    Column("name", "システム", head=True, wide=True),
    Column("area", "領域", wide=True),
    Column("findings", "構成の指摘", align="end"),
    Column("rating", "機密性／完全性／可用性"),
    Column("form", "形態"),
    Column("vendor", "事業者", wide=True),
    Column("organ", "管理する機関"),
)


def writes(principal: Principal) -> bool:
    """Whether the person may change anything."""
    return Role.SECURITY_OFFICER in principal.roles


@get("/security/systems", opt=_READ, include_in_schema=False)
async def systems(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The systems in use, all or of one area."""
    code = body_code(principal)
    chosen = request.query_params.get("area", "")
    async with db.transaction(town=code, read_only=True) as tx:
        looked = await Assets(clock).look(tx, code)
    found = looked.picture.systems
    shown = [one for one in found if not chosen or one.draft.area == chosen]
    counted: dict[UUID, int] = {}
    for finding in looked.findings:
        if finding.system_id:
            counted[finding.system_id] = counted.get(finding.system_id, 0) + 1
    context = {
        "rows": [_row(one, counted.get(one.id, 0)) for one in shown],
        "columns": _COLUMNS,
        "tabs": _tabs(found, chosen),
        "total": len(found),
        "writes": writes(principal),
        "imported": request.query_params.get("imported", "")[:6],
        "crumbs": [_HOME, Crumb(_LIST.label)],
    }
    return page(request, "assets/systems.html", context)


def _row(one: System, findings: int) -> dict[str, Any]:
    draft = one.draft
    joined = f"（{draft.counts_as.japanese}とつながる）" if draft.area is Area.CLOUD else ""
    return {
        "number": f"S{one.number}",
        "name": draft.name,
        "href": f"/security/systems/{one.id}",
        "status": _COLOURS[draft.area],
        "joined": joined,
        "rating": f"{draft.confidentiality}／{draft.integrity}／{draft.availability}",
        "form": draft.form.japanese,
        "vendor": draft.vendor,
        "organ": draft.organ.japanese,
        "findings": findings,
    }


def _tabs(found: Any, chosen: str) -> list[NavItem]:
    def tab(value: str, label: str) -> NavItem:
        count = sum(1 for one in found if not value or one.draft.area == value)
        href = f"/security/systems?area={value}" if value else "/security/systems"
        return NavItem(label, href, current=value == chosen, count=count)

    return [tab("", "すべて"), *(tab(area.value, area.japanese) for area in Area)]


@get("/security/systems/new", opt=_WRITE, include_in_schema=False)
async def new_system(request: AnyRequest, principal: Who, db: Db) -> Template:
    """An empty form."""
    typed = {"integrity": "2", "availability": "2", "organ": "head", "form": "own"}
    return await _form(request, principal, db, None, typed, FieldErrors())


@post("/security/systems/new", opt=_WRITE, include_in_schema=False)
async def add_system(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """登録する."""
    typed = await forms.typed_of(request)
    code = body_code(principal)
    try:
        draft = forms.system_of(typed)
        async with db.transaction(town=code) as tx:
            await Assets(clock).enter_system(tx, code, draft, by=principal.actor)
    except AssetRefusedError as refusal:
        errors = forms.errors_of(refusal)
        return await _form(request, principal, db, None, typed, errors, status=422)
    return Redirect("/security/systems", status_code=303)


@get("/security/systems/workbook", opt=_READ, include_in_schema=False)
async def workbook(principal: Who, db: Db) -> Response[bytes]:
    """The list as a workbook."""
    return await workbook_answer(principal, db)


@get("/security/systems/import", opt=_WRITE, include_in_schema=False)
async def ask_import(request: AnyRequest, principal: Who) -> Template:
    """Where a workbook is handed in."""
    return _import_page(request, None, FieldErrors())


@post("/security/systems/import", opt=_WRITE, include_in_schema=False,
      request_max_body_size=_UPLOAD)  # fmt: skip
async def take_import(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Show what a workbook says; take it over when asked and when nothing is wrong."""
    code = body_code(principal)
    commit = (await request.form()).get("commit") == "1"
    try:
        data = await sent_file(request)
        async with db.transaction(town=code) as tx:
            upload, written = await import_systems(
                tx, code, data, Assets(clock), by=principal.actor, commit=commit
            )
    except (BadUploadError, WorkbookRefusedError, AssetRefusedError, TooLargeError) as refusal:
        errors = FieldErrors.of({"file": refusal.detail})
        return _import_page(request, None, errors, status=422)
    if written:
        return Redirect(f"/security/systems?imported={len(upload.planned)}", status_code=303)
    return _import_page(request, upload, FieldErrors(), status=422 if upload.faults else 200)


def _import_page(
    request: AnyRequest, upload: Any, errors: FieldErrors, *, status: int = 200
) -> Template:
    context = {
        "upload": upload,
        "errors": errors,
        "faults": [
            {"cell": one.cell, "value": one.value, "why": one.why, "remedy": one.remedy}
            for one in (upload.faults if upload else ())
        ],
        "planned": [
            {
                "row": one.row,
                "name": one.draft.name,
                "deed": f"S{one.system.number} を変更" if one.system else "新しく登録",
                "area": one.draft.area.japanese,
            }
            for one in (upload.planned if upload else ())
        ],
        "crumbs": [_HOME, _LIST, Crumb("表の取込み")],
    }
    return page(request, "assets/import.html", context, status=status)


@get("/security/systems/{system_id:uuid}", opt=_READ, include_in_schema=False)
async def one_system(
    request: AnyRequest, system_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One system: its form for officers, its facts for others."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        found = await Assets(clock).system(tx, code, system_id)
    return await _form(request, principal, db, found, forms.fill(found.draft), FieldErrors())


@post("/security/systems/{system_id:uuid}", opt=_WRITE, include_in_schema=False)
async def edit_system(
    request: AnyRequest, system_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """変更を保存する."""
    typed = await forms.typed_of(request)
    try:
        draft = forms.system_of(typed)
        await _change(db, clock, principal, system_id, forms.revision_of(typed), draft)
    except AssetRefusedError as refusal:
        return await _again(
            request, principal, db, clock, system_id, typed, forms.errors_of(refusal)
        )
    except StaleEditError as refusal:
        errors = FieldErrors.of({"": refusal.detail})
        return await _again(request, principal, db, clock, system_id, typed, errors, status=409)
    return Redirect("/security/systems", status_code=303)


async def _change(
    db: Database, clock: Clock, principal: Principal, ref: UUID, revision: int, draft: SystemDraft
) -> None:
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await Assets(clock).change_system(tx, code, ref, revision, draft, by=principal.actor)


async def _again(
    request: AnyRequest,
    principal: Principal,
    db: Database,
    clock: Clock,
    system_id: UUID,
    typed: forms.Typed,
    errors: FieldErrors,
    *,
    status: int = 422,
) -> Template:
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        found = await Assets(clock).system(tx, code, system_id)
    return await _form(request, principal, db, found, typed, errors, status=status)


@post("/security/systems/{system_id:uuid}/retire", opt=_WRITE, include_in_schema=False)
async def retire(
    request: AnyRequest, system_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """利用を終了する."""
    typed = await forms.typed_of(request)
    code = body_code(principal)
    try:
        async with db.transaction(town=code) as tx:
            await Assets(clock).retire_system(
                tx, code, system_id, forms.revision_of(typed), by=principal.actor
            )
    except (AssetInUseError, StaleEditError) as refusal:
        async with db.transaction(town=code, read_only=True) as tx:
            found = await Assets(clock).system(tx, code, system_id)
        errors = FieldErrors.of({"": refusal.detail})
        filled = forms.fill(found.draft)
        return await _form(request, principal, db, found, filled, errors, status=409)
    return Redirect("/security/systems", status_code=303)


async def _form(
    request: AnyRequest,
    principal: Principal,
    db: Database,
    found: System | None,
    typed: forms.Typed,
    errors: FieldErrors,
    *,
    status: int = 200,
) -> Template:
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        segments = await store.segments(tx, code)
        changes = await store.history(tx, code, ref=found.id, limit=10) if found else []
    context = {
        "system": found,
        "typed": dict.fromkeys(SystemDraft.__struct_fields__, "") | forms.UNSEEN | typed,
        "errors": errors,
        "choices": forms.CHOICES,
        "segments": [
            {
                "value": str(one.id),
                "label": f"{one.draft.area.japanese}：{one.draft.name}",
                "kana": "",
            }
            for one in segments
        ],
        "changes": [
            {"at": one.done_at, "deed": _DEEDS[one.deed], "name": one.name} for one in changes
        ],
        "writes": writes(principal) and (found is None or found.retired_on is None),
        "crumbs": [_HOME, _LIST, Crumb(found.label if found else "新しいシステム")],
    }
    return page(request, "assets/system.html", context, status=status)


_DEEDS: Final = {"enter": "登録", "change": "変更", "retire": "利用終了", "remove": "削除"}
