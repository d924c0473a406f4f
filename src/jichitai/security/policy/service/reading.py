"""What pages, programs and rules look at: one version with its text and its gaps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.security.guideline import service as guideline
from jichitai.security.guideline.errors import UnknownVersionError
from jichitai.security.guideline.model import Catalogue, Item
from jichitai.security.policy.model import coverage
from jichitai.security.policy.model.coverage import Picture
from jichitai.security.policy.model.states import STANDING, WORKING, State
from jichitai.security.policy.model.text import Clause, Document, Part
from jichitai.security.policy.service.desk import policy_of, version_of
from jichitai.security.policy.store import clauses as clause_store
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.store.clauses import Key, RivalRow
from jichitai.security.policy.store.policies import AdoptionRow, PolicyRow, VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One version as it stands now.

    Attributes:
        policy: whose version it is.
        version: the version.
        clauses: all its clauses, the policy before the standard.
        rivals: texts that wait to be merged.
        seen: gaps, stale and empty clauses.
        applicable: items of the current guideline that apply.
        current: the guideline in force.
        catalogues: the versions of the guideline that clauses name.
        adoptions: decisions of this round.
    """

    policy: PolicyRow
    version: VersionRow
    clauses: Sequence[Clause]
    rivals: Sequence[RivalRow]
    seen: Picture
    applicable: Sequence[Item]
    current: Catalogue
    catalogues: dict[str, Catalogue]
    adoptions: Sequence[AdoptionRow]

    @property
    def problems(self) -> tuple[str, ...]:
        """What keeps the text from going to the committee."""
        return coverage.problems(
            self.clauses,
            self.seen,
            rivals=len(self.rivals),
            accepted_gaps=self.version.accepted_gaps,
        )

    @property
    def missing_organs(self) -> tuple[str, ...]:
        """Organs that have not decided yet."""
        decided = {one.organ for one in self.adoptions}
        return tuple(organ for organ in self.version.organs if organ not in decided)

    def part(self, part: Part) -> list[Clause]:
        """The clauses of one part."""
        return [one for one in self.clauses if one.part is part]

    def document(self, part: Part, body: Body) -> Document:
        """One part as it is decided on and published."""
        return document(self.version, self.clauses, part, body)


def document(version: VersionRow, clauses: Iterable[Clause], part: Part, body: Body) -> Document:
    """One part of a version as it is decided on and published."""
    name = version.name if part is Part.BASIC else f"{body.name}情報セキュリティ対策基準"
    return Document(
        body=body.full_name,
        name=name,
        part=part,
        version=version.version,
        form=version.shape,
        organs=tuple(version.organs),
        clauses=tuple(one for one in clauses if one.part is part),
        designated=version.designated if part is Part.BASIC else "",
        effective_on=version.effective_on,
    )


async def look(tx: Tx, body: str, policy_id: UUID, number: int, *, on: date) -> Look:
    """One version with everything that is said about it.

    Raises:
        UnknownDocumentError: the body has no such version.
    """
    version = await version_of(tx, body, policy_id, number)
    return await look_at(tx, await policy_of(tx, body, policy_id), version, on=on)


async def look_at(tx: Tx, policy: PolicyRow, version: VersionRow, *, on: date) -> Look:
    """The same for rows that are known."""
    key: Key = (version.municipality, version.policy_id, version.version)
    clauses = await clause_store.clauses(tx, key)
    decided = await clause_store.decisions(tx, key)
    current = await guideline.current(tx, on=on)
    names = {one.guideline_version for one in clauses}
    names |= {one.guideline_version for one in decided}
    catalogues = await _catalogues(tx, names, current)
    applicable = current.items_for(version.network_model, cloud=version.uses_cloud)
    adoptions = await store.adoptions(tx, *key)
    return Look(
        policy=policy,
        version=version,
        clauses=clauses,
        rivals=await clause_store.rivals(tx, key),
        seen=coverage.picture(clauses, decided, applicable, catalogues, current),
        applicable=applicable,
        current=current,
        catalogues=catalogues,
        adoptions=[one for one in adoptions if one.round == version.round],
    )


async def _catalogues(tx: Tx, names: Iterable[str], current: Catalogue) -> dict[str, Catalogue]:
    found = {current.version: current}
    for name in names:
        if name and name not in found:
            try:
                found[name] = await guideline.catalogue(tx, name)
            except UnknownVersionError:
                continue  # a catalogue that was taken away: its clauses cannot be compared
    return found


def working(rows: Iterable[VersionRow]) -> VersionRow | None:
    """The version that is being worked on."""
    return next((one for one in rows if one.step in WORKING), None)


def standing(rows: Iterable[VersionRow]) -> VersionRow | None:
    """The version that speaks for the policy: published, best if people can reach it."""
    published = [one for one in rows if one.step in STANDING]
    return max(published, key=lambda one: (one.reachable_at is not None, one.version), default=None)


def spoken_for(rows: Sequence[VersionRow]) -> VersionRow | None:
    """The version that the body reports: the standing one, else the one in work, else the last.

    One that was dropped before publication speaks only when there is no other.
    """
    ended = [one for one in rows if one.step in (State.REPEALED, State.SUPERSEDED)]
    last = max(ended or rows, key=lambda one: one.version, default=None)
    return standing(rows) or working(rows) or last
