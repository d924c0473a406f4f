"""The first page of 情報セキュリティ, and the page of a body's organs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.kernel.errors import InvalidError
from jichitai.security.access import (
    EMPLOYEE,
    INSIDE,
    OFFICER,
    SUPERVISOR,
    body_code,
    own_body,
)
from jichitai.security.desk import service
from jichitai.security.desk.api import API_ROUTES, organ_named
from jichitai.security.desk.service import Waiting
from jichitai.security.obligations.model import Duty, duty, measures
from jichitai.web.components import Column, Crumb, FieldErrors, Option, Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, Who
from jichitai.web.rights import Role

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Template folder of this package, for `create_app(templates=...)`."""

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
Sources = Given[Sequence[Waiting]]

_DUTIES: Final = {
    Duty.NOT_YET: Status(Duty.NOT_YET.japanese, "blue", "施行の日がまだ来ていません"),
    Duty.IN_GRACE: Status(Duty.IN_GRACE.japanese, "yellow"),
    Duty.BINDING: Status(Duty.BINDING.japanese, "orange", "今日、この措置を講じる義務があります"),
    Duty.EXEMPT: Status(Duty.EXEMPT.japanese, "grey"),
}
_OWES: Final = Status("策定が必要", "orange")
_OWES_NOT: Final = Status("なし", "grey")
_OUTSIDE: Final = Status("指針の対象外", "grey")
_RULES: Final = {
    "always": "法律で必ず置く",
    "usual": "ふつう置く",
    "sometimes": "置くことがある",
    "outside": "置くが、大臣の指針の対象の外",
}
_SAID: Final = (Option("yes", "置いている"), Option("no", "置いていない"))
_ORGAN_COLUMNS: Final = (
    Column("organ", "機関", head=True),
    Column("rule", "法律の定め"),
    Column("said", "この団体の申出", wide=True),
    Column("owes", "方針"),
    Column("act", "操作"),
)
_MEASURE_COLUMNS: Final = (
    Column("number", "号", align="end"),
    Column("name", "措置", head=True, wide=True),
    Column("duty", "今日の扱い"),
    Column("day", "施行日"),
    Column("grace", "既存のシステム・契約"),
)


@get("/security", opt={"roles": EMPLOYEE}, include_in_schema=False)
async def home(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock, security_todos: Sources
) -> Template | Redirect:
    """What waits, and what the body owes."""
    if not principal.roles & (INSIDE | SUPERVISOR):
        return Redirect(_elsewhere(principal.roles), status_code=303)
    code, today = body_code(principal), clock.today()
    async with db.transaction(town=code, read_only=True) as tx:
        body = await own_body(tx, code)
        waiting = await service.todos(tx, security_todos, body, today, roles=principal.roles)
        owed = await service.owed(tx, code, today)
    eight = measures()
    return page(
        request,
        "security_desk/home.html",
        {
            "body": body,
            "todos": waiting,
            "owed": owed,
            "in_force_on": eight[0].in_force_on,
            "days_left": (eight[0].in_force_on - today).days,
            "measures": eight,
            "measure_columns": _MEASURE_COLUMNS,
            "duties": {one.number: _DUTIES[duty(one, on=today)] for one in eight},
            "late_status": Status("期限を過ぎています", "red"),
        },
    )


def _elsewhere(roles: frozenset[Role]) -> str:
    return "/security/monitoring" if Role.SOC_ANALYST in roles else "/security/incidents/new"


@get("/security/organs", opt={"roles": INSIDE}, include_in_schema=False)
async def organs(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """Which organs owe a policy."""
    code, today = body_code(principal), clock.today()
    async with db.transaction(town=code, read_only=True) as tx:
        lines = await service.organs(tx, code, today)
        body = await own_body(tx, code)
    context = {
        "lines": lines,
        "body": body,
        "columns": _ORGAN_COLUMNS,
        "rules": _RULES,
        "may_say": Role.SECURITY_OFFICER in principal.roles,
        "owes": _state,
    }
    return page(request, "security_desk/organs.html", context)


def _state(line: service.OrganLine) -> Status:
    if line.rule == "outside":
        return _OUTSIDE
    return _OWES if line.owes else _OWES_NOT


@get("/security/organs/{organ:str}", opt={"roles": OFFICER}, include_in_schema=False)
async def organ_form(request: AnyRequest, organ: FromPath[str]) -> Template:
    """Say whether the body has an organ."""
    return _form(request, organ, {}, FieldErrors())


@post("/security/organs/{organ:str}", opt={"roles": OFFICER}, include_in_schema=False)
async def say_organ(
    request: AnyRequest,
    organ: FromPath[str],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Keep what the body says."""
    named = organ_named(organ)
    reason = data.get("reason", "").strip()[:300]
    errors = {}
    if data.get("established") not in ("yes", "no"):
        errors["established"] = (
            "置いているかどうかが選ばれていません。方針の分母に関わるため、どちらかを選んでください。"
        )
    if not reason:
        errors["reason"] = (
            "理由がありません。あとで分母を説明するため、条例の名前や共同設置の相手などを入力してください。"
        )
    if not errors:
        code = body_code(principal)
        try:
            async with db.transaction(town=code) as tx:
                await service.say(
                    tx,
                    code,
                    named,
                    established=data["established"] == "yes",
                    reason=reason,
                    by=principal.actor,
                    at=clock.now(),
                )
            return Redirect("/security/organs", status_code=303)
        except InvalidError as refusal:
            errors["reason"] = refusal.detail
    return _form(request, organ, data, FieldErrors.of(errors), status=422)


def _form(
    request: AnyRequest,
    organ: str,
    data: dict[str, str],
    errors: FieldErrors,
    status: int = 200,
) -> Template:
    named = organ_named(organ)
    context = {
        "organ": named,
        "options": _SAID,
        "data": data,
        "errors": errors,
        "crumbs": (
            Crumb("情報セキュリティ", "/security"),
            Crumb("方針を定める機関", "/security/organs"),
            Crumb(named.japanese),
        ),
    }
    return page(request, "security_desk/organ.html", context, status=status)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    home,
    organs,
    organ_form,
    say_organ,
    *API_ROUTES,
)
