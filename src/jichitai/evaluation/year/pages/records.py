"""Requests, review sheets, use of results and own tasks: lists, forms, editions, letters."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.access import INSIDE, WRITERS
from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.indicators.model import year_label
from jichitai.evaluation.year import forms, service, store
from jichitai.evaluation.year.model import Content, Kind, Request, Review, Use
from jichitai.evaluation.year.pages.shared import (
    HOME,
    SLUGS,
    AnyRequest,
    Form,
    clean,
    crumbs,
    place,
    tabs,
    writes,
    year_of,
    years,
)
from jichitai.evaluation.year.store import Record
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.infra.mail import Letter
from jichitai.kernel.dates import wareki
from jichitai.web.components import Column, Crumb, FieldErrors, Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

_COLUMNS: Final[Mapping[Kind, tuple[Column, ...]]] = {
    Kind.TASK: (),
    Kind.REQUEST: (
        Column("title", "件名", head=True, wide=True),
        Column("first", "依頼先", wide=True),
        Column("second", "期限"),
        Column("word", "状況"),
    ),
    Kind.REVIEW: (
        Column("title", "事業名", head=True, wide=True),
        Column("first", "予算事業ID"),
        Column("second", "予算の計と執行額（千円）", align="end"),
        Column("word", "書けた欄"),
    ),
    Kind.USE: (
        Column("title", "見出し", head=True, wide=True),
        Column("first", "使い方"),
        Column("second", "反映した日"),
        Column("word", "金額（千円）", align="end"),
    ),
}
_LEADS: Final[Mapping[Kind, str]] = {
    Kind.TASK: "",
    Kind.REQUEST: "ほかの府省や機関の部署に、指標のデータをメールで依頼し、回答を記録します。団体への調査は、セキュリティと標準化の調査のページで行います。",
    Kind.REVIEW: "事業ごとの予算・執行と、点検の結果を記録します。分からない額は空のままにし、推測で埋めません。",
    Kind.USE: "評価の結果を、予算・制度・ガイドラインなどにどう使ったかを記録します（政策評価法 第11条）。",
}
_LETTERS: Final = {
    "waiting": Status("送信待ち", "yellow"),
    "sent": Status("送信済み", "green"),
    "failed": Status("送れませんでした", "red"),
}


def _pages(kind: Kind) -> tuple[ControllerRouterHandler, ...]:
    base = f"{HOME}/{SLUGS[kind]}"
    seen: dict[str, Any] = {"roles": INSIDE}
    kept: dict[str, Any] = {"roles": WRITERS}

    @get(f"{base}/new", opt=kept, include_in_schema=False)
    async def new(request: AnyRequest, principal: Who, clock: LawClock) -> Template:
        return _form(request, principal, kind, year_of(request, clock))

    @post(f"{base}/new", opt=kept, include_in_schema=False)
    async def make(
        request: AnyRequest, data: Form, principal: Who, db: Db, clock: LawClock
    ) -> Template | Redirect:
        typed, year = clean(data), year_of(request, clock)
        try:
            made = forms.content(kind, typed, year)
            async with db.transaction() as tx:
                found = await service.add(tx, made, year, by=principal.actor, clock=clock)
        except FaultyEntryError as refusal:
            return _form(request, principal, kind, year, typed=typed, refusal=refusal)
        return Redirect(f"{base}/{found.record_id}", status_code=303)

    @get(f"{base}/{{record_id:uuid}}", opt=seen, include_in_schema=False)
    async def one(
        request: AnyRequest, record_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
    ) -> Template:
        return await _record_page(request, principal, kind, record_id, db, clock)

    @post(f"{base}/{{record_id:uuid}}", opt=kept, include_in_schema=False)
    async def change(
        request: AnyRequest,
        record_id: FromPath[UUID],
        data: Form,
        principal: Who,
        db: Db,
        clock: LawClock,
    ) -> Template | Redirect:
        typed = clean(data)
        edition = int(typed["edition"]) if typed.get("edition", "").isdecimal() else 0
        try:
            async with db.transaction() as tx:
                before = await service.record(tx, kind, record_id, clock.now())
                made = forms.content(kind, typed, before.fiscal_year, kept=before.content)
                await service.change(
                    tx, record_id, made, edition=edition, by=principal.actor, clock=clock
                )
        except FaultyEntryError as refusal:
            return await _record_page(
                request, principal, kind, record_id, db, clock, typed=typed, refusal=refusal
            )
        return Redirect(f"{base}/{record_id}", status_code=303)

    if kind is Kind.TASK:
        return new, make, one, change

    @get(base, opt=seen, include_in_schema=False)
    async def listed(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
        return await _list_page(request, principal, kind, db, clock)

    return listed, new, make, one, change


async def _list_page(
    request: AnyRequest, principal: Principal, kind: Kind, db: Database, clock: Clock
) -> Template:
    year = year_of(request, clock)
    async with db.transaction(read_only=True) as tx:
        found = await service.records(tx, kind, year, clock.now())
    context = {
        "kind": kind,
        "year": year,
        "label": year_label(year),
        "lead": _LEADS[kind],
        "tabs": tabs(kind, year),
        "years": years(year, clock),
        "columns": _COLUMNS[kind],
        "rows": [_row(one, clock) for one in found],
        "new": f"{HOME}/{SLUGS[kind]}/new?fiscal_year={year}",
        "writes": writes(principal),
        "crumbs": crumbs(Crumb(kind.word)),
        "as_of": wareki(clock.today()),
    }
    return page(request, "evaluation_year/records.html", context)


def _row(one: Record, clock: Clock) -> dict[str, object]:
    first, second, word = _cells(one.content, clock)
    return {
        "title": one.content.title,
        "href": f"{HOME}/{SLUGS[one.kind]}/{one.record_id}",
        "first": first,
        "second": second,
        "word": word,
    }


def _cells(content: Content, clock: Clock) -> tuple[str, str, str]:
    match content:
        case Request():
            late = "期限を過ぎた" if content.due_on < clock.today() else "回答待ち"
            return (
                content.office,
                wareki(content.due_on),
                "回答あり" if content.answered_on else late,
            )
        case Review():
            told = [content.purpose, content.outline, content.check, content.response]
            return content.number or "—", _money(content), f"{sum(map(bool, told))}／{len(told)}"
        case Use():
            on = wareki(content.on) if content.on else "—"
            return content.use.word, on, f"{content.amount:,}" if content.amount else "—"
        case _:
            return "", "", ""


def _money(content: Review) -> str:
    known = [one for one in content.budgets if one.total is not None]
    if not known:
        return "—（未公表）"
    last = known[-1]
    spent = f"{last.executed:,}" if last.executed is not None else "—"
    return f"{last.fiscal_year}年度 {last.total:,}／{spent}"


async def _record_page(
    request: AnyRequest,
    principal: Principal,
    kind: Kind,
    record_id: UUID,
    db: Database,
    clock: Clock,
    *,
    typed: dict[str, str] | None = None,
    refusal: FaultyEntryError | None = None,
) -> Template:
    async with db.transaction(read_only=True) as tx:
        found = await service.record(tx, kind, record_id, clock.now())
        past = await store.editions(tx, record_id)
        letters = await service.letters(tx, record_id) if kind is Kind.REQUEST else []
    return _form(
        request,
        principal,
        kind,
        found.fiscal_year,
        found=found,
        past=past,
        letters=letters,
        typed=typed,
        refusal=refusal,
    )


def _form(
    request: AnyRequest,
    principal: Principal,
    kind: Kind,
    year: int,
    *,
    found: Record | None = None,
    past: list[Record] | None = None,
    letters: list[Letter] | None = None,
    typed: dict[str, str] | None = None,
    refusal: FaultyEntryError | None = None,
) -> Template:
    base = f"{HOME}/{SLUGS[kind]}"
    shown = typed or (forms.values(found.content) if found else {})
    title = found.content.title if found else f"新しい{kind.word}"
    every = forms.fields(kind, year)
    request_content = found.content if found and isinstance(found.content, Request) else None
    context = {
        "kind": kind,
        "title_text": title,
        "year": year,
        "label": year_label(year),
        "action": f"{base}/{found.record_id}" if found else f"{base}/new?fiscal_year={year}",
        "edition": (typed or {}).get("edition") or (str(found.edition) if found else ""),
        "plain_fields": [one for one in every if not one.group],
        "groups": [
            (name, [one for one in every if one.group == name])
            for name in dict.fromkeys(one.group for one in every if one.group)
        ],
        "typed": shown,
        "errors": FieldErrors.of(dict(refusal.faults)) if refusal else FieldErrors(),
        "writes": writes(principal),
        "past": past or [],
        "found": found,
        "asked": request_content,
        "letters": letters or [],
        "letter_states": _LETTERS,
        "back": f"{place(kind)}?fiscal_year={year}",
        "crumbs": crumbs(Crumb(kind.word, f"{place(kind)}?fiscal_year={year}"), Crumb(title)),
    }
    return page(request, "evaluation_year/record.html", context, status=422 if refusal else 200)


@post(
    f"{HOME}/requests/{{record_id:uuid}}/letters", opt={"roles": WRITERS}, include_in_schema=False
)
async def send(
    record_id: FromPath[UUID], data: Form, principal: Who, db: Db, clock: LawClock
) -> Redirect:
    """Write the letter of a request, or its reminder."""
    reminder = clean(data).get("deed") == "remind"
    async with db.transaction() as tx:
        await service.send(tx, record_id, reminder=reminder, by=principal.actor, clock=clock)
    return Redirect(f"{HOME}/requests/{record_id}#letters", status_code=303)


PAGES: Final[tuple[ControllerRouterHandler, ...]] = (
    *(handler for kind in Kind for handler in _pages(kind)),
    send,
)
