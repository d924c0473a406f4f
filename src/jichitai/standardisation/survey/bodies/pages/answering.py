"""調査への回答: requests, the draft business by business, sending, what was sent."""

from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.kernel.bodies import BodyKind
from jichitai.kernel.dates import both
from jichitai.standardisation.access import OFFICER
from jichitai.standardisation.errors import InvalidReportError
from jichitai.standardisation.progress.costs import item
from jichitai.standardisation.progress.model import STEPS, Business, business, steps
from jichitai.standardisation.survey.bodies import store
from jichitai.standardisation.survey.bodies.pages.parts import (
    HOME,
    AnyRequest,
    Outgoing,
    fields_of,
    here,
    system_of,
    texts,
)
from jichitai.standardisation.survey.bodies.service import Answers, Opened
from jichitai.standardisation.survey.bodies.sheets import Read
from jichitai.standardisation.survey.bodies.words import (
    CHECKS,
    CLASSES,
    CLOUDS,
    LATES,
    standing,
)
from jichitai.standardisation.survey.changes import (
    cost_text,
    states_text,
    steps_text,
    yes_or_no,
)
from jichitai.standardisation.survey.errors import BadAnswerError
from jichitai.standardisation.survey.model import CheckState, by_business
from jichitai.standardisation.views.reasons import reason_name
from jichitai.standardisation.views.scope import own_body
from jichitai.web.components import Column, Crumb, Fact, FieldErrors, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_OPT: Final = {"roles": OFFICER}
_ROUNDS: Final = (
    Column("subject", "調査", head=True, wide=True),
    Column("as_of", "時点"),
    Column("due", "回答の期限"),
    Column("answered", "送った日時"),
    Column("state", "状態"),
)
_ROWS: Final = (
    Column("name", "業務", head=True, wide=True),
    Column("steps", "完了したステップ", "end"),
    Column("states", "内訳", wide=True),
    Column("late", "特定移行支援"),
    Column("target", "移行目標日"),
    Column("fault", "直すところ", wide=True),
)
_FAULTS: Final = (
    Column("row", "行"),
    Column("cell", "セル", head=True),
    Column("value", "入れた値", wide=True),
    Column("why", "なぜ", wide=True),
    Column("fix", "どうする", wide=True),
)
_SENT: Final = (
    Column("revision", "回", head=True),
    Column("at", "送った日時"),
    Column("systems", "業務"),
    Column("reason", "直した理由", wide=True),
    Column("check", "都道府県の確認", wide=True),
)
DONE: Final = {
    "kept": ("info", "下書きに入れました", "まだ送っていません。"),
    "file": (
        "info",
        "表の答えを下書きに入れました",
        "確かめてから送ってください。まだ送っていません。",
    ),
    "costs": ("info", "経費を下書きに入れました", "まだ送っていません。"),
    "sent": (
        "success",
        "回答を送りました",
        "直すときは、理由を添えてもう一度送ってください。前の回答も残ります。",
    ),
}


