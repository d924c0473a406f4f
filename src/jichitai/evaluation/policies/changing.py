"""Changing policies and logic models: a new edition each time, and the first edition of a year."""

from datetime import date, datetime
from typing import Final

import msgspec

from jichitai.evaluation.errors import FaultyEntryError, StaleEditError
from jichitai.evaluation.policies import store
from jichitai.evaluation.policies.errors import YearNotStartedError, YearTakenError
from jichitai.evaluation.policies.model import (
    LAST_YEAR,
    LogicModel,
    Policy,
    faults,
    ordered,
    year_text,
)
from jichitai.evaluation.policies.service import (
    OpenPolicy,
    open_model,
    open_models,
    open_policy,
    written,
)
from jichitai.evaluation.policies.store import Edition
from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.kernel import dates

_LATER: Final = 2
"""A year may be begun this many years ahead of today's."""


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
    changed = msgspec.structs.replace(policy, written_for=None)
    current = msgspec.structs.replace(opened.policy, written_for=None)
    if changed == current:
        return expected
    kept = _next(policy.fiscal_year, expected, comment, by, at)
    if not await store.add_policy(tx, policy.number, kept, written(changed)):
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
    changed = ordered(model)
    if expected and changed == opened.model:
        return expected
    kept = _next(fiscal_year, expected, comment, by, at)
    if not await store.add_model(tx, number, model.section, kept, written(changed)):
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
    if not await store.add_policy(tx, number, kept, written(policy)):
        raise _stale(kept)
    for one in models:
        if one.edition is not None:
            comment = f"{year_text(one.edition.fiscal_year)}の第{one.edition.edition}版を写した"
            await store.add_model(
                tx,
                number,
                one.model.section,
                _next(year, 0, comment, by, at),
                written(one.model),
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
