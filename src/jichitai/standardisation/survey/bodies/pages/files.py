"""The body's own spreadsheet on its pages."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.kernel.errors import InvalidError
from jichitai.standardisation.access import OFFICER
from jichitai.standardisation.survey.bodies import sheets
from jichitai.standardisation.survey.bodies.pages.answering import overview
from jichitai.standardisation.survey.bodies.pages.parts import HOME, AnyRequest, Outgoing, here
from jichitai.standardisation.survey.bodies.service import Answers
from jichitai.standardisation.survey.bodies.sheets import Read
from jichitai.standardisation.views.scope import own_body
from jichitai.web.components import FieldErrors
from jichitai.web.inject import Db, LawClock, Who

_OPT: Final = {"roles": OFFICER}
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attached(data: bytes, name: str) -> Response[bytes]:
    """A spreadsheet to be kept."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=_XLSX, headers=headers)


@get(f"{HOME}/{{round_id:uuid}}/form.xlsx", opt=_OPT, include_in_schema=False)
async def form_sheet(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Response[bytes]:
    """The form as a spreadsheet."""
    code = own_body(principal).code
    async with db.transaction(town=code, read_only=True) as tx:
        data = await sheets.sheet(tx, Answers(clock, outbox), code, round_id)
    return attached(data, f"{code}.xlsx")


@post(
    f"{HOME}/{{round_id:uuid}}/upload",
    opt=_OPT,
    include_in_schema=False,
    request_max_body_size=sheets.LARGEST,
)
async def take_sheet(
    request: AnyRequest,
    round_id: FromPath[UUID],
    data: MultipartBody[dict[str, Any]],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Read the body's own file: right rows go into the draft, the others are told."""
    code, work = own_body(principal).code, Answers(clock, outbox)
    read: Read | None = None
    file = data.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    wrong = "" if content else "ファイルが選ばれていません。記入した調査票を選んでください。"
    if content:
        try:
            async with db.transaction(town=code) as tx:
                read = await sheets.take(
                    tx,
                    work,
                    code,
                    round_id,
                    content,
                    repair=bool(data.get("repair")),
                    actor=principal.actor,
                )
        except (WorkbookRefusedError, InvalidError) as refusal:
            wrong = refusal.detail
    if read and not read.preview.faults and read.kept:
        return Redirect(f"{here(round_id)}?done=file", status_code=303)
    if read and not read.preview.faults:
        wrong = "答えの入った行がありません。記入した調査票を選んでください。"
    if read and read.preview.faults:
        count = len(read.preview.faults)
        wrong = (
            f"{count}か所に直すところがあります。正しい{read.kept}行は下書きに入れました。"
            "下の表の行だけを直して、もう一度読み取ってください。"
        )
    async with db.transaction(town=code, read_only=True) as tx:
        found = await work.open(tx, code, round_id)
    return overview(request, found, clock, errors=FieldErrors.of({"file": wrong}), read=read)


FILE_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (form_sheet, take_sheet)
