"""Policies and logic models: what was known of a year, changing it, and starting the next year.

Each change is a new edition; an edition is never changed. "Known at" an instant is the last
edition recorded by then. A fiscal year without an edition of its own shows that of the year before.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from jichitai.evaluation.policies import builtin, store
from jichitai.evaluation.policies.errors import (
    UnknownPolicyError,
)
from jichitai.evaluation.policies.model import (
    FIRST_YEAR,
    LARGEST_NUMBER,
    LAST_YEAR,
    LogicModel,
    Policy,
    ordered,
)
from jichitai.evaluation.policies.store import Edition
from jichitai.infra.database import Database, Tx

_JSON: Final = msgspec.json.Encoder(order="sorted")
_LATER: Final = 2
"""A year may be begun this many years ahead of today's."""


class OpenPolicy(Struct, frozen=True, kw_only=True):
    """A policy with the edition that it was read from.

    Attributes:
        inherited: the edition belongs to an earlier year.
    """

    policy: Policy
    edition: Edition
    inherited: bool


class OpenModel(Struct, frozen=True, kw_only=True):
    """A logic model with the edition that it was read from; none for a section without a model.

    Attributes:
        inherited: the edition belongs to an earlier year.
    """

    model: LogicModel
    edition: Edition | None
    inherited: bool

    @property
    def number(self) -> int:
        """The edition's number in the year that was asked for; 0 when the year has none."""
        return 0 if self.edition is None or self.inherited else self.edition.edition


async def load_builtin(tx: Tx) -> int:
    """Keep the policies that come with the software, once; how many editions were added.

    They are recorded as of the day on which their source became known.
    """
    added = 0
    for found in builtin.policies():
        kept = Edition(
            fiscal_year=found.policy.fiscal_year,
            edition=1,
            comment=found.comment,
            saved_by="builtin",
            saved_name="組込みのデータ",
            recorded_at=found.recorded_at,
        )
        number = found.policy.number
        added += await store.add_policy(tx, number, kept, written(found.policy))
        for model in found.models:
            content = written(ordered(model))
            added += await store.add_model(tx, number, model.section, kept, content)
    return added


async def load(db: Database) -> None:
    """Keep the built-in policies in the ministry's database; the timed work calls it."""
    async with db.transaction() as tx:
        await load_builtin(tx)


async def policies(tx: Tx, known_at: datetime | None = None) -> tuple[tuple[Policy, ...], ...]:
    """Every policy: its years that have an edition of their own, the newest first."""
    return tuple(
        [
            tuple(
                [
                    await policy_of(tx, number, year, known_at)
                    for year in await store.years(tx, number, known_at)
                ]
            )
            for number in await store.numbers(tx, known_at)
        ]
    )


async def years(tx: Tx, number: int, known_at: datetime | None = None) -> list[int]:
    """Fiscal years of a policy with an edition of their own, the newest first."""
    return await store.years(tx, number, known_at)


async def policy_of(
    tx: Tx, number: int, fiscal_year: int, known_at: datetime | None = None
) -> Policy:
    """A policy as known at an instant (now when left out).

    Raises:
        UnknownPolicyError: there was none in that year or before.
    """
    return (await open_policy(tx, number, fiscal_year, known_at)).policy


async def open_policy(
    tx: Tx,
    number: int,
    fiscal_year: int,
    known_at: datetime | None = None,
    *,
    edition: int | None = None,
) -> OpenPolicy:
    """The same with its edition; or one edition of the year itself.

    Raises:
        UnknownPolicyError: there was none.
    """
    row = None
    if 1 <= number <= LARGEST_NUMBER and FIRST_YEAR <= fiscal_year <= LAST_YEAR:
        row = await store.policy(tx, number, fiscal_year, known_at=known_at, edition=edition)
    if row is None and edition is not None:
        raise UnknownPolicyError(
            f"第{edition}版はありません。版の一覧（履歴）から選び直してください。"
        )
    if row is None:
        raise UnknownPolicyError(
            "その番号と年度（またはそれより前の年度）の政策がありません。"
            "政策の一覧から選び直してください。"
        )
    read = msgspec.json.decode(row.content, type=Policy)
    policy = msgspec.structs.replace(read, fiscal_year=fiscal_year, written_for=row.fiscal_year)
    return OpenPolicy(policy=policy, edition=row, inherited=row.fiscal_year != fiscal_year)


async def models_of(
    tx: Tx, number: int, fiscal_year: int, known_at: datetime | None = None
) -> tuple[LogicModel, ...]:
    """The logic models of all sections of a policy, in their order; empty where there is none.

    Raises:
        UnknownPolicyError: there is no such policy then.
    """
    opened = await open_models(tx, number, fiscal_year, known_at)
    return tuple(one.model for one in opened)


async def open_models(
    tx: Tx, number: int, fiscal_year: int, known_at: datetime | None = None
) -> tuple[OpenModel, ...]:
    """The same with their editions.

    Raises:
        UnknownPolicyError: there is no such policy then.
    """
    policy = await policy_of(tx, number, fiscal_year, known_at)
    rows = await store.models(tx, number, fiscal_year, known_at=known_at)
    found = {row.section: row for row in rows}
    return tuple(_opened(found.get(one.key), one.key, fiscal_year) for one in policy.sections)


async def open_model(
    tx: Tx,
    number: int,
    fiscal_year: int,
    section: str,
    known_at: datetime | None = None,
    *,
    edition: int | None = None,
) -> OpenModel:
    """The model of one section; or one edition of the year itself.

    Raises:
        UnknownPolicyError: there is no such policy, section or edition.
    """
    policy = await policy_of(tx, number, fiscal_year, known_at)
    if policy.section(section) is None:
        raise UnknownPolicyError(
            "この政策にその節はありません。政策のページから節を選び直してください。"
        )
    rows = await store.models(
        tx, number, fiscal_year, known_at=known_at, section=section, edition=edition
    )
    if edition is not None and not rows:
        raise UnknownPolicyError(
            f"第{edition}版はありません。版の一覧（履歴）から選び直してください。"
        )
    return _opened(rows[0] if rows else None, section, fiscal_year)


def _opened(row: store.ModelRow | None, section: str, year: int) -> OpenModel:
    if row is None:
        return OpenModel(model=LogicModel(section=section), edition=None, inherited=False)
    model = msgspec.json.decode(row.content, type=LogicModel)
    return OpenModel(model=model, edition=row, inherited=row.fiscal_year != year)


async def editions(
    tx: Tx, number: int, fiscal_year: int, section: str | None = None
) -> Sequence[Edition]:
    """All editions of a policy, or of the model of a section, in a year; the newest first."""
    if section is None:
        return await store.policy_editions(tx, number, fiscal_year)
    return await store.model_editions(tx, number, fiscal_year, section)


def written(content: Policy | LogicModel) -> str:
    """Content as it is kept: sorted by name, so that the same is always written the same."""
    return _JSON.encode(content).decode()
