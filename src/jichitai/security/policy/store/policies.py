"""Policies, their versions, decisions and steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx
from jichitai.security.organs import Organ
from jichitai.security.policy.model.interview import Answer
from jichitai.security.policy.model.states import State
from jichitai.security.policy.model.text import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """One policy of one or more organs."""

    municipality: str
    policy_id: UUID
    slug: str
    name: str
    organs: list[str]
    answers: dict[str, Answer]
    edition: int
    reports: int
    guideline_seen: str
    next_review_on: date | None
    opened_by: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version of a policy, without its files."""

    municipality: str
    policy_id: UUID
    version: int
    state: str
    name: str
    form: str
    guideline_version: str
    network_model: str
    cloud: str
    organs: list[str]
    drafting: str
    office: str
    review_months: int
    designated: str
    reason: str
    opened_by: str
    opened_at: datetime
    round: int
    submitted_by: str | None
    submitted_at: datetime | None
    accepted_gaps: str
    committee_number: str
    committee_on: date | None
    document_hash: str | None
    standard_hash: str | None
    adopted_at: datetime | None
    effective_on: date | None
    published_at: datetime | None
    address: str
    paper_hash: str | None
    signed_by: str
    reachable_at: datetime | None
    checked_at: datetime | None
    check_result: str
    failures: int
    ended_on: date | None
    end_reason: str

    @property
    def step(self) -> State:
        """Where it stands."""
        return State(self.state)

    @property
    def shape(self) -> Form:
        """Articles or headings."""
        return Form(self.form)

    @property
    def uses_cloud(self) -> bool:
        """Whether the items for clouds apply."""
        return self.cloud != "no"

    @property
    def adopters(self) -> tuple[Organ, ...]:
        """The organs whose decisions it needs."""
        return tuple(map(Organ, self.organs))


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionRow:
    """One organ's decision."""

    version: int
    round: int
    organ: str
    decision_number: str
    decided_on: date
    joint: bool
    document_hash: str
    standard_hash: str | None
    recorded_by: str
    recorded_at: datetime

    @property
    def by(self) -> Organ:
        """Whose decision it is."""
        return Organ(self.organ)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One thing that happened to a policy."""

    number: int
    version: int
    verb: str
    at: datetime
    actor_id: str
    organ: str
    reference: str
    reason: str
    hash: str


_POLICY: Final = ", ".join(PolicyRow.__dataclass_fields__)
_VERSION: Final = ", ".join(VersionRow.__dataclass_fields__)
_ADOPTION: Final = ", ".join(AdoptionRow.__dataclass_fields__)
_STEP: Final = ", ".join(StepRow.__dataclass_fields__)


async def add_policy(tx: Tx, row: Mapping[str, object]) -> bool:
    """Enter a policy; false when its address is taken."""
    cursor = await tx.execute(
        "insert into security.policy"
        " (municipality, policy_id, slug, name, organs, opened_by, opened_at)"
        " values (%(municipality)s, %(policy_id)s, %(slug)s, %(name)s, %(organs)s,"
        " %(opened_by)s, %(opened_at)s) on conflict do nothing",
        row,
    )
    return cursor.rowcount == 1


async def policies(tx: Tx, body: str) -> list[PolicyRow]:
    """Policies of a body, the oldest first."""
    async with tx.cursor(row_factory=class_row(PolicyRow)) as cursor:
        await cursor.execute(
            f"select {_POLICY} from security.policy where municipality = %s order by opened_at",
            (body,),
        )
        return await cursor.fetchall()


async def policy(tx: Tx, body: str, policy_id: UUID, *, lock: bool = False) -> PolicyRow | None:
    """One policy."""
    async with tx.cursor(row_factory=class_row(PolicyRow)) as cursor:
        await cursor.execute(
            f"select {_POLICY} from security.policy where municipality = %s and policy_id = %s"
            + (" for update" if lock else ""),
            (body, policy_id),
        )
        return await cursor.fetchone()


async def policy_at(tx: Tx, body: str, slug: str) -> PolicyRow | None:
    """The policy with this address."""
    async with tx.cursor(row_factory=class_row(PolicyRow)) as cursor:
        await cursor.execute(
            f"select {_POLICY} from security.policy where municipality = %s and slug = %s",
            (body, slug),
        )
        return await cursor.fetchone()


async def change_policy(tx: Tx, body: str, policy_id: UUID, **values: Any) -> None:
    """Set columns of a policy."""
    wrapped = {k: Jsonb(v) if isinstance(v, dict) else v for k, v in values.items()}
    assignments = ", ".join(f"{column} = %({column})s" for column in values)
    await tx.execute(
        f"update security.policy set {assignments}"
        " where municipality = %(_body)s and policy_id = %(_id)s",
        {**wrapped, "_body": body, "_id": policy_id},
    )


async def next_report(tx: Tx, body: str, policy_id: UUID) -> int:
    """Number of the next report about a policy."""
    cursor = await tx.execute(
        "update security.policy set reports = reports + 1"
        " where municipality = %s and policy_id = %s returning reports",
        (body, policy_id),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 1


_NEW: Final = (
    "municipality",
    "policy_id",
    "version",
    "state",
    "name",
    "form",
    "guideline_version",
    "network_model",
    "cloud",
    "organs",
    "drafting",
    "office",
    "review_months",
    "designated",
    "reason",
    "effective_on",
    "opened_by",
    "opened_at",
)


async def add_version(tx: Tx, row: Mapping[str, object]) -> None:
    """Enter a version."""
    values = ", ".join(f"%({name})s" for name in _NEW)
    await tx.execute(
        f"insert into security.policy_version ({', '.join(_NEW)}) values ({values})", row
    )


async def versions(tx: Tx, body: str, policy_id: UUID | None = None) -> list[VersionRow]:
    """Versions of a policy, or of all policies of the body, the newest first."""
    async with tx.cursor(row_factory=class_row(VersionRow)) as cursor:
        await cursor.execute(
            f"select {_VERSION} from security.policy_version where municipality = %(body)s"
            " and (%(id)s::uuid is null or policy_id = %(id)s) order by policy_id, version desc",
            {"body": body, "id": policy_id},
        )
        return await cursor.fetchall()


async def version(
    tx: Tx, body: str, policy_id: UUID, number: int, *, lock: bool = False
) -> VersionRow | None:
    """One version."""
    async with tx.cursor(row_factory=class_row(VersionRow)) as cursor:
        await cursor.execute(
            f"select {_VERSION} from security.policy_version"
            " where municipality = %s and policy_id = %s and version = %s"
            + (" for update" if lock else ""),
            (body, policy_id, number),
        )
        return await cursor.fetchone()


async def change_version(tx: Tx, body: str, policy_id: UUID, number: int, **values: Any) -> None:
    """Set columns of a version."""
    assignments = ", ".join(f"{column} = %({column})s" for column in values)
    await tx.execute(
        f"update security.policy_version set {assignments}"
        " where municipality = %(_body)s and policy_id = %(_id)s and version = %(_version)s",
        {**values, "_body": body, "_id": policy_id, "_version": number},
    )


@dataclass(frozen=True, slots=True)
class Files:
    """What was published: canonical text and signed PDF."""

    document: bytes | None
    paper: bytes | None


async def files(tx: Tx, body: str, policy_id: UUID, number: int) -> Files | None:
    """The published files of a version."""
    async with tx.cursor(row_factory=class_row(Files)) as cursor:
        await cursor.execute(
            "select document, paper from security.policy_version"
            " where municipality = %s and policy_id = %s and version = %s",
            (body, policy_id, number),
        )
        return await cursor.fetchone()


async def add_adoption(tx: Tx, body: str, policy_id: UUID, row: Mapping[str, object]) -> bool:
    """Keep a decision; false when the organ decided in this round before."""
    cursor = await tx.execute(
        f"insert into security.policy_adoption (municipality, policy_id, {_ADOPTION})"
        " values (%(municipality)s, %(policy_id)s, %(version)s, %(round)s, %(organ)s,"
        " %(decision_number)s, %(decided_on)s, %(joint)s, %(document_hash)s, %(standard_hash)s,"
        " %(recorded_by)s, %(recorded_at)s) on conflict do nothing",
        {**row, "municipality": body, "policy_id": policy_id},
    )
    return cursor.rowcount == 1


async def adoptions(tx: Tx, body: str, policy_id: UUID, number: int) -> list[AdoptionRow]:
    """Decisions on a version in all rounds, in the order they were recorded."""
    async with tx.cursor(row_factory=class_row(AdoptionRow)) as cursor:
        await cursor.execute(
            f"select {_ADOPTION} from security.policy_adoption"
            " where municipality = %s and policy_id = %s and version = %s order by recorded_at",
            (body, policy_id, number),
        )
        return await cursor.fetchall()


async def add_step(tx: Tx, body: str, policy_id: UUID, row: Mapping[str, object]) -> None:
    """Keep what happened."""
    await tx.execute(
        "insert into security.policy_step (municipality, policy_id, number, version, verb, at,"
        " actor_id, organ, reference, reason, hash)"
        " select %(municipality)s, %(policy_id)s, coalesce(max(number), 0) + 1, %(version)s,"
        " %(verb)s, %(at)s, %(actor_id)s, %(organ)s, %(reference)s, %(reason)s, %(hash)s"
        " from security.policy_step where municipality = %(municipality)s"
        " and policy_id = %(policy_id)s",
        {**row, "municipality": body, "policy_id": policy_id},
    )


async def steps(tx: Tx, body: str, policy_id: UUID) -> list[StepRow]:
    """What happened to a policy, in order."""
    async with tx.cursor(row_factory=class_row(StepRow)) as cursor:
        await cursor.execute(
            f"select {_STEP} from security.policy_step"
            " where municipality = %s and policy_id = %s order by number",
            (body, policy_id),
        )
        return await cursor.fetchall()


@dataclass(frozen=True, slots=True)
class Due:
    """A version that timed work has to look at."""

    municipality: str
    policy_id: UUID
    version: int


async def turning(tx: Tx, today: date, *, limit: int = 50) -> list[Due]:
    """Versions of all bodies that come into force, or whose review is due, by a day."""
    async with tx.cursor(row_factory=class_row(Due)) as cursor:
        await cursor.execute(
            "select v.municipality, v.policy_id, v.version from security.policy_version v"
            " join security.policy p using (municipality, policy_id)"
            " where (v.state = 'published' and v.effective_on <= %(today)s)"
            "    or (v.state = 'in-force' and p.next_review_on <= %(today)s)"
            " order by v.municipality, v.policy_id, v.version limit %(limit)s",
            {"today": today, "limit": limit},
        )
        return await cursor.fetchall()


async def unaware(tx: Tx, guideline_version: str, *, limit: int = 50) -> list[Due]:
    """Standing versions of policies whose body was not told of a version of the guideline."""
    async with tx.cursor(row_factory=class_row(Due)) as cursor:
        await cursor.execute(
            "select v.municipality, v.policy_id, max(v.version) as version"
            " from security.policy_version v"
            " join security.policy p using (municipality, policy_id)"
            " where v.state in ('published', 'in-force', 'review-due') and p.guideline_seen <> %s"
            " group by v.municipality, v.policy_id order by 1, 2 limit %s",
            (guideline_version, limit),
        )
        return await cursor.fetchall()


async def to_check(tx: Tx, *, before: datetime, again: datetime, limit: int = 20) -> list[Due]:
    """Published versions of all bodies whose address has to be looked at.

    Args:
        tx: a transaction of all bodies.
        before: not looked at since this instant.
        again: not looked at since this instant, when the last look failed for the first time.
        limit: at most so many.
    """
    async with tx.cursor(row_factory=class_row(Due)) as cursor:
        await cursor.execute(
            "select municipality, policy_id, version from security.policy_version"
            " where state in ('published', 'in-force', 'review-due')"
            " and (checked_at is null or checked_at < %s or (failures = 1 and checked_at < %s))"
            " order by checked_at nulls first limit %s",
            (before, again, limit),
        )
        return await cursor.fetchall()


async def add_check(
    tx: Tx, body: str, policy_id: UUID, number: int, values: Sequence[object]
) -> None:
    """Keep what a look at an address found: instant, address, result, detail."""
    await tx.execute(
        "insert into security.policy_check (municipality, policy_id, version, checked_at, address,"
        " result, detail) values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (body, policy_id, number, *values),
    )
