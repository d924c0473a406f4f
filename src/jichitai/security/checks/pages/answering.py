"""One question: what is asked, what was said before, the answer, its evidence, its correction."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.kernel.errors import JichitaiError
from jichitai.security.access import INSIDE, body_code
from jichitai.security.checks.access import CHECKERS
from jichitai.security.checks.downloads import LARGEST_BODY, evidence_file
from jichitai.security.checks.errors import CheckFormError
from jichitai.security.checks.model.answers import Answer, Given
from jichitai.security.checks.model.corrections import Planned, Severity
from jichitai.security.checks.model.files import LIMITS
from jichitai.security.checks.pages import words
from jichitai.security.checks.pages.forms import (
    AnyRequest,
    Typed,
    file_of,
    ids,
    status_of,
    typed_into,
    whole,
)
from jichitai.security.checks.pages.rounds import may_answer, ordered
from jichitai.security.checks.service.answers import Answers, Reply
from jichitai.security.checks.service.evidence import Evidence, Shown
from jichitai.security.checks.service.rounds import known_round
from jichitai.security.checks.store import answers, evidence, registers, rounds
from jichitai.security.checks.store.evidence import EvidenceRow
from jichitai.security.checks.store.rounds import Line, RoundRow
from jichitai.security.errors import BadUploadError, UnknownDocumentError
from jichitai.web.components import Entry, FieldErrors, Option, Status
from jichitai.web.formats import time_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": CHECKERS}
_OFFERED: Final = 30


@get(
    "/security/checks/{round_id:uuid}/{target_id:uuid}/{slug:str}",
    opt=_READ,
    include_in_schema=False,
)
async def question(
    request: AnyRequest,
    round_id: FromPath[UUID],
    target_id: FromPath[UUID],
    slug: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template:
    """The question with the answer as it stands."""
    key = (round_id, target_id, slug)
    return await _page(request, key, principal, db, clock, None, FieldErrors())


@post(
    "/security/checks/{round_id:uuid}/{target_id:uuid}/{slug:str}",
    opt=_WRITE,
    include_in_schema=False,
    request_max_body_size=LARGEST_BODY,
)
async def answer(
    request: AnyRequest,
    round_id: FromPath[UUID],
    target_id: FromPath[UUID],
    slug: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Keep the answer and go on to the next question."""
    body, key = body_code(principal), (round_id, target_id, slug)
    typed = await typed_into(request, "evidence")
    try:
        shown = await _evidence(request, typed)
        async with db.transaction(town=body) as tx:
            papers = ids(typed["evidence"], "evidence")
            if shown is not None:
                papers = (*papers, await Evidence(clock).add(tx, body, shown, by=principal.actor))
            reply = _reply(key, typed, papers)
            await Answers(clock).answer(tx, body, round_id, [reply], by=principal.actor)
            after = await _next(tx, body, round_id, target_id, slug, clock)
    except BadUploadError as refusal:
        errors = FieldErrors.of({"evidence_file": refusal.detail})
        return await _page(request, key, principal, db, clock, typed, errors, 422)
    except JichitaiError as refusal:
        status = status_of(refusal)
        return await _page(
            request, key, principal, db, clock, typed, words.fields_of(refusal), status
        )
    if after is None or typed.get("then") == "stay":
        return Redirect(f"/security/checks/{round_id}", status_code=303)
    return Redirect(f"/security/checks/{round_id}/{after.target_id}/{after.slug}", status_code=303)


@get("/security/checks/evidence/{evidence_id:uuid}", opt=_READ, include_in_schema=False)
async def evidence_page(evidence_id: FromPath[UUID], principal: Who, db: Db) -> Response[bytes]:
    """The file of a piece of evidence, to be saved."""
    return await evidence_file(db, body_code(principal), evidence_id)


async def _next(
    tx: Tx, body: str, round_id: UUID, target_id: UUID, slug: str, clock: Clock
) -> Line | None:
    """The question to be answered after this one: weak spots first, then in order."""
    lines = await rounds.lines(tx, body, round_id, clock.today())
    here = next(one for one in lines if (one.target_id, one.slug) == (target_id, slug))
    todo = ordered(lines, "todo")
    same = [one for one in todo if bool(one.spots) == bool(here.spots) and one.place > here.place]
    return next(iter(same or todo), None)


async def _evidence(request: AnyRequest, typed: Typed) -> Shown | None:
    """New evidence that came with the answer."""
    sent = await file_of(request, "evidence_file")
    place = str(typed.get("evidence_place", ""))
    title = str(typed.get("evidence_title", ""))
    if sent is None and not place and not title:
        return None
    found, wrong = words.days(typed, "evidence_until")
    if wrong:
        raise CheckFormError.of(wrong)
    return Shown(
        title=title or (sent[0] if sent is not None else ""),
        place=place,
        valid_until=found["evidence_until"],
        file_name="" if sent is None else sent[0],
        content=None if sent is None else sent[1],
    )


