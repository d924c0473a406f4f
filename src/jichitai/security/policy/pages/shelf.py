"""The list of a body's policies, and one policy: where it stands, what comes next, its history."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.infra.database import Database
from jichitai.kernel.dates import InvalidDateError, parse_date
from jichitai.kernel.errors import JichitaiError, NotFoundError
from jichitai.security.access import INSIDE, OFFICER, body_code, organ_of, own_body
from jichitai.security.policy.api.deciding import RETURNERS
from jichitai.security.policy.errors import BadClauseError
from jichitai.security.policy.model.states import State
from jichitai.security.policy.model.text import Part
from jichitai.security.policy.pages import words
from jichitai.security.policy.reach import HttpFetcher
from jichitai.security.policy.service import deciding, opening, publishing
from jichitai.security.policy.service.deciding import Decision, Meeting
from jichitai.security.policy.service.desk import Desk, policy_of, version_of
from jichitai.security.policy.service.publishing import Press
from jichitai.security.policy.service.reading import look_at, spoken_for, working
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.store.policies import Due
from jichitai.security.policy.wiring import Outgoing
from jichitai.web.components import Column, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeSettings, Who
from jichitai.web.rights import Principal, Role

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
_OPT: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": OFFICER}
BASE: Final = "/security/policies"
_RESULTS: Final = (Option("yes", "承認した"), Option("no", "差し戻した"))
_COLUMNS: Final = (
    Column("name", "方針", head=True, wide=True),
    Column("organs", "定める機関", wide=True),
    Column("version", "版"),
    Column("state", "段階"),
    Column("counted", "公表の集計"),
    Column("review", "次の見直し"),
)
_VERSIONS: Final = (
    Column("version", "版", head=True),
    Column("state", "段階"),
    Column("adopted", "策定"),
    Column("effective", "施行"),
    Column("document", "文書"),
)


@get(BASE, opt=_OPT, include_in_schema=False)
async def shelf(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """All policies, and how to begin one."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        rows = await store.policies(tx, code)
        versions = await store.versions(tx, code)
        body = await own_body(tx, code)
        owing = await opening.organs_owing(tx, code, clock.today())
    found = []
    for row in rows:
        spoken = spoken_for([one for one in versions if one.policy_id == row.policy_id])
        if spoken is not None:
            found.append({"row": row, "version": spoken})
    adopting = {organ for row in rows for organ in row.organs}
    context = {
        "body": body,
        "found": found,
        "columns": _COLUMNS,
        "status": words.status_of,
        "counted": words.counted_status,
        "organs": words.organs_word,
        "missing": words.organs_word([one.value for one in owing if one not in adopting], body),
        "may_write": Role.SECURITY_OFFICER in principal.roles,
    }
    return page(request, "security_policy/shelf.html", context)


