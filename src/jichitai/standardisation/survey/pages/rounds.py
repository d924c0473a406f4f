"""調査: the list, a draft, one round and where its bodies stand."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.correspondence.store.reminders import last_reminded
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.kernel.municipalities import prefectures
from jichitai.standardisation.access import MINISTRY
from jichitai.standardisation.area import STANDARDISATION
from jichitai.standardisation.survey.errors import BadRoundError, RoundStatusError
from jichitai.standardisation.survey.model import Asked, CheckState
from jichitai.standardisation.survey.pages.parts import (
    HOME,
    LETTERS,
    READINGS,
    STANDINGS,
    STATUSES,
    AnyRequest,
    Outgoing,
    address,
    crumbs,
    texts,
    typed_date,
)
from jichitai.standardisation.survey.service.place import MINISTRY_OVERSEER
from jichitai.standardisation.survey.service.rounds import Rounds, Standing, counted
from jichitai.standardisation.survey.service.sheets import waiting
from jichitai.standardisation.survey.store import answers
from jichitai.standardisation.survey.store import rounds as store
from jichitai.web.components import Column, Crumb, DateInput, FieldErrors, Option, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeSettings, Who

_OPT: Final = {"roles": MINISTRY}
_SHOWN: Final = 100
_COLUMNS: Final = (
    Column("title", "調査", head=True, wide=True),
    Column("status", "状態"),
    Column("answered", "回答", align="end"),
    Column("as_of", "時点"),
    Column("due", "回答の期限"),
    Column("checked", "確認の期限"),
)
_BODIES: Final = (
    Column("name", "団体", head=True),
    Column("status", "状態"),
    Column("answered", "回答した日時"),
    Column("via", "方法"),
    Column("reason", "差戻しの理由", wide=True),
    Column("reminded", "最後の督促"),
)
_PAST: Final = (
    Column("number", "回", head=True, align="end"),
    Column("answered", "回答した日時"),
    Column("via", "方法"),
    Column("systems", "業務", align="end"),
    Column("status", "都道府県の確認"),
    Column("reason", "差戻しの理由", wide=True),
)
_DAYS: Final = (
    ("as_of", "時点"),
    ("due", "回答の期限"),
    ("checked", "都道府県の確認の期限"),
)


@get(HOME, opt=_OPT, include_in_schema=False)
async def listed(request: AnyRequest, principal: Who, db: Db) -> Template:
    """All rounds, newest first."""
    del principal
    async with db.transaction(read_only=True) as tx:
        rows = await store.rounds(tx)
        counts = await store.counts(tx)
    context = {
        "home": HOME,
        "rows": rows,
        "counts": counts,
        "columns": _COLUMNS,
        "statuses": STATUSES,
        "crumbs": [Crumb("移行の調査")],
    }
    return page(request, "standardisation_rounds/list.html", context)


@get(f"{HOME}/new", opt=_OPT, include_in_schema=False)
async def new(request: AnyRequest, principal: Who, clock: LawClock) -> Template:
    """An empty round."""
    del principal
    today = clock.today()
    dates = {
        "as_of": DateInput.of(today),
        "due": DateInput.of(today + timedelta(days=28)),
        "checked": DateInput.of(today + timedelta(days=42)),
    }
    return _edit(request, None, {"title": "", "note": ""}, dates)


@get(f"{HOME}/{{round_id:uuid}}/edit", opt=_OPT, include_in_schema=False)
async def edit(request: AnyRequest, round_id: FromPath[UUID], principal: Who, db: Db) -> Template:
    """A draft."""
    del principal
    async with db.transaction(read_only=True) as tx:
        found = await store.round_of(tx, round_id)
    dates = {
        "as_of": DateInput.of(found.as_of),
        "due": DateInput.of(found.due_on),
        "checked": DateInput.of(found.checked_by),
    }
    return _edit(request, round_id, {"title": found.title, "note": found.note}, dates)


def _edit(
    request: AnyRequest,
    round_id: UUID | None,
    typed: Mapping[str, str],
    dates: Mapping[str, DateInput],
    errors: FieldErrors | None = None,
) -> Template:
    context = {
        "home": HOME,
        "action": f"{HOME}/{round_id}/edit" if round_id else f"{HOME}/new",
        "back": f"{HOME}/{round_id}" if round_id else HOME,
        "typed": typed,
        "dates": dates,
        "days": _DAYS,
        "errors": errors or FieldErrors(),
        "crumbs": crumbs(Crumb("調査を作る")),
    }
    status = 422 if errors else 200
    return page(request, "standardisation_rounds/edit.html", context, status=status)


@post(f"{HOME}/new", opt=_OPT, include_in_schema=False)
async def make(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Template | Redirect:
    """Keep a new draft."""
    return await _save(request, principal, db, Rounds(clock, outbox, settings.demo), None)


@post(f"{HOME}/{{round_id:uuid}}/edit", opt=_OPT, include_in_schema=False)
async def change(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Template | Redirect:
    """Keep a changed draft."""
    return await _save(request, principal, db, Rounds(clock, outbox, settings.demo), round_id)


async def _save(
    request: AnyRequest, principal: Any, db: Any, work: Rounds, round_id: UUID | None
) -> Template | Redirect:
    data = texts(await request.form())
    problems: dict[str, str] = {}
    days = {}
    for name, label in _DAYS:
        days[name], wrong = typed_date(data, name, label)
        if wrong:
            problems[name] = wrong
    as_of, due, checked = days["as_of"], days["due"], days["checked"]
    if as_of is not None and due is not None and checked is not None:
        asked = Asked(
            title=data.get("title", ""),
            note=data.get("note", ""),
            as_of=as_of,
            due_on=due,
            checked_by=checked,
        )
        try:
            async with db.transaction() as tx:
                found = await work.save(tx, asked, actor=principal.actor, round_id=round_id)
            return Redirect(f"{HOME}/{found}", status_code=303)
        except BadRoundError as refusal:
            problems = _by_field(refusal)
    dates = {name: DateInput.of_form(data, name) for name, _ in _DAYS}
    typed = {"title": "", "note": "", **data}
    return _edit(request, round_id, typed, dates, FieldErrors.of(problems))


def _by_field(refusal: BadRoundError) -> dict[str, str]:
    names = {"due_on": "due", "checked_by": "checked"}
    faults = refusal.facts.get("faults")
    if not isinstance(faults, dict):
        return {"title": refusal.detail}
    return {names.get(str(key), str(key)): str(text) for key, text in faults.items()}


@get(f"{HOME}/{{round_id:uuid}}", opt=_OPT, include_in_schema=False)
async def one(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Template:
    """A round: where its bodies stand, and the next deed."""
    del principal
    return await round_page(request, round_id, db, Rounds(clock, outbox, settings.demo))


async def round_page(
    request: AnyRequest,
    round_id: UUID,
    db: Any,
    work: Rounds,
    errors: FieldErrors | None = None,
) -> Template:
    """The page of a round, with what was refused."""
    query = request.query_params
    status, area = query.get("status", "")[:20], query.get("prefecture", "")[:2]
    async with db.transaction(read_only=True) as tx:
        found = await store.round_of(tx, round_id)
        standing = await work.standings(tx, round_id)
        reminded = await last_reminded(tx, STANDARDISATION, "00", round_id=round_id)
        files = await waiting(tx, round_id)
    rows = [
        one
        for one in standing
        if status in ("", one.key) and area in ("", one.body.prefecture_code)
    ]
    counts = counted(standing)
    here = f"{HOME}/{round_id}"
    context = {
        "home": HOME,
        "here": here,
        "found": found,
        "status": STATUSES[found.status],
        "standings": STANDINGS,
        "tiles": [
            Tile("対象", len(standing), "団体"),
            Tile("回答あり", sum(counts[k] for k in ("answered", "checked", "returned")), "団体"),
            Tile("確認済み", counts["checked"], "団体"),
            Tile("差戻し", counts["returned"], "団体"),
            Tile("回答なし", counts["missing"] + counts["late"], "団体"),
        ],
        "columns": _BODIES,
        "rows": sorted(rows, key=_urgency)[:_SHOWN],
        "matching": len(rows),
        "reminded": reminded,
        "waiting": files,
        "readings": READINGS,
        "filters": {"status": status, "prefecture": area},
        "status_options": [Option(key, one.word) for key, one in STANDINGS.items()],
        "prefecture_options": [Option(p.prefecture_code, p.name) for p in prefectures()],
        "remind": address(f"{LETTERS}/new", {"round": str(round_id)}),
        "written": {key: query.get(key, "")[:6] for key in ("done", "same", "left")},
        "errors": errors or FieldErrors(),
        "crumbs": crumbs(Crumb(found.title)),
    }
    code = 422 if errors else 200
    return page(request, "standardisation_rounds/one.html", context, status=code)


def _urgency(one: Standing) -> tuple[int, str]:
    return list(STANDINGS).index(one.key), one.body.code


@post(f"{HOME}/{{round_id:uuid}}", opt=_OPT, include_in_schema=False)
async def move(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Template | Redirect:
    """Open or close."""
    work = Rounds(clock, outbox, settings.demo)
    deed = texts(await request.form()).get("deed", "")
    try:
        async with db.transaction() as tx:
            await _move(tx, work, round_id, deed, principal.actor)
    except RoundStatusError as refusal:
        errors = FieldErrors.of({"deed": refusal.detail})
        return await round_page(request, round_id, db, work, errors)
    return Redirect(f"{HOME}/{round_id}", status_code=303)


async def _move(tx: Tx, work: Rounds, round_id: UUID, deed: str, actor: Actor) -> None:
    match deed:
        case "open":
            await work.open(tx, round_id, actor=actor)
        case "close":
            await work.close(tx, round_id, actor=actor)
        case _:
            raise RoundStatusError("することが選ばれていません。ボタンを押し直してください。")


@get(f"{HOME}/{{round_id:uuid}}/bodies/{{code:str}}", opt=_OPT, include_in_schema=False)
async def of_body(
    request: AnyRequest, round_id: FromPath[UUID], code: FromPath[str], principal: Who, db: Db
) -> Template:
    """Every answer of one body; the newest stands, the earlier ones stay."""
    del principal
    async with db.transaction(read_only=True) as tx:
        found = await store.round_of(tx, round_id)
        whose = await MINISTRY_OVERSEER.body(tx, code)
        past = await answers.history(tx, round_id, whose.code)
    context = {
        "found": found,
        "whose": whose,
        "here": f"{HOME}/{round_id}",
        "rows": past,
        "columns": _PAST,
        "unchecked": CheckState.NONE,
        "crumbs": crumbs(Crumb(found.title, f"{HOME}/{round_id}"), Crumb(whose.full_name)),
    }
    return page(request, "standardisation_rounds/body.html", context)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    listed,
    new,
    make,
    edit,
    change,
    one,
    move,
    of_body,
)
