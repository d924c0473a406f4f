"""Intake at prefecture and nation: one record per person, whatever the order of arrival."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.jukinet.errors import (
    InvalidMessageError,
    NumberOfAnotherPersonError,
    WrongOriginError,
    WrongReceiverError,
)
from jichitai.jukinet.events import PersonHeard
from jichitai.jukinet.messages import M01
from jichitai.jukinet.network import service
from jichitai.jukinet.network.notice import open_numbers
from jichitai.kernel.parties import Party
from tests.jukinet.network_builders import A, B, C, code, identity, node, notice, received, rows

OLD, NEW, NEWER = date(2020, 4, 1), date(2026, 4, 1), date(2026, 6, 1)


async def take(
    tx: Tx, keys: Keys, clock: FixedClock, *notices: M01, one_by_one: bool = False
) -> None:
    batch = [received(m, origin=Party.town(m.municipality)) for m in notices]
    for part in [[r] for r in batch] if one_by_one else [batch]:
        await service.receive_notices(tx, node(keys, clock), part)


async def state(tx: Tx) -> dict[str, Any]:
    """Everything the nation keeps, without surrogate ids and times."""
    return {
        "persons": await rows(
            tx,
            "select code_hash, number_hash, municipality, state, voided, name, address,"
            " residence_since, event_number, row_hash from jukinet.person order by code_hash",
        ),
        "codes": await rows(
            tx, "select code_hash, current from jukinet.code_lookup order by code_hash"
        ),
        "numbers": await rows(
            tx, "select number_hash, current from jukinet.number_lookup order by number_hash"
        ),
        "matches": await rows(tx, "select match_key from jukinet.match_lookup order by match_key"),
        "others": await rows(
            tx,
            "select municipality, code_hash, event_number, row_hash from jukinet.other_residence"
            " order by code_hash, municipality",
        ),
    }


async def person(tx: Tx) -> tuple[Any, ...]:
    found = await rows(tx, "select municipality, state, address, event_number from jukinet.person")
    assert len(found) == 1
    return found[0]


async def test_an_entry_is_kept_sealed_and_found_by_code_and_number(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    who = identity(7)
    await take(nation_tx, keys, clock, notice(who=who))
    [(person_id, sealed, name)] = await rows(
        nation_tx, "select person_id, sealed, name from jukinet.person"
    )
    assert name == who.name
    assert open_numbers(keys.columns, sealed, person_id) == (who.juki_code, who.my_number)
    assert who.juki_code.encode() not in sealed
    hashed = keys.network_blind.of("code", who.juki_code)
    assert await rows(
        nation_tx, "select person_id, current from jukinet.code_lookup where code_hash = %s", hashed
    ) == [(person_id, True)]
    assert len(await rows(nation_tx, "select * from jukinet.match_lookup")) == 2


async def test_the_newest_residence_wins_and_the_old_deletion_arriving_late_is_history(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    await take(nation_tx, keys, clock, notice(A, 1, since=OLD))
    await take(
        nation_tx, keys, clock, notice(C, 5, since=NEW, who=identity(address="丸の内一丁目"))
    )
    assert await person(nation_tx) == (C, "live", "丸の内一丁目", 5)
    assert len(await rows(nation_tx, "select * from jukinet.other_residence")) == 1
    assert await rows(nation_tx, "select * from jukinet.digest_case") == []
    await take(nation_tx, keys, clock, notice(A, 2, "deletion", since=OLD))
    assert await person(nation_tx) == (C, "live", "丸の内一丁目", 5)
    assert await rows(nation_tx, "select * from jukinet.other_residence") == []
    history = await rows(
        nation_tx,
        "select municipality, event_number, state from jukinet.person_history order by 2",
    )
    assert history == [(A, 1, "live"), (A, 2, "removed")]


async def test_a_second_live_record_with_an_older_residence_is_a_case_and_is_reported(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    await take(nation_tx, keys, clock, notice(C, 5, since=NEW))
    await take(nation_tx, keys, clock, notice(A, 9, since=OLD))
    assert (await person(nation_tx))[0] == C
    assert await rows(
        nation_tx, "select municipality, kind, owner, state from jukinet.digest_case"
    ) == [(A, "second-live", "town-011002", "open")]
    assert await rows(nation_tx, "select receiver, kind from infra.outbox") == [
        ("prefecture-01", "M15")
    ]
    await take(nation_tx, keys, clock, notice(A, 10, "correction", since=OLD))
    assert len(await rows(nation_tx, "select * from infra.outbox")) == 1, "reported once"
    await take(nation_tx, keys, clock, notice(A, 11, "deletion", since=OLD))
    assert await rows(nation_tx, "select state from jukinet.digest_case") == [("explained",)]


async def test_a_live_record_left_behind_becomes_a_case_after_some_days(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    await take(nation_tx, keys, clock, notice(A, 1, since=OLD), notice(C, 5, since=NEW))
    assert await service.open_overdue(nation_tx, node(keys, clock)) == 0
    later = FixedClock(clock.now() + timedelta(days=6))
    assert await service.open_overdue(nation_tx, node(keys, later)) == 1
    assert await service.open_overdue(nation_tx, node(keys, later)) == 0


async def test_a_cancelled_entry_gives_the_person_back_to_the_former_town(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    await take(nation_tx, keys, clock, notice(A, 1, since=OLD), one_by_one=True)
    await take(nation_tx, keys, clock, notice(C, 5, since=NEW, who=identity(address="丸の内")))
    await take(nation_tx, keys, clock, notice(C, 6, "deletion", since=NEW, reversal=True))
    assert await person(nation_tx) == (A, "live", "北一条西二丁目1番", 1)
    assert await rows(nation_tx, "select * from jukinet.other_residence") == []


async def test_a_code_change_keeps_the_person_and_both_codes_lead_to_them(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    await take(nation_tx, keys, clock, notice(A, 1))
    [(before,)] = await rows(nation_tx, "select person_id from jukinet.person")
    changed = notice(A, 2, "correction", who=identity(juki_code=code(50)), previous_code=code(1))
    await take(nation_tx, keys, clock, changed)
    found = await rows(nation_tx, "select person_id, current from jukinet.code_lookup order by 2")
    assert found == [(before, False), (before, True)]
    assert len(await rows(nation_tx, "select * from jukinet.person")) == 1


async def test_a_name_change_replaces_the_match_keys(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    await take(nation_tx, keys, clock, notice(A, 1))
    before = await rows(nation_tx, "select match_key from jukinet.match_lookup")
    await take(nation_tx, keys, clock, notice(A, 2, "correction", who=identity(name="佐藤　花")))
    after = await rows(nation_tx, "select match_key from jukinet.match_lookup")
    assert len(after) == 2
    assert len(set(before) & set(after)) == 1, "the kana key stays"


async def test_a_message_sent_again_mends_only_its_own_event(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    await take(nation_tx, keys, clock, notice(A, 1, who=identity(address="誤り")))
    await take(nation_tx, keys, clock, notice(A, 1, who=identity(address="重複")))
    assert (await person(nation_tx))[2] == "誤り"
    await take(nation_tx, keys, clock, notice(A, 1, who=identity(address="正しい"), resent=1))
    assert (await person(nation_tx))[2] == "正しい"


async def test_watchers_hear_of_the_standing_record_in_order_and_of_nothing_else(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    heard: list[PersonHeard] = []

    async def watch(tx: Tx, changes: Sequence[PersonHeard]) -> None:
        count = await rows(tx, "select count(*) from jukinet.person")
        assert count[0][0] == 1  # the record was written before
        heard.extend(changes)

    watched = replace(node(keys, clock), watchers=(watch,))

    async def hear(*notices: M01) -> list[PersonHeard]:
        heard.clear()
        batch = [received(m, origin=Party.town(m.municipality)) for m in notices]
        await service.receive_notices(nation_tx, watched, batch)
        return list(heard)

    entry = notice(A, 1, since=OLD)
    moved = notice(A, 2, change="correction", since=OLD)
    [first] = await hear(entry, moved)
    assert first.live
    assert first.municipality == A
    assert [m.event_number for m in first.messages] == [1, 2]
    [arrival] = await hear(notice(B, 1, since=NEW))
    assert (arrival.municipality, arrival.person_id) == (B, first.person_id)
    assert await hear(notice(A, 3, change="deletion", since=OLD)) == []  # late, stands no more
    [gone] = await hear(notice(B, 2, change="deletion", since=NEW))
    assert not gone.live


async def test_a_number_of_another_person_is_refused(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    await take(nation_tx, keys, clock, notice(A, 1))
    thief = identity(2, my_number=identity(1).my_number, birth_date="1999-09-09")
    with pytest.raises(NumberOfAnotherPersonError) as refusal:
        await take(nation_tx, keys, clock, notice(C, 1, who=thief))
    assert str(identity(1).my_number) not in str(refusal.value)


async def test_a_code_change_heard_late_does_not_make_two_persons(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    await take(nation_tx, keys, clock, notice(A, 1, since=OLD))
    changed = identity(juki_code=code(50))
    await take(nation_tx, keys, clock, notice(C, 7, since=NEW, who=changed))
    await take(
        nation_tx,
        keys,
        clock,
        notice(A, 2, "correction", since=OLD, who=changed, previous_code=code(1)),
        notice(A, 3, "deletion", since=OLD, who=changed),
    )
    assert (await person(nation_tx))[0] == C
    assert len(await rows(nation_tx, "select * from jukinet.code_lookup")) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"who": identity(juki_code="12345678900")},
        {"who": identity(my_number="123456789012")},
        {"who": identity(birth_date="きのう")},
        {"who": identity(name="山田\x1f花子")},
        {"who": identity(address="改\n行")},
        {"since": date(2027, 1, 1)},
        {"municipality": "011001"},
        {"previous_code": code(3)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_wrong_content_is_refused_without_telling_it(
    nation_tx: Tx, keys: Keys, clock: FixedClock, wrong: dict[str, Any]
) -> None:
    message = notice(**wrong)
    with pytest.raises(InvalidMessageError) as refusal:
        await take(nation_tx, keys, clock, message)
    assert message.identity.juki_code not in str(refusal.value)


async def test_a_town_speaks_only_for_itself(
    nation_tx: Tx, prefecture_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    foreign = received(notice(A), origin=Party.town(B))
    with pytest.raises(WrongOriginError):
        await service.receive_notices(nation_tx, node(keys, clock), [foreign])
    stranger = received(notice(C), origin=Party.town(C), receiver=Party.prefecture("01"))
    with pytest.raises(WrongReceiverError):
        await service.receive_notices(prefecture_tx, node(keys, clock), [stranger])


async def test_the_prefecture_keeps_its_copy_and_forwards_what_the_town_signed(
    prefecture_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    batch = [
        received(
            notice(A, number, who=identity(number)),
            origin=Party.town(A),
            receiver=Party.prefecture("01"),
            number=number,
            keys=keys,
        )
        for number in (1, 2)
    ]
    await service.receive_notices(prefecture_tx, node(keys, clock), batch)
    assert await rows(
        prefecture_tx, "select prefecture, count(*) from jukinet.person group by 1"
    ) == [("01", 2)]
    assert (
        await rows(prefecture_tx, "select sender, receiver, kind from infra.outbox")
        == [("prefecture-01", "nation", "FWD")] * 2
    )


async def test_two_towns_heard_at_the_same_moment_make_one_person(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    people = range(1, 41)

    async def hear(town: str, since: date, order: Iterable[int]) -> None:
        for serial in order:
            async with nation_database.transaction() as tx:
                await take(tx, keys, clock, notice(town, serial, since=since, who=identity(serial)))

    await asyncio.gather(
        hear(A, OLD, people), hear(B, NEW, reversed(people)), hear(C, NEWER, people)
    )
    async with nation_database.transaction() as tx:
        counted = "select municipality, count(*) from jukinet.person group by 1"
        assert await rows(tx, counted) == [(C, 40)]
        others = "select municipality, count(*) from jukinet.other_residence group by 1 order by 1"
        assert await rows(tx, others) == [(A, 40), (B, 40)]


# --- any order ---------------------------------------------------------------------------------

History = Sequence[M01]


@st.composite
def lives(draw: st.DrawFn) -> dict[str, list[M01]]:
    """Per town an ordered list of what happened to two or three people who move about."""
    logs: dict[str, list[M01]] = {A: [], B: [], C: []}

    def say(town: str, change: str, since: date, who: Any, **items: Any) -> None:
        logs[town].append(notice(town, len(logs[town]) + 1, change, since, who, **items))

    for serial in range(1, draw(st.integers(2, 3)) + 1):
        who, day = identity(serial), date(2020, 1, 1)
        town = draw(st.sampled_from([A, B, C]))
        say(town, "entry", day, who)
        for _ in range(draw(st.integers(0, 5))):
            step = draw(st.sampled_from(["move", "rename", "recode", "cancel", "die"]))
            since, day = day, day + timedelta(days=draw(st.integers(0, 40)))
            if step == "rename":
                who = identity(
                    serial, juki_code=who.juki_code, name=f"改名　{draw(st.integers(1, 9))}"
                )
                say(town, "correction", since, who)
                day = since
            elif step == "recode":
                old = who.juki_code
                who = identity(
                    serial, juki_code=code(100 * serial + len(logs[town])), name=who.name
                )
                say(town, "correction", since, who, previous_code=old)
                day = since
            elif step == "die":
                say(town, "deletion", since, who)
                break
            else:
                other = draw(st.sampled_from([t for t in (A, B, C) if t != town]))
                say(other, "entry", day, who)
                say(town, "deletion", since, who)
                if step == "cancel":
                    say(other, "deletion", day, who, reversal=True)
                    say(town, "entry", since, who, reversal=True)
                    day = since
                else:
                    town = other
    return logs


def interleaved(draw: st.DrawFn, logs: dict[str, list[M01]]) -> Iterable[M01]:
    waiting = {town: list(log) for town, log in logs.items() if log}
    while waiting:
        town = draw(st.sampled_from(sorted(waiting)))
        yield waiting[town].pop(0)
        if not waiting[town]:
            del waiting[town]


@st.composite
def two_orders(draw: st.DrawFn) -> tuple[list[list[M01]], list[M01]]:
    """The same logs twice: cut into batches in one order, one by one in another."""
    logs = draw(lives())
    first = list(interleaved(draw, logs))
    size = draw(st.integers(1, len(first)))
    batches = [first[i : i + size] for i in range(0, len(first), size)]
    return batches, list(interleaved(draw, logs))


@settings(max_examples=60)
@given(orders=two_orders())
async def test_any_order_between_towns_leads_to_the_same_nation(
    nation_tx: Tx, keys: Keys, clock: FixedClock, orders: tuple[list[list[M01]], list[M01]]
) -> None:
    batches, singles = orders
    async with nation_tx.transaction(force_rollback=True):
        for batch in batches:
            await take(nation_tx, keys, clock, *batch)
        first = await state(nation_tx)
    async with nation_tx.transaction(force_rollback=True):
        await take(nation_tx, keys, clock, *singles, one_by_one=True)
        await take(nation_tx, keys, clock, *singles)
        assert await state(nation_tx) == first
