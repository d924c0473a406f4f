"""One round: where it stands, its questions, its end, its files."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.infra.outbox import Outbox
from jichitai.kernel.errors import JichitaiError
from jichitai.security.access import INSIDE, body_code
from jichitai.security.checks.access import CHECKERS
from jichitai.security.checks.downloads import oscal_file, report_file, workbook_file
from jichitai.security.checks.model.answers import count
from jichitai.security.checks.model.counting import by_law, by_spot, grouped
from jichitai.security.checks.pages import words
from jichitai.security.checks.pages.forms import AnyRequest, Typed, ids, status_of, typed_into
from jichitai.security.checks.service.answers import Answers
from jichitai.security.checks.service.rounds import Rounds, known_round
from jichitai.security.checks.store import registers, rounds
from jichitai.security.checks.store.rounds import Line, RoundRow
from jichitai.web.components import FieldErrors, NavItem, Option, Page, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, Who
from jichitai.web.rights import Principal, Role

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": CHECKERS}
_AT_ONCE: Final = 50
Only = Annotated[
    Literal["todo", "all", "stale", "gaps", "uncovered"] | None,
    QueryParameter(description="which questions"),
]
Word = Annotated[str, QueryParameter(max_length=80)]
Start = Annotated[int, QueryParameter(ge=0, le=100_000)]
_VIEWS: Final = (
    ("todo", "これから", "unanswered"),
    ("stale", "見直しが要る", "stale"),
    ("gaps", "実施していない", "gaps"),
    ("uncovered", "是正が未定", "uncovered"),
    ("all", "すべて", "all"),
)


@get("/security/checks/{round_id:uuid}", opt=_READ, include_in_schema=False)
async def show_round(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    only: Only = None,
    spot: Word = "",
    chapter: Word = "",
    target: Word = "",
    start: Start = 0,
) -> Template:
    """Weak spots first, then the questions."""
    body, today = body_code(principal), clock.today()
    async with db.transaction(town=body, read_only=True) as tx:
        row = await known_round(tx, body, round_id)
        lines = await rounds.lines(tx, body, round_id, today)
        targets = await rounds.targets(tx, body, round_id)
        events = await registers.events(tx, body, round_id)
    narrowed = [line for line in lines if _fits(line, spot, chapter, target)]
    view = only or (
        "todo" if row.open and any(one.among("unanswered") for one in narrowed) else "all"
    )
    chosen = {"spot": spot, "chapter": chapter, "target": target}
    shown = ordered(narrowed, view)
    tallies = [line.tally for line in lines]
    whole = count(one.answer for one in tallies)
    context = {
        "row": row,
        "status": words.round_status(row, today),
        "may_answer": row.open and may_answer(row, principal),
        "may_reopen": not row.open and may_answer(row, principal),
        "tiles": _tiles(lines),
        "rate": words.rate(whole),
        "spots": [{"part": one, "rate": words.rate(one.count)} for one in by_spot(tallies, today)],
        "measures": [{"part": one, "rate": words.rate(one.count)} for one in by_law(tallies)],
        "options_chapters": [
            Option(one.key, one.title) for one in grouped(tallies, lambda one: one.chapter)
        ],
        "options_targets": [Option(str(one.target_id), one.name) for one in targets],
        "options_spots": [Option(one.key, one.title) for one in by_spot(tallies, today)],
        "chosen": chosen,
        "tabs": _tabs(row, narrowed, view, chosen),
        "rows": [_row(line) for line in shown[start : start + _AT_ONCE]],
        "paging": _page(row, len(shown), start, {"only": view, **chosen}),
        "next": next(iter(ordered(lines, "todo")), None),
        "carried": sum(line.confirmed is False and not line.stale for line in lines),
        "events": words.history(events),
    }
    return page(request, "checks/round.html", context)


@post("/security/checks/{round_id:uuid}/confirm", opt=_WRITE, include_in_schema=False)
async def confirm(
    request: AnyRequest, round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Redirect:
    """Confirm what was carried over and did not go stale."""
    body = body_code(principal)
    typed = await typed_into(request, "targets")
    async with db.transaction(town=body) as tx:
        await Answers(clock).confirm(
            tx, body, round_id, ids(typed["targets"], "targets"), by=principal.actor
        )
    return Redirect(f"/security/checks/{round_id}", status_code=303)


@get("/security/checks/{round_id:uuid}/confirm", opt=_WRITE, include_in_schema=False)
async def ask_confirm(
    request: AnyRequest, round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """Which answers are about to be confirmed, by target."""
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        row = await known_round(tx, body, round_id)
        lines = await rounds.lines(tx, body, round_id, clock.today())
    carried = [line for line in lines if line.confirmed is False and not line.stale]
    rows = [{"line": line, "status": words.answer_status(line)} for line in carried]
    return page(request, "checks/confirm.html", {"row": row, "rows": rows})


@get("/security/checks/{round_id:uuid}/close", opt=_WRITE, include_in_schema=False)
async def ask_close(
    request: AnyRequest, round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """What is still open, and what is reported."""
    return await _close_page(request, round_id, principal, db, clock, {}, FieldErrors())


@post("/security/checks/{round_id:uuid}/close", opt=_WRITE, include_in_schema=False)
async def close(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template | Redirect:
    """End it and report its counts."""
    body = body_code(principal)
    typed = await typed_into(request)
    try:
        async with db.transaction(town=body) as tx:
            await Rounds(clock, outbox).close(
                tx, body, round_id, note=str(typed.get("note", ""))[:2_000], by=principal.actor
            )
    except JichitaiError as refusal:
        status = status_of(refusal)
        errors = FieldErrors.of({"note": refusal.detail})
        return await _close_page(request, round_id, principal, db, clock, typed, errors, status)
    return Redirect(f"/security/checks/{round_id}", status_code=303)


@get("/security/checks/{round_id:uuid}/reopen", opt=_WRITE, include_in_schema=False)
async def ask_reopen(
    request: AnyRequest, round_id: FromPath[UUID], principal: Who, db: Db
) -> Template:
    """Why it is corrected."""
    return await _reopen_page(request, round_id, principal, db, {}, FieldErrors())


@post("/security/checks/{round_id:uuid}/reopen", opt=_WRITE, include_in_schema=False)
async def reopen(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template | Redirect:
    """Open it for a correction."""
    body = body_code(principal)
    typed = await typed_into(request)
    try:
        async with db.transaction(town=body) as tx:
            await Rounds(clock, outbox).reopen(
                tx, body, round_id, reason=str(typed.get("reason", "")), by=principal.actor
            )
    except JichitaiError as refusal:
        errors = words.fields_of(refusal)
        return await _reopen_page(
            request, round_id, principal, db, typed, errors, status_of(refusal)
        )
    return Redirect(f"/security/checks/{round_id}", status_code=303)


@get("/security/checks/{round_id:uuid}/check.xlsx", opt=_READ, include_in_schema=False)
async def workbook(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """The round as a workbook to fill in."""
    return await workbook_file(db, body_code(principal), round_id, clock)


@get("/security/checks/{round_id:uuid}/report.pdf", opt=_READ, include_in_schema=False)
async def report_pdf(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """The report for the assembly as PDF."""
    return await report_file(db, body_code(principal), round_id, clock, suffix="pdf")


@get("/security/checks/{round_id:uuid}/report.docx", opt=_READ, include_in_schema=False)
async def report_docx(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """The report for the assembly as a word-processor file."""
    return await report_file(db, body_code(principal), round_id, clock, suffix="docx")


@get("/security/checks/{round_id:uuid}/ap.json", opt=_READ, include_in_schema=False)
async def ap_page(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """The OSCAL assessment plan."""
    return await oscal_file(db, principal, clock, "ap", round_id)


@get("/security/checks/{round_id:uuid}/ar.json", opt=_READ, include_in_schema=False)
async def ar_page(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """The OSCAL assessment results."""
    return await oscal_file(db, principal, clock, "ar", round_id)


def may_answer(row: RoundRow, principal: Principal) -> bool:
    """Whether the account's role carries the answers of a round."""
    needed = Role.SECURITY_AUDITOR if row.kind.audit else Role.SECURITY_OFFICER
    return needed in principal.roles


