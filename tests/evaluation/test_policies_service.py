"""Editions of policies and logic models: kept, inherited, known at an instant, never overwritten."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from msgspec.structs import replace

from jichitai.evaluation.errors import FaultyEntryError, StaleEditError
from jichitai.evaluation.policies import builtin, changing, service
from jichitai.evaluation.policies.editing import drop
from jichitai.evaluation.policies.errors import (
    UnknownPolicyError,
    YearNotStartedError,
    YearTakenError,
)
from jichitai.evaluation.policies.model import Edge, LogicModel, Policy
from jichitai.infra.database import Tx, fetch_value
from tests.evaluation.policy_wires import NOW, OFFICER

TODAY = date(2026, 11, 20)


async def started(tx: Tx, year: int = 2026) -> Policy:
    await service.load_builtin(tx)
    return await changing.start_year(tx, 8, year, today=TODAY, by=OFFICER, at=NOW)


async def save(tx: Tx, model: LogicModel, expected: int, at: datetime = NOW) -> int:
    return await changing.save_model(
        tx, 8, 2026, model, expected=expected, comment="変えた", by=OFFICER, at=at
    )


async def test_built_in_policies_are_kept_once(ministry_tx: Tx) -> None:
    assert await service.load_builtin(ministry_tx) == 5
    assert await service.load_builtin(ministry_tx) == 0
    [[policy]] = await service.policies(ministry_tx)
    assert (policy.number, policy.fiscal_year) == (8, 2025)


async def test_nothing_is_known_before_the_source(ministry_tx: Tx) -> None:
    await service.load_builtin(ministry_tx)
    known = builtin.policies()[0].recorded_at
    with pytest.raises(UnknownPolicyError):
        await service.policy_of(ministry_tx, 8, 2025, known - timedelta(seconds=1))
    assert await service.policies(ministry_tx, known - timedelta(seconds=1)) == ()
    assert (await service.policy_of(ministry_tx, 8, 2025, known)).written_for == 2025


async def test_a_year_without_an_edition_shows_the_year_before(ministry_tx: Tx) -> None:
    await service.load_builtin(ministry_tx)
    opened = await service.open_policy(ministry_tx, 8, 2026)
    assert opened.inherited
    assert (opened.policy.fiscal_year, opened.policy.written_for) == (2026, 2025)
    models = await service.models_of(ministry_tx, 8, 2026)
    assert [one.section for one in models] == ["jukinet", "card", "standardisation", "security"]
    assert all(one.nodes for one in models)
    with pytest.raises(YearNotStartedError):
        await save(ministry_tx, models[3], 0)


async def test_a_started_year_goes_its_own_way(ministry_tx: Tx) -> None:
    await started(ministry_tx)
    before = await service.open_model(ministry_tx, 8, 2026, "security")
    assert (before.number, before.inherited) == (1, False)
    changed = drop(before.model, "subsidy")
    assert await save(ministry_tx, changed, 1) == 2
    assert (await service.open_model(ministry_tx, 8, 2026, "security")).model == changed
    old = await service.open_model(ministry_tx, 8, 2026, "security", edition=1)
    assert old.model == before.model
    earlier = await service.open_model(ministry_tx, 8, 2025, "security")
    assert earlier.model == before.model
    editions = await service.editions(ministry_tx, 8, 2026, "security")
    found = await fetch_value(ministry_tx, "select array_agg(action) from infra.audit")
    assert sorted(found) == ["evaluation.model.save", "evaluation.year.start"]
    assert [(one.edition, one.saved_name) for one in editions] == [
        (2, "評価 一郎"),
        (1, "評価 一郎"),
    ]


async def test_an_earlier_instant_shows_what_was_known_then(ministry_tx: Tx) -> None:
    await started(ministry_tx)
    before = (await service.open_model(ministry_tx, 8, 2026, "security")).model
    later = NOW + timedelta(days=30)
    await save(ministry_tx, drop(before, "subsidy"), 1, later)
    at = await service.models_of(ministry_tx, 8, 2026, later - timedelta(seconds=1))
    assert at[3] == before
    assert (await service.models_of(ministry_tx, 8, 2026, later))[3].node("subsidy") is None
    unborn = await service.open_policy(ministry_tx, 8, 2026, NOW - timedelta(seconds=1))
    assert unborn.inherited


async def test_a_stale_edit_overwrites_nothing(ministry_tx: Tx) -> None:
    await started(ministry_tx)
    model = (await service.open_model(ministry_tx, 8, 2026, "card")).model
    await save(ministry_tx, drop(model, "issued"), 1)
    with pytest.raises(StaleEditError) as refusal:
        await save(ministry_tx, drop(model, "held"), 1)
    assert "評価 一郎さんが第2版を保存しました" in refusal.value.detail
    assert await save(ministry_tx, drop(model, "issued"), 2) == 2  # nothing differs
    policy = await service.policy_of(ministry_tx, 8, 2026)
    changed = replace(policy, purpose="変えた目的。")
    keep = partial(changing.save_policy, ministry_tx, expected=1, comment="", by=OFFICER, at=NOW)
    assert await keep(changed) == 2
    with pytest.raises(StaleEditError):
        await keep(policy)
    assert (await service.policy_of(ministry_tx, 8, 2026)).purpose == "変えた目的。"
    assert (await service.policy_of(ministry_tx, 8, 2025)).purpose != "変えた目的。"


async def test_what_is_no_model_is_not_kept(ministry_tx: Tx) -> None:
    await started(ministry_tx)
    model = (await service.open_model(ministry_tx, 8, 2026, "card")).model
    backward = replace(model, edges=(Edge(source="held", target="issued"),))
    with pytest.raises(FaultyEntryError) as refusal:
        await save(ministry_tx, backward, 1)
    assert refusal.value.faults[0][0] == "edges.held.issued"
    assert len(await service.editions(ministry_tx, 8, 2026, "card")) == 1


async def test_a_section_with_a_model_cannot_vanish(ministry_tx: Tx) -> None:
    policy = await started(ministry_tx)
    fewer = replace(policy, sections=policy.sections[1:])
    twice = replace(policy, sections=(*policy.sections, policy.sections[0]))
    for wrong in (fewer, twice):
        with pytest.raises(FaultyEntryError):
            await changing.save_policy(
                ministry_tx, wrong, expected=1, comment="", by=OFFICER, at=NOW
            )


async def test_a_year_is_started_once_and_not_far_ahead(ministry_tx: Tx) -> None:
    await started(ministry_tx)
    for year in (2025, 2026, 2029):
        with pytest.raises(YearTakenError):
            await changing.start_year(ministry_tx, 8, year, today=TODAY, by=OFFICER, at=NOW)
    for number, year in ((9, 2026), (8, 2024), (8, 99_999_999_999), (10**12, 2026)):
        with pytest.raises(UnknownPolicyError):
            await service.policy_of(ministry_tx, number, year)
    with pytest.raises(UnknownPolicyError):
        await service.open_model(ministry_tx, 8, 2026, "nothing")
    with pytest.raises(UnknownPolicyError):
        await service.open_model(ministry_tx, 8, 2026, "card", edition=7)
    with pytest.raises(UnknownPolicyError):
        await service.open_policy(ministry_tx, 8, 2026, edition=7)


async def test_built_in_data_are_known_at_the_end_of_their_day() -> None:
    [found] = builtin.policies()
    assert found.recorded_at == datetime(2025, 4, 30, 14, 59, 59, tzinfo=UTC)
    assert not found.published