@get(HOME, opt=_OPT, include_in_schema=False)
async def requests(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The rounds that ask the body."""
    body = own_body(principal)
    async with db.transaction(town=body.code, read_only=True) as tx:
        found = [one for one in await store.requests(tx, body.code) if one.asked]
    prefecture = body.kind is BodyKind.PREFECTURE
    context = {
        "columns": _ROUNDS,
        "rows": found,
        "standing": lambda one: standing(one, prefecture=prefecture, today=clock.today()),
    }
    return page(request, "standardisation_answers/list.html", context)


@get(f"{HOME}/{{round_id:uuid}}", opt=_OPT, include_in_schema=False)
async def one(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template:
    """One request: the businesses, the draft, what was sent."""
    body = own_body(principal)
    async with db.transaction(town=body.code, read_only=True) as tx:
        found = await Answers(clock, outbox).open(tx, body.code, round_id)
    return overview(request, found, clock)


def overview(
    request: AnyRequest,
    found: Opened,
    clock: LawClock,
    *,
    errors: FieldErrors | None = None,
    reason: str = "",
    read: Read | None = None,
) -> Template:
    """The page of a request, again with errors."""
    given = found.request
    done = DONE.get(request.query_params.get("done", "")[:10])
    prefecture = found.body.kind is BodyKind.PREFECTURE
    context = {
        "given": given,
        "here": here(given.round_id),
        "body": found.body,
        "standing": standing(given, prefecture=prefecture, today=clock.today()),
        "late": given.open and given.due_on < clock.today(),
        "returned": given.checked is CheckState.RETURNED,
        "found": found,
        "columns": _ROWS,
        "rows": [_row(found, it) for it in found.businesses],
        "told": sum(it.states is not None for it in found.report.systems),
        "costs": [
            f"{it.phase.japanese}　{item(it.item).name}：{cost_text(it)}"
            for it in found.report.costs
        ],
        "sent_columns": _SENT,
        "checks": CHECKS,
        "reason": reason,
        "fault_columns": _FAULTS,
        "faults": [
            {"row": row.row, "cell": it.cell, "value": it.value, "why": it.why, "fix": it.remedy}
            for row, it in (read.preview.faults if read else ())
        ],
        "errors": errors or FieldErrors(),
        "done": None if errors else done,
        "crumbs": [Crumb("調査への回答", HOME), Crumb(given.subject)],
    }
    return page(request, "standardisation_answers/one.html", context, status=422 if errors else 200)


def _row(found: Opened, it: Business) -> dict[str, Any]:
    told = found.systems.get(it.key)
    return {
        "key": it.key,
        "name": it.name,
        "steps": steps_text(told) if told else "未入力",
        "states": states_text(told.states) if told else "—",
        "late": yes_or_no(late=told.late) if told else "—",
        "target": both(told.target_on) if told and told.target_on else "—",
        "fault": found.wrong.get(it.key, ""),
    }


@post(f"{HOME}/{{round_id:uuid}}", opt=_OPT, include_in_schema=False)
async def send(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Send the draft as the body's answer."""
    body, work = own_body(principal), Answers(clock, outbox)
    reason = texts(await request.form()).get("reason", "")
    try:
        async with db.transaction(town=body.code) as tx:
            await work.answer(tx, body.code, round_id, reason=reason, actor=principal.actor)
    except (BadAnswerError, InvalidReportError) as refusal:
        faults: Any = refusal.facts.get("faults") or {"systems": refusal.detail}
        named = {it.key: it.name for it in _all(faults)}
        told = {
            key: f"{named[key]}：{text}" if key in named else text for key, text in faults.items()
        }
        async with db.transaction(town=body.code, read_only=True) as tx:
            found = await work.open(tx, body.code, round_id)
        return overview(request, found, clock, errors=FieldErrors.of(told), reason=reason)
    return Redirect(f"{here(round_id)}?done=sent", status_code=303)


def _all(faults: dict[str, str]) -> list[Business]:
    return [business(key) for key in faults if key not in ("reason", "systems")]


@get(f"{HOME}/{{round_id:uuid}}/systems/{{key:str}}", opt=_OPT, include_in_schema=False)
async def system(
    request: AnyRequest,
    round_id: FromPath[UUID],
    key: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template:
    """The form of one business."""
    body, it = own_body(principal), business(key)
    async with db.transaction(town=body.code, read_only=True) as tx:
        found = await Answers(clock, outbox).open(tx, body.code, round_id)
    return _form(request, found, it, fields_of(found.systems.get(it.key)))


def _form(
    request: AnyRequest,
    found: Opened,
    it: Business,
    typed: dict[str, str],
    errors: FieldErrors | None = None,
) -> Template:
    order = list(found.businesses)
    place = order.index(it) if it in order else -1
    last = by_business(found.last).get(it.key)
    context = {
        "given": found.request,
        "here": here(found.request.round_id),
        "business": it,
        "asked": place >= 0,
        "next": order[place + 1] if 0 <= place < len(order) - 1 else None,
        "place": f"{place + 1}／{len(order)}" if place >= 0 else "",
        "typed": typed,
        "last": last,
        "last_facts": [
            Fact("完了したステップ", steps_text(last)),
            Fact("内訳", states_text(last.states)),
            Fact("移行目標日", both(last.target_on) if last.target_on else "—"),
        ]
        if last
        else [],
        "errors": errors or FieldErrors(),
        "clouds": CLOUDS,
        "classes": CLASSES,
        "lates": LATES,
        "reasons": [Option(str(n), f"{n} {reason_name(n)}") for n in range(1, 5)],
        "steps": [step for step in steps() if step.name],
        "count": STEPS,
        "crumbs": [
            Crumb("調査への回答", HOME),
            Crumb(found.request.subject, here(found.request.round_id)),
            Crumb(it.name),
        ],
    }
    return page(
        request, "standardisation_answers/system.html", context, status=422 if errors else 200
    )


@post(f"{HOME}/{{round_id:uuid}}/systems/{{key:str}}", opt=_OPT, include_in_schema=False)
async def keep_system(
    request: AnyRequest,
    round_id: FromPath[UUID],
    key: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Put one business into the draft; with a fault the form comes back as it was typed."""
    body, it, work = own_body(principal), business(key), Answers(clock, outbox)
    typed = texts(await request.form())
    told, faults = system_of(it.key, typed)
    if not faults:
        try:
            async with db.transaction(town=body.code) as tx:
                await work.keep(tx, body.code, round_id, told, actor=principal.actor)
        except BadAnswerError as refusal:
            wrong: Any = refusal.facts["faults"]
            faults = {
                ("done" if name in ("business", "states") else name): text
                for name, text in wrong.items()
            }
    async with db.transaction(town=body.code, read_only=True) as tx:
        found = await work.open(tx, body.code, round_id)
    if faults:
        return _form(request, found, it, typed, FieldErrors.of(faults))
    order = [one.key for one in found.businesses]
    if typed.get("deed") == "next" and it.key in order[:-1]:
        to = f"{here(round_id)}/systems/{order[order.index(it.key) + 1]}"
        return Redirect(to, status_code=303)
    return Redirect(f"{here(round_id)}?done=kept", status_code=303)


ANSWER_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (
    requests,
    one,
    send,
    system,
    keep_system,
)
