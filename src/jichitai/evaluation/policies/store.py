"""SQL of policies and logic models: editions are only added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.rows import class_row

from jichitai.infra.database import Tx

_KEPT: Final = "fiscal_year, edition, comment, saved_by, saved_name, recorded_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """版: one kept state of a policy or a model.

    Attributes:
        fiscal_year: the year that it belongs to.
        edition: from 1, without gaps in its year.
        comment: what was changed, in the words of who did it.
        saved_by: opaque account.
        saved_name: display name of the account then.
        recorded_at: when it became known.
    """

    fiscal_year: int
    edition: int
    comment: str
    saved_by: str
    saved_name: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow(Edition):
    """An edition of a policy with its content."""

    policy: int
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow(Edition):
    """An edition of a logic model with its content."""

    section: str
    content: str


async def numbers(tx: Tx, known_at: datetime | None) -> list[int]:
    """Numbers of the policies that are known."""
    cursor = await tx.execute(
        "select distinct policy from evaluation.policy_edition"
        " where %(at)s::timestamptz is null or recorded_at <= %(at)s order by policy",
        {"at": known_at},
    )
    return [int(row[0]) for row in await cursor.fetchall()]


async def years(tx: Tx, policy: int, known_at: datetime | None) -> list[int]:
    """Fiscal years with an edition of their own, the newest first."""
    cursor = await tx.execute(
        "select distinct fiscal_year from evaluation.policy_edition where policy = %(policy)s"
        " and (%(at)s::timestamptz is null or recorded_at <= %(at)s) order by fiscal_year desc",
        {"policy": policy, "at": known_at},
    )
    return [int(row[0]) for row in await cursor.fetchall()]


async def policy(
    tx: Tx, number: int, year: int, *, known_at: datetime | None, edition: int | None = None
) -> PolicyRow | None:
    """The last edition known, of the year or of the nearest year before; or one edition of it."""
    async with tx.cursor(row_factory=class_row(PolicyRow)) as cursor:
        await cursor.execute(
            f"select policy, content, {_KEPT} from evaluation.policy_edition"
            " where policy = %(number)s"
            " and (%(at)s::timestamptz is null or recorded_at <= %(at)s)"
            " and case when %(edition)s::integer is null then fiscal_year <= %(year)s"
            "     else fiscal_year = %(year)s and edition = %(edition)s end"
            " order by fiscal_year desc, edition desc limit 1",
            {"number": number, "year": year, "at": known_at, "edition": edition},
        )
        return await cursor.fetchone()


async def models(
    tx: Tx,
    number: int,
    year: int,
    *,
    known_at: datetime | None,
    section: str | None = None,
    edition: int | None = None,
) -> list[ModelRow]:
    """The last edition known of each section, or of one, or one edition of one."""
    async with tx.cursor(row_factory=class_row(ModelRow)) as cursor:
        await cursor.execute(
            f"select distinct on (section) section, content, {_KEPT}"
            " from evaluation.logic_model_edition where policy = %(number)s"
            " and (%(section)s::text is null or section = %(section)s)"
            " and (%(at)s::timestamptz is null or recorded_at <= %(at)s)"
            " and case when %(edition)s::integer is null then fiscal_year <= %(year)s"
            "     else fiscal_year = %(year)s and edition = %(edition)s end"
            " order by section, fiscal_year desc, edition desc",
            {
                "number": number,
                "year": year,
                "section": section,
                "at": known_at,
                "edition": edition,
            },
        )
        return await cursor.fetchall()


async def policy_editions(tx: Tx, number: int, year: int) -> list[Edition]:
    """All editions of a policy in a year, the newest first."""
    async with tx.cursor(row_factory=class_row(Edition)) as cursor:
        await cursor.execute(
            f"select {_KEPT} from evaluation.policy_edition"
            " where policy = %s and fiscal_year = %s order by edition desc",
            (number, year),
        )
        return await cursor.fetchall()


async def model_editions(tx: Tx, number: int, year: int, section: str) -> list[Edition]:
    """All editions of a model in a year, the newest first."""
    async with tx.cursor(row_factory=class_row(Edition)) as cursor:
        await cursor.execute(
            f"select {_KEPT} from evaluation.logic_model_edition"
            " where policy = %s and fiscal_year = %s and section = %s order by edition desc",
            (number, year, section),
        )
        return await cursor.fetchall()


async def add_policy(tx: Tx, number: int, kept: Edition, content: str) -> bool:
    """Keep an edition; false when its number is taken."""
    cursor = await tx.execute(
        f"insert into evaluation.policy_edition (policy, content, {_KEPT})"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (number, content, *_values(kept)),
    )
    return cursor.rowcount == 1


async def add_model(tx: Tx, number: int, section: str, kept: Edition, content: str) -> bool:
    """Keep an edition; false when its number is taken."""
    cursor = await tx.execute(
        f"insert into evaluation.logic_model_edition (policy, section, content, {_KEPT})"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (number, section, content, *_values(kept)),
    )
    return cursor.rowcount == 1


def _values(kept: Edition) -> tuple[object, ...]:
    return (
        kept.fiscal_year,
        kept.edition,
        kept.comment,
        kept.saved_by,
        kept.saved_name,
        kept.recorded_at,
    )
