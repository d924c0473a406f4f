"""Pages: check somebody by their phone (everybody), and my own credential (the holder)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler
from PIL import Image, UnidentifiedImageError

from jichitai.infra import audit
from jichitai.jpki.phone import presenting, store
from jichitai.jpki.phone.api import PhoneDesk
from jichitai.jpki.phone.elements import DOCTYPE, OVER_20, PORTRAIT, Element, Query
from jichitai.jpki.phone.presenting import CHECK_PATH, LIFE, Result
from jichitai.web.components import FieldErrors, Option, Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import PUBLIC, Role

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Template folder of this package, for `create_app(templates=...)`."""

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]

_NO_STORE: Final = {"cache-control": "no-store"}
_RESIDENT: Final[dict[str, Any]] = {"roles": frozenset({Role.RESIDENT})}
_COOKIE: Final = "jichitai-phone-check"
_LARGEST_PICTURE: Final = 2_000
_STATES: Final = {
    "waiting": Status("待っています", "blue", "ウォレットの答えを待っています"),
    "received": Status("届きました", "blue", "ウォレットから戻ると結果が出ます"),
    "accepted": Status("確かめました", "green"),
    "refused": Status("受け付けません", "red"),
}
_CHECKS: Final = (
    "発行者の証明書と署名",
    "項目が発行されたままであること",
    "証明の有効期間",
    "この求めに宛てた、同じスマートフォンの署名",
    "証明が失効していないこと",
    "求めた項目だけであること",
)


@dataclass(frozen=True, slots=True)
class Line:
    """An item on the result page: words, or a picture as a data address."""

    label: str
    value: str
    picture: str = ""


@get(CHECK_PATH, opt={"roles": PUBLIC}, include_in_schema=False, sync_to_thread=False)
def choose(request: AnyRequest) -> Template:
    """Choose what to ask a phone for."""
    return _choice(request, FieldErrors())


@post(CHECK_PATH, opt={"roles": PUBLIC}, include_in_schema=False)
async def begin(request: AnyRequest, data: Form, db: Db, phones: PhoneDesk) -> Template | Redirect:
    """Make the request; this browser alone will see its result."""
    try:
        query = Query(data.get("query", ""))
    except ValueError:
        errors = FieldErrors.of({"query": "確かめることが選ばれていません。1つ選んでください。"})
        return _choice(request, errors)
    async with db.transaction() as tx:
        begun = await presenting.begin(tx, phones, query)
    answer = Redirect(f"{CHECK_PATH}/{begun.number}", status_code=303)
    answer.set_cookie(
        key=_COOKIE,
        value=f"{begun.number}.{begun.browser}",
        path=CHECK_PATH,
        max_age=int(LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=phones.origin.startswith("https:"),
    )
    return answer


@get(CHECK_PATH + "/{number:uuid}", opt={"roles": PUBLIC}, include_in_schema=False)
async def outcome(
    request: AnyRequest, number: FromPath[UUID], db: Db, phones: PhoneDesk
) -> Template:
    """Wait for the wallet, then show what was proved and nothing more."""
    code = request.query_params.get("code", "")
    async with db.transaction(read_only=True) as tx:
        found = await presenting.result(
            tx, phones, number, browser=_browser(request, number), code=code
        )
        client = await presenting.client_of(tx, number)
    on_phone, here = presenting.links(phones, number, client)
    context = {
        "found": found,
        "status": _STATES[found.state],
        "verdict": _verdict(found),
        "lines": [_line(one, value) for one, value in found.shown.items()],
        "asked": "、".join(one.japanese for one in found.query.elements),
        "checks": _CHECKS,
        "on_phone": on_phone,
        "here": here,
        "again": CHECK_PATH,
        "until": found.until,
    }
    return page(request, "phone/outcome.html", context, headers=_NO_STORE)


@get("/me/phone", opt=_RESIDENT, include_in_schema=False)
async def my_credential(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """My credentials in phones."""
    async with db.transaction(read_only=True) as tx:
        found = await store.of_person(tx, principal.person())
    now = clock.now()
    context = {
        "found": [(one, _own_status(one, now)) for one in found],
        "live": [one for one in found if one.ended_at is None],
        "doctype": DOCTYPE,
        "ended": request.query_params.get("ended") == "1",
    }
    return page(request, "phone/mine.html", context, headers=_NO_STORE)


@post("/me/phone/end", opt=_RESIDENT, include_in_schema=False)
async def end_mine(principal: Who, db: Db, clock: LawClock) -> Redirect:
    """End my credential: the phone is lost, sold, or no longer used for it."""
    async with db.transaction() as tx:
        person = principal.person()
        count = await store.end_of_person(tx, person, clock.now(), "request")
        await audit.record(
            tx,
            by=principal.actor,
            action="jpki.phone.end",
            subject=str(person),
            facts={"count": count},
        )
    return Redirect("/me/phone?ended=1", status_code=303)


def _choice(request: AnyRequest, errors: FieldErrors) -> Template:
    options = [Option(one.value, one.japanese) for one in Query]
    context = {"errors": errors, "options": options}
    status = 422 if errors else 200
    return page(request, "phone/choose.html", context, status=status, headers=_NO_STORE)


def _browser(request: AnyRequest, number: UUID) -> str:
    """The browser's secret for a request; empty for another browser."""
    morsel = SimpleCookie(request.headers.get("cookie", "")).get(_COOKIE)
    named, _, secret = (morsel.value if morsel else "").partition(".")
    return secret if named == str(number) else ""


def _verdict(found: Result) -> str:
    """The one sentence that an age check is for."""
    if found.state != "accepted":
        return ""
    (first, *rest) = found.query.elements
    if rest:
        return "本人確認の項目を受け取りました"
    age = "20歳" if first == OVER_20 else "18歳"
    return f"{age}以上です" if found.shown.get(first) is True else f"{age}以上ではありません"


def _line(element: Element, value: Any) -> Line:
    if element == PORTRAIT and isinstance(value, bytes):
        return Line(element.japanese, "", _picture(value))
    if isinstance(value, bool):
        return Line(element.japanese, "はい" if value else "いいえ")
    return Line(element.japanese, str(value))


def _picture(data: bytes) -> str:
    """A photo as a PNG inside the page; browsers show no JPEG 2000."""
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "JPEG2000")) as image:
            if max(image.size) > _LARGEST_PICTURE:
                return ""
            out = BytesIO()
            image.convert("L").save(out, "PNG")
    except (UnidentifiedImageError, OSError, ValueError):
        return ""
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def _own_status(one: store.OwnCredential, now: Any) -> Status:
    if one.ended_at is not None:
        why: Mapping[str, str] = {"replaced": "新しい証明に替わりました"}
        return Status("終わりました", "grey", why.get(one.cause or "", "申請により終わりました"))
    if not one.card_valid:
        return Status("失効", "red", "カードの署名用電子証明書が失効しています")
    if one.valid_until < now:
        return Status("期限切れ", "yellow", "有効期限を過ぎました")
    return Status("有効", "green")


PAGE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    choose,
    begin,
    outcome,
    my_credential,
    end_mine,
)
