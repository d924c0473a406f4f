"""督促: who is late, the words, and the log."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from uuid import UUID

from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.correspondence.errors import NothingToSendError
from jichitai.correspondence.model.letters import Wording
from jichitai.correspondence.service.reminding import Plan
from jichitai.correspondence.store import reminders as store
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.mail import BadLetterError, LetterNotFailedError
from jichitai.infra.outbox import Outbox
from jichitai.security.oversight.area import SECURITY
from jichitai.security.oversight.errors import UnknownFilterError
from jichitai.security.oversight.model.filters import chosen
from jichitai.security.oversight.model.letters import Matter, wording
from jichitai.security.oversight.pages.shared import (
    LETTERS,
    AnyRequest,
    Form,
    Outgoing,
    address,
    crumbs,
    filter_of,
    filter_values,
    texts,
    typed_date,
    urls_of,
)
from jichitai.security.oversight.service import overview
from jichitai.security.oversight.service.place import Overseer, overseer_of
from jichitai.security.oversight.service.reminding import Reminding
from jichitai.security.oversight.store import surveys
from jichitai.web.components import Column, Crumb, DateInput, FieldErrors, NavItem
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_COLUMNS: Final = (
    Column("at", "督促した日時"),
    Column("name", "団体", head=True),
    Column("matter", "件"),
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


async def log(request: AnyRequest, principal: Who, db: Db) -> Template:
    """Who was reminded of what, when, and where the letter stands."""
    by = overseer_of(principal)
    urls, state = urls_of(by), request.query_params.get("state", "")
    if state not in dict(_STATES):
        raise UnknownFilterError("メールの状態の絞り込みに使えない値です。選び直してください。")
    async with by.transaction(db, read_only=True) as tx:
        rows = await store.reminders(tx, SECURITY, by.key, state=state or None, limit=200)
        names = {one.code: one.full_name for one in await by.bodies(tx)}
    context = {
        "urls": urls,
        "rows": rows,
        "names": names,
        "columns": _COLUMNS,
        "letters": LETTERS,
        "matters": {str(one): one.japanese for one in Matter},
        "tabs": [
            NavItem(word, address(urls.letters, {"state": key} if key else {}), key == state)
            for key, word in _STATES
        ],
        "done": request.query_params.get("done", "")[:6],
        "skipped": request.query_params.get("skipped", "")[:6],
        "crumbs": crumbs(by, Crumb("督促の記録")),
    }
    return page(request, "security_oversight/letters.html", context)


async def ask(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Template:
    """Whom a reminder would reach, and its words; nothing is sent."""
    return await _form(request, overseer_of(principal), db, clock, outbox, request.query_params)


async def _form(
    request: AnyRequest,
    by: Overseer,
    db: Db,
    clock: Clock,
    outbox: Outbox,
    values: Mapping[str, str],
    errors: FieldErrors | None = None,
) -> Template:
    matter, round_id = _matter(values), _round(values)
    async with by.transaction(db, read_only=True) as tx:
        plan = await _plan(tx, by, clock, outbox, matter, round_id, values)
        found = await surveys.round_of(tx, by.key, round_id) if round_id else None
    usual = wording(
        matter, title=found.title if found else "", due_on=found.due_on if found else None
    )
    due = (
        DateInput.of_form(values, "due")
        if "due_year" in values
        else DateInput.of(found.due_on if found else None)
    )
    context = {
        "urls": urls_of(by),
        "plan": plan,
        "shown": plan.bodies[:40],
        "matter": matter,
        "hidden": {
            "matter": str(matter),
            **({"round": str(round_id)} if round_id else {}),
            **filter_values(filter_of(values)),
        },
        "subject": values.get("subject", usual.subject),
        "text": values.get("text", usual.text),
        "due": due,
        "errors": errors or FieldErrors(),
        "tabs": [
            NavItem(
                one.japanese,
                address(
                    f"{urls_of(by).letters}/new",
                    {"matter": str(one), **filter_values(filter_of(values))},
                ),
                one is matter,
            )
            for one in Matter
            if one is not Matter.SURVEY
        ]
        if matter is not Matter.SURVEY
        else [],
        "crumbs": crumbs(by, Crumb("督促の記録", urls_of(by).letters), Crumb("督促する")),
    }
    return page(request, "security_oversight/remind.html", context, status=422 if errors else 200)


def _matter(values: Mapping[str, str]) -> Matter:
    try:
        return Matter(values.get("matter", "policy"))
    except ValueError:
        raise UnknownFilterError(
            "督促の種類が正しくありません。一覧から開き直してください。"
        ) from None


def _round(values: Mapping[str, str]) -> UUID | None:
    try:
        return UUID(values["round"]) if values.get("round") else None
    except ValueError:
        raise UnknownFilterError(
            "調査の番号が正しくありません。調査のページから開き直してください。"
        ) from None


async def _plan(
    tx: Tx,
    by: Overseer,
    clock: Clock,
    outbox: Outbox,
    matter: Matter,
    round_id: UUID | None,
    values: Mapping[str, str],
) -> Plan:
    narrowed = filter_of(values)
    codes = None
    if filter_values(narrowed):
        found = await overview.standings(tx, by, on=clock.today())
        codes = {one.body.code for one in chosen(found, narrowed)}
    return await Reminding(clock, outbox).plan(tx, by, matter, codes=codes, round_id=round_id)


async def send(
    request: AnyRequest,
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Write the letters and the notices."""
    by, data = overseer_of(principal), texts(data)
    matter, round_id = _matter(data), _round(data)
    problems: dict[str, str] = {}
    due = None
    if DateInput.of_form(data, "due").text:
        due, problems["due"] = typed_date(data, "due", "期限")
    if not data.get("subject", "").strip() or len(data.get("subject", "")) > 100:
        problems["subject"] = "件名がないか、100文字を超えています。100文字以内で入れてください。"
    if not data.get("text", "").strip() or len(data.get("text", "")) > 2_000:
        problems["text"] = "本文がないか、2,000文字を超えています。2,000文字以内で入れてください。"
    problems = {name: text for name, text in problems.items() if text}
    if problems:
        return await _form(request, by, db, clock, outbox, data, FieldErrors.of(problems))
    words = Wording(subject=data["subject"].strip(), text=data["text"].strip())
    try:
        async with by.transaction(db) as tx:
            plan = await _plan(tx, by, clock, outbox, matter, round_id, data)
            sent = await Reminding(clock, outbox).remind(
                tx,
                by,
                matter,
                words=words,
                actor=principal.actor,
                codes=[one.code for one in plan.bodies],
                round_id=round_id,
                due_on=due,
            )
    except (BadLetterError, NothingToSendError) as refusal:
        errors = FieldErrors.of({"subject": refusal.detail})
        return await _form(request, by, db, clock, outbox, data, errors)
    told = {"done": str(len(sent.bodies)), "skipped": str(len(sent.without_address))}
    return Redirect(address(urls_of(by).letters, told), status_code=303)


async def send_again(
    letter_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Redirect:
    """Let a letter that failed be tried once more; one that waits already is left alone."""
    by = overseer_of(principal)
    with suppress(LetterNotFailedError):
        async with by.transaction(db) as tx:
            await Reminding(clock, outbox).send_again(tx, by, letter_id, actor=principal.actor)
    return Redirect(urls_of(by).letters, status_code=303)
