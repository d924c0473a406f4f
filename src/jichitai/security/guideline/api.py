"""The guideline for programs: versions, items, differences, files, import, publication."""

from datetime import date
from typing import Annotated, Any, Final, Literal

import anyio.to_thread
from litestar import Response, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.infra.outbox import Outbox
from jichitai.security.access import MINISTRY
from jichitai.security.guideline import builtin, service
from jichitai.security.guideline.access import READERS, WRITERS, office_of
from jichitai.security.guideline.choosing import Choice
from jichitai.security.guideline.errors import FaultyCatalogueError
from jichitai.security.guideline.files import Kind, file_of
from jichitai.security.guideline.intake.entries import LARGEST_FILE, Head
from jichitai.security.guideline.intake.reading import read
from jichitai.security.guideline.model import (
    Catalogue,
    Item,
    Level,
    NetworkModel,
    Obligation,
    Revision,
    VersionName,
)
from jichitai.security.guideline.service import Edition, Guideline
from jichitai.web.inject import Db, Given, LawClock, Who

_READ: Final[dict[str, Any]] = {"roles": READERS}
_WRITE: Final[dict[str, Any]] = {"roles": WRITERS}
_PUBLISH: Final[dict[str, Any]] = {"roles": MINISTRY}
_TAGS: Final = ["security"]
_ROOT: Final = "/api/v1/security/guideline/versions"
_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]*$"
_BODY: Final = LARGEST_FILE * 4 // 3 + 64 * 1024


class Versions(Struct, frozen=True, kw_only=True):
    """The versions that can be looked at, the newest first, and the one in force."""

    current: str
    versions: tuple[Edition, ...]


class VersionDetail(Struct, frozen=True, kw_only=True):
    """One version without its items.

    Attributes:
        note: what to know before trusting it.
        revisions: what it and earlier versions did to items, as far as known.
    """

    version: str
    title: str
    published_on: date
    official: bool
    source: str
    items: int
    note: str
    revisions: tuple[Revision, ...]


class ItemLine(Struct, frozen=True, kw_only=True):
    """An item as it stands in a version."""

    id: str
    oscal_id: str
    part: str
    chapter_no: str
    chapter: str
    section: str
    item_no: str
    title: str
    meaning: str
    level: str
    obligation: str
    applies_to: tuple[str, ...]
    law_item: str
    measure: int | None
    confidence: str
    revised_in: str


class Items(Struct, frozen=True, kw_only=True):
    """The items that were asked for."""

    version: str
    official: bool
    total: int
    items: tuple[ItemLine, ...]


class ItemDetail(Struct, frozen=True, kw_only=True):
    """One item and what versions did to it."""

    version: str
    official: bool
    item: ItemLine
    meaning_en: str
    revisions: tuple[Revision, ...]


class Changed(Struct, frozen=True, kw_only=True):
    """An item whose clauses have to be looked at again."""

    id: str
    title: str
    fields: tuple[str, ...]
    before: str
    after: str
    reasons: tuple[Revision, ...]


class Differences(Struct, frozen=True, kw_only=True):
    """What lies between two versions.

    Attributes:
        stale: ids of items whose clauses the step makes stale (changed and removed ones).
    """

    old: str
    new: str
    added: tuple[ItemLine, ...]
    removed: tuple[ItemLine, ...]
    changed: tuple[Changed, ...]
    stale: tuple[str, ...]


