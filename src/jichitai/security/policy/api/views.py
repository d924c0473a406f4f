"""What the API answers with."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from jichitai.security.guideline.model import Item
from jichitai.security.policy.model.interview import Answer, Question
from jichitai.security.policy.model.states import State, counted
from jichitai.security.policy.model.text import Clause, Part
from jichitai.security.policy.service.importing import Reading
from jichitai.security.policy.service.reading import Look
from jichitai.security.policy.store.policies import PolicyRow, StepRow, VersionRow


class PolicyView(Struct, frozen=True, kw_only=True):
    """A policy in a list."""

    policy_id: UUID
    slug: str
    name: str
    organs: tuple[str, ...]
    next_review_on: date | None
    versions: tuple["VersionView", ...]


class VersionView(Struct, frozen=True, kw_only=True):
    """Where a version stands."""

    policy_id: UUID
    version: int
    state: State
    name: str
    organs: tuple[str, ...]
    guideline_version: str
    network_model: str
    document_hash: str | None
    standard_hash: str | None
    committee_number: str
    committee_on: date | None
    adopted_at: datetime | None
    effective_on: date | None
    published_at: datetime | None
    address: str
    paper_hash: str | None
    reachable_at: datetime | None
    checked_at: datetime | None
    check_result: str
    counted: bool


def version_view(row: VersionRow) -> VersionView:
    """From a row."""
    names = {field for field in VersionView.__struct_fields__ if field in _ROW}
    return VersionView(
        **{name: getattr(row, name) for name in names - {"state", "organs"}},
        state=row.step,
        organs=tuple(row.organs),
        counted=counted(
            adopted=row.adopted_at is not None,
            published=row.step.standing,
            reachable=row.reachable_at is not None,
        ),
    )


_ROW = frozenset(VersionRow.__dataclass_fields__)


def policy_view(row: PolicyRow, versions: list[VersionRow]) -> PolicyView:
    """From rows."""
    return PolicyView(
        policy_id=row.policy_id,
        slug=row.slug,
        name=row.name,
        organs=tuple(row.organs),
        next_review_on=row.next_review_on,
        versions=tuple(map(version_view, versions)),
    )


class QuestionView(Struct, frozen=True, kw_only=True):
    """A question, and the answer so far."""

    key: str
    group: str
    text: str
    why: str
    source: str
    feeds: tuple[str, ...]
    kind: str
    options: Mapping[str, str]
    proposal: Answer | None
    answer: Answer | None
    asked: bool


class InterviewView(Struct, frozen=True, kw_only=True):
    """The interview; `edition` goes back with the answers."""

    policy_id: UUID
    edition: int
    questions: tuple[QuestionView, ...]


def question_view(question: Question, answer: Answer | None, *, asked: bool) -> QuestionView:
    """From a question."""
    return QuestionView(
        key=question.key,
        group=question.group,
        text=question.text,
        why=question.why,
        source=question.source,
        feeds=question.feeds,
        kind=question.kind,
        options={one.value: one.label for one in question.options},
        proposal=question.default,
        answer=answer,
        asked=asked,
    )


class ClauseView(Struct, frozen=True, kw_only=True):
    """A clause; `stale` names the items behind it that changed."""

    clause_id: UUID
    part: Part
    number: int
    chapter: str
    title: str
    body: str
    items: tuple[str, ...]
    guideline_version: str
    edition: int
    origin: str
    stale: tuple[str, ...] = ()


def clause_view(clause: Clause, number: int, stale: tuple[str, ...] = ()) -> ClauseView:
    """From a clause."""
    return ClauseView(
        clause_id=clause.id,
        part=clause.part,
        number=number,
        chapter=clause.chapter,
        title=clause.title,
        body=clause.body,
        items=clause.items,
        guideline_version=clause.guideline_version,
        edition=clause.edition,
        origin=clause.origin,
        stale=stale,
    )


class ItemView(Struct, frozen=True, kw_only=True):
    """An item of the guideline that nothing answers."""

    item: str
    heading: str
    chapter: str
    obligation: str
    meaning: str


def item_view(item: Item) -> ItemView:
    """From an item."""
    return ItemView(
        item=item.id,
        heading=item.heading,
        chapter=item.chapter,
        obligation=item.obligation.value,
        meaning=item.meaning,
    )


class DeclinedView(Struct, frozen=True, kw_only=True):
    """An item that the body does not apply."""

    item: str
    guideline_version: str
    reason: str


class RivalView(Struct, frozen=True, kw_only=True):
    """A text that waits to be merged."""

    rival_id: UUID
    clause_id: UUID
    title: str
    body: str
    items: tuple[str, ...]
    written_at: datetime


class AdoptionView(Struct, frozen=True, kw_only=True):
    """One organ's decision."""

    organ: str
    decision_number: str
    decided_on: date
    joint: bool
    document_hash: str


