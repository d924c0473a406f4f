"""The interview, one group of questions a page; what was answered is kept at once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.infra.database import Database
from jichitai.security.access import INSIDE, OFFICER, body_code, own_body
from jichitai.security.errors import StaleEditError
from jichitai.security.policy.errors import BadAnswerError
from jichitai.security.policy.model import interview
from jichitai.security.policy.model.interview import Question
from jichitai.security.policy.pages import words
from jichitai.security.policy.pages.shelf import BASE
from jichitai.security.policy.service import opening
from jichitai.security.policy.service.desk import Desk, policy_of
from jichitai.security.policy.wiring import Outgoing
from jichitai.web.components import Option, Step
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal, Role

AnyRequest = Request[Any, Any, Any]
_PATH: Final = f"{BASE}/{{policy_id:uuid}}/questions"


@get(_PATH, opt={"roles": INSIDE}, include_in_schema=False)
async def questions(
    request: AnyRequest, policy_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One group; why each is asked, and what it feeds."""
    return await _page(request, policy_id, principal, db, clock, _at(request))


@post(_PATH, opt={"roles": OFFICER}, include_in_schema=False)
async def answer(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Keep the answers of a group and go to the next; after the last, the draft is written."""
    code, group = body_code(principal), _at(request)
    sent = await request.form()
    desk = Desk(clock, outbox)
    async with db.transaction(town=code, read_only=True) as tx:
        everything = await opening.questions_for(tx, code, clock.today())
    groups = _groups(everything)
    group = min(group, len(groups) - 1)
    typed: dict[str, Any] = {}
    for one in everything:
        if one.group == groups[group]:
            if one.kind == "several":
                typed[one.key] = [str(value) for value in sent.getall(one.key, [])]
            elif one.key in sent:
                typed[one.key] = str(sent[one.key])
    edition = str(sent.get("edition", ""))
    known = int(edition) if edition.isdecimal() and len(edition) < 8 else None
    try:
        async with db.transaction(town=code) as tx:
            await opening.answer(
                desk, tx, code, policy_id, typed, edition=known, by=principal.actor
            )
            if group == len(groups) - 1:
                await opening.draft(desk, tx, code, policy_id, by=principal.actor)
    except (BadAnswerError, StaleEditError) as refusal:
        problems = words.fields_of(refusal)
        return await _page(
            request, policy_id, principal, db, clock, group, typed=typed, problems=problems
        )
    if group == len(groups) - 1:
        return Redirect(f"{BASE}/{policy_id}?drafted=1", status_code=303)
    return Redirect(f"{BASE}/{policy_id}/questions?group={group + 1}", status_code=303)


def _at(request: AnyRequest) -> int:
    text = request.query_params.get("group", "0")
    return int(text) if text.isdecimal() and len(text) < 3 else 0


def _groups(everything: Sequence[Question]) -> list[str]:
    return list(dict.fromkeys(one.group for one in everything))


async def _page(
    request: AnyRequest,
    policy_id: UUID,
    principal: Principal,
    db: Database,
    clock: LawClock,
    group: int,
    *,
    typed: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Template:
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        policy = await policy_of(tx, code, policy_id)
        everything = await opening.questions_for(tx, code, clock.today())
        body = await own_body(tx, code)
    groups = _groups(everything)
    group = min(group, len(groups) - 1)
    answers = interview.filled(everything, {**policy.answers, **(typed or {})})
    asked = {one.key for one in interview.asked(everything, answers)}
    context = {
        "policy": policy,
        "body": body,
        "base": f"{BASE}/{policy_id}",
        "group": group,
        "name": groups[group],
        "last": group == len(groups) - 1,
        "steps": [
            Step(
                label,
                "current" if place == group else ("done" if place < group else "waiting"),
                f"{BASE}/{policy_id}/questions?group={place}",
                place == group,
            )
            for place, label in enumerate(groups)
        ],
        "questions": [
            {
                "row": one,
                "value": answers.get(one.key, ""),
                "options": [Option(o.value, o.label) for o in one.options],
                "hint": _hint(one),
                "asked": one.key in asked,
                "proposed": one.key not in policy.answers,
            }
            for one in everything
            if one.group == groups[group]
        ],
        "total": len(everything),
        "errors": words.errors_of(problems or {}),
        "may_write": Role.SECURITY_OFFICER in principal.roles,
    }
    status = 422 if problems else 200
    return page(request, "security_policy/questions.html", context, status=status)


def _hint(question: Question) -> str:
    source = f"（{question.source}）" if question.source else ""
    return f"{question.why}{source}　反映先：{'、'.join(question.feeds)}"


ASKING_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (questions, answer)