def ordered(lines: Sequence[Line], view: str) -> list[Line]:
    """The questions of a view; what is to be done begins with the weak spots."""
    only = next(key for name, _, key in _VIEWS if name == view)
    found = [line for line in lines if line.among(only)]
    return sorted(found, key=lambda line: not line.spots) if view == "todo" else found


def _fits(line: Line, spot: str, chapter: str, target: str) -> bool:
    return (
        (not spot or spot in line.spots)
        and (not chapter or line.tally.chapter == chapter)
        and (not target or str(line.target_id) == target)
    )


def _tiles(lines: Sequence[Line]) -> list[Tile]:
    whole = count(line.counted for line in lines)
    return [
        Tile("項目", whole.asked),
        Tile("実施", whole.met),
        Tile("一部", whole.partly),
        Tile("未実施", whole.unmet),
        Tile("対象外", whole.not_applicable),
        Tile("未回答", whole.unanswered),
        Tile("是正が未定", sum(line.uncovered for line in lines)),
    ]


def _tabs(
    row: RoundRow, lines: Sequence[Line], view: str, chosen: Mapping[str, str]
) -> list[NavItem]:
    return [
        NavItem(
            label,
            f"/security/checks/{row.round_id}?{_query({'only': name, **chosen})}",
            current=name == view,
            count=sum(line.among(key) for line in lines),
            key=str(number),
        )
        for number, (name, label, key) in enumerate(_VIEWS, start=1)
    ]


