"""今の規程を取り込む: read it, let a person confirm what each article answers, make clauses of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

import anyio.to_thread

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.guideline import service as guideline
from jichitai.security.guideline.model import Catalogue
from jichitai.security.importing.gaps import Assessment, assess
from jichitai.security.importing.matching import Strength
from jichitai.security.importing.model import Article, FileKind, Form, SourceDocument
from jichitai.security.importing.reading import read_document
from jichitai.security.policy.errors import BadClauseError
from jichitai.security.policy.model import text
from jichitai.security.policy.model.states import State
from jichitai.security.policy.model.text import Clause, Part
from jichitai.security.policy.service.desk import Desk, policy_of, version_at, version_of
from jichitai.security.policy.service.editing import LONGEST_BODY, LONGEST_TITLE, MOST_CLAUSES
from jichitai.security.policy.store import clauses as store
from jichitai.security.policy.store import policies as policy_store
from jichitai.security.policy.store.clauses import Key, SourceRow

LARGEST: Final = 20 * 1024 * 1024
_PARAGRAPH: Final = re.compile(r"^[0-9０-９]{1,2}[\s　.．]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A regulation that was read, held against the guideline.

    Attributes:
        source_id: names it.
        document: title, number, articles.
        assessment: what answers what, and what is missing.
        current: the guideline.
        used: whether its articles became clauses already.
    """

    source_id: UUID
    document: SourceDocument
    assessment: Assessment
    current: Catalogue
    used: bool

    def part_of(self, position: int) -> Part:
        """Where an article goes: to the policy if it answers its sections first of all."""
        matches = self.assessment.of_article(position)
        if matches:
            first = self.current.item(matches[0].item_id)
            return Part.BASIC if first.obligation == "statutory" else Part.STANDARD
        sections = {item.title for item in self.current.policy_items()}
        caption = self.document.articles[position].caption
        return Part.BASIC if caption in sections else Part.STANDARD

    def proposed(self, position: int) -> tuple[str, ...]:
        """Items that are proposed for an article, without those that are only a guess."""
        return tuple(
            one.item_id
            for one in self.assessment.of_article(position)
            if one.strength is not Strength.ASK
        )


async def take(desk: Desk, tx: Tx, place: Key, data: bytes, name: str, *, by: Actor) -> UUID:
    """Read a regulation and keep its articles; nothing of the version changes yet.

    Raises:
        UnreadableDocumentError and its kin: the file cannot be taken in; the message says why.
        WrongStepError, UnknownDocumentError.
    """
    version = await version_at(tx, *place, State.DRAFTING)
    document = await anyio.to_thread.run_sync(read_document, data, name)
    source_id = uuid4()
    await store.add_source(
        tx,
        place,
        source_id,
        name=text.plain(document.name),
        sha256=sha256(data).hexdigest(),
        articles=[_kept(one) for one in document.articles],
        matches=[_head(document)],
        by=by.id,
        at=desk.clock.now(),
    )
    await desk.step(
        tx, version, "import", by=by, reference=text.plain(document.title or document.name)
    )
    return source_id


def _kept(article: Article) -> dict[str, Any]:
    return {
        "number": text.plain(article.number),
        "caption": text.plain(article.caption),
        "path": [text.plain(one) for one in article.path],
        "paragraphs": [text.plain(one) for one in article.paragraphs],
    }


def _head(document: SourceDocument) -> dict[str, Any]:
    return {
        "title": text.plain(document.title),
        "issued": text.plain(document.issued),
        "form": document.form.value,
        "kind": document.kind.value,
        "notes": [text.plain(one) for one in document.notes],
        "supplement": text.plain(document.supplement),
    }


async def read(desk: Desk, tx: Tx, place: Key, source_id: UUID) -> Reading:
    """A regulation that was taken, with what its articles answer.

    Raises:
        UnknownDocumentError: the version has none with this id.
    """
    version = await version_of(tx, *place)
    row = await store.source(tx, place, source_id)
    if row is None:
        raise UnknownDocumentError(
            "この版に、取り込んだこの規程はありません。もう一度ファイルを選んでください。"
        )
    current = await guideline.current(tx, on=desk.clock.today())
    applicable = current.items_for(version.network_model, cloud=version.uses_cloud)
    document = _document(row)
    found = await anyio.to_thread.run_sync(lambda: assess(document, current, applicable=applicable))
    return Reading(
        source_id=source_id,
        document=document,
        assessment=found,
        current=current,
        used=row.used_at is not None,
    )


