"""調査: the rounds, answers as spreadsheets, publication."""

from typing import Any, Final
from uuid import UUID

from litestar import Response
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect, Template

from jichitai.correspondence.store import reminders as reminder_store
from jichitai.correspondence.store import uploads
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.kernel.errors import InvalidError
from jichitai.security.obligations.model import Denominator
from jichitai.security.oversight.api.overseers import attached
from jichitai.security.oversight.area import SECURITY
from jichitai.security.oversight.errors import BadFormError, RoundStateError
from jichitai.security.oversight.model.forms import KINDS, Form, form_of, tally
from jichitai.security.oversight.pages.contacts import FAULT_COLUMNS, uploaded
from jichitai.security.oversight.pages.shared import (
    ROUNDS,
    AnyRequest,
    Outgoing,
    address,
    crumbs,
    texts,
    urls_of,
)
from jichitai.security.oversight.service.place import Overseer, overseer_of
from jichitai.security.oversight.service.surveys import Surveys
from jichitai.security.oversight.store import surveys as store
from jichitai.web.components import Column, Crumb, FieldErrors, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_COLUMNS: Final = (
    Column("title", "調査", head=True, wide=True),
    Column("state", "状態"),
    Column("answered", "回答", align="end"),
    Column("as_of", "時点"),
    Column("due", "期限"),
)
_ANSWERS: Final = (
    Column("name", "団体", head=True),
    Column("answered", "回答した日時"),
    Column("via", "方法"),
    Column("reason", "直した理由", wide=True),
    Column("reminded", "最後の督促"),
)


async def listed(request: AnyRequest, principal: Who, db: Db) -> Template:
    """All rounds, newest first."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        rows = await store.rounds(tx, by.key)
    context = {
        "urls": urls_of(by),
        "rows": rows,
        "columns": _COLUMNS,
        "states": ROUNDS,
        "crumbs": crumbs(by, Crumb("調査")),
    }
    return page(request, "security_oversight/surveys.html", context)


async def one(request: AnyRequest, round_id: FromPath[UUID], principal: Who, db: Db) -> Template:
    """A round: who answered what, and the next deed."""
    return await _round_page(request, overseer_of(principal), round_id, db)


async def _round_page(
    request: AnyRequest,
    by: Overseer,
    round_id: UUID,
    db: Db,
    errors: FieldErrors | None = None,
) -> Template:
    urls = urls_of(by)
    async with by.transaction(db, read_only=True) as tx:
        found = await store.round_of(tx, by.key, round_id)
        last = await store.answers(tx, by.key, round_id)
        asked = set(await store.targets(tx, by.key, round_id))
        bodies = [body for body in await by.bodies(tx) if body.code in asked]
        reminded = await reminder_store.last_reminded(tx, SECURITY, by.key, round_id=round_id)
        editions = await store.publications(tx, by.key, round_id)
    form = _readable(found.form)
    missing = [body for body in bodies if body.code not in last]
    context = {
        "urls": urls,
        "by": by,
        "here": f"{urls.surveys}/{round_id}",
        "found": found,
        "status": ROUNDS[found.state],
        "denominator": Denominator(found.denominator),
        "questions": form.questions if form else (),
        "kinds": KINDS,
        "tally": tally(form, (answer.answers for answer in last.values())) if form else [],
        "tiles": [
            Tile("対象", len(bodies), "団体"),
            Tile("回答あり", len(last), "団体"),
            Tile("回答なし", len(missing), "団体"),
        ],
        "answer_columns": _ANSWERS,
        "rows": [
            (body, last.get(body.code), reminded.get(body.code))
            for body in (*missing, *(b for b in bodies if b.code in last))
        ],
        "remind": address(f"{urls.letters}/new", {"matter": "survey", "round": str(round_id)}),
        "editions": editions,
        "errors": errors or FieldErrors(),
        "done": request.query_params.get("done", "")[:6],
        "crumbs": crumbs(by, Crumb("調査", urls.surveys), Crumb(found.title)),
    }
    status = 422 if errors else 200
    return page(request, "security_oversight/survey.html", context, status=status)


def _readable(text: str) -> Form | None:
    """A draft may have no question yet."""
    try:
        return form_of(text)
    except BadFormError:
        return None


async def move(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Open, close or publish."""
    by, work = overseer_of(principal), Surveys(clock, outbox)
    form = texts(await request.form())
    deed, reason = form.get("deed", ""), form.get("reason", "")
    try:
        async with by.transaction(db) as tx:
            await _move(tx, work, by, round_id, deed, reason, principal.actor)
    except (RoundStateError, InvalidError) as refusal:
        field = "reason" if deed == "publish" else "deed"
        errors = FieldErrors.of({field: refusal.detail})
        return await _round_page(request, by, round_id, db, errors)
    return Redirect(f"{urls_of(by).surveys}/{round_id}", status_code=303)


