"""調査: the rounds, the form, answers as spreadsheets, publication."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Response
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect, Template

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.kernel.errors import InvalidError
from jichitai.security.obligations.model import Denominator
from jichitai.security.oversight.api.overseers import attached
from jichitai.security.oversight.errors import BadFormError, RoundStateError
from jichitai.security.oversight.model.forms import KINDS, Form, Question, form_of, tally
from jichitai.security.oversight.pages.contacts import FAULT_COLUMNS, uploaded
from jichitai.security.oversight.pages.shared import (
    ROUNDS,
    AnyRequest,
    Outgoing,
    address,
    crumbs,
    typed_date,
    urls_of,
)
from jichitai.security.oversight.service.place import Overseer, overseer_of
from jichitai.security.oversight.service.surveys import Asked, Surveys
from jichitai.security.oversight.store import letters
from jichitai.security.oversight.store import surveys as store
from jichitai.web.components import Column, Crumb, DateInput, FieldErrors, Option, Tile
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
_EMPTY_ROWS: Final = 3
_MOST: Final = 100
_KINDS: Final = tuple(Option(key, word) for key, word in KINDS.items())


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


# --- the form -----------------------------------------------------------------------


async def new(request: AnyRequest, principal: Who, clock: LawClock) -> Template:
    """An empty survey."""
    by = overseer_of(principal)
    due = clock.today() + timedelta(days=30)
    typed = {"title": "", "purpose": "", "note": "", "denominator": str(by.denominators[0])}
    dates = {"as_of": DateInput.of(clock.today()), "due": DateInput.of(due)}
    return _edit(request, by, None, typed, dates, [])


async def edit(request: AnyRequest, round_id: FromPath[UUID], principal: Who, db: Db) -> Template:
    """A draft."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        found = await store.round_of(tx, by.key, round_id)
    form = form_of(found.form)
    typed = {
        "title": found.title,
        "purpose": found.purpose,
        "note": form.note,
        "denominator": found.denominator,
    }
    dates = {"as_of": DateInput.of(found.as_of), "due": DateInput.of(found.due_on)}
    return _edit(request, by, round_id, typed, dates, [_typed(one) for one in form.questions])


def _typed(one: Question) -> dict[str, str]:
    return {
        "label": one.label,
        "kind": one.kind,
        "choices": "／".join(one.choices),
        "hint": one.hint,
        "required": "1" if one.required else "",
        "published": "1" if one.published else "",
    }


def _edit(
    request: AnyRequest,
    by: Overseer,
    round_id: UUID | None,
    typed: Mapping[str, str],
    dates: Mapping[str, DateInput],
    questions: list[dict[str, str]],
    errors: FieldErrors | None = None,
) -> Template:
    urls = urls_of(by)
    blank = {
        "label": "",
        "kind": "yesno",
        "choices": "",
        "hint": "",
        "required": "",
        "published": "",
    }
    rows = [*questions, *(dict(blank) for _ in range(_EMPTY_ROWS))][:_MOST]
    context = {
        "urls": urls,
        "action": f"{urls.surveys}/{round_id}/edit" if round_id else f"{urls.surveys}/new",
        "typed": typed,
        "dates": dates,
        "questions": rows,
        "kinds": _KINDS,
        "denominators": [
            Option(str(one), one.japanese)
            for one in by.denominators
            if one is not Denominator.ORGAN_PAIRS
        ],
        "errors": errors or FieldErrors(),
        "crumbs": crumbs(by, Crumb("調査", urls.surveys), Crumb("調査票を作る")),
    }
    status = 422 if errors else 200
    return page(request, "security_oversight/survey_edit.html", context, status=status)


async def make(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Template | Redirect:
    """Keep a new draft."""
    return await _save(request, principal, db, clock, outbox, None)


async def change(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Keep a changed draft."""
    return await _save(request, principal, db, clock, outbox, round_id)


async def _save(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    round_id: UUID | None,
) -> Template | Redirect:
    by = overseer_of(principal)
    data = {name: str(value) for name, value in (await request.form()).items()}
    questions = _questions(data)
    problems: dict[str, str] = {}
    as_of, wrong_as_of = typed_date(data, "as_of", "時点")
    due, wrong_due = typed_date(data, "due", "期限")
    if wrong_as_of:
        problems["as_of"] = wrong_as_of
    if wrong_due:
        problems["due"] = wrong_due
    if data.get("denominator", "") not in {*Denominator}:
        problems["denominator"] = "対象が選ばれていません。どの団体に聞くかを選んでください。"
    found: UUID | None = None
    if as_of is not None and due is not None and not problems:
        try:
            asked = _asked(data, questions, as_of, due)
            async with by.transaction(db) as tx:
                found = await Surveys(clock, outbox).save(
                    tx, by, asked, actor=principal.actor, round_id=round_id
                )
        except BadFormError as refusal:
            problems["title"] = refusal.detail
    if found is None:
        dates = {name: DateInput.of_form(data, name) for name in ("as_of", "due")}
        typed = {"title": "", "purpose": "", "note": "", "denominator": "", **data}
        return _edit(request, by, round_id, typed, dates, questions, FieldErrors.of(problems))
    path = f"{urls_of(by).surveys}/{found}"
    more = f"{path}/edit#questions" if data.get("then") == "more" else path
    return Redirect(more, status_code=303)


def _questions(data: Mapping[str, str]) -> list[dict[str, str]]:
    found = []
    for at in range(_MOST):
        if not data.get(f"q{at}_label", "").strip():
            continue
        names = ("label", "kind", "choices", "hint", "required", "published")
        found.append({name: data.get(f"q{at}_{name}", "").strip() for name in names})
    return found


def _asked(
    data: Mapping[str, str], questions: list[dict[str, str]], as_of: date, due: date
) -> Asked:
    made = []
    for number, one in enumerate(questions, start=1):
        if one["kind"] not in KINDS or len(one["label"]) > 200 or len(one["hint"]) > 400:
            raise BadFormError(
                f"{number}問目の文が長すぎるか、答え方が選ばれていません。直してください。"
            )
        choices = tuple(
            c.strip() for c in one["choices"].replace("/", "／").split("／") if c.strip()
        )
        if len(choices) > 40 or any(len(c) > 100 for c in choices):
            raise BadFormError(f"{number}問目の選択肢が多すぎるか、長すぎます。直してください。")
        made.append(
            Question(
                key=f"q{number}",
                label=one["label"],
                kind=one["kind"],  # type: ignore[arg-type]
                choices=choices if one["kind"] == "choice" else (),
                hint=one["hint"],
                required=bool(one["required"]),
                published=bool(one["published"]),
            )
        )
    return Asked(
        title=data.get("title", ""),
        purpose=data.get("purpose", ""),
        form=Form(questions=tuple(made), note=data.get("note", "")[:2000]),
        as_of=as_of,
        due_on=due,
        denominator=Denominator(data["denominator"]),
    )


# --- one round ------------------------------------------------------------------------


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
        reminded = await letters.last_reminded(tx, by.key, round_id=round_id)
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
    form = await request.form()
    deed, reason = str(form.get("deed", "")), str(form.get("reason", ""))
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
        upload = await store.upload_of(tx, by.key, upload_id, subject=str(round_id))
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
