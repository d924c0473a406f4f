"""効果発現経路: the drawing, the same as a nested list, its editions and their differences."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.policies import changing, diagram, service, values
from jichitai.evaluation.policies.checks import Finding, checks
from jichitai.evaluation.policies.differences import of_models
from jichitai.evaluation.policies.model import (
    Attached,
    Column,
    Grade,
    LogicModel,
    Node,
    Policy,
    Section,
    year_text,
)
from jichitai.evaluation.policies.pages import words
from jichitai.evaluation.policies.pages.words import MODEL, READ, WRITE, AnyRequest
from jichitai.evaluation.policies.service import OpenModel
from jichitai.infra.database import Tx
from jichitai.web.components import Crumb, Status
from jichitai.web.components import Finding as Caption
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

EditionParameter = Annotated[int | None, QueryParameter(ge=1, le=999_999)]
_COLOURS: Final[Mapping[Grade, str]] = {
    Grade.A: "green",
    Grade.B: "blue",
    Grade.C: "yellow",
    Grade.D: "grey",
}


async def opened(
    tx: Tx, number: int, year: int, section: str, edition: int | None = None
) -> tuple[Policy, Section, OpenModel]:
    """A policy, one of its sections, and the section's model.

    Raises:
        UnknownPolicyError: one of them does not exist.
    """
    model = await service.open_model(tx, number, year, section, edition=edition)
    policy = await service.policy_of(tx, number, year)
    found = policy.section(section)
    assert found is not None  # noqa: S101 - open_model refuses unknown sections
    return policy, found, model


@get(MODEL, opt=READ, include_in_schema=False)
async def show(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    edition: EditionParameter = None,
) -> Template:
    """The newest edition, or an earlier one to look at."""
    async with db.transaction(read_only=True) as tx:
        policy, part, model = await opened(tx, number, year, section, edition)
        newest = model if edition is None else await service.open_model(tx, number, year, section)
        attached = await values.of(tx, model.model.indicators, clock.now())
    found = checks(model.model, attached)
    old = edition is not None and edition != newest.number
    writes = words.may_write(principal) and not old and not model.inherited
    context = {
        "policy": policy,
        "section": part,
        "opened": model,
        "old": old,
        "writes": writes,
        "starts": words.may_write(principal) and model.inherited,
        "base": words.model_address(policy, section),
        "start": words.address(policy, "start"),
        "year": year_text(policy.fiscal_year),
        "before": year_text(model.edition.fiscal_year) if model.edition else "",
        "svg": drawn(part, model.model, attached, found),
        "caption": _caption(model),
        "legend": [
            {
                "grade": grade,
                "word": grade.word,
                "meaning": grade.meaning,
                "line": diagram.DASHES[grade],
            }
            for grade in Grade
        ],
        "columns": [_column(column, model.model, attached, found) for column in Column],
        "total": len(found),
        "concerned": [
            {"key": node.key, "text": node.text, "count": count}
            for node in model.model.nodes
            if (count := sum(one.node == node.key for one in found))
        ],
        "saved": request.query_params.get("saved", ""),
        "crumbs": words.crumbs(policy, words.model_crumb(policy, part)),
    }
    return page(request, "evaluation_policies/model.html", context)


def drawn(
    section: Section,
    model: LogicModel,
    attached: Mapping[str, Attached],
    found: Sequence[Finding] = (),
) -> Any:
    """The drawing of a section's model."""
    counts = Counter(one.node for one in found)
    label = f"{section.title}の効果発現経路の図。同じ内容が「要素とつながり」の一覧にあります。"
    return diagram.svg(model, attached, label=label, findings=counts)


def _caption(found: OpenModel) -> Caption:
    model = found.model
    return Caption(
        text=f"{len(model.nodes)}の要素と{len(model.edges)}のつながり",
        source=model.note or "担当者が作成",
        as_of=f"第{found.edition.edition}版" if found.edition else "未作成",
    )


