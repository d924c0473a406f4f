"""連絡先: the list, the spreadsheet out and in, with a preview before anything is written."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect, Template

from jichitai.correspondence.service.contacts import SUBJECT, Contacts
from jichitai.correspondence.store import contacts as contact_store
from jichitai.correspondence.store import uploads
from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.security.oversight.api.overseers import attached
from jichitai.security.oversight.area import SECURITY
from jichitai.security.oversight.pages.shared import AnyRequest, crumbs, urls_of
from jichitai.security.oversight.service.place import Overseer, overseer_of
from jichitai.web.components import Column, Crumb, FieldErrors, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_COLUMNS: Final = (
    Column("name", "団体", head=True),
    Column("office", "担当部署", wide=True),
    Column("mail", "メールアドレス"),
    Column("phone", "電話番号"),
    Column("at", "記録した日時"),
)
FAULT_COLUMNS: Final = (
    Column("row", "行"),
    Column("cell", "セル", head=True),
    Column("value", "入れた値"),
    Column("why", "なぜ", wide=True),
    Column("remedy", "どうする", wide=True),
    Column("repair", "直して取り込む"),
)


async def listed(request: AnyRequest, principal: Who, db: Db) -> Template:
    """The office of each body."""
    return await _page(request, overseer_of(principal), db)


async def _page(
    request: AnyRequest, by: Overseer, db: Db, errors: FieldErrors | None = None
) -> Template:
    async with by.transaction(db, read_only=True) as tx:
        known = await contact_store.contacts(tx, SECURITY, by.key)
        bodies = await by.bodies(tx)
    names = {one.code: one.full_name for one in bodies}
    context = {
        "urls": urls_of(by),
        "rows": [one for one in known.values() if one.body in names],
        "names": names,
        "columns": _COLUMNS,
        "tiles": [
            Tile("登録済み", sum(one.code in known for one in bodies), "団体"),
            Tile("未登録", sum(one.code not in known for one in bodies), "団体"),
        ],
        "errors": errors or FieldErrors(),
        "done": request.query_params.get("done", "")[:6],
        "crumbs": crumbs(by, Crumb("連絡先")),
    }
    status = 422 if errors else 200
    return page(request, "security_oversight/contacts.html", context, status=status)


async def sheet(principal: Who, db: Db, clock: LawClock) -> Response[bytes]:
    """The list as a spreadsheet."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        return attached(await Contacts(clock, SECURITY).sheet(tx, by), "contacts.xlsx")


async def uploaded(data: Any) -> tuple[bytes, str]:
    """The content and name of the file that was chosen; empty without one."""
    file = data.get("file")
    if not isinstance(file, UploadFile):
        return b"", ""
    return await file.read(), (file.filename or "file.xlsx").replace("\0", "")


async def take(
    request: Request[Any, Any, Any],
    data: MultipartBody[dict[str, Any]],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Read a spreadsheet; nothing is written yet."""
    by = overseer_of(principal)
    content, name = await uploaded(data)
    try:
        async with by.transaction(db) as tx:
            upload = await Contacts(clock, SECURITY).take(
                tx, by, content, name=name, actor=principal.actor
            )
    except WorkbookRefusedError as refusal:
        text = (
            refusal.detail if name else "ファイルが選ばれていません。記入した表を選んでください。"
        )
        return await _page(request, by, db, FieldErrors.of({"file": text}))
    return Redirect(f"{urls_of(by).contacts}/uploads/{upload}", status_code=303)


async def preview(
    request: AnyRequest, upload_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """What the file would write, and every fault."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        found = await Contacts(clock, SECURITY).preview(tx, by, upload_id)
        upload = await uploads.upload_of(tx, SECURITY, by.key, upload_id, subject=SUBJECT)
    urls = urls_of(by)
    context = {
        "head": "連絡先の取込み",
        "found": found,
        "upload": upload,
        "columns": FAULT_COLUMNS,
        "action": f"{urls.contacts}/uploads/{upload_id}",
        "back": urls.contacts,
        "marked": "",
        "crumbs": crumbs(by, Crumb("連絡先", urls.contacts), Crumb("取込み")),
    }
    return page(request, "security_oversight/preview.html", context)


async def apply(
    request: AnyRequest, upload_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Redirect:
    """Write the right rows, and those whose repair was accepted."""
    by = overseer_of(principal)
    form = await request.form()
    repaired = [str(value) for value in form.getall("repaired", [])]
    async with by.transaction(db) as tx:
        done = await Contacts(clock, SECURITY).apply(
            tx, by, upload_id, repaired=repaired, actor=principal.actor
        )
    return Redirect(f"{urls_of(by).contacts}?done={done}", status_code=303)
