"""督促: who has not answered, the words, and the log."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.correspondence.errors import NothingToSendError
from jichitai.correspondence.model.letters import Wording
from jichitai.correspondence.store import reminders as store
from jichitai.infra.mail import BadLetterError, LetterNotFailedError
from jichitai.kernel.bodies import all_bodies
from jichitai.standardisation.access import MINISTRY
from jichitai.standardisation.area import STANDARDISATION
from jichitai.standardisation.survey.errors import RoundStatusError, UnknownRoundError
from jichitai.standardisation.survey.pages.parts import (
    CONTACTS,
    HOME,
    LETTERS,
    MAILS,
    AnyRequest,
    Outgoing,
    address,
    crumbs,
    texts,
)
from jichitai.standardisation.survey.service.place import MINISTRY_OVERSEER
from jichitai.standardisation.survey.service.rounds import Rounds, usual_words
from jichitai.standardisation.survey.store import rounds
from jichitai.web.components import Column, Crumb, FieldErrors, NavItem
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeSettings, Who

_OPT: Final = {"roles": MINISTRY}
_COLUMNS: Final = (
    Column("at", "督促した日時"),
    Column("name", "団体", head=True),
    Column("subject", "件名", wide=True),
    Column("letter", "メール"),
    Column("reason", "送れない理由", wide=True),
    Column("again", "操作"),
)
_STATES: Final = (
    ("", "すべて"),
    ("waiting", "送信待ち"),
    ("sent", "送信済み"),
    ("failed", "送れませんでした"),
)


@get(LETTERS, opt=_OPT, include_in_schema=False)
async def log(request: AnyRequest, principal: Who, db: Db) -> Template:
    """Who was reminded, when, and where the letter stands."""
    del principal
    asked = request.query_params.get("state", "")
    status = asked if asked in dict(_STATES) else ""
    async with MINISTRY_OVERSEER.transaction(db, read_only=True) as tx:
        rows = await store.reminders(
            tx, STANDARDISATION, MINISTRY_OVERSEER.key, state=status or None, limit=200
        )
    context = {
        "home": HOME,
        "letters": LETTERS,
        "contacts": CONTACTS,
        "rows": rows,
        "names": {one.code: one.full_name for one in all_bodies()},
        "columns": _COLUMNS,
        "mails": MAILS,
        "tabs": [
            NavItem(word, address(LETTERS, {"state": key} if key else {}), key == status)
            for key, word in _STATES
        ],
        "done": request.query_params.get("done", "")[:6],
        "skipped": request.query_params.get("skipped", "")[:6],
        "crumbs": crumbs(Crumb("督促の記録")),
    }
    return page(request, "standardisation_rounds/letters.html", context)


@get(f"{LETTERS}/new", opt=_OPT, include_in_schema=False)
async def ask(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Template:
    """Whom a reminder would reach, and its words; nothing is sent."""
    del principal
    work = Rounds(clock, outbox, settings.demo)
    return await _form(request, db, work, request.query_params)


async def _form(
    request: AnyRequest,
    db: Any,
    work: Rounds,
    values: Mapping[str, str],
    errors: FieldErrors | None = None,
) -> Template:
    round_id = _round(values)
    async with MINISTRY_OVERSEER.transaction(db, read_only=True) as tx:
        found = await rounds.round_of(tx, round_id)
        plan = await work.plan(tx, round_id)
    usual = usual_words(found, work.clock.today())
    context = {
        "found": found,
        "plan": plan,
        "shown": plan.bodies[:40],
        "letters": LETTERS,
        "back": f"{HOME}/{round_id}",
        "subject": values.get("subject", usual.subject),
        "text": values.get("text", usual.text),
        "errors": errors or FieldErrors(),
        "crumbs": crumbs(Crumb(found.title, f"{HOME}/{round_id}"), Crumb("督促する")),
    }
    status = 422 if errors else 200
    return page(request, "standardisation_rounds/remind.html", context, status=status)


def _round(values: Mapping[str, str]) -> UUID:
    try:
        return UUID(values.get("round", ""))
    except ValueError:
        raise UnknownRoundError(
            "どの調査の督促かが分かりません。調査のページから開き直してください。"
        ) from None


@post(f"{LETTERS}/new", opt=_OPT, include_in_schema=False)
async def send(
    request: AnyRequest,
    data: URLEncodedBody[dict[str, str]],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Template | Redirect:
    """Write the letters and the notices."""
    typed, work = texts(data), Rounds(clock, outbox, settings.demo)
    subject, text = typed.get("subject", "").strip(), typed.get("text", "").strip()
    problems = {}
    if not 0 < len(subject) <= 100:
        problems["subject"] = "件名がないか、100文字を超えています。100文字以内で入れてください。"
    if not 0 < len(text) <= 2_000:
        problems["text"] = "本文がないか、2,000文字を超えています。2,000文字以内で入れてください。"
    if problems:
        return await _form(request, db, work, typed, FieldErrors.of(problems))
    words = Wording(subject=subject, text=text)
    try:
        async with MINISTRY_OVERSEER.transaction(db) as tx:
            sent = await work.remind(tx, _round(typed), words=words, actor=principal.actor)
    except (BadLetterError, NothingToSendError, RoundStatusError) as refusal:
        errors = FieldErrors.of({"subject": refusal.detail})
        return await _form(request, db, work, typed, errors)
    told = {"done": str(len(sent.bodies)), "skipped": str(len(sent.without_address))}
    return Redirect(address(LETTERS, told), status_code=303)


@post(f"{LETTERS}/{{letter_id:uuid}}/again", opt=_OPT, include_in_schema=False)
async def send_again(
    letter_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Redirect:
    """Let a letter that failed be tried once more; one that waits already is left alone."""
    with suppress(LetterNotFailedError):
        async with MINISTRY_OVERSEER.transaction(db) as tx:
            work = Rounds(clock, outbox, settings.demo)
            await work.send_again(tx, letter_id, actor=principal.actor)
    return Redirect(LETTERS, status_code=303)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (log, ask, send, send_again)
