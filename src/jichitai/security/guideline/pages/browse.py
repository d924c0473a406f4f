"""Browse and search a version, look at one item, hold two versions against each other."""

from typing import Any, Final

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Template

from jichitai.infra.database import Tx
from jichitai.security.guideline import service
from jichitai.security.guideline.access import READERS, office_of
from jichitai.security.guideline.differences import Difference
from jichitai.security.guideline.model import Catalogue
from jichitai.security.guideline.pages import words
from jichitai.security.guideline.relations import iso_of
from jichitai.security.house.controls import own_controls
from jichitai.web.components import Crumb, Fact, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

AnyRequest = Request[Any, Any, Any]
_OPT: Final[dict[str, Any]] = {"roles": READERS}


@get("/security/guideline", opt=_OPT, include_in_schema=False)
async def browse(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """A version by chapter, narrowed by what the reader asks."""
    office = office_of(principal)
    query = request.query_params
    async with db.transaction(town=office.town, read_only=True) as tx:
        current = await service.current(tx, on=clock.today())
        found = await _asked(tx, query.get("version", ""), current)
        editions = await service.editions(tx, office.code)
    choice = words.choice_of(query)
    items = choice.items(found)
    chosen = {item.id for item in items}
    narrowed = len(items) < len(found.items)
    chapters = [
        {
            "part": chapter.part,
            "title": f"{chapter.number} {chapter.title}".strip(),
            "rows": rows,
        }
        for chapter in found.chapters()
        if (rows := [words.row(one, found.version) for one in chapter.items if one.id in chosen])
    ]
    context = {
        "catalogue": found,
        "current": current.version,
        "note": words.note_of(found),
        "chapters": chapters,
        "count": len(items),
        "narrowed": narrowed,
        "typed": query,
        "versions": [Option(one.version, f"{one.version} {one.title}") for one in editions],
        "models": words.MODELS,
        "clouds": words.CLOUDS,
        "levels": words.LEVELS,
        "obligations": words.OBLIGATIONS,
        "measures": words.measure_options(),
        "crumbs": [words.HOME, Crumb(words.GUIDELINE.label)],
    }
    return page(request, "security_guideline/browse.html", context)


@get("/security/guideline/items/{item:str}", opt=_OPT, include_in_schema=False)
async def one_item(
    request: AnyRequest, item: FromPath[str], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One item: what it says, when it applies, what versions did to it, what it corresponds with."""
    office = office_of(principal)
    async with db.transaction(town=office.town, read_only=True) as tx:
        current = await service.current(tx, on=clock.today())
        found = await _asked(tx, request.query_params.get("version", ""), current)
    one = found.item(item)
    index = found.items.index(one)
    context = {
        "catalogue": found,
        "note": words.note_of(found),
        "item": one,
        "strength": words.strength(one.obligation),
        "trust": words.trust(one.confidence),
        "facts": [
            Fact("編・章", f"{one.part}　{one.chapter}"),
            Fact("節", one.section or "—"),
            Fact("分野", one.level.japanese),
            Fact("適用", "、".join(condition.japanese for condition in one.applies_to)),
            Fact("法令の項目", one.law_item or "—"),
            Fact("識別子", f"{one.id}（OSCAL：{one.oscal_id}）"),
        ],
        "revisions": [words.reason(revision) for revision in found.revisions_of(one.id)],
        "iso": [
            {
                "control": f"A.{one.control}",
                "name": one.name,
                "how": one.japanese,
                "trust": words.trust(one.confidence),
            }
            for one in iso_of(one.id)
        ],
        "helps": [own for own in own_controls() if own.item == one.id],
        "before": _link(found, index - 1),
        "after": _link(found, index + 1),
        "crumbs": [words.HOME, words.GUIDELINE, Crumb(one.item_no)],
    }
    return page(request, "security_guideline/item.html", context)


@get("/security/guideline/changes", opt=_OPT, include_in_schema=False)
async def changes(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """What lies between two versions; without any named, between the last two."""
    office = office_of(principal)
    query = request.query_params
    async with db.transaction(town=office.town, read_only=True) as tx:
        current = await service.current(tx, on=clock.today())
        new = await _asked(tx, query.get("to", ""), current)
        editions = await service.editions(tx, office.code)
        earlier = [one.version for one in editions if one.published_on < new.published_on]
        old = await _asked(tx, query.get("from", "") or next(iter(earlier), new.version), new)
    found = Difference.between(old, new)
    context = {
        "old": old,
        "new": new,
        "note": words.note_of(new),
        "changed": [words.change_row(one, new.version) for one in found.changed],
        "added": [words.row(one, new.version) for one in found.added],
        "removed": [words.row(one, old.version) for one in found.removed],
        "stale": len(found.stale),
        "versions": [Option(one.version, f"{one.version} {one.title}") for one in editions],
        "crumbs": [words.HOME, words.GUIDELINE, Crumb("版の間の違い")],
    }
    return page(request, "security_guideline/changes.html", context)


async def _asked(tx: Tx, version: str, otherwise: Catalogue) -> Catalogue:
    return await service.catalogue(tx, version) if version else otherwise


def _link(found: Catalogue, index: int) -> dict[str, str] | None:
    if not 0 <= index < len(found.items):
        return None
    item = found.items[index]
    return {"href": words.item_href(item, found.version), "label": item.heading}


BROWSE_ROUTES: Final = (browse, one_item, changes)