class NewCatalogue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file with a catalogue.

    Attributes:
        file_name: its ending says the kind: .xlsx, .csv, .json (OSCAL), .yaml (CISO Assistant).
        content: the file, base64.
        version: name that it gets here; a version that is known cannot be replaced.
        official: whether the ministry stands behind it; only the ministry may say so.
    """

    file_name: Annotated[str, Meta(min_length=1, max_length=200)]
    content: Annotated[bytes, Meta(min_length=1, max_length=LARGEST_FILE)]
    version: VersionName
    title: Annotated[str, Meta(min_length=1, max_length=200, pattern=_PRINTABLE)]
    published_on: date
    source: Annotated[str, Meta(max_length=400, pattern=_PRINTABLE)]
    official: bool = False


class Taken(Struct, frozen=True, kw_only=True):
    """A catalogue that was taken in."""

    version: str
    items: int


class Published(Struct, frozen=True, kw_only=True):
    """A version that was published, and to how many prefectures it was sent."""

    version: str
    prefectures: int


@get(_ROOT, opt=_READ, summary="Versions of the guideline", tags=_TAGS)
async def list_versions(principal: Who, db: Db, clock: LawClock) -> Versions:
    """Published, built-in and own ones."""
    office = office_of(principal)
    async with db.transaction(town=office.town, read_only=True) as tx:
        current = await service.current(tx, on=clock.today())
        found = await service.editions(tx, office.code)
    return Versions(current=current.version, versions=found)


@get(_ROOT + "/{version:str}", opt=_READ, summary="One version", tags=_TAGS)
async def get_version(version: FromPath[str], principal: Who, db: Db) -> VersionDetail:
    """What a version is, and what it changed."""
    found = await _catalogue(version, principal, db)
    return VersionDetail(
        version=found.version,
        title=found.title,
        published_on=found.published_on,
        official=found.official,
        source=found.source,
        items=len(found.items),
        note="" if found.official else builtin.UNOFFICIAL,
        revisions=found.revisions,
    )


@get(_ROOT + "/{version:str}/items", opt=_READ, summary="Items of a version", tags=_TAGS)
async def list_items(
    version: FromPath[str],
    principal: Who,
    db: Db,
    model: FromQuery[NetworkModel | None] = None,
    cloud: FromQuery[bool] = True,  # noqa: FBT002 - a query parameter
    level: FromQuery[Level | None] = None,
    obligation: FromQuery[Obligation | None] = None,
    measure: Annotated[int | None, QueryParameter(ge=1, le=8)] = None,
    q: Annotated[str, QueryParameter(max_length=100)] = "",
) -> Items:
    """Those that apply to a network model, of a field, of a strength, with words."""
    found = await _catalogue(version, principal, db)
    choice = Choice(
        model=model, cloud=cloud, level=level, obligation=obligation, measure=measure, text=q
    )
    items = tuple(map(_line, choice.items(found)))
    return Items(
        version=found.version, official=found.official, total=len(found.items), items=items
    )


@get(_ROOT + "/{version:str}/items/{item:str}", opt=_READ, summary="One item", tags=_TAGS)
async def get_item(
    version: FromPath[str], item: FromPath[str], principal: Who, db: Db
) -> ItemDetail:
    """By its own id or that of OSCAL."""
    found = await _catalogue(version, principal, db)
    one = found.item(item)
    return ItemDetail(
        version=found.version,
        official=found.official,
        item=_line(one),
        meaning_en=one.meaning_en,
        revisions=found.revisions_of(one.id),
    )


@get(
    _ROOT + "/{version:str}/differences",
    opt=_READ,
    summary="What changed since another version",
    tags=_TAGS,
)
async def list_differences(
    version: FromPath[str],
    since: Annotated[str, QueryParameter(min_length=1, max_length=40)],
    principal: Who,
    db: Db,
) -> Differences:
    """Added, removed and changed items; the ids of those that make clauses stale."""
    async with db.transaction(town=office_of(principal).town, read_only=True) as tx:
        found = await service.difference(tx, since, version)
    return Differences(
        old=found.old,
        new=found.new,
        added=tuple(map(_line, found.added)),
        removed=tuple(map(_line, found.removed)),
        changed=tuple(
            Changed(
                id=one.item_id,
                title=one.after.title,
                fields=one.fields,
                before=one.before.meaning,
                after=one.after.meaning,
                reasons=one.reasons,
            )
            for one in found.changed
        ),
        stale=tuple(sorted(found.stale)),
    )


@get(
    _ROOT + "/{version:str}/files/{kind:str}",
    opt=_READ,
    summary="A version as a file: excel, csv or ciso",
    tags=_TAGS,
)
async def get_file(
    version: FromPath[str], kind: FromPath[Literal["excel", "csv", "ciso"]], principal: Who, db: Db
) -> Response[bytes]:
    """For spreadsheets and other tools."""
    found = await _catalogue(version, principal, db)
    return await file_response(found, kind)


@post(
    _ROOT,
    opt=_WRITE,
    status_code=201,
    request_max_body_size=_BODY,
    summary="Take in a catalogue from a file",
    tags=_TAGS,
)
async def take_in(
    data: JSONBody[NewCatalogue], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> Taken:
    """A file with faults is refused whole; the problem's `faults` say where and why."""
    office = office_of(principal)
    head = Head(
        version=data.version,
        title=data.title,
        published_on=data.published_on,
        official=data.official and office.ministry,
        source=data.source,
    )
    found = await anyio.to_thread.run_sync(read, data.content, data.file_name, head)
    if found.catalogue is None:
        raise FaultyCatalogueError(
            f"ファイルに{len(found.faults):,}件の誤りがあるため、取り込みませんでした。"
            "誤りをすべて直してから、もう一度取り込んでください。",
            faults=[
                {"where": one.cell, "value": one.value, "why": one.why, "remedy": one.remedy}
                for one in found.faults
            ],
        )
    async with db.transaction(town=office.town) as tx:
        guideline = Guideline(clock, outbox)
        await guideline.take_in(tx, office.code, found.catalogue, by=principal.actor)
    return Taken(version=data.version, items=len(found.catalogue.items))