def _reply(key: tuple[UUID, UUID, str], typed: Typed, papers: Sequence[UUID]) -> Reply:
    _, target_id, slug = key
    chosen = str(typed.get("answer", ""))
    if chosen not in set(Answer):
        raise CheckFormError.of(
            {"answer": "回答が選ばれていません。実施の状況に近いものを選んでください。"}
        )
    return Reply(
        target_id=target_id,
        item_id=slug,
        version=whole(typed, "version") or 0,
        given=Given(
            answer=Answer(chosen),
            reason=str(typed.get("reason", "")),
            practice=str(typed.get("practice", "")),
            evidence=tuple(papers),
        ),
        correction=_planned(typed),
    )


def _planned(typed: Typed) -> Planned | None:
    found, wrong = words.days(typed, "due_on")
    if wrong:
        raise CheckFormError.of(wrong)
    if not (typed.get("title") or typed.get("owner") or found["due_on"]):
        return None
    severity = str(typed.get("severity", ""))
    return Planned(
        title=str(typed.get("title", "")),
        owner=str(typed.get("owner", "")),
        due_on=found["due_on"],
        severity=Severity(severity) if severity in set(Severity) else Severity.MEDIUM,
    )


async def _page(
    request: AnyRequest,
    key: tuple[UUID, UUID, str],
    principal: Principal,
    db: Database,
    clock: Clock,
    typed: Typed | None,
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    body, today = body_code(principal), clock.today()
    round_id, target_id, slug = key
    async with db.transaction(town=body, read_only=True) as tx:
        row = await known_round(tx, body, round_id)
        line = await rounds.line(tx, body, round_id, target_id, slug, today)
        if line is None:
            raise UnknownDocumentError(
                "この点検に、その対象と項目の組はありません。一覧から開き直してください。"
            )
        attached = await evidence.some(tx, body, line.evidence or [])
        newest = await evidence.newest(tx, body, limit=_OFFERED)
        corrections = await registers.corrections(
            tx, body, item_id=line.item_id, target_key=line.target_key
        )
        versions = await answers.versions(tx, body, target_id, line.item_id)
        beside = await _beside(tx, body, row, line, clock)
    known = {one.evidence_id: one for one in (*attached, *newest)}
    context = {
        "row": row,
        "line": line,
        "status": words.answer_status(line),
        "stale": line.stale if not line.confirmed else [],
        "may_answer": row.open and may_answer(row, principal),
        "typed": typed if typed is not None else _typed(line),
        "errors": errors,
        "conflict": status == 409,
        "answers": words.ANSWERS,
        "severities": words.SEVERITIES,
        "attached": [_paper(one, clock) for one in attached],
        "papers": [Option(str(one.evidence_id), _label(one)) for one in known.values()],
        "limits": LIMITS,
        "corrections": [
            {"row": one, "status": words.step_status(one), "late": one.late(today)}
            for one in corrections
        ],
        "late": words.LATE,
        "beside": beside,
        "versions": [
            Entry(
                when=time_text(one.answered_at, operator=True),
                what=Answer(one.answer).japanese + (f"：{one.reason}" if one.reason else ""),
                who=one.answered_by_name,
                word="前回から引継ぎ" if not one.confirmed else "",
            )
            for one in versions
        ],
    }
    return page(request, "checks/question.html", context, status=status)


def _typed(line: Line) -> Typed:
    return {
        "answer": line.answer or "",
        "reason": line.reason or "",
        "practice": line.practice or "",
        "evidence": [str(one) for one in line.evidence or []],
        "version": str(line.version or 0),
    }


def _label(row: EvidenceRow) -> str:
    until = "" if row.valid_until is None else f"（{row.valid_until.isoformat()}まで）"
    return f"{row.title}{until}"


def _paper(row: EvidenceRow, clock: Clock) -> dict[str, Any]:
    ended = row.valid_until is not None and row.valid_until < clock.today()
    state = Status("取下げ", "grey") if row.withdrawn_at else Status("期限切れ", "red")
    return {"row": row, "status": state if ended or row.withdrawn_at else None}


async def _beside(
    tx: Tx, body: str, row: RoundRow, line: Line, clock: Clock
) -> list[dict[str, object]]:
    """What was said elsewhere: in the round before, and for an audit in the year's self-check."""
    found: list[dict[str, object]] = []
    others = [one for one in await rounds.rounds(tx, body) if one.round_id != row.round_id]
    wanted = [one for one in others if one.round_id == row.previous_id]
    if row.kind.audit:
        wanted += [
            one for one in others if not one.kind.audit and one.fiscal_year == row.fiscal_year
        ][:1]
    for other in wanted:
        same = await rounds.same_question(
            tx, body, other.round_id, line.item_id, line.target_key, clock.today()
        )
        if same is not None and same.counted is not None:
            found.append({"row": other, "line": same, "status": words.answer_status(same)})
    return found


ROUTES: Final = (question, answer, evidence_page)
