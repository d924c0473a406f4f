"""Pages of a proofing in person, at a town's counter."""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, MultipartBody, URLEncodedBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler
from PIL import Image, ImageOps, UnidentifiedImageError

from jichitai.jpki.proofing import methods, service, store
from jichitai.jpki.proofing.errors import (
    FaceNotComparedError,
    NoPictureError,
    UnknownMethodError,
    UnknownRecordError,
)
from jichitai.jpki.proofing.evidence import draw_front
from jichitai.jpki.proofing.service import ANSWER_PATH, Proofing, View
from jichitai.jpki.proofing.store import Record
from jichitai.jpki.reader.agent_protocol import SIGN_PATH, CardAnswer
from jichitai.kernel.dates import UncertainDate
from jichitai.web.components import Column, FieldErrors, Option, Status
from jichitai.web.edge import content_security_policy
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, Who
from jichitai.web.limits import Rate
from jichitai.web.rights import PUBLIC, Role

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Template folder of this package, for `create_app(templates=...)`."""

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
ProofingGiven = Given[Proofing]

_OPT: Final[dict[str, Any]] = {"roles": frozenset({Role.CLERK, Role.APPROVER})}
_NO_STORE: Final = {"cache-control": "no-store"}
_LARGEST_UPLOAD: Final = 1_500_000
_WIDTH: Final = 1_000
_PURPOSE_LENGTH: Final = 40
_RESULTS: Final = {"match": Status("一致", "green"), "mismatch": Status("不一致", "red")}
_CHECK_WORDS: Final = (
    "いま、この読取りに答えたカードであること",
    "署名した鍵が、カードの認証局に認められていること（CV証明書）",
    "券面の画像への署名",
    "氏名・住所などの文字への署名",
    "画像と文字が同じICチップのものであること",
    "ICチップが複製ではないこと（内部認証）",
    "画像と文字が同じ人のものであること",
    "カードの有効期限が過ぎていないこと",
)


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record in the list."""

    record: Record

    @property
    def status(self) -> Status:
        """The comparison in a word."""
        return _RESULTS[self.record.result]


