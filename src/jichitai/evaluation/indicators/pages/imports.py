"""取込み: the workbook out and in, with a preview before anything is recorded."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.correspondence.model.preview import preview_of
from jichitai.correspondence.store.uploads import Upload
from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.indicators import importing
from jichitai.evaluation.indicators.api.routes import sent_file, workbook_answer
from jichitai.evaluation.indicators.pages import words
from jichitai.evaluation.indicators.pages.words import BASE, WRITE, AnyRequest
from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.web.components import Column, Crumb
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_IMPORT: Final = BASE + "/import"
_FAULTS: Final = (
    Column("row", "行"),
    Column("cell", "セル", head=True),
    Column("value", "入れた値"),
    Column("why", "なぜ", wide=True),
    Column("remedy", "どうする", wide=True),
)
_RIGHT: Final = (
    Column("row", "行"),
    Column("name", "指標", head=True, wide=True),
    Column("as_of", "時点"),
    Column("what", "扱い"),
    Column("before", "前の値", align="end"),
    Column("shown", "記録する値", align="end"),
    Column("reason", "理由", wide=True),
)


@get(_IMPORT, opt=WRITE, include_in_schema=False)
async def begin(request: AnyRequest) -> Template:
    """Where the workbook is had and sent."""
    return _begin(request, "")


def _begin(request: AnyRequest, wrong: str) -> Template:
    context = {
        "errors": words.errors_of({"file": wrong} if wrong else {}),
        "crumbs": [words.HOME, words.SHELF, Crumb("実績値の取込み")],
    }
    status = 422 if wrong else 200
    return page(request, "evaluation_indicators/import.html", context, status=status)


@get(_IMPORT + "/form.xlsx", opt=WRITE, include_in_schema=False)
async def form(db: Db, clock: LawClock) -> Response[bytes]:
    """The workbook to be filled in."""
    async with db.transaction(read_only=True) as tx:
        made = await importing.form(tx, clock)
    return workbook_answer(made, "indicators.xlsx")


@post(_IMPORT, opt=WRITE, include_in_schema=False)
async def take(
    request: AnyRequest,
    data: MultipartBody[dict[str, Any]],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Read a workbook; nothing is recorded yet."""
    try:
        content, name = await sent_file(data)
        async with db.transaction() as tx:
            upload = await importing.take(tx, content, name=name, by=principal.actor, clock=clock)
    except (FaultyEntryError, WorkbookRefusedError) as refusal:
        return _begin(request, refusal.detail)
    return Redirect(f"{_IMPORT}/{upload}", status_code=303)


@get(_IMPORT + "/{upload_id:uuid}", opt=WRITE, include_in_schema=False)
async def preview(request: AnyRequest, upload_id: FromPath[UUID], db: Db) -> Template:
    """What the workbook would record, and every fault."""
    async with db.transaction(read_only=True) as tx:
        upload = await importing.upload_of(tx, upload_id)
    return _preview(request, upload, ())


def _preview(request: AnyRequest, upload: Upload, refused: tuple[str, ...]) -> Template:
    found = preview_of(upload.content)
    rows = [
        {
            "row": one.row,
            "name": f"{one.code} {one.name}",
            "what": "訂正" if one.values["before"] else "新規",
            **one.values,
        }
        for one in found.rows
        if not one.faults
    ]
    faults = [
        {
            "row": row.row,
            "cell": one.cell,
            "value": one.value or "（空）",
            "why": one.why,
            "remedy": one.remedy,
        }
        for row, one in found.faults
    ]
    context = {
        "found": found,
        "upload": upload,
        "rows": rows,
        "faults": faults,
        "right_columns": _RIGHT,
        "fault_columns": _FAULTS,
        "refused": refused,
        "action": f"{_IMPORT}/{upload.upload_id}",
        "crumbs": [words.HOME, words.SHELF, Crumb("実績値の取込み", _IMPORT), Crumb("下見")],
    }
    return page(request, "evaluation_indicators/preview.html", context)


@post(_IMPORT + "/{upload_id:uuid}", opt=WRITE, include_in_schema=False)
async def apply(
    request: AnyRequest, upload_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Record the right rows."""
    async with db.transaction() as tx:
        done = await importing.apply(tx, upload_id, by=principal.actor, clock=clock)
    if done.refused:
        async with db.transaction(read_only=True) as tx:
            upload = await importing.upload_of(tx, upload_id)
        return _preview(request, upload, done.refused)
    return Redirect(BASE, status_code=303)


IMPORT_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (begin, form, take, preview, apply)
