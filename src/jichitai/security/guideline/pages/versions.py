"""Versions: their history, files to take away, import, dropping and publication."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import anyio.to_thread
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.documents.sheets import Fault, WorkbookRefusedError
from jichitai.infra.outbox import Outbox
from jichitai.kernel.dates import InvalidDateError, parse_date
from jichitai.security.access import MINISTRY
from jichitai.security.errors import BadUploadError
from jichitai.security.guideline import builtin, service
from jichitai.security.guideline.access import READERS, WRITERS, Office, office_of
from jichitai.security.guideline.api import file_response
from jichitai.security.guideline.errors import (
    BadCatalogueError,
    UnknownVersionError,
    VersionTakenError,
)
from jichitai.security.guideline.files import KINDS
from jichitai.security.guideline.intake.entries import LARGEST_FILE, Head
from jichitai.security.guideline.intake.reading import KINDS as FILE_KINDS
from jichitai.security.guideline.intake.reading import read
from jichitai.security.guideline.pages import words
from jichitai.security.guideline.service import Guideline
from jichitai.web.components import Crumb, FieldErrors
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, Who

AnyRequest = Request[Any, Any, Any]
_READ: Final[dict[str, Any]] = {"roles": READERS}
_WRITE: Final[dict[str, Any]] = {"roles": WRITERS}
_PUBLISH: Final[dict[str, Any]] = {"roles": MINISTRY}
_BODY: Final = LARGEST_FILE + 64 * 1024
_VERSIONS: Final = "/security/guideline/versions"


@get(_VERSIONS, opt=_READ, include_in_schema=False)
async def versions(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """Versions with items, the history of revisions, and what can be done with them."""
    office = office_of(principal)
    async with db.transaction(town=office.town, read_only=True) as tx:
        current = await service.current(tx, on=clock.today())
        editions = await service.editions(tx, office.code)
    writes = bool(principal.roles & WRITERS)
    context = {
        "current": current.version,
        "editions": [
            {
                "version": one.version,
                "title": one.title,
                "published_on": one.published_on,
                "size": one.items,
                "origin": words.origin(one),
                "official": "公式" if one.official else "非公式",
                "drop": writes and one.origin == "imported",
                "publish": office.ministry and one.origin != "published",
            }
            for one in editions
        ],
        "history": tuple(reversed(builtin.history())),
        "trusts": [words.trust(one.confidence) for one in reversed(builtin.history())],
        "kinds": KINDS,
        "writes": writes,
        "note": builtin.UNOFFICIAL,
        "taken": request.query_params.get("taken", "") in {one.version for one in editions},
        "published": request.query_params.get("published", ""),
        "crumbs": [words.HOME, words.GUIDELINE, Crumb("版と取込み")],
    }
    return page(request, "security_guideline/versions.html", context)


@get(_VERSIONS + "/{version:str}/files/{kind:str}", opt=_READ, include_in_schema=False)
async def download(
    version: FromPath[str], kind: FromPath[str], principal: Who, db: Db
) -> Response[bytes]:
    """A version as a file."""
    known = next((one for one in KINDS if one == kind), None)
    if known is None:
        raise UnknownVersionError(
            "この種類のファイルはありません。版の一覧から選び直してください。"
        )
    async with db.transaction(town=office_of(principal).town, read_only=True) as tx:
        found = await service.catalogue(tx, version)
    return await file_response(found, known)


@get("/security/guideline/import", opt=_WRITE, include_in_schema=False)
async def import_form(request: AnyRequest, principal: Who) -> Template:
    """An empty form."""
    return _form(request, office_of(principal), {}, {})


@post(
    "/security/guideline/import",
    opt=_WRITE,
    include_in_schema=False,
    request_max_body_size=_BODY,
)
async def take_in(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> Template | Redirect:
    """Read the file; with any fault nothing is taken in."""
    office = office_of(principal)
    sent = await request.form()
    typed = {name: _line(str(value)) for name, value in sent.items() if isinstance(value, str)}
    problems: dict[str, str] = {}
    head = _head(typed, office, problems)
    file = sent.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    if not content:
        problems["file"] = f"ファイルがありません。{FILE_KINDS}を選んでください。"
    if head is None or problems or not isinstance(file, UploadFile):
        return _form(request, office, typed, problems, status=422)
    try:
        found = await anyio.to_thread.run_sync(read, content, file.filename, head)
    except (BadUploadError, BadCatalogueError, WorkbookRefusedError) as refusal:
        return _form(request, office, typed, {"file": refusal.detail}, status=422)
    if found.catalogue is None:
        told = f"ファイルに{len(found.faults):,}件の誤りがあります。下の表を見て直してください。"
        return _form(request, office, typed, {"file": told}, found.faults, status=422)
    try:
        async with db.transaction(town=office.town) as tx:
            guideline = Guideline(clock, outbox)
            await guideline.take_in(tx, office.code, found.catalogue, by=principal.actor)
    except VersionTakenError as refusal:
        return _form(request, office, typed, {"version": refusal.detail}, status=422)
    return Redirect(f"{_VERSIONS}?taken={head.version}", status_code=303)


@post(_VERSIONS + "/{version:str}/drop", opt=_WRITE, include_in_schema=False)
async def drop(
    version: FromPath[str], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> Redirect:
    """Drop a catalogue that was taken in."""
    office = office_of(principal)
    async with db.transaction(town=office.town) as tx:
        await Guideline(clock, outbox).discard(tx, office.code, version, by=principal.actor)
    return Redirect(_VERSIONS, status_code=303)


@get(_VERSIONS + "/{version:str}/publish", opt=_PUBLISH, include_in_schema=False)
async def ask_publish(
    request: AnyRequest, version: FromPath[str], principal: Who, db: Db
) -> Template:
    """What is about to be published, and that it cannot be taken back."""
    office = office_of(principal)
    async with db.transaction(town=office.town, read_only=True) as tx:
        found = await service.catalogue(tx, version)
        known = await service.current(tx)
    context = {
        "catalogue": found,
        "note": words.note_of(found),
        "current": known.version,
        "crumbs": [words.HOME, words.GUIDELINE, Crumb("版と取込み", _VERSIONS), Crumb("公表")],
    }
    return page(request, "security_guideline/publish.html", context)


@post(_VERSIONS + "/{version:str}/publish", opt=_PUBLISH, include_in_schema=False)
async def publish(
    version: FromPath[str], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> Redirect:
    """公表する."""
    async with db.transaction() as tx:
        count = await Guideline(clock, outbox).publish(tx, version, by=principal.actor)
    return Redirect(f"{_VERSIONS}?published={count}", status_code=303)


def _line(text: str) -> str:
    """What was typed, on one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _head(typed: Mapping[str, str], office: Office, problems: dict[str, str]) -> Head | None:
    if not service.good_name(typed.get("version", "")):
        problems["version"] = (
            "版の名前がないか、使えない文字があります。"
            "半角の英数字と . _ - だけの40文字以内で入れてください（例：R9.3）。"
        )
    if not 0 < len(typed.get("title", "")) <= 200:
        problems["title"] = "題名を200文字以内で入れてください。版の一覧に出ます。"
    if not 0 < len(typed.get("source", "")) <= 200:
        problems["source"] = "出典を200文字以内で入れてください。どこから得た一覧かを残します。"
    published_on = None
    try:
        published_on = parse_date(typed.get("published_on", ""))
    except InvalidDateError:
        problems["published_on"] = (
            "版の日付がないか、読み取れません。版の順序に使います。例：R9.3.30、2027-03-30"
        )
    if problems or published_on is None:
        return None
    return Head(
        version=typed["version"],
        title=typed["title"],
        published_on=published_on,
        official=office.ministry and typed.get("official") == "1",
        source=typed["source"],
    )


def _form(
    request: AnyRequest,
    office: Office,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    faults: Sequence[Fault] = (),
    *,
    status: int = 200,
) -> Template:
    context = {
        "typed": typed,
        "errors": FieldErrors.of(problems),
        "faults": faults,
        "ministry": office.ministry,
        "limits": f"{FILE_KINDS}。{LARGEST_FILE // 1024 // 1024}MBまで。",
        "crumbs": [words.HOME, words.GUIDELINE, Crumb("版と取込み", _VERSIONS), Crumb("取込み")],
    }
    return page(request, "security_guideline/import.html", context, status=status)


VERSION_ROUTES: Final = (versions, download, import_form, take_in, drop)
PUBLISHER_PAGES: Final = (ask_publish, publish)
