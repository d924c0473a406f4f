"""One element of a logic model: added, rewritten with what it leads to, moved and removed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Final

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.errors import FaultyEntryError, StaleEditError
from jichitai.evaluation.policies import changing, editing, service, values
from jichitai.evaluation.policies.checks import checks
from jichitai.evaluation.policies.differences import Difference, of_models
from jichitai.evaluation.policies.editing import Link, Writing
from jichitai.evaluation.policies.model import Column, Grade, Policy, Section
from jichitai.evaluation.policies.pages import words
from jichitai.evaluation.policies.pages.models import opened
from jichitai.evaluation.policies.pages.words import MODEL, WRITE, AnyRequest
from jichitai.evaluation.policies.service import OpenModel
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.web.components import Crumb, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

_NODES: Final = MODEL + "/nodes"
_NODE: Final = _NODES + "/{node:str}"
_LONGEST: Final = 300
_LONGEST_NOTE: Final = 600
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_INDICATOR: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A form as it is shown: what stands in it and what is wrong with it."""

    policy: Policy
    section: Section
    opened: OpenModel
    key: str
    writing: Writing
    at: datetime
    edition: int
    comment: str = ""
    problems: Sequence[tuple[str, str]] = ()
    others: Sequence[Difference] | None = None


@get(_NODES + "/new", opt=WRITE, include_in_schema=False)
async def blank(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    db: Db,
    clock: LawClock,
    column: Annotated[str, QueryParameter(max_length=20)] = "activity",
) -> Template:
    """An empty element in a column."""
    wanted = Column(column) if column in set(Column) else Column.ACTIVITY
    async with db.transaction(read_only=True) as tx:
        policy, part, found = await opened(tx, number, year, section)
        form = _Form(
            policy=policy,
            section=part,
            opened=found,
            key="",
            writing=Writing(column=wanted, text=""),
            at=clock.now(),
            edition=found.number,
        )
        return await _page(tx, request, form)


@get(_NODE, opt=WRITE, include_in_schema=False)
async def edit(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    node: FromPath[str],
    db: Db,
    clock: LawClock,
) -> Template:
    """An element with what it leads to."""
    async with db.transaction(read_only=True) as tx:
        policy, part, found = await opened(tx, number, year, section)
        written = editing.node_of(found.model, node)
        form = _Form(
            policy=policy,
            section=part,
            opened=found,
            key=node,
            writing=editing.writing_of(found.model, written),
            at=clock.now(),
            edition=found.number,
        )
        return await _page(tx, request, form)


