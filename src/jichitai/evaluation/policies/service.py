"""Policies and logic models: what was known of a year, changing it, and starting the next year.

Each change is a new edition; an edition is never changed. "Known at" an instant is the last
edition recorded by then. A fiscal year without an edition of its own shows that of the year before.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import msgspec
from msgspec import Struct

from jichitai.evaluation.errors import FaultyEntryError, StaleEditError
from jichitai.evaluation.policies import builtin, store
from jichitai.evaluation.policies.errors import (
    UnknownPolicyError,
    YearNotStartedError,
    YearTakenError,
)
from jichitai.evaluation.policies.model import (
    FIRST_YEAR,
    LARGEST_NUMBER,
    LAST_YEAR,
    LogicModel,
    Policy,
    faults,
    ordered,
    year_text,
)
from jichitai.evaluation.policies.store import Edition
from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Database, Tx
from jichitai.kernel import dates

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
        added += await store.add_policy(tx, number, kept, _written(found.policy))
        for model in found.models:
            content = _written(ordered(model))
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


async def save_policy(
    tx: Tx, policy: Policy, *, expected: int, comment: str, by: Actor, at: datetime
) -> int:
    """Keep a policy as the next edition of its year.

    Args:
        tx: the running transaction.
        policy: number, year and texts.
        expected: the edition that the change was made on.
        comment: what was changed.
        by: who changed it.
        at: the instant.

    Returns:
        The number of the new edition; the expected one when nothing differs.

    Raises:
        UnknownPolicyError, YearNotStartedError: there is nothing to change.
        FaultyEntryError: sections are given twice, or one with a model is missing.
        StaleEditError: somebody saved another edition meanwhile.
    """
    opened = await open_policy(tx, policy.number, policy.fiscal_year)
    _require_started(opened)
    await _require_sections(tx, policy)
    if opened.edition.edition != expected:
        raise _stale(opened.edition)
    written = msgspec.structs.replace(policy, written_for=None)
    current = msgspec.structs.replace(opened.policy, written_for=None)
    if written == current:
        return expected
    kept = _next(policy.fiscal_year, expected, comment, by, at)
    if not await store.add_policy(tx, policy.number, kept, _written(written)):
        raise _stale(kept)
    await audit.record(
        tx,
        by=by,
        action="evaluation.policy.save",
        subject=f"policy-{policy.number}-{policy.fiscal_year}",
        reason=comment,
        facts={"edition": kept.edition},
        at=at,
    )
    return kept.edition


async def save_model(
    tx: Tx,
    number: int,
    fiscal_year: int,
    model: LogicModel,
    *,
    expected: int,
    comment: str,
    by: Actor,
    at: datetime,
) -> int:
    """Keep a logic model as the next edition of its section in a year.

    Args:
        tx: the running transaction.
        number: the policy.
        fiscal_year: the year; it must have been started.
        model: all nodes and edges.
        expected: the edition that the change was made on; 0 when the section had none.
        comment: what was changed.
        by: who changed it.
        at: the instant.

    Returns:
        The number of the new edition; the expected one when nothing differs.

    Raises:
        UnknownPolicyError, YearNotStartedError: there is nothing to change.
        FaultyEntryError: the edges do not fit the nodes.
        StaleEditError: somebody saved another edition meanwhile.
    """
    _require_started(await open_policy(tx, number, fiscal_year))
    opened = await open_model(tx, number, fiscal_year, model.section)
    if found := faults(model):
        raise FaultyEntryError(found)
    if opened.number != expected:
        raise _stale(opened.edition)
    written = ordered(model)
    if expected and written == opened.model:
        return expected
    kept = _next(fiscal_year, expected, comment, by, at)
    if not await store.add_model(tx, number, model.section, kept, _written(written)):
        raise _stale(kept)
    await audit.record(
        tx,
        by=by,
        action="evaluation.model.save",
        subject=f"policy-{number}-{fiscal_year}-{model.section}",
        reason=comment,
        facts={"edition": kept.edition},
        at=at,
    )
    return kept.edition


async def start_year(
    tx: Tx, number: int, year: int, *, today: date, by: Actor, at: datetime
) -> Policy:
    """Give a fiscal year its first edition: a copy of the policy and models of the year before.

    Raises:
        UnknownPolicyError: there is nothing to copy.
        YearTakenError: the year has an edition, or is too far ahead.
    """
    if year > min(dates.fiscal_year(today) + _LATER, LAST_YEAR):
        raise YearTakenError(
            f"その年度はまだ先です。今の年度から{_LATER}年先までの版を作れます。"
            "年度を確かめてください。"
        )
    opened = await open_policy(tx, number, year)
    if not opened.inherited:
        raise YearTakenError(
            f"{year_text(year)}の版はもうあります。その版を開いて書き直してください。"
        )
    models = await open_models(tx, number, year)
    before = opened.edition.fiscal_year
    kept = _next(year, 0, f"{year_text(before)}の第{opened.edition.edition}版を写した", by, at)
    policy = msgspec.structs.replace(opened.policy, written_for=None)
    if not await store.add_policy(tx, number, kept, _written(policy)):
        raise _stale(kept)
    for one in models:
        if one.edition is not None:
            comment = f"{year_text(one.edition.fiscal_year)}の第{one.edition.edition}版を写した"
            await store.add_model(
                tx,
                number,
                one.model.section,
                _next(year, 0, comment, by, at),
                _written(one.model),
            )
    await audit.record(
        tx,
        by=by,
        action="evaluation.year.start",
        subject=f"policy-{number}-{year}",
        facts={"from": before},
        at=at,
    )
    return msgspec.structs.replace(policy, written_for=year)


async def editions(
    tx: Tx, number: int, fiscal_year: int, section: str | None = None
) -> Sequence[Edition]:
    """All editions of a policy, or of the model of a section, in a year; the newest first."""
    if section is None:
        return await store.policy_editions(tx, number, fiscal_year)
    return await store.model_editions(tx, number, fiscal_year, section)


def _next(year: int, expected: int, comment: str, by: Actor, at: datetime) -> Edition:
    return Edition(
        fiscal_year=year,
        edition=expected + 1,
        comment=comment,
        saved_by=by.id,
        saved_name=by.display,
        recorded_at=at,
    )


def _require_started(opened: OpenPolicy) -> None:
    if opened.inherited:
        year, before = opened.policy.fiscal_year, opened.edition.fiscal_year
        raise YearNotStartedError(
            f"{year_text(year)}の版がまだないので、{year_text(before)}の版を表示しています。"
            "前の年度の版は変えません。先に「この年度の版を作る」を押してください。"
        )


async def _require_sections(tx: Tx, policy: Policy) -> None:
    keys = [one.key for one in policy.sections]
    if len(set(keys)) != len(keys):
        raise FaultyEntryError(
            [("sections", "同じキーの節が二つあります。節ごとに別のキーにしてください。")]
        )
    rows = await store.models(tx, policy.number, policy.fiscal_year, known_at=None)
    for row in rows:
        if row.section in keys or not msgspec.json.decode(row.content, type=LogicModel).nodes:
            continue
        text = (
            f"節「{row.section}」には効果発現経路があるので、節だけを消せません。"
            "先に効果発現経路の要素をすべて消すか、節を残してください。"
        )
        raise FaultyEntryError([("sections", text)])


def _stale(edition: Edition | None) -> StaleEditError:
    who = f"{edition.saved_name}さんが第{edition.edition}版を" if edition else "ほかの人が"
    return StaleEditError(
        f"開いている間に、{who}保存しました。上書きを防ぐため、まだ保存していません。"
        "今の版を見て、必要な変更だけをもう一度保存してください。",
        edition=edition.edition if edition else 0,
    )


def _written(content: Policy | LogicModel) -> str:
    return _JSON.encode(content).decode()
