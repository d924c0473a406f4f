"""One text of a report: write it, insert figures by reference, see it, compare versions."""

from difflib import SequenceMatcher
from typing import Final

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.reports import store
from jichitai.evaluation.reports.model.document import Block, Paper, Part
from jichitai.evaluation.reports.model.known import Indicator, Value
from jichitai.evaluation.reports.model.looking import Figures, short_year
from jichitai.evaluation.reports.model.references import inserted
from jichitai.evaluation.reports.model.texts import blocks_of
from jichitai.evaluation.reports.pages import words
from jichitai.evaluation.reports.pages.words import PLACE, READ, WRITE, AnyRequest, Form, plain
from jichitai.evaluation.reports.renderers.shown import Shown
from jichitai.evaluation.reports.service.desk import Desk
from jichitai.evaluation.reports.service.opened import Opened
from jichitai.kernel.errors import JichitaiError
from jichitai.web.components import FieldErrors, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_LONGEST: Final = 20_000


@get(f"{PLACE}/texts/{{slot:str}}", opt=WRITE, include_in_schema=False)
async def edit(
    request: AnyRequest,
    policy: FromPath[int],
    year: FromPath[int],
    slot: FromPath[str],
    db: Db,
    clock: LawClock,
) -> Template:
    """The text with the figures that can be inserted."""
    async with db.transaction(read_only=True) as tx:
        opened = await Desk(clock).open(tx, policy, year)
    typed = {"content": opened.text(slot), "expected": str(opened.version(slot))}
    return _page(request, opened, slot, typed)


@post(f"{PLACE}/texts/{{slot:str}}", opt=WRITE, include_in_schema=False)
async def save(
    request: AnyRequest,
    policy: FromPath[int],
    year: FromPath[int],
    slot: FromPath[str],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """Insert a figure, look at it, or keep it; nothing typed is lost."""
    desk = Desk(clock)
    content = plain(data.get("content", "").replace("\r\n", "\n"), _LONGEST)
    typed = dict(data) | {"content": content}
    deed = data.get("deed", "save")
    if deed in ("insert", "preview"):
        async with db.transaction(read_only=True) as tx:
            opened = await desk.open(tx, policy, year)
        if deed == "insert" and data.get("reference"):
            typed["content"] = inserted(content, data["reference"][:80])
        return _page(request, opened, slot, typed)
    expected = data.get("expected", "")
    try:
        async with db.transaction() as tx:
            await desk.save_text(
                tx, policy, year, slot, content,
                expected=int(expected) if expected.isdecimal() and len(expected) < 9 else -1,
                note=plain(data.get("note", ""), 400), by=principal.actor,
            )  # fmt: skip
    except JichitaiError as refusal:
        async with db.transaction(read_only=True) as tx:
            opened = await desk.open(tx, policy, year)
        return _page(request, opened, slot, typed, refusal)
    return Redirect(f"{words.address(policy, year)}#slots", status_code=303)


def _page(
    request: AnyRequest,
    opened: Opened,
    key: str,
    typed: dict[str, str],
    refusal: JichitaiError | None = None,
) -> Template:
    slot = opened.slot(key)
    known = opened.known
    figures = Figures(known.indicators)
    blocks = tuple(blocks_of(typed["content"], figures))
    faults = [f"{one.text}：{one.why}" for one in figures.faults]
    errors = FieldErrors.of({"content": refusal.detail} if refusal else {})
    stale = refusal is not None and refusal.type == "evaluation.report-text-stale"
    context = {
        "slot": slot,
        "base": words.address(known.policy, known.fiscal_year),
        "typed": typed,
        "errors": errors,
        "faults": faults,
        "current": opened.text(key) if stale else "",
        "version": opened.version(key),
        "paper": _shown_part(blocks),
        "doc": _lookups(figures),
        "options": references(opened, slot.section),
        "required": slot.form.required,
        "crumbs": words.crumbs(known.policy, known.fiscal_year, slot.label),
    }
    status = 200 if refusal is None else 409 if stale else 422
    return page(request, "evaluation_reports/editor.html", context, status=status)


def _shown_part(blocks: tuple[Block, ...]) -> Paper:
    part = Part(key="preview", role="plain", title="いまの見え方", blocks=blocks)
    return Paper(kind="statement", title="", parts=(part,))


def _lookups(figures: Figures) -> Shown:
    found = figures.found.values()
    return Shown(
        values={one.ref: one.value or one.text for one in found},
        numbers={one.ref: one.number for one in found},
        indicators={str(one.number): one.indicator for one in found},
        marks={},
    )


def references(opened: Opened, section: str) -> list[Option]:
    """Figures that can be inserted, those of the section first, each with its value now."""
    found = sorted(opened.known.indicators.values(), key=lambda one: one.section != section)
    return [option for one in found for option in _options(one)]


def _options(one: Indicator) -> list[Option]:
    options = []
    latest: dict[int, Value] = {}
    for value in one.current:
        if value.year:
            latest[value.year] = value
    if one.current:
        options.append(_option(one, "最新", one.current[-1].text))
    options += [_option(one, short_year(year), value.text) for year, value in latest.items()]
    if one.goal:
        options.append(_option(one, "目標", one.goal.text))
    if one.baseline:
        options.append(_option(one, "基準", one.baseline.text))
    return options or [_option(one, "最新", "—（未公表）")]


def _option(one: Indicator, when: str, text: str) -> Option:
    return Option(f"{one.id}@{when}", f"{one.id} {one.name}　{when}　{text}")


@get(f"{PLACE}/texts/{{slot:str}}/versions", opt=READ, include_in_schema=False)
async def versions(
    request: AnyRequest,
    policy: FromPath[int],
    year: FromPath[int],
    slot: FromPath[str],
    db: Db,
    clock: LawClock,
) -> Template:
    """Every version of a text, each with what it changed."""
    async with db.transaction(read_only=True) as tx:
        opened = await Desk(clock).open(tx, policy, year)
        found = opened.slot(slot)
        rows = await store.text_versions(tx, policy, year, slot)
    texts = [*(one.content for one in rows), ""]
    context = {
        "slot": found,
        "rows": [
            {
                "version": one.version,
                "by": one.by_name,
                "at": one.recorded_at,
                "note": one.note,
                "pieces": _difference(texts[place + 1], one.content),
            }
            for place, one in enumerate(rows)
        ],
        "crumbs": words.crumbs(policy, year, found.label),
    }
    return page(request, "evaluation_reports/versions.html", context)


def _difference(before: str, after: str) -> list[tuple[str, str]]:
    """Lines that stayed, went and came, as (sort, text)."""
    old, new = before.split("\n"), after.split("\n")
    pieces: list[tuple[str, str]] = []
    for tag, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces += [("same", line) for line in old[a:b]]
            continue
        pieces += [("gone", line) for line in old[a:b] if line]
        pieces += [("come", line) for line in new[c:d] if line]
    return pieces


EDITOR_PAGES: tuple[ControllerRouterHandler, ...] = (edit, save, versions)