@post(BASE, opt=_WRITE, include_in_schema=False)
async def begin(data: Form, principal: Who, db: Db, clock: LawClock, outbox: Outgoing) -> Redirect:
    """By questions, or from the regulation that the body has."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        row = await opening.open_policy(Desk(clock, outbox), tx, code, by=principal.actor)
    way = "versions/1/import" if data.get("way") == "import" else "questions"
    return Redirect(f"{BASE}/{row.policy_id}/{way}", status_code=303)


@get(f"{BASE}/{{policy_id:uuid}}", opt=_OPT, include_in_schema=False)
async def policy_page(
    request: AnyRequest, policy_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """Where it stands, and the one next thing to do."""
    return await _page(request, policy_id, principal, db, clock)


async def _page(
    request: AnyRequest,
    policy_id: UUID,
    principal: Principal,
    db: Database,
    clock: LawClock,
    *,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Template:
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        policy = await policy_of(tx, code, policy_id)
        versions = await store.versions(tx, code, policy_id)
        now = working(versions) or spoken_for(versions) or versions[0]
        seen = await look_at(tx, policy, now, on=clock.today())
        steps = await store.steps(tx, code, policy_id)
        body = await own_body(tx, code)
        names = await words.names_of(tx, {one.actor_id for one in steps})
    organ = None
    if Role.POLICY_ADOPTER in principal.roles and principal.organ_id in now.organs:
        organ = organ_of(principal)
    decided = {one.organ: one for one in seen.adoptions}
    context = {
        "policy": policy,
        "row": now,
        "seen": seen,
        "body": body,
        "base": f"{BASE}/{policy_id}",
        "steps": words.steps_of(now.step),
        "status": words.status_of,
        "counted": words.counted_status(now),
        "organs": words.organs_word,
        "decided": decided,
        "counts": {part.value: len(seen.part(part)) for part in Part},
        "versions": versions,
        "version_columns": _VERSIONS,
        "timeline": words.timeline(steps, names, body),
        "results": _RESULTS,
        "may_write": Role.SECURITY_OFFICER in principal.roles,
        "organ": organ if organ is not None and organ.value not in decided else None,
        "organ_name": words.organs_word([organ.value], body) if organ else "",
        "typed": typed or {},
        "errors": words.errors_of(problems or {}),
        "today": clock.today(),
        "State": State,
    }
    return page(request, "security_policy/policy.html", context, status=status)


@post(f"{BASE}/{{policy_id:uuid}}/versions/{{version:int}}/steps/{{verb:str}}", opt=_WRITE,
      include_in_schema=False)  # fmt: skip
async def officers_step(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    verb: FromPath[str],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Template | Redirect:
    """What the officer does with the version as a whole."""
    code, desk = body_code(principal), Desk(clock, outbox)
    place = (code, policy_id, version)
    try:
        if verb == "check":
            due = Due(*place)
            await publishing.check(desk, db, HttpFetcher(inside=settings.demo), due)
        else:
            async with db.transaction(town=code) as tx:
                await _deed(desk, tx, place, verb, data, principal, Press.of(settings))
    except NotFoundError:
        raise
    except JichitaiError as refusal:
        named = _FORMS.get(verb, "")
        return await _refused(request, policy_id, principal, db, clock, data, refusal, named)
    return Redirect(f"{BASE}/{policy_id}", status_code=303)


_FORMS: Final = {"reviewed": "review-", "repeal": "repeal-", "drop": "drop-", "revise": "revise-"}
"""What stands before the names of fields in the errors of forms that share a page."""


async def _deed(
    desk: Desk,
    tx: Any,
    place: tuple[str, UUID, int],
    verb: str,
    data: Mapping[str, str],
    principal: Principal,
    press: Press,
) -> None:
    by, number, reason = principal.actor, data.get("number", ""), data.get("reason", "")
    match verb:
        case "submit":
            await deciding.submit(desk, tx, place, accepted_gaps=reason, by=by)
        case "committee":
            meeting = Meeting(
                number=number,
                held_on=_day(data, "held_on"),
                approved=_chosen(data),
                remarks=reason,
            )
            await deciding.committee(desk, tx, place, meeting, by=by)
        case "publish":
            address = data.get("address", "")
            await publishing.publish(desk, press, tx, place, address=address, by=by)
        case "reviewed":
            await publishing.reviewed(desk, tx, place, number=number, reason=reason, by=by)
        case "repeal":
            await publishing.repeal(desk, tx, place, number=number, reason=reason, by=by)
        case "revise":
            await version_of(tx, *place)
            await opening.revise(desk, tx, place[0], place[1], reason=reason, by=by)
        case "drop":
            await opening.drop(desk, tx, *place, reason=reason, by=by)
        case _:
            raise BadClauseError("この操作はありません。方針のページから選び直してください。")


@post(f"{BASE}/{{policy_id:uuid}}/versions/{{version:int}}/adoptions",
      opt={"roles": frozenset({Role.POLICY_ADOPTER})}, include_in_schema=False)  # fmt: skip
async def adopters_step(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """定める: the decision of the account's organ."""
    code = body_code(principal)
    try:
        decision = Decision(
            number=data.get("number", ""),
            decided_on=_day(data, "decided_on"),
            document_hash=data.get("document_hash", ""),
        )
        async with db.transaction(town=code) as tx:
            place = (code, policy_id, version)
            organ, desk = organ_of(principal), Desk(clock, outbox)
            await deciding.adopt(desk, tx, place, organ, decision, by=principal.actor)
    except NotFoundError:
        raise
    except JichitaiError as refusal:
        return await _refused(request, policy_id, principal, db, clock, data, refusal)
    return Redirect(f"{BASE}/{policy_id}", status_code=303)


@post(f"{BASE}/{{policy_id:uuid}}/versions/{{version:int}}/return", opt={"roles": RETURNERS},
      include_in_schema=False)  # fmt: skip
async def give_back(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """差し戻す."""
    code = body_code(principal)
    officer = Role.SECURITY_OFFICER in principal.roles
    try:
        async with db.transaction(town=code) as tx:
            await deciding.send_back(
                Desk(clock, outbox),
                tx,
                (code, policy_id, version),
                reason=data.get("return_reason", ""),
                by=principal.actor,
                organ=None if officer else organ_of(principal),
            )
    except NotFoundError:
        raise
    except JichitaiError as refusal:
        found = {"return_reason" if k == "reason" else k: v for k, v in _fields(refusal).items()}
        return await _page(
            request, policy_id, principal, db, clock, typed=data, problems=found, status=422
        )
    return Redirect(f"{BASE}/{policy_id}", status_code=303)


def _fields(refusal: JichitaiError) -> dict[str, str]:
    listed = refusal.facts.get("problems")
    if isinstance(listed, list):
        return {"": "".join(map(str, listed))}
    return words.fields_of(refusal)


async def _refused(
    request: AnyRequest,
    policy_id: UUID,
    principal: Principal,
    db: Database,
    clock: LawClock,
    typed: Mapping[str, str],
    refusal: JichitaiError,
    form: str = "",
) -> Template:
    found = {f"{form}{name}" if name else "": text for name, text in _fields(refusal).items()}
    if typed.get("held_on") is not None and "decided_on" in found:
        found["held_on"] = found.pop("decided_on")
    status = 422 if "fields" in refusal.facts else 409
    return await _page(
        request, policy_id, principal, db, clock, typed=typed, problems=found, status=status
    )


def _chosen(data: Mapping[str, str]) -> bool:
    if data.get("approved") not in {"yes", "no"}:
        text = "委員会の結果が選ばれていません。承認か差し戻しかを選んでください。"
        raise BadClauseError(text, fields={"approved": text})
    return data["approved"] == "yes"


def _day(data: Mapping[str, str], name: str) -> Any:
    try:
        return parse_date(data.get(name, ""))
    except InvalidDateError as refusal:
        raise BadClauseError(refusal.detail, fields={name: refusal.detail}) from None


SHELF_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    shelf,
    begin,
    policy_page,
    officers_step,
    adopters_step,
    give_back,
)
