"""本人確認情報の照会: purpose first, then the key, then only what the affair allows."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from litestar import Request, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.jukinet import affairs
from jichitai.jukinet.affairs import Affair
from jichitai.jukinet.pages.places import here
from jichitai.jukinet.pages.query_forms import (
    AnswerView,
    QueryForm,
    blank,
    missing,
    refused,
    typed,
    view_of,
)
from jichitai.jukinet.pages.shelf import Shelf
from jichitai.jukinet.provision.errors import AffairNotAllowedError
from jichitai.jukinet.provision.model import Organ
from jichitai.jukinet.provision.service import Asker, Provision
from jichitai.kernel.errors import JichitaiError, UnavailableError
from jichitai.web.components import FieldErrors, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal, Role

AnyRequest = Request[Any, Any, Any]
Service = NamedDependency[Provision]
Answers = NamedDependency[Shelf[AnswerView]]

_OPT: Final[dict[str, Any]] = {"roles": frozenset({Role.ORGAN_OFFICER})}


@dataclass(frozen=True, slots=True)
class Quota:
    """How many questions a body has left today."""

    daily: int
    asked: int

    @property
    def left(self) -> int:
        """Never below zero: several processes may overrun a little."""
        return max(0, self.daily - self.asked)


@get("/query", opt=_OPT, include_in_schema=False)
async def start(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock, provision: Service
) -> Template:
    """Choose the affair; with one chosen, state the reason and the key."""
    organ = await _organ(principal, clock, provision)
    chosen = request.query_params.get("affair", "")
    if not chosen:
        return await _page(request, db, clock, organ, None, FieldErrors())
    form = blank(_affair(organ, chosen), request.query_params.get("key", ""))
    return await _page(request, db, clock, organ, form, FieldErrors())


@post("/query", opt=_OPT, include_in_schema=False)
async def ask(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    provision: Service,
    answers: Answers,
) -> Template | Redirect:
    """Ask; the record is durable before the answer is shown."""
    organ = await _organ(principal, clock, provision)
    sent = await request.form()
    data = {name: str(value) for name, value in sent.items()}
    fields = [str(one) for one in sent.getall("fields", [])]
    form = typed(_affair(organ, data.get("affair", "")), data, fields)
    if errors := missing(form):
        return await _page(request, db, clock, organ, form, errors)
    try:
        answer = await provision.ask(_asker(principal), form.stated, form.sought)
    except UnavailableError:
        raise
    except JichitaiError as error:
        return await _page(request, db, clock, organ, form, refused(form, error))
    key = answers.put(principal.account_id, view_of(form, answer))
    return Redirect(f"/query/answers/{key}", status_code=303)


@get("/query/answers/{key:uuid}", opt=_OPT, include_in_schema=False)
async def answer_page(
    request: AnyRequest, key: FromPath[UUID], principal: Who, answers: Answers
) -> Template:
    """The answer; the address dies with the session, and after ten minutes."""
    view = answers.get(principal.account_id, key)
    return page(
        request,
        "jukinet/answer.html",
        {"view": view, "shell": here(request, "/query")},
        status=200 if view is not None else 404,
        headers={"cache-control": "no-store"},
    )


def query_router() -> Router:
    """The routes, with the shelf that answers wait on."""
    shelf: Shelf[AnswerView] = Shelf()
    return Router(
        path="/",
        route_handlers=[start, ask, answer_page],
        dependencies={"answers": Provide(lambda: shelf, sync_to_thread=False)},
    )


async def _organ(principal: Principal, clock: Any, provision: Provision) -> Organ:
    asker = _asker(principal)
    organ, _ = await provision.directory.find(asker.organ_id, asker.operator_id, clock.today())
    return organ


def _asker(principal: Principal) -> Asker:
    return Asker(principal.organ(), principal.operator_id or "")


def _affair(organ: Organ, affair_id: str) -> Affair:
    if affair_id not in organ.affairs:
        raise AffairNotAllowedError(
            "この機関はこの事務について登録されていません。一覧から事務を選び直してください。",
            organ=organ.organ_id,
        )
    return affairs.affair(affair_id)


async def _page(
    request: AnyRequest,
    db: Any,
    clock: Any,
    organ: Organ,
    form: QueryForm | None,
    errors: FieldErrors,
) -> Template:
    async with db.transaction(read_only=True) as tx:
        cursor = await tx.execute(
            "select coalesce(sum(asked), 0) from jukinet.organ_usage"
            " where organ_id = %s and day = %s",
            (organ.organ_id, clock.today()),
        )
        (asked,) = await cursor.fetchone()
    known = [affairs.affair(one) for one in sorted(organ.affairs)]
    context = {
        "organ": organ,
        "affairs": [Option(one.id, f"{one.name}（{one.id}）") for one in known],
        "form": form,
        "errors": errors,
        "quota": Quota(organ.daily_quota, int(asked)),
        "shell": here(request, "/query"),
    }
    return page(
        request,
        "jukinet/query.html",
        context,
        status=422 if errors else 200,
        headers={"cache-control": "no-store"},
    )
