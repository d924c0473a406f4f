"""調査票の取込み: files out, files in, the look before anything is written."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.correspondence.store.readings import Reading
from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.standardisation.access import MINISTRY
from jichitai.standardisation.survey.errors import RoundStatusError
from jichitai.standardisation.survey.model import Round
from jichitai.standardisation.survey.pages.parts import (
    FAULTS,
    HOME,
    ZIP,
    AnyRequest,
    Outgoing,
    address,
    attached,
    crumbs,
    uploaded,
)
from jichitai.standardisation.survey.pages.rounds import round_page
from jichitai.standardisation.survey.service import sheets
from jichitai.standardisation.survey.service.rounds import Rounds
from jichitai.standardisation.survey.service.sheets import Sheets
from jichitai.standardisation.survey.store import rounds as store
from jichitai.web.components import Crumb, FieldErrors, Progress, rest
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeSettings, Who

_OPT: Final = {"roles": MINISTRY}
_ONE: Final = f"{HOME}/{{round_id:uuid}}"
_UPLOAD: Final = f"{_ONE}/uploads/{{upload_id:uuid}}"
_LARGEST: Final = 50 * 1024 * 1024
_SHOWN: Final = 300


@get(f"{_ONE}/files.zip", opt=_OPT, include_in_schema=False)
async def files(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, settings: NodeSettings
) -> Response[bytes]:
    """A workbook for each body, with its last answer."""
    del principal
    async with db.transaction(read_only=True) as tx:
        data = await Sheets(clock, settings.demo).archive(tx, round_id)
    return attached(data, "survey-files.zip", ZIP)


@get(f"{_ONE}/files/{{code:str}}", opt=_OPT, include_in_schema=False)
async def file(
    round_id: FromPath[UUID],
    code: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    settings: NodeSettings,
) -> Response[bytes]:
    """The workbook of one body."""
    del principal
    async with db.transaction(read_only=True) as tx:
        data = await Sheets(clock, settings.demo).file(tx, round_id, code)
    return attached(data, f"{code}.xlsx")


@post(f"{_ONE}/uploads", opt=_OPT, include_in_schema=False, request_max_body_size=_LARGEST)
async def take(
    request: AnyRequest,
    round_id: FromPath[UUID],
    data: MultipartBody[dict[str, Any]],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Template | Redirect:
    """Read filled-in workbooks, many of them in the background; nothing is written yet."""
    content, name = await uploaded(data)
    try:
        async with db.transaction() as tx:
            upload = await Sheets(clock, settings.demo).hand_in(
                tx, round_id, content, name=name, actor=principal.actor
            )
    except (WorkbookRefusedError, RoundStatusError) as refusal:
        text = (
            refusal.detail
            if name
            else "ファイルが選ばれていません。記入した表か、まとめたZIPファイルを選んでください。"
        )
        work = Rounds(clock, outbox, settings.demo)
        return await round_page(request, round_id, db, work, FieldErrors.of({"file": text}))
    return Redirect(f"{HOME}/{round_id}/uploads/{upload}", status_code=303)


@get(_UPLOAD, opt=_OPT, include_in_schema=False)
async def preview(
    request: AnyRequest,
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    settings: NodeSettings,
) -> Template:
    """What the file would write, and every fault with its cell and remedy."""
    del principal
    here = f"{HOME}/{round_id}"
    work = Sheets(clock, settings.demo)
    async with db.transaction(read_only=True) as tx:
        about = await store.round_of(tx, round_id)
        unread = await sheets.progress(tx, round_id, upload_id)
        if unread is not None:
            return _reading(request, about, upload_id, unread)
        upload = await work.upload(tx, round_id, upload_id)
        found = await work.preview(tx, round_id, upload_id)
    faults = found.faults
    context = {
        "found": found,
        "upload": upload,
        "faults": list(enumerate(faults[:_SHOWN], start=1)),
        "count": len(faults),
        "repairable": sum(row.repairable for row in found.rows),
        "bodies": len({row.code for row in found.rows if row.code and not row.faults}),
        "columns": FAULTS,
        "action": f"{here}/uploads/{upload_id}",
        "back": here,
        "marked": f"{here}/uploads/{upload_id}/marked.xlsx",
        "crumbs": crumbs(Crumb(about.title, here), Crumb("調査票の取込み")),
    }
    return page(request, "standardisation_rounds/preview.html", context)


@get(f"{_UPLOAD}/progress", opt=_OPT, include_in_schema=False)
async def progress(
    request: AnyRequest,
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    settings: NodeSettings,
) -> Template:
    """How far the file is read; the page asks again and again, and ends with a link."""
    del principal
    work = Sheets(clock, settings.demo)
    async with db.transaction(read_only=True) as tx:
        about = await store.round_of(tx, round_id)
        unread = await sheets.progress(tx, round_id, upload_id)
        if unread is None:
            await work.upload(tx, round_id, upload_id)  # refuses what never was
    return _reading(request, about, upload_id, unread)


def _reading(
    request: AnyRequest, about: Round, upload_id: UUID, unread: Reading | None
) -> Template:
    here = f"{HOME}/{about.round_id}"
    state = Progress(1, 1, "件") if unread is None else _state(unread)
    context = {
        "unread": unread,
        "state": state,
        "here": f"{here}/uploads/{upload_id}",
        "back": here,
        "crumbs": crumbs(Crumb(about.title, here), Crumb("調査票の読取り")),
    }
    return page(request, "standardisation_rounds/reading.html", context)


def _state(unread: Reading) -> Progress:
    left = unread.total - unread.done
    seconds = unread.seconds * left / unread.done if unread.done else None
    # read to the last file, it still waits to be kept
    done = min(unread.done, unread.total - 1)
    return Progress(done, unread.total, "個", "" if seconds is None else rest(seconds))


@get(f"{_UPLOAD}/marked.xlsx", opt=_OPT, include_in_schema=False)
async def marked(
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    settings: NodeSettings,
) -> Response[bytes]:
    """The faulty rows with what to do."""
    del principal
    async with db.transaction(read_only=True) as tx:
        data = await Sheets(clock, settings.demo).marked(tx, round_id, upload_id)
    return attached(data, "to-correct.xlsx")


@post(_UPLOAD, opt=_OPT, include_in_schema=False)
async def apply(
    request: AnyRequest,
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    settings: NodeSettings,
) -> Redirect:
    """Write the right rows, and those whose repair was accepted."""
    form = await request.form()
    work = Sheets(clock, settings.demo)
    async with db.transaction() as tx:
        repaired = {str(value) for value in form.getall("repaired", [])}
        if form.get("all") == "1":
            found = await work.preview(tx, round_id, upload_id)
            repaired |= {row.row for row in found.rows if row.repairable}
        done = await work.apply(tx, round_id, upload_id, repaired=repaired, actor=principal.actor)
    told = {"done": str(done.bodies), "same": str(done.same), "left": str(done.left)}
    return Redirect(address(f"{HOME}/{round_id}", told), status_code=303)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    files,
    file,
    take,
    preview,
    progress,
    marked,
    apply,
)