def _column(
    column: Column,
    model: LogicModel,
    attached: Mapping[str, Attached],
    found: Sequence[Finding],
) -> dict[str, Any]:
    nodes = model.column(column)
    return {
        "column": column,
        "nodes": [
            {
                **node_view(model, node, attached, found),
                "first": place == 0,
                "last": place == len(nodes) - 1,
            }
            for place, node in enumerate(nodes)
        ],
    }


def node_view(
    model: LogicModel, node: Node, attached: Mapping[str, Attached], found: Sequence[Finding]
) -> dict[str, Any]:
    """A node as the list shows it: its indicators, what it leads to, and what was found."""
    known = {one.key: one for one in model.nodes}
    return {
        "node": node,
        "indicators": [
            attached.get(key) or Attached(indicator_id=key, name=f"{key}（定義なし）")
            for key in node.indicators
        ],
        "links": [
            {
                "target": known[edge.target],
                "assumption": edge.assumption,
                "grade": grade_status(edge.grade),
            }
            for edge in model.out_of(node.key)
        ],
        "sources": [known[edge.source] for edge in model.into(node.key)],
        "findings": [one for one in found if one.node == node.key],
    }


def grade_status(grade: Grade) -> Status:
    """A grade as a chip."""
    return Status(f"根拠 {grade}：{grade.word}", _COLOURS[grade], grade.meaning)  # type: ignore[arg-type]


@get(MODEL + "/diagram", opt=READ, include_in_schema=False)
async def picture(
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    db: Db,
    clock: LawClock,
    edition: EditionParameter = None,
) -> Response[bytes]:
    """The drawing as a file of its own."""
    async with db.transaction(read_only=True) as tx:
        _, part, model = await opened(tx, number, year, section, edition)
        attached = await values.of(tx, model.model.indicators, clock.now())
    name = f"logic-model-{number}-{year}-{part.key}.svg"
    return Response(
        str(drawn(part, model.model, attached)).encode(),
        media_type="image/svg+xml",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@get(MODEL + "/history", opt=READ, include_in_schema=False)
async def history(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    principal: Who,
    db: Db,
    since: EditionParameter = None,
    until: EditionParameter = None,
) -> Template:
    """All editions of the year, and what lies between two of them."""
    async with db.transaction(read_only=True) as tx:
        policy, part, newest = await opened(tx, number, year, section)
        editions = await service.editions(tx, number, year, section)
        top = editions[0].edition if editions else 0
        late = until or top
        early = since or max(late - 1, 1)
        between = None
        if editions:
            old = await service.open_model(tx, number, year, section, edition=early)
            new = await service.open_model(tx, number, year, section, edition=late)
            between = of_models(old.model, new.model)
    context = {
        "about": f"{part.title}の効果発現経路",
        "back": words.model_address(policy, section),
        "base": words.model_address(policy, section, "history"),
        "editions": [words.edition_row(one) for one in editions],
        "restore": words.model_address(policy, section, "restore")
        if words.may_write(principal)
        else "",
        "newest": newest.number,
        "early": early,
        "late": late,
        "between": between,
        "viewable": True,
        "crumbs": words.crumbs(policy, words.model_crumb(policy, part), Crumb("版と違い")),
    }
    return page(request, "evaluation_policies/history.html", context)


@post(MODEL + "/restore", opt=WRITE, include_in_schema=False)
async def restore(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Redirect:
    """Make an earlier edition the newest again, as an edition of its own."""
    sent = await request.form()
    text = words.line(sent, "wanted")
    wanted = int(text) if text.isdecimal() and len(text) < 7 else 0
    async with db.transaction() as tx:
        policy, _, old = await opened(tx, number, year, section, max(wanted, 1))
        saved = await changing.save_model(
            tx,
            number,
            year,
            old.model,
            expected=words.edition_in(sent),
            comment=f"第{old.number}版に戻した",
            by=principal.actor,
            at=clock.now(),
        )
    return Redirect(f"{words.model_address(policy, section)}?saved={saved}", status_code=303)


MODEL_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (show, picture, history, restore)