@delete(
    _ROOT + "/{version:str}",
    opt=_WRITE,
    status_code=204,
    summary="Drop a catalogue that was taken in",
    tags=_TAGS,
)
async def drop(
    version: FromPath[str], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> None:
    """Published and built-in versions stay."""
    office = office_of(principal)
    async with db.transaction(town=office.town) as tx:
        await Guideline(clock, outbox).discard(tx, office.code, version, by=principal.actor)


@post(
    _ROOT + "/{version:str}/publication",
    opt=_PUBLISH,
    status_code=201,
    summary="Publish a version to all prefectures and bodies",
    tags=_TAGS,
)
async def publish(
    version: FromPath[str], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> Published:
    """It cannot be changed afterwards; a correction is a version of its own."""
    async with db.transaction() as tx:
        count = await Guideline(clock, outbox).publish(tx, version, by=principal.actor)
    return Published(version=version, prefectures=count)


async def file_response(found: Catalogue, kind: Kind) -> Response[bytes]:
    """A version as a download."""
    file = await anyio.to_thread.run_sync(file_of, found, kind)
    return Response(
        file.content,
        media_type=file.media_type,
        headers={"content-disposition": f'attachment; filename="{file.name}"'},
    )


async def _catalogue(version: str, principal: Who, db: Db) -> Catalogue:
    async with db.transaction(town=office_of(principal).town, read_only=True) as tx:
        return await service.catalogue(tx, version)


def _line(item: Item) -> ItemLine:
    return ItemLine(
        id=item.id,
        oscal_id=item.oscal_id,
        part=item.part,
        chapter_no=item.chapter_no,
        chapter=item.chapter,
        section=item.section,
        item_no=item.item_no,
        title=item.title,
        meaning=item.meaning,
        level=item.level,
        obligation=item.obligation,
        applies_to=item.applies_to,
        law_item=item.law_item,
        measure=item.measure,
        confidence=item.confidence,
        revised_in=item.revised_in,
    )


API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_versions,
    get_version,
    list_items,
    get_item,
    list_differences,
    get_file,
    take_in,
    drop,
)
"""At every tier."""

PUBLISHER_API: Final[tuple[ControllerRouterHandler, ...]] = (publish,)
"""At the ministry besides."""
