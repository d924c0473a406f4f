"""調査票: the form of a survey, made and changed before it is sent."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.security.obligations.model import Denominator
from jichitai.security.oversight.errors import BadFormError
from jichitai.security.oversight.model.forms import KINDS, Form, Question, form_of
from jichitai.security.oversight.pages.shared import (
    AnyRequest,
    Outgoing,
    crumbs,
    texts,
    typed_date,
    urls_of,
)
from jichitai.security.oversight.service.place import Overseer, overseer_of
from jichitai.security.oversight.service.surveys import Asked, Surveys
from jichitai.security.oversight.store import surveys as store
from jichitai.web.components import Crumb, DateInput, FieldErrors, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_EMPTY_ROWS: Final = 3
_MOST: Final = 100
_KINDS: Final = tuple(Option(key, word) for key, word in KINDS.items())


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
    data = texts(await request.form())
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
