"""Policies and logic models for programs: the same use cases as the pages, in JSON."""

from datetime import date, datetime, time
from typing import Annotated, Any, Final

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.evaluation.access import INSIDE, WRITERS
from jichitai.evaluation.policies import changing, service, values
from jichitai.evaluation.policies.checks import Finding, checks
from jichitai.evaluation.policies.differences import Difference, of_models
from jichitai.evaluation.policies.model import (
    MOST_EDGES,
    MOST_NODES,
    Attached,
    Edge,
    LogicModel,
    Name,
    Node,
    Note,
    Policy,
    Section,
    Text,
    Year,
)
from jichitai.evaluation.policies.service import OpenModel
from jichitai.evaluation.policies.store import Edition
from jichitai.kernel.dates import JST
from jichitai.web.inject import Db, LawClock, Who

_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": WRITERS}
_TAGS: Final = ["evaluation"]
_ROOT: Final = "/api/v1/evaluation/policies"
_POLICY: Final = _ROOT + "/{number:int}/{year:int}"
_MODEL: Final = _POLICY + "/models/{section:str}"
Comment = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
EditionNumber = Annotated[int, Meta(ge=0, le=999_999)]
EditionParameter = Annotated[int | None, QueryParameter(ge=1, le=999_999)]


class EditionLine(Struct, frozen=True, kw_only=True):
    """An edition without its content."""

    fiscal_year: int
    edition: int
    comment: str
    saved_name: str
    recorded_at: datetime


class PolicyLine(Struct, frozen=True, kw_only=True):
    """A policy and its fiscal years that have an edition of their own, the newest first."""

    number: int
    name: str
    fiscal_years: tuple[int, ...]


class PolicyDetail(Struct, frozen=True, kw_only=True):
    """A policy as it stands in a year.

    Attributes:
        inherited: the year has no edition of its own; the edition belongs to the year named in it.
    """

    policy: Policy
    edition: EditionLine
    inherited: bool


class ModelDetail(Struct, frozen=True, kw_only=True):
    """A logic model, what is shown of its indicators, and what the checks found.

    Attributes:
        edition: None for a section without a model.
    """

    section: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    note: str
    edition: EditionLine | None
    inherited: bool
    indicators: tuple[Attached, ...]
    findings: tuple[Finding, ...]


class PolicyTexts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The texts of a policy, with the edition that they were written on."""

    edition: EditionNumber
    name: Name
    purpose: Text
    sections: Annotated[tuple[Section, ...], Meta(max_length=20)]
    source: Note = ""
    comment: Comment = ""


class ModelContent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole logic model, with the edition that it was written on (0 where there was none)."""

    edition: EditionNumber
    nodes: Annotated[tuple[Node, ...], Meta(max_length=MOST_NODES)]
    edges: Annotated[tuple[Edge, ...], Meta(max_length=MOST_EDGES)]
    note: Note = ""
    comment: Comment = ""