class StepView(Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    number: int
    version: int
    verb: str
    at: datetime
    organ: str
    reference: str
    reason: str
    hash: str


def step_view(row: StepRow) -> StepView:
    """From a row."""
    return StepView(**{name: getattr(row, name) for name in StepView.__struct_fields__})


class LookView(Struct, frozen=True, kw_only=True):
    """One version with its text and its gaps."""

    version: VersionView
    guideline_now: str
    clauses: tuple[ClauseView, ...]
    gaps: tuple[ItemView, ...]
    declined: tuple[DeclinedView, ...]
    rivals: tuple[RivalView, ...]
    adoptions: tuple[AdoptionView, ...]
    missing_organs: tuple[str, ...]
    problems: tuple[str, ...]


def look_view(look: Look) -> LookView:
    """From a version as it stands."""
    stale = {clause.id: items for clause, items in look.seen.stale.items()}
    return LookView(
        version=version_view(look.version),
        guideline_now=look.current.version,
        clauses=tuple(
            clause_view(clause, number, stale.get(clause.id, ()))
            for part in Part
            for number, clause in enumerate(look.part(part), start=1)
        ),
        gaps=tuple(map(item_view, look.seen.gaps)),
        declined=tuple(
            DeclinedView(item=one.item, guideline_version=one.guideline_version, reason=one.reason)
            for one in look.seen.declined
        ),
        rivals=tuple(
            RivalView(
                rival_id=one.rival_id,
                clause_id=one.clause_id,
                title=one.title,
                body=one.body,
                items=tuple(one.items),
                written_at=one.written_at,
            )
            for one in look.rivals
        ),
        adoptions=tuple(
            AdoptionView(
                organ=one.organ,
                decision_number=one.decision_number,
                decided_on=one.decided_on,
                joint=one.joint,
                document_hash=one.document_hash,
            )
            for one in look.adoptions
        ),
        missing_organs=look.missing_organs,
        problems=look.problems if look.version.step is State.DRAFTING else (),
    )


class ProposedArticle(Struct, frozen=True, kw_only=True):
    """An article that was read, and what it seems to answer."""

    article: int
    label: str
    text: str
    part: Part
    items: tuple[str, ...]
    matches: tuple["MatchView", ...]


class MatchView(Struct, frozen=True, kw_only=True):
    """An item that an article seems to answer, how surely, and why."""

    item: str
    score: float
    strength: str
    why: str


class ReadingView(Struct, frozen=True, kw_only=True):
    """A regulation that was read; nothing of the version changed yet."""

    source_id: UUID
    title: str
    issued: str
    notes: tuple[str, ...]
    articles: tuple[ProposedArticle, ...]
    gaps: tuple[ItemView, ...]


def reading_view(found: Reading) -> ReadingView:
    """From a reading."""
    return ReadingView(
        source_id=found.source_id,
        title=found.document.title,
        issued=found.document.issued,
        notes=found.document.notes,
        articles=tuple(
            ProposedArticle(
                article=one.position,
                label=one.label,
                text=one.text,
                part=found.part_of(one.position),
                items=found.proposed(one.position),
                matches=tuple(
                    MatchView(
                        item=match.item_id,
                        score=round(match.score, 3),
                        strength=match.strength.value,
                        why=match.why,
                    )
                    for match in found.assessment.of_article(one.position)
                ),
            )
            for one in found.document.articles
        ),
        gaps=tuple(item_view(one.item) for one in found.assessment.gaps),
    )