def _page(row: RoundRow, total: int, start: int, query: Mapping[str, str]) -> Page:
    def link(at: int) -> str:
        return f"/security/checks/{row.round_id}?{_query({**query, 'start': str(at)})}"

    return Page(
        first=start + 1,
        count=min(_AT_ONCE, max(total - start, 0)),
        total=total,
        previous=link(max(start - _AT_ONCE, 0)) if start else "",
        next=link(start + _AT_ONCE) if start + _AT_ONCE < total else "",
    )


def _query(values: Mapping[str, str]) -> str:
    return urlencode({name: value for name, value in values.items() if value})


def _row(line: Line) -> dict[str, Any]:
    marks = []
    if line.spots:
        marks.append("弱点")
    if line.stale and not line.confirmed:
        marks.append("見直し")
    if line.corrections:
        marks.append("是正あり")
    if line.exceptions:
        marks.append("例外措置")
    if line.uncovered:
        marks.append("是正が未定")
    return {"line": line, "status": words.answer_status(line), "marks": marks}


async def _close_page(
    request: AnyRequest,
    round_id: UUID,
    principal: Principal,
    db: Database,
    clock: Clock,
    typed: Typed,
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        row = await known_round(tx, body, round_id)
        lines = await rounds.lines(tx, body, round_id, clock.today())
    context = {
        "row": row,
        "typed": typed,
        "errors": errors,
        "tiles": _tiles(lines),
        "open_questions": sum(line.among("unanswered") for line in lines),
        "uncovered": [line for line in lines if line.uncovered],
    }
    return page(request, "checks/close.html", context, status=status)


async def _reopen_page(
    request: AnyRequest,
    round_id: UUID,
    principal: Principal,
    db: Database,
    typed: Typed,
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        row = await known_round(tx, body, round_id)
    context = {"row": row, "typed": typed, "errors": errors}
    return page(request, "checks/reopen.html", context, status=status)


ROUTES: Final = (
    show_round,
    confirm,
    ask_confirm,
    ask_close,
    close,
    ask_reopen,
    reopen,
    workbook,
    report_pdf,
    report_docx,
    ap_page,
    ar_page,
)
