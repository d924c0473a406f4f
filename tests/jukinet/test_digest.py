"""Digests: equal when nothing is wrong, and every difference becomes a case that can be mended."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.infra.audit import Actor
from jichitai.infra.clock import FixedClock
from jichitai.jukinet.digest import cases, deep, model, service, store
from jichitai.jukinet.digest.model import Difference, Sum
from jichitai.jukinet.digest.store import Holder
from jichitai.jukinet.errors import InvalidMessageError, UnknownCaseError, UnknownPersonError
from jichitai.jukinet.network.scope import NATIONAL, Scope
from jichitai.jukinet.town import service as town
from jichitai.jukinet.town import store as town_store
from jichitai.jukinet.worker import TownWorker
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.register.model import forms
from tests.builders import TOWN
from tests.jukinet.test_town import record
from tests.jukinet.wires import Wires, settle_family

BY = Actor("staff", "operator-1")
PREFECTURE = Party.prefecture(TOWN[:2])


async def states(wires: Wires) -> list[tuple[object, ...]]:
    query = "select state, rows_below, rows_here, differences from jukinet.digest_state"
    return await wires.rows(Tier.PREFECTURE, query) + await wires.rows(Tier.NATION, query)


async def open_cases(wires: Wires, tier: Tier) -> list[tuple[object, ...]]:
    query = "select kind, owner from jukinet.digest_case where state = 'open' order by kind"
    return await wires.rows(tier, query)


async def damage(wires: Wires, tier: Tier, statement: str) -> None:
    async with wires.databases[tier].transaction() as tx:
        await tx.execute(statement.encode())


async def compare(wires: Wires) -> None:
    await wires.worker.send_digests([TOWN])
    await wires.flow()


async def test_levels_are_equal_after_events(wires: Wires) -> None:
    home = await settle_family(wires)
    await record(wires, forms.Death(resident_id=home[3].id, occurred_on="R8.11.19"))
    await wires.worker.send_digests([TOWN])
    await wires.flow()
    await compare(wires)
    assert await states(wires) == [("equal", 3, 3, 0), ("equal", 3, 3, 0)]
    async with wires.databases[Tier.NATION].transaction() as tx:
        roots = await store.nation_roots(tx)
        assert roots == {TOWN: await Holder(NATION, TOWN).root(tx)}


async def test_a_row_missing_at_the_prefecture_is_found_reported_and_mended(wires: Wires) -> None:
    await settle_family(wires)
    lost = "delete from jukinet.person where person_id = (select min(person_id::text)::uuid from jukinet.person)"
    await damage(wires, Tier.PREFECTURE, lost)
    await compare(wires)
    assert await states(wires) == [("differs", 4, 3, 1), ("differs", 3, 4, 1)]
    assert await open_cases(wires, Tier.PREFECTURE) == [("missing-above", f"town-{TOWN}")]
    assert await open_cases(wires, Tier.NATION) == [("missing-below", str(PREFECTURE))]
    async with wires.databases[Tier.TOWN].transaction(town=TOWN) as tx:
        reports = await town_store.reports(tx, TOWN)
        assert {report.reported_by for report in reports} == {str(PREFECTURE), str(NATION)}
        for report in reports:
            await town.resend(tx, wires.node, TOWN, report.report_id, by=BY)
        with pytest.raises(UnknownCaseError):
            await town.resend(tx, wires.node, TOWN, reports[0].report_id, by=BY)
    await wires.flow()
    await compare(wires)
    assert await states(wires) == [("equal", 4, 4, 0), ("equal", 4, 4, 0)]
    assert await open_cases(wires, Tier.PREFECTURE) == []
    assert await open_cases(wires, Tier.NATION) == []


async def test_changed_and_invented_rows_are_told_apart(wires: Wires) -> None:
    await settle_family(wires)
    await damage(
        wires,
        Tier.NATION,
        "update jukinet.person set row_hash = decode(repeat('ab', 16), 'hex')"
        " where person_id = (select min(person_id::text)::uuid from jukinet.person)",
    )
    await damage(
        wires,
        Tier.NATION,
        "insert into jukinet.other_residence (person_id, municipality, residence_since,"
        " event_number, code_hash, row_hash, bucket, since)"
        f" values (gen_random_uuid(), '{TOWN}', '2020-01-01', 1, decode(repeat('00', 16), 'hex'),"
        " decode(repeat('01', 16), 'hex'), 0, now())",
    )
    await compare(wires)
    assert await open_cases(wires, Tier.NATION) == [
        ("differs", str(PREFECTURE)),
        ("missing-below", str(PREFECTURE)),
    ]
    assert await open_cases(wires, Tier.PREFECTURE) == []
    async with wires.databases[Tier.TOWN].transaction(town=TOWN) as tx:
        unknown = [r for r in await town_store.reports(tx, TOWN) if r.kind == "missing-below"]
        with pytest.raises(UnknownPersonError):
            await town.resend(tx, wires.node, TOWN, unknown[0].report_id, by=BY)


async def test_a_case_is_closed_by_hand_once(wires: Wires, clock: FixedClock) -> None:
    await settle_family(wires)
    await damage(wires, Tier.NATION, "delete from jukinet.person")
    await compare(wires)
    [(case_id,), *_] = await wires.rows(Tier.NATION, "select case_id from jukinet.digest_case")
    assert isinstance(case_id, UUID)
    async with wires.databases[Tier.NATION].transaction() as tx:
        await cases.close(tx, NATIONAL, case_id, by="operator", note="調査済み", at=clock.now())
        with pytest.raises(UnknownCaseError):
            await cases.close(tx, NATIONAL, case_id, by="operator", note="", at=clock.now())


async def test_the_nation_asks_for_new_digests(wires: Wires) -> None:
    await settle_family(wires)
    async with wires.databases[Tier.NATION].transaction() as tx:
        ids = await service.ask_digests(tx, wires.node, NATIONAL, [TOWN])
    await wires.flow()
    found = await wires.rows(Tier.NATION, "select digest_id, state from jukinet.digest_state")
    assert found == [(ids[TOWN], "equal")]


async def test_a_town_between_two_events_is_compared_exactly(wires: Wires) -> None:
    """A digest sent between two notices equals what the receiver holds at that very place."""
    home = await settle_family(wires)
    for member in home[2:]:
        await record(wires, forms.Death(resident_id=member.id, occurred_on="R8.11.19"))
        async with wires.databases[Tier.TOWN].transaction(town=TOWN) as tx:
            await town.derive(tx, wires.node, wires.register, TOWN, limit=1)
        await wires.worker.send_digests([TOWN])
    await wires.flow()
    assert await wires.rows(Tier.PREFECTURE, "select count(*) from jukinet.digest_case") == [(0,)]
    assert (await states(wires))[0] == ("equal", 2, 2, 0)
    assert Scope.of(PREFECTURE).party == PREFECTURE


HASHES = st.binary(min_size=16, max_size=16)
ROWS = st.dictionaries(HASHES, HASHES, max_size=20)


@given(ROWS)
def test_packed_rows_are_read_back(rows: dict[bytes, bytes]) -> None:
    assert model.unpack_rows(model.pack_rows(rows)) == rows


@given(st.dictionaries(st.integers(0, 4095), st.builds(Sum, st.integers(0, 10_000), HASHES)))
def test_packed_buckets_are_read_back(buckets: dict[int, Sum]) -> None:
    assert model.unpack_buckets(model.pack_buckets(buckets)) == buckets


@pytest.mark.parametrize("torn", [b"x", b"x" * 23, b"\xff\xff" + bytes(20)])
def test_torn_answers_are_refused(torn: bytes) -> None:
    with pytest.raises(InvalidMessageError):
        model.unpack_buckets(torn)


def test_torn_rows_are_refused() -> None:
    with pytest.raises(InvalidMessageError):
        model.unpack_rows(bytes(33))


@given(ROWS, ROWS)
def test_differences_lead_from_one_side_to_the_other(
    below: dict[bytes, bytes], here: dict[bytes, bytes]
) -> None:
    found = model.differences(below, here)
    mended = dict(here)
    for one in found:
        if one.kind == "missing-below":
            del mended[one.code_hash]
        else:
            mended[one.code_hash] = below[one.code_hash]
    assert mended == below
    assert (found == []) == (below == here)


def test_a_comparison_opens_a_bounded_number_of_buckets() -> None:
    below = {number: Sum(9_000, bytes(16)) for number in range(5)}
    assert model.worth_opening(range(5), below, {}) == [0, 1]
    assert model.worth_opening([0], {0: Sum(50_000, bytes(16))}, {}) == [0]


def test_rows_of_buckets_are_split_into_messages() -> None:
    rows = {n: {bytes([n, i % 256, i // 256]): b"" for i in range(2_000)} for n in range(5)}
    parts = model.in_messages(rows)
    assert [sorted(part) for part in parts] == [[0, 1], [2, 3], [4]]
    assert model.in_messages({}) == [{}]
    assert model.differing({1: Sum(1, b"a")}, {1: Sum(1, b"a"), 2: Sum(0, bytes(16))}) == []
    assert model.differences({b"a": b"1"}, {}) == [Difference(b"a", "missing-above")]


async def verify(wires: Wires) -> int:
    async with wires.databases[Tier.NATION].transaction() as tx:
        return await deep.verify_rows(tx, NATIONAL, wires.node, TOWN)


@pytest.mark.parametrize(
    "change",
    [
        "update jukinet.person set address = '別の町' where person_id = %s",
        "update jukinet.person set birth_date = '1900-01-01' where person_id = %s",
        "update jukinet.person set sealed = sealed || '\\x00' where person_id = %s",
        (
            "update jukinet.person set number_hash = decode(repeat('00', 16), 'hex')"
            " where person_id = %s"
        ),
    ],
    ids=["address", "birth", "seal", "hash"],
)
async def test_a_row_altered_behind_the_program_is_found_and_mended(
    wires: Wires, change: str
) -> None:
    await settle_family(wires)
    assert await verify(wires) == 0
    [(person_id,), *_] = await wires.rows(Tier.NATION, "select person_id from jukinet.person")
    async with wires.databases[Tier.NATION].transaction() as tx:
        await tx.execute(change.encode(), (person_id,))
    await compare(wires)
    assert await verify(wires) == 1
    assert await open_cases(wires, Tier.NATION) == [("altered", "nation")]
    await wires.flow()
    async with wires.databases[Tier.TOWN].transaction(town=TOWN) as tx:
        [report] = await town_store.reports(tx, TOWN)
        await town.resend(tx, wires.node, TOWN, report.report_id, by=BY)
    await wires.flow()
    assert await verify(wires) == 0
    assert await open_cases(wires, Tier.NATION) == []


async def test_the_nightly_comparison_waits_for_its_hour(wires: Wires, clock: FixedClock) -> None:
    await settle_family(wires)
    worker = TownWorker(wires.databases[Tier.TOWN], wires.node, wires.register, digest_hour=2)
    assert await worker.compare_nightly() is False  # it started after the hour of this night
    clock.instant += timedelta(hours=15)  # 01:00 of the next day
    assert await worker.compare_nightly() is False
    clock.instant += timedelta(hours=1)
    assert await worker.compare_nightly() is True
    assert await worker.compare_nightly() is False
    await wires.flow()
    assert await states(wires) == [("equal", 4, 4, 0), ("equal", 4, 4, 0)]