@post(_NODES + "/new", opt=WRITE, include_in_schema=False)
async def add(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """要素を追加する."""
    async with db.transaction() as tx:
        place = await opened(tx, number, year, section)
        return await _keep(tx, request, place, "", principal, clock)


@post(_NODE, opt=WRITE, include_in_schema=False)
async def save(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    node: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """要素を保存する."""
    async with db.transaction() as tx:
        place = await opened(tx, number, year, section)
        if not _KEY.fullmatch(node):
            editing.node_of(place[2].model, node)
        return await _keep(tx, request, place, node, principal, clock)


async def _keep(
    tx: Tx,
    request: AnyRequest,
    place: tuple[Policy, Section, OpenModel],
    key: str,
    principal: Principal,
    clock: Clock,
) -> Template | Redirect:
    """Save what was sent; with a problem the same form comes back with everything typed."""
    policy, part, found = place
    sent = await request.form()
    writing, problems = _typed(sent)
    comment = words.line(sent, "comment")
    problems += words.too_long("comment", comment, words.LONGEST_COMMENT, "変更の理由").items()
    form = _Form(
        policy=policy,
        section=part,
        opened=found,
        key=key,
        writing=writing,
        comment=comment,
        at=clock.now(),
        edition=words.edition_in(sent),
        problems=problems,
    )
    if key and form.edition == found.number:
        editing.node_of(found.model, key)
    if problems:
        return await _page(tx, request, form, status=422)
    name = key or editing.free_key(found.model, writing.column, found.number + 1)
    try:
        saved = await changing.save_model(
            tx,
            policy.number,
            policy.fiscal_year,
            editing.put(found.model, name, writing),
            expected=form.edition,
            comment=comment or f"「{writing.text}」を{'書き直した' if key else '追加した'}",
            by=principal.actor,
            at=clock.now(),
        )
    except FaultyEntryError as refusal:
        faults = [(_field(fault, name), text) for fault, text in refusal.faults]
        return await _page(tx, request, replace(form, problems=faults), status=422)
    except StaleEditError:
        return await _stale(tx, request, form)
    target = words.model_address(policy, part.key)
    return Redirect(f"{target}?saved={saved}#n-{name}", status_code=303)


async def _stale(tx: Tx, request: AnyRequest, form: _Form) -> Template:
    """The same form with what others changed meanwhile; saved again it goes on top of theirs."""
    others: Sequence[Difference] = ()
    if 0 < form.edition < form.opened.number:
        before = await service.open_model(
            tx,
            form.policy.number,
            form.policy.fiscal_year,
            form.section.key,
            edition=form.edition,
        )
        others = of_models(before.model, form.opened.model)
    again = replace(form, edition=form.opened.number, others=others)
    return await _page(tx, request, again, status=409)


def _field(fault: str, key: str) -> str:
    """The field of the form that a fault of the model belongs to."""
    parts = fault.split(".")
    return f"link-{parts[2]}" if parts[0] == "edges" and parts[1] == key else "text"


def _typed(sent: FormMultiDict) -> tuple[Writing, list[tuple[str, str]]]:
    """What was typed, kept as it is, and what is wrong with it."""
    text, note = words.line(sent, "text"), words.line(sent, "note")
    problems: list[tuple[str, str]] = []
    if not text:
        problems.append(
            (
                "text",
                "何をするか（何が生じるか）がありません。図と一覧に出る文なので、書いてください。",
            )
        )
    problems += words.too_long("text", text, _LONGEST, "要素の文").items()
    problems += words.too_long("note", note, _LONGEST_NOTE, "注").items()
    column = str(sent.get("column", ""))
    if column not in set(Column):
        problems.append(("column", "列がありません。四つの列から選んでください。"))
    links: list[Link] = []
    for name in dict.fromkeys(sent):
        target = str(name).removeprefix("link-")
        if target == name or not _KEY.fullmatch(target):
            continue
        assumption = words.line(sent, f"assumption-{target}")
        problems += words.too_long(
            f"assumption-{target}", assumption, _LONGEST_NOTE, "仮定"
        ).items()
        grade = str(sent.get(f"grade-{target}", ""))
        known = Grade(grade) if grade in set(Grade) else Grade.D
        links.append(Link(target=target, assumption=assumption, grade=known))
    given = [str(one) for one in sent.getall("indicators", [])]
    writing = Writing(
        column=Column(column) if column in set(Column) else Column.ACTIVITY,
        text=text,
        note=note,
        indicators=tuple(dict.fromkeys(one for one in given if _INDICATOR.fullmatch(one)))[:20],
        links=tuple(links[:60]),
    )
    return writing, problems


@post(_NODE + "/move", opt=WRITE, include_in_schema=False)
async def move(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    node: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Redirect:
    """列の中で上か下へ動かす."""
    sent = await request.form()
    up = sent.get("to") == "up"
    async with db.transaction() as tx:
        policy, part, found = await opened(tx, number, year, section)
        text = editing.node_of(found.model, node).text
        saved = await changing.save_model(
            tx,
            number,
            year,
            editing.move(found.model, node, up=up),
            expected=words.edition_in(sent),
            comment=f"「{text}」を{'上' if up else '下'}へ動かした",
            by=principal.actor,
            at=clock.now(),
        )
    target = words.model_address(policy, part.key)
    return Redirect(f"{target}?saved={saved}#n-{node}", status_code=303)


@post(_NODE + "/remove", opt=WRITE, include_in_schema=False)
async def remove(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    node: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Redirect:
    """要素と、そのつながりを消す; the editions before keep it."""
    sent = await request.form()
    async with db.transaction() as tx:
        policy, part, found = await opened(tx, number, year, section)
        text = editing.node_of(found.model, node).text
        saved = await changing.save_model(
            tx,
            number,
            year,
            editing.drop(found.model, node),
            expected=words.edition_in(sent),
            comment=f"「{text}」を消した",
            by=principal.actor,
            at=clock.now(),
        )
    target = words.model_address(policy, part.key)
    return Redirect(f"{target}?saved={saved}", status_code=303)


async def _page(tx: Tx, request: AnyRequest, form: _Form, *, status: int = 200) -> Template:
    model, writing = form.opened.model, form.writing
    attached = await values.of(tx, model.indicators, form.at)
    chosen = {link.target: link for link in writing.links}
    targets = [
        {
            "node": node,
            "link": chosen.get(node.key),
            "jump": node.column.place - writing.column.place >= 2,
            "error": any(
                name in (f"link-{node.key}", f"assumption-{node.key}") for name, _ in form.problems
            ),
        }
        for node in model.nodes
        if node.key != form.key and (node.column.place > writing.column.place or node.key in chosen)
    ]
    name = f"「{writing.text}」" if form.key else "新しい要素"
    context: dict[str, Any] = {
        "policy": form.policy,
        "section": form.section,
        "key": form.key,
        "name": name,
        "writing": writing,
        "comment": form.comment,
        "edition": form.edition,
        "errors": words.problems_of(form.problems),
        "others": form.others,
        "inherited": form.opened.inherited,
        "findings": [one for one in checks(model, attached) if form.key and one.node == form.key],
        "columns": [Option(one, f"{one.word}（{one.meaning}）") for one in Column],
        "grades": [Option(one, f"{one}：{one.word}") for one in Grade],
        "options": await values.options(tx, form.section.key, writing, form.at),
        "targets": targets,
        "back": words.model_address(form.policy, form.section.key),
        "action": words.model_address(form.policy, form.section.key, "nodes", form.key or "new"),
        "crumbs": words.crumbs(
            form.policy,
            words.model_crumb(form.policy, form.section),
            Crumb("要素を書き直す" if form.key else "要素を追加する"),
        ),
    }
    return page(request, "evaluation_policies/node.html", context, status=status)


NODE_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (blank, add, edit, save, move, remove)
