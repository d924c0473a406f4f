"""連絡先: the offices that reminders go to, out and in as a spreadsheet."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.correspondence.service.contacts import SUBJECT, Contacts
from jichitai.correspondence.store import uploads
from jichitai.correspondence.store.contacts import contacts
from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.kernel.bodies import all_bodies
from jichitai.standardisation.access import MINISTRY
from jichitai.standardisation.area import STANDARDISATION
from jichitai.standardisation.survey.pages.parts import (
    CONTACTS,
    FAULTS,
    HOME,
    AnyRequest,
    attached,
    crumbs,
    uploaded,
)
from jichitai.standardisation.survey.service.place import MINISTRY_OVERSEER
from jichitai.web.components import Column, Crumb, FieldErrors, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_OPT: Final = {"roles": MINISTRY}
_LARGEST: Final = 6 * 1024 * 1024
_SHOWN: Final = 200
_UPLOAD: Final = f"{CONTACTS}/uploads/{{upload_id:uuid}}"
_COLUMNS: Final = (
    Column("name", "団体", head=True),
    Column("office", "担当部署", wide=True),
    Column("mail", "メールアドレス"),
    Column("phone", "電話番号"),
    Column("at", "記録した日時"),
)


@get(CONTACTS, opt=_OPT, include_in_schema=False)
async def listed(request: AnyRequest, principal: Who, db: Db) -> Template:
    """The office of each body."""
    del principal
    return await _page(request, db)


async def _page(request: AnyRequest, db: Any, errors: FieldErrors | None = None) -> Template:
    async with db.transaction(read_only=True) as tx:
        known = await contacts(tx, STANDARDISATION, MINISTRY_OVERSEER.key)
    bodies = all_bodies()
    context = {
        "home": HOME,
        "contacts": CONTACTS,
        "rows": [known[code] for code in sorted(known)][:_SHOWN],
        "names": {one.code: one.full_name for one in bodies},
        "columns": _COLUMNS,
        "tiles": [
            Tile("登録済み", sum(one.code in known for one in bodies), "団体"),
            Tile("未登録", sum(one.code not in known for one in bodies), "団体"),
        ],
        "errors": errors or FieldErrors(),
        "done": request.query_params.get("done", "")[:6],
        "crumbs": crumbs(Crumb("連絡先")),
    }
    status = 422 if errors else 200
    return page(request, "standardisation_rounds/contacts.html", context, status=status)


@get(f"{CONTACTS}.xlsx", opt=_OPT, include_in_schema=False)
async def sheet(principal: Who, db: Db, clock: LawClock) -> Response[bytes]:
    """The list as a spreadsheet."""
    del principal
    async with db.transaction(read_only=True) as tx:
        data = await Contacts(clock, STANDARDISATION).sheet(tx, MINISTRY_OVERSEER)
    return attached(data, "contacts.xlsx")


@post(f"{CONTACTS}/uploads", opt=_OPT, include_in_schema=False, request_max_body_size=_LARGEST)
async def take(
    request: AnyRequest,
    data: MultipartBody[dict[str, Any]],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Read a spreadsheet; nothing is written yet."""
    content, name = await uploaded(data)
    try:
        async with db.transaction() as tx:
            upload = await Contacts(clock, STANDARDISATION).take(
                tx, MINISTRY_OVERSEER, content, name=name, actor=principal.actor
            )
    except WorkbookRefusedError as refusal:
        text = (
            refusal.detail if name else "ファイルが選ばれていません。記入した表を選んでください。"
        )
        return await _page(request, db, FieldErrors.of({"file": text}))
    return Redirect(f"{CONTACTS}/uploads/{upload}", status_code=303)


@get(_UPLOAD, opt=_OPT, include_in_schema=False)
async def preview(
    request: AnyRequest, upload_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """What the file would write, and every fault."""
    del principal
    async with db.transaction(read_only=True) as tx:
        found = await Contacts(clock, STANDARDISATION).preview(tx, MINISTRY_OVERSEER, upload_id)
        upload = await uploads.upload_of(
            tx, STANDARDISATION, MINISTRY_OVERSEER.key, upload_id, subject=SUBJECT
        )
    context = {
        "found": found,
        "upload": upload,
        "faults": list(enumerate(found.faults, start=1)),
        "count": len(found.faults),
        "repairable": 0,
        "bodies": found.right,
        "columns": FAULTS,
        "action": f"{CONTACTS}/uploads/{upload_id}",
        "back": CONTACTS,
        "marked": "",
        "crumbs": crumbs(Crumb("連絡先", CONTACTS), Crumb("取込み")),
    }
    return page(request, "standardisation_rounds/preview.html", context)


@post(_UPLOAD, opt=_OPT, include_in_schema=False)
async def apply(
    request: AnyRequest, upload_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Redirect:
    """Write the right rows, and those whose repair was accepted."""
    form = await request.form()
    repaired = [str(value) for value in form.getall("repaired", [])]
    async with db.transaction() as tx:
        done = await Contacts(clock, STANDARDISATION).apply(
            tx, MINISTRY_OVERSEER, upload_id, repaired=repaired, actor=principal.actor
        )
    return Redirect(f"{CONTACTS}?done={done}", status_code=303)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (listed, sheet, take, preview, apply)