def _document(row: SourceRow) -> SourceDocument:
    head = row.matches[0]
    return SourceDocument(
        name=row.name,
        kind=FileKind(head["kind"]),
        form=Form(head["form"]),
        title=head["title"],
        issued=head["issued"],
        articles=tuple(
            Article(
                position=position,
                number=one["number"],
                caption=one["caption"],
                path=tuple(one["path"]),
                paragraphs=tuple(one["paragraphs"]),
            )
            for position, one in enumerate(row.articles)
        ),
        supplement=head["supplement"],
        notes=tuple(head["notes"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person confirmed for one article: where it goes, and what it answers."""

    article: int
    part: Part | None
    items: tuple[str, ...]


async def use(
    desk: Desk,
    tx: Tx,
    place: Key,
    source_id: UUID,
    choices: Mapping[int, Choice],
    *,
    designate: bool,
    by: Actor,
) -> int:
    """Make clauses of the articles; drafts of ours for the same items give way.

    Args:
        desk: clock and outbox.
        tx: a transaction of the body.
        place: body, policy and version.
        source_id: the regulation.
        choices: by position of the article; an article that is not named follows the proposal.
        designate: the existing policy itself is named the policy of 第244条の6.
        by: who confirms.

    Returns:
        How many clauses were made.

    Raises:
        BadClauseError: an item is unknown, too many articles, or it was used before.
        WrongStepError, UnknownDocumentError.
    """
    version = await version_at(tx, *place, State.DRAFTING)
    found = await read(desk, tx, place, source_id)
    if found.used:
        raise BadClauseError(
            "この規程は取り込み済みです。条文の一覧で直すか、新しいファイルを選んでください。",
            fields={},
        )
    present = await store.clauses(tx, place)
    clauses = _clauses(found, choices, present)
    answered = {item for one in clauses for item in one.items}
    replaced = [
        one.id for one in present if one.origin == "interview" and answered & set(one.items)
    ]
    if len(clauses) + len(present) - len(replaced) > MOST_CLAUSES:
        raise BadClauseError(
            f"条が{MOST_CLAUSES}件を超えます。取り込まない条を選んで減らしてください。", fields={}
        )
    at = desk.clock.now()
    if replaced:
        await store.remove(tx, place, replaced, by=by.id, at=at)
    await store.put(tx, place, clauses, verb="imported", by=by.id, at=at)
    await store.use_source(tx, place, source_id, at=at)
    if designate:
        await _designate(tx, place, found.document)
    await desk.step(tx, version, "import", by=by, reference=f"{len(clauses)}条")
    return len(clauses)


def _clauses(
    found: Reading, choices: Mapping[int, Choice], present: Sequence[Clause]
) -> list[Clause]:
    last = {
        part: max((one.position for one in present if one.part is part), default=0) for part in Part
    }
    result = []
    for article in found.document.articles:
        choice = choices.get(article.position)
        part = choice.part if choice else found.part_of(article.position)
        if part is None:
            continue
        items = choice.items if choice else found.proposed(article.position)
        unknown = [one for one in items if one not in found.current]
        if unknown:
            raise BadClauseError(
                f"{article.label}に、ガイドライン{found.current.version}にない項目があります。"
                "一覧から選び直してください。",
                fields={f"items-{article.position}": "ガイドラインの項目から選んでください。"},
            )
        last[part] += 10
        result.append(_clause(found, article, part, items, last[part]))
    return result


def _clause(
    found: Reading, article: Article, part: Part, items: Sequence[str], position: int
) -> Clause:
    lines = [_PARAGRAPH.sub("", line.strip()) for line in article.paragraphs]
    body = "\n".join(filter(None, lines))[:LONGEST_BODY]
    title = (article.caption or article.number)[:LONGEST_TITLE]
    return Clause(
        id=uuid4(),
        part=part,
        chapter=(article.path[-1] if article.path else part.japanese)[:LONGEST_TITLE],
        title=title,
        body=body,
        items=tuple(dict.fromkeys(found.current.item(one).id for one in items)),
        guideline_version=found.current.version,
        origin="import",
        position=position,
    )


async def _designate(tx: Tx, place: Key, document: SourceDocument) -> None:
    policy = await policy_of(tx, place[0], place[1])
    title = document.title or policy.name
    issued = f"（{document.issued}）" if document.issued else ""
    shape = text.Form.ARTICLE if document.form is Form.ARTICLES else text.Form.HEADING
    answers = {**policy.answers, "name": title[:60], "form": shape.value}
    await policy_store.change_policy(
        tx, place[0], place[1], answers=answers, name=title[:60], edition=policy.edition + 1
    )
    await policy_store.change_version(
        tx,
        *place,
        name=title[:60],
        form=shape.value,
        designated=f"{title}{issued}を、地方自治法第244条の6第1項の方針として定める。",
    )