class NewYear(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fiscal year to begin."""

    fiscal_year: Year


class Saved(Struct, frozen=True, kw_only=True):
    """The edition that holds now; the one given when nothing differed."""

    edition: int


@get(_ROOT, opt=_READ, summary="Policies and their fiscal years", tags=_TAGS)
async def list_policies(db: Db) -> tuple[PolicyLine, ...]:
    """All policies of the evaluation."""
    async with db.transaction(read_only=True) as tx:
        found = await service.policies(tx)
    return tuple(
        PolicyLine(
            number=years[0].number,
            name=years[0].name,
            fiscal_years=tuple(one.fiscal_year for one in years),
        )
        for years in found
    )


@get(_POLICY, opt=_READ, summary="A policy in a fiscal year", tags=_TAGS)
async def get_policy(
    number: FromPath[int],
    year: FromPath[int],
    db: Db,
    edition: EditionParameter = None,
    known_on: FromQuery[date | None] = None,
) -> PolicyDetail:
    """Purpose and sections: the newest edition, an earlier one, or what was known on a day."""
    async with db.transaction(read_only=True) as tx:
        found = await service.open_policy(tx, number, year, _end_of(known_on), edition=edition)
    return PolicyDetail(
        policy=found.policy, edition=_line(found.edition), inherited=found.inherited
    )


@put(_POLICY, opt=_WRITE, summary="Write the texts of a policy", tags=_TAGS)
async def put_policy(
    number: FromPath[int],
    year: FromPath[int],
    data: JSONBody[PolicyTexts],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Saved:
    """A new edition; 409 when somebody saved another one meanwhile."""
    async with db.transaction() as tx:
        current = await service.policy_of(tx, number, year)
        written = msgspec.structs.replace(
            current,
            name=data.name,
            purpose=data.purpose,
            sections=data.sections,
            source=data.source,
        )
        saved = await changing.save_policy(
            tx,
            written,
            expected=data.edition,
            comment=data.comment or "APIから書き直した",
            by=principal.actor,
            at=clock.now(),
        )
    return Saved(edition=saved)


@post(
    _ROOT + "/{number:int}/years",
    opt=_WRITE,
    status_code=201,
    summary="Begin a fiscal year with a copy of the year before",
    tags=_TAGS,
)
async def start_year(
    number: FromPath[int], data: JSONBody[NewYear], principal: Who, db: Db, clock: LawClock
) -> PolicyDetail:
    """The policy and all its models get their first edition of the year."""
    async with db.transaction() as tx:
        await changing.start_year(
            tx, number, data.fiscal_year, today=clock.today(), by=principal.actor, at=clock.now()
        )
        found = await service.open_policy(tx, number, data.fiscal_year)
    return PolicyDetail(policy=found.policy, edition=_line(found.edition), inherited=False)


@get(_MODEL, opt=_READ, summary="The logic model of a section", tags=_TAGS)
async def get_model(
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    db: Db,
    clock: LawClock,
    edition: EditionParameter = None,
    known_on: FromQuery[date | None] = None,
) -> ModelDetail:
    """Nodes, edges, indicators as shown, and findings; now, or as known on a day."""
    at = _end_of(known_on)
    async with db.transaction(read_only=True) as tx:
        found = await service.open_model(tx, number, year, section, at, edition=edition)
        attached = await values.of(tx, found.model.indicators, at or clock.now())
    return _detail(found, attached)


@put(_MODEL, opt=_WRITE, summary="Write the logic model of a section", tags=_TAGS)
async def put_model(
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    data: JSONBody[ModelContent],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Saved:
    """A new edition; 409 when somebody saved another one meanwhile."""
    async with db.transaction() as tx:
        await service.open_model(tx, number, year, section)
        model = LogicModel(section=section, nodes=data.nodes, edges=data.edges, note=data.note)
        saved = await changing.save_model(
            tx,
            number,
            year,
            model,
            expected=data.edition,
            comment=data.comment or "APIから書き直した",
            by=principal.actor,
            at=clock.now(),
        )
    return Saved(edition=saved)


@get(_MODEL + "/editions", opt=_READ, summary="Editions of a logic model", tags=_TAGS)
async def list_editions(
    number: FromPath[int], year: FromPath[int], section: FromPath[str], db: Db
) -> tuple[EditionLine, ...]:
    """Of one fiscal year, the newest first."""
    async with db.transaction(read_only=True) as tx:
        await service.open_model(tx, number, year, section)
        found = await service.editions(tx, number, year, section)
    return tuple(map(_line, found))


@get(
    _MODEL + "/differences",
    opt=_READ,
    summary="What lies between two editions of a logic model",
    tags=_TAGS,
)
async def list_differences(
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    since: Annotated[int, QueryParameter(ge=1, le=999_999)],
    until: Annotated[int, QueryParameter(ge=1, le=999_999)],
    db: Db,
) -> tuple[Difference, ...]:
    """Elements and edges added, removed, changed or moved."""
    async with db.transaction(read_only=True) as tx:
        old = await service.open_model(tx, number, year, section, edition=since)
        new = await service.open_model(tx, number, year, section, edition=until)
    return of_models(old.model, new.model)


def _end_of(day: date | None) -> datetime | None:
    """The end of a day in Japan."""
    return None if day is None else datetime.combine(day, time(23, 59, 59, 999_999), JST)


def _detail(found: OpenModel, attached: dict[str, Attached]) -> ModelDetail:
    model = found.model
    return ModelDetail(
        section=model.section,
        nodes=model.nodes,
        edges=model.edges,
        note=model.note,
        edition=_line(found.edition) if found.edition else None,
        inherited=found.inherited,
        indicators=tuple(attached[key] for key in model.indicators if key in attached),
        findings=tuple(checks(model, attached)),
    )


def _line(edition: Edition) -> EditionLine:
    return EditionLine(
        fiscal_year=edition.fiscal_year,
        edition=edition.edition,
        comment=edition.comment,
        saved_name=edition.saved_name,
        recorded_at=edition.recorded_at,
    )


API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_policies,
    get_policy,
    put_policy,
    start_year,
    get_model,
    put_model,
    list_editions,
    list_differences,
)