async def _move(
    tx: Tx, work: Surveys, by: Overseer, round_id: UUID, deed: str, reason: str, actor: Actor
) -> None:
    match deed:
        case "open":
            await work.open(tx, by, round_id, actor=actor)
        case "close":
            await work.close(tx, by, round_id, actor=actor)
        case "publish":
            await work.publish(tx, by, round_id, reason=reason, actor=actor)
        case _:
            raise RoundStateError("することが選ばれていません。ボタンを押し直してください。")


async def files(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Response[bytes]:
    """A spreadsheet for each body in one archive."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        data = await Surveys(clock, outbox).archive(tx, by, round_id)
    return attached(data, "survey-files.zip", "application/zip")


async def table(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Response[bytes]:
    """All answers in the same layout."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        return attached(await Surveys(clock, outbox).table(tx, by, round_id), "answers.xlsx")


async def take(
    request: AnyRequest,
    round_id: FromPath[UUID],
    data: MultipartBody[dict[str, Any]],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Read filled-in spreadsheets; nothing is written yet."""
    by = overseer_of(principal)
    content, name = await uploaded(data)
    try:
        async with by.transaction(db) as tx:
            upload = await Surveys(clock, outbox).take(
                tx, by, round_id, content, name=name, actor=principal.actor
            )
    except (WorkbookRefusedError, RoundStateError) as refusal:
        text = (
            refusal.detail
            if name
            else "ファイルが選ばれていません。記入した表かZIPファイルを選んでください。"
        )
        return await _round_page(request, by, round_id, db, FieldErrors.of({"file": text}))
    return Redirect(f"{urls_of(by).surveys}/{round_id}/uploads/{upload}", status_code=303)


async def preview(
    request: AnyRequest,
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template:
    """What the file would write, and every fault with its cell and remedy."""
    by = overseer_of(principal)
    here = f"{urls_of(by).surveys}/{round_id}"
    async with by.transaction(db, read_only=True) as tx:
        found = await Surveys(clock, outbox).preview(tx, by, round_id, upload_id)
        upload = await uploads.upload_of(tx, SECURITY, by.key, upload_id, subject=str(round_id))
        about = await store.round_of(tx, by.key, round_id)
    context = {
        "head": "調査票の取込み",
        "found": found,
        "upload": upload,
        "columns": FAULT_COLUMNS,
        "action": f"{here}/uploads/{upload_id}",
        "back": here,
        "marked": f"{here}/uploads/{upload_id}/marked.xlsx",
        "crumbs": crumbs(
            by, Crumb("調査", urls_of(by).surveys), Crumb(about.title, here), Crumb("取込み")
        ),
    }
    return page(request, "security_oversight/preview.html", context)


async def marked(
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Response[bytes]:
    """The faulty rows with what to do."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        data = await Surveys(clock, outbox).marked(tx, by, round_id, upload_id)
    return attached(data, "to-correct.xlsx")


async def apply(
    request: AnyRequest,
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Redirect:
    """Write the right rows, and those whose repair was accepted."""
    by = overseer_of(principal)
    form = await request.form()
    repaired = [str(value) for value in form.getall("repaired", [])]
    async with by.transaction(db) as tx:
        done = await Surveys(clock, outbox).apply(
            tx, by, round_id, upload_id, repaired=repaired, actor=principal.actor
        )
    return Redirect(f"{urls_of(by).surveys}/{round_id}?done={done}", status_code=303)