@get("/proofing", opt=_OPT, include_in_schema=False)
async def start(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """Choose the method; the latest records below."""
    return await _start(request, principal, db, clock, {}, FieldErrors())


@post("/proofing", opt=_OPT, include_in_schema=False)
async def begin(
    request: AnyRequest,
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    proofing: ProofingGiven,
) -> Template | Redirect:
    """Ask for a reading."""
    errors = _mistakes(data)
    if not errors:
        try:
            async with db.transaction(town=principal.town()) as tx:
                number = await service.begin(
                    tx,
                    proofing,
                    principal.town(),
                    method=data["method"],
                    purpose=data["purpose"].strip(),
                    reference=data.get("reference", "").strip(),
                    by=principal.actor,
                )
            return Redirect(f"/proofing/{number}", status_code=303)
        except UnknownMethodError as error:
            errors = {"method": error.detail}
    return await _start(request, principal, db, clock, data, FieldErrors.of(errors))


@get("/proofing/{number:uuid}", opt=_OPT, include_in_schema=False)
async def reading(
    request: AnyRequest,
    number: FromPath[UUID],
    principal: Who,
    db: Db,
    proofing: ProofingGiven,
) -> Template:
    """Read the card, then compare."""
    seen = await _seen(db, proofing, principal, number)
    return _reading(request, proofing, seen, FieldErrors())


@post(
    ANSWER_PATH,
    opt={"roles": PUBLIC, "csrf": False, "rate": Rate(60, 60)},
    include_in_schema=False,
    status_code=200,
    request_max_body_size=256 * 1024,
)
async def answered(request: AnyRequest, data: Form, db: Db, proofing: ProofingGiven) -> Template:
    """The card agent's answer: it comes from another site, without cookies, and shows nothing."""
    texts = {name: value for name, value in data.items() if isinstance(value, str)}
    answer = CardAnswer.parse(texts)
    async with db.transaction(town=service.town_of(answer.transaction)) as tx:
        found = await service.take(tx, proofing, answer)
    context = {"onward": f"/proofing/{found.reading_id}"}
    return page(request, "proofing/answered.html", context, headers=_NO_STORE)


@get("/proofing/{number:uuid}/chip.png", opt=_OPT, include_in_schema=False)
async def chip_picture(
    number: FromPath[UUID], principal: Who, db: Db, proofing: ProofingGiven
) -> Response[bytes]:
    """The front as the chip has it."""
    seen = await _seen(db, proofing, principal, number)
    if seen.card is None:
        raise _no_picture()
    return _png(await asyncio.to_thread(draw_front, seen.card))


@get("/proofing/{number:uuid}/printed.png", opt=_OPT, include_in_schema=False)
async def printed_picture(
    number: FromPath[UUID], principal: Who, db: Db, proofing: ProofingGiven
) -> Response[bytes]:
    """The printed front as the officer's camera took it."""
    seen = await _seen(db, proofing, principal, number)
    if seen.printed is None:
        raise _no_picture()
    return _png(seen.printed)


@post(
    "/proofing/{number:uuid}/printed",
    opt=_OPT,
    include_in_schema=False,
    request_max_body_size=2 * 1024 * 1024,
)
async def take_printed(
    request: AnyRequest,
    number: FromPath[UUID],
    data: MultipartBody[dict[str, Any]],
    principal: Who,
    db: Db,
    proofing: ProofingGiven,
) -> Template | Redirect:
    """A picture of the printed card; it goes with the reading."""
    picture = data.get("picture")
    content = await picture.read() if isinstance(picture, UploadFile) else b""
    png = await asyncio.to_thread(_pictured, content)
    if png is None:
        seen = await _seen(db, proofing, principal, number)
        errors = FieldErrors.of(
            {"picture": "画像として読み取れません。1.5MBまでのJPEGかPNGを選び直してください。"}
        )
        return _reading(request, proofing, seen, errors)
    async with db.transaction(town=principal.town()) as tx:
        await service.show_printed(tx, proofing, principal.town(), number, png, by=principal.actor)
    return Redirect(f"/proofing/{number}", status_code=303)


@post("/proofing/{number:uuid}/record", opt=_OPT, include_in_schema=False)
async def conclude(
    request: AnyRequest,
    number: FromPath[UUID],
    data: Form,
    principal: Who,
    db: Db,
    proofing: ProofingGiven,
) -> Template | Redirect:
    """Write the record; what was read is erased."""
    town = principal.town()
    try:
        async with db.transaction(town=town) as tx:
            record = await service.conclude(
                tx, proofing, town, number, result=data.get("result", ""), by=principal.actor
            )
    except FaceNotComparedError as error:
        seen = await _seen(db, proofing, principal, number)
        return _reading(request, proofing, seen, FieldErrors.of({"result": error.detail}))
    return Redirect(f"/proofing/records/{record}", status_code=303)


@post("/proofing/{number:uuid}/stop", opt=_OPT, include_in_schema=False)
async def stop(number: FromPath[UUID], principal: Who, db: Db) -> Redirect:
    """Erase what was read, without a record."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        await service.stop(tx, town, number, by=principal.actor)
    return Redirect("/proofing", status_code=303)


@get("/proofing/records/{number:uuid}", opt=_OPT, include_in_schema=False)
async def record_page(
    request: AnyRequest, number: FromPath[UUID], principal: Who, db: Db
) -> Template:
    """What stays of a proofing."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        found = await store.record(tx, town, number)
    if found is None:
        raise _no_record()
    context = {"line": RecordLine(found), "record": found, "checks": _CHECK_WORDS}
    return page(request, "proofing/record.html", context)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    start,
    begin,
    reading,
    answered,
    chip_picture,
    printed_picture,
    take_printed,
    conclude,
    stop,
    record_page,
)


