"""照会: search, a person, a household, the history, and the two numbers for a reason."""

import base64
import binascii
import time
from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from jichitai.infra.crypto import UnreadableSealError
from jichitai.infra.keys import Keys
from jichitai.kernel.dates import UncertainDate, parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.register import errors
from jichitai.register.access import CLERKS, actor
from jichitai.register.model.resident import Change
from jichitai.register.pages import starting, views
from jichitai.register.service.people import People, Query
from jichitai.web.components import FieldError, FieldErrors, NavItem
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, Who

AnyRequest = Request[Any, Any, Any]
_OPT: Final = {"roles": CLERKS}
_LIFE: Final = 900
_REASONS: Final = (
    "窓口での届出",
    "本人・世帯員からの問合せ",
    "証明書の交付",
    "職権による調査",
    "審査",
)


class _Asked(msgspec.Struct, frozen=True):
    """A search on its way from the form to its result."""

    query: dict[str, Any]
    reason: str
    until: float


@get("/counter/search", opt=_OPT, include_in_schema=False)
async def search_form(request: AnyRequest) -> Template:
    """Conditions of a search."""
    return _search_page(request, {}, {})


@post("/counter/search", opt=_OPT, include_in_schema=False)
async def search(
    request: AnyRequest, principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> Template | Redirect:
    """Check the conditions, then lead to the result; the address says nothing of them."""
    sent = await request.form()
    typed = {name: str(value).strip() for name, value in sent.items()}
    query = Query(
        **{name: typed.get(name, "") for name in _TEXTS},
        removed=typed.get("removed") == "1",
        past=typed.get("past") == "1",
    )
    town = principal.town()
    try:
        async with db.transaction(town=town) as tx:
            await People(keys, clock).search(
                tx, town, query, reason=typed.get("reason", ""), by=actor(principal)
            )
    except InvalidError as refusal:
        field = "reason" if query.asked and not typed.get("reason") else "kana"
        return _search_page(request, typed, {field: refusal.detail}, status=422)
    asked = _Asked(asdict(query), typed["reason"], time.time() + _LIFE)
    sealed = keys.columns.seal(msgspec.json.encode(asked), principal.account_id.encode())
    token = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
    return Redirect(f"/counter/search/{token}", status_code=303)


@get("/counter/search/{token:str}", opt=_OPT, include_in_schema=False)
async def search_result(
    request: AnyRequest,
    token: FromPath[str],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template | Redirect:
    """The persons found; the address works for the same person for a quarter of an hour."""
    asked = _unsealed(keys, token, principal.account_id)
    if asked is None or asked.until < time.time():
        return Redirect("/counter/search", status_code=303)
    query, town = Query(**asked.query), principal.town()
    async with db.transaction(town=town) as tx:
        found = await People(keys, clock).search(
            tx, town, query, reason=asked.reason, by=actor(principal)
        )
    context = {
        "hits": found.hits,
        "births": {
            hit.resident_id: UncertainDate.parse(hit.birth_date).japanese() for hit in found.hits
        },
        "more": found.more,
        "labels": [_TEXTS[name] for name in query.asked],
        "query": query,
    }
    return page(request, "register/found.html", context)


_TEXTS: Final = {
    "name": "氏名",
    "kana": "読み",
    "given_kana": "名の読み",
    "birth_date": "生年月日",
    "sex": "性別",
    "address": "住所",
    "addressee_number": "宛名番号",
    "juki_code": "住民票コード",
    "my_number": "個人番号",
}


def _unsealed(keys: Keys, token: str, account: str) -> _Asked | None:
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        return msgspec.json.decode(keys.columns.open(sealed, account.encode()), type=_Asked)
    except (binascii.Error, ValueError, UnreadableSealError):
        return None


def _search_page(
    request: AnyRequest, typed: dict[str, str], problems: dict[str, str], *, status: int = 200
) -> Template:
    context = {
        "typed": typed,
        "reasons": _REASONS,
        "errors": FieldErrors(tuple(FieldError(n, text) for n, text in problems.items())),
    }
    return page(request, "register/search.html", context, status=status)


def _day(text: str | None) -> date | None:
    return parse_date(text) if text and text.strip() else None


@get("/counter/residents/{resident_id:uuid}", opt=_OPT, include_in_schema=False)
async def person(
    request: AnyRequest,
    resident_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    as_of: FromQuery[str | None] = None,
) -> Template:
    """One person now, or as of a day."""
    return await _person_page(
        request, resident_id, principal, db, keys, clock, day=_day(as_of), reveal=None
    )


@get("/counter/residents/{resident_id:uuid}/numbers", opt=_OPT, include_in_schema=False)
async def ask_numbers(request: AnyRequest, resident_id: FromPath[UUID]) -> Template:
    """Ask for the reason before the two numbers are shown."""
    return _numbers_page(request, resident_id, {})


@post(
    "/counter/residents/{resident_id:uuid}/numbers",
    opt=_OPT,
    status_code=200,
    include_in_schema=False,
)
async def show_numbers(
    request: AnyRequest,
    resident_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template:
    """The person's page with the numbers for half a minute; the look is on record."""
    reason = str((await request.form()).get("reason", ""))
    if not reason.strip():
        return _numbers_page(
            request,
            resident_id,
            {
                "reason": "番号を表示する理由が入力されていません。理由を選んでください。（番号法 第12条）"
            },
            status=422,
        )
    return await _person_page(
        request, resident_id, principal, db, keys, clock, day=None, reveal=reason
    )


def _numbers_page(
    request: AnyRequest, resident_id: UUID, problems: dict[str, str], *, status: int = 200
) -> Template:
    context = {
        "resident_id": resident_id,
        "reasons": _REASONS,
        "errors": FieldErrors(tuple(FieldError(n, text) for n, text in problems.items())),
    }
    return page(request, "register/numbers.html", context, status=status)


async def _person_page(
    request: AnyRequest,
    resident_id: UUID,
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    *,
    day: date | None,
    reveal: str | None,
) -> Template:
    town, people, by = principal.town(), People(keys, clock), actor(principal)
    async with db.transaction(town=town) as tx:
        row = await people.person(tx, town, resident_id, by=by, as_of=day)
        holder = await people.holder(tx, town, resident_id)
        versions = await people.history(tx, town, resident_id, by=by)
        numbers = (
            await people.reveal(tx, town, resident_id, reason=reveal, by=by) if reveal else None
        )
    code, number = numbers or (row.juki_code, row.my_number)
    context = {
        "row": row,
        "day": day,
        "status": views.resident_status(row),
        "holder": holder,
        "revealed": numbers is not None,
        "code": code,
        "number": number,
        "previous": views.town_name(row.previous_municipality) + row.previous_address,
        "tabs": _tabs(row.id, row.household_id, "person"),
        "kinds": starting.FOR_PERSON if row.live and day is None else (),
        "new_ids": [uuid4() for _ in starting.FOR_PERSON],
        "latest": versions[0].event,
        "latest_kind": views.kind_word(versions[0].event.kind),
    }
    return page(request, "register/person.html", context)


@get("/counter/residents/{resident_id:uuid}/history", opt=_OPT, include_in_schema=False)
async def history(
    request: AnyRequest,
    resident_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template:
    """Every version with its event and what it changed."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        versions = await People(keys, clock).history(tx, town, resident_id, by=actor(principal))
    earlier = [*(version.row for version in versions[1:]), None]
    context = {
        "resident_id": resident_id,
        "tabs": _tabs(resident_id, versions[0].row.household_id, "history"),
        "entry_id": uuid4(),
        "versions": [
            {
                "number": version.row.version,
                "event": version.event,
                "kind": views.kind_word(version.event.kind),
                "reason": views.reason_word(version.event.reason),
                "changes": views.compared(Change(before=before, after=version.row)),
            }
            for version, before in zip(versions, earlier, strict=True)
        ],
        "cancellable": versions[0].event.kind not in ("initial", "cancellation", "number-record"),
    }
    return page(request, "register/history.html", context)


@get("/counter/households/{household_id:uuid}", opt=_OPT, include_in_schema=False)
async def household(
    request: AnyRequest,
    household_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
    as_of: FromQuery[str | None] = None,
) -> Template:
    """A household now, with those removed from it, or as of a day."""
    town, day = principal.town(), _day(as_of)
    async with db.transaction(town=town) as tx:
        view = await People(keys, clock).household(
            tx, town, household_id, by=actor(principal), as_of=day
        )
    if not view.members and not view.removed and day is None:
        raise errors.UnknownHouseholdError("この世帯に記録がありません。検索し直してください。")
    first = next(iter((*view.members, *view.removed)), None)
    context = {
        "view": view,
        "day": day,
        "members": [(row, views.resident_status(row)) for row in (*view.members, *view.removed)],
        "tabs": _tabs(first.id, household_id, "household") if first else [],
        "address": first.address.text if first else "",
    }
    return page(request, "register/household.html", context)


def _tabs(resident_id: UUID, household_id: UUID, current: str) -> list[NavItem]:
    places = (
        ("person", "現在", f"/counter/residents/{resident_id}", "1"),
        ("household", "世帯", f"/counter/households/{household_id}", "2"),
        ("history", "履歴", f"/counter/residents/{resident_id}/history", "3"),
        ("card", "カード", f"/counter/residents/{resident_id}/card", "4"),  # jpki.counter's page
    )
    return [
        NavItem(label, href, current=name == current, key=key) for name, label, href, key in places
    ]