async def _start(
    request: AnyRequest,
    principal: Any,
    db: Any,
    clock: Any,
    data: dict[str, str],
    errors: FieldErrors,
) -> Template:
    offered = [
        one for one in methods.methods_on(clock.today(), in_person=True)
        if one.medium == methods.CHIP
    ]  # fmt: skip
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        found = await store.records(tx, town, 20)
    context = {
        "errors": errors,
        "options": [
            Option(one.id, one.name, hint=f"{one.place}（{one.version}）") for one in offered
        ],
        "form": data,
        "lines": [RecordLine(one) for one in found],
        "columns": _COLUMNS,
    }
    status = 422 if errors else 200
    return page(request, "proofing/start.html", context, status=status)


_COLUMNS: Final = (
    Column("time", "日時", head=True),
    Column("place", "根拠"),
    Column("purpose", "手続"),
    Column("result", "結果"),
)


def _mistakes(data: dict[str, str]) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not data.get("method"):
        errors["method"] = "本人確認の方法が選ばれていません。根拠になる方法を1つ選んでください。"
    purpose = data.get("purpose", "").strip()
    if not purpose:
        errors["purpose"] = "手続の名前がありません。何の手続のための確認かを入れてください。"
    elif len(purpose) > _PURPOSE_LENGTH:
        errors["purpose"] = f"手続の名前が長すぎます。{_PURPOSE_LENGTH}文字までで入れてください。"
    reference = data.get("reference", "").strip()
    if len(reference) > _PURPOSE_LENGTH or (reference and not reference.isascii()):
        errors["reference"] = (
            "受付番号は、半角の英数字と記号で40文字までです。人の名前は入れないでください。"
        )
    return errors


async def _seen(db: Any, proofing: Proofing, principal: Any, number: UUID) -> View:
    town = principal.town()
    async with db.transaction(town=town) as tx:
        return await service.view(tx, proofing, town, number, by=principal.actor)


def _reading(request: AnyRequest, proofing: Proofing, seen: View, errors: FieldErrors) -> Template:
    asked = service.card_request(proofing, seen.reading)
    card = seen.card
    context = {
        "errors": errors,
        "seen": seen,
        "card": card,
        "birth": _day(card.birth_date) if card else "",
        "until": _day(card.until) if card else "",
        "checks": _CHECK_WORDS,
        "agent": f"{proofing.agent}{SIGN_PATH}",
        "fields": [(name, str(value)) for name, value in msgspec.structs.asdict(asked).items()],
        "here": f"/proofing/{seen.reading.reading_id}",
        "ends": seen.reading.expires_at,
        "results": [
            Option("match", "一致：券面、ICチップ、目の前の方が同じ人だと認めた"),
            Option("mismatch", "不一致：同じ人だと認められない"),
        ],
    }
    headers = {
        **_NO_STORE,
        "content-security-policy": content_security_policy(form_action=proofing.agent),
        "referrer-policy": "origin",  # the agent must learn which site asks
    }
    status = 422 if errors else 200
    return page(request, "proofing/reading.html", context, status=status, headers=headers)


def _day(text: str) -> str:
    """A day of a chip for people; zeros are not known."""
    return "不詳" if text.startswith("0000") else UncertainDate.parse(text).japanese()


def _pictured(content: bytes) -> bytes | None:
    """A picture made small and plain: no metadata survives."""
    if not 0 < len(content) <= _LARGEST_UPLOAD:
        return None
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > 40_000_000:
                return None
            turned = ImageOps.exif_transpose(image).convert("RGB")
            turned.thumbnail((_WIDTH, _WIDTH))
            out = BytesIO()
            turned.save(out, "PNG")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    return out.getvalue()


def _png(content: bytes) -> Response[bytes]:
    return Response(content, media_type="image/png", headers=_NO_STORE)


def _no_picture() -> NoPictureError:
    return NoPictureError(
        "この読取りに画像はありません。カードの読取りが済んでいないか、時間が過ぎて消えています。"
    )


def _no_record() -> UnknownRecordError:
    return UnknownRecordError("この本人確認の記録はありません。記録の一覧から選び直してください。")
