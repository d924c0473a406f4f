"""Initial load: the same rows as notices would make, or nothing at all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys, create_keys
from jichitai.infra.messages import PublicKeys, public_jwk
from jichitai.jukinet.errors import LoadRefusedError
from jichitai.jukinet.network import service
from jichitai.jukinet.network.load.file import IdentityFile, LoadRow, make_file, row_of
from jichitai.jukinet.network.load.rows import _kana_key, _reduced
from jichitai.jukinet.network.load.service import Workers, load_identity
from jichitai.jukinet.network.notice import open_numbers
from jichitai.jukinet.network.scope import NATIONAL, Scope
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.kernel.persons import kana_key, reduce_text
from tests.conftest import public_keys
from tests.jukinet.network_builders import A, C, code, identity, node, notice, received, rows
from tests.jukinet.test_network import state

SINCE = date(2020, 4, 1)


def load_rows(count: int) -> list[LoadRow]:
    return [
        row_of(identity(n), changed_on=SINCE.isoformat(), since=SINCE, event_number=n)
        for n in range(1, count + 1)
    ]


def file_of(
    keys: Keys, clock: FixedClock, town: str = A, people: Sequence[LoadRow] | None = None
) -> IdentityFile:
    return make_file(
        load_rows(5) if people is None else people,
        municipality=town,
        event_number=9,
        made_at=clock.now(),
        network=keys.network,
        key=keys.signer(Party.town(town)),
    )


def book(keys: Keys) -> PublicKeys:
    return {key.kid: (str(key.party), public_jwk(key.public_key)) for key in public_keys(keys)}


async def test_a_load_makes_the_rows_that_notices_make(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    async with nation_tx.transaction(force_rollback=True):
        batch = [
            received(notice(A, n, who=identity(n), since=SINCE), origin=Party.town(A))
            for n in range(1, 6)
        ]
        await service.receive_notices(nation_tx, node(keys, clock), batch)
        expected = await state(nation_tx)
    loaded = await load_identity(
        nation_tx, NATIONAL, node(keys, clock), file_of(keys, clock), book(keys)
    )
    assert loaded == 5
    assert await state(nation_tx) == expected
    for person_id, sealed in await rows(nation_tx, "select person_id, sealed from jukinet.person"):
        assert open_numbers(keys.columns, sealed, person_id)[0] in {code(n) for n in range(1, 6)}


async def test_the_prefecture_loads_its_own_towns_only(
    prefecture_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    scope = Scope.of(Party.prefecture("01"))
    assert (
        await load_identity(
            prefecture_tx, scope, node(keys, clock), file_of(keys, clock), book(keys)
        )
        == 5
    )
    with pytest.raises(LoadRefusedError):
        await load_identity(
            prefecture_tx, scope, node(keys, clock), file_of(keys, clock, C), book(keys)
        )
    found = await rows(
        prefecture_tx, "select prefecture, count(*) from jukinet.match_lookup group by 1"
    )
    assert found == [("01", 10)]


async def test_a_town_is_loaded_once_and_goes_on_with_notices(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    process = node(keys, clock)
    await load_identity(nation_tx, NATIONAL, process, file_of(keys, clock), book(keys))
    with pytest.raises(LoadRefusedError):
        await load_identity(nation_tx, NATIONAL, process, file_of(keys, clock), book(keys))
    gone = notice(A, 10, "deletion", since=SINCE, who=identity(1))
    await service.receive_notices(nation_tx, process, [received(gone, origin=Party.town(A))])
    assert await rows(
        nation_tx, "select state, count(*) from jukinet.person group by 1 order by 1"
    ) == [
        ("live", 4),
        ("removed", 1),
    ]


async def test_a_person_of_another_town_stops_the_load(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    process = node(keys, clock)
    await load_identity(nation_tx, NATIONAL, process, file_of(keys, clock), book(keys))
    with pytest.raises(LoadRefusedError) as refusal:
        async with nation_tx.transaction():
            await load_identity(nation_tx, NATIONAL, process, file_of(keys, clock, C), book(keys))
    assert code(1) not in str(refusal.value)
    assert await rows(nation_tx, "select count(*) from jukinet.person") == [(5,)]


@pytest.mark.parametrize("place", [0, 20, 200, -5])
async def test_a_changed_byte_is_found(
    nation_tx: Tx, keys: Keys, clock: FixedClock, place: int
) -> None:
    file = file_of(keys, clock)

    def changed(content: bytes) -> bytes:
        return (
            content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
            if place >= 0
            else (content[:place] + bytes([content[place] ^ 1]) + content[place:][1:])
        )

    for forged in (
        replace(file, chunks=(changed(file.chunks[0]),)),
        replace(file, manifest=changed(file.manifest)),
        replace(file, chunks=()),
        replace(file, chunks=file.chunks * 2),
    ):
        with pytest.raises(LoadRefusedError):
            await load_identity(nation_tx, NATIONAL, node(keys, clock), forged, book(keys))
    assert await rows(nation_tx, "select count(*) from jukinet.person") == [(0,)]


async def test_a_file_signed_by_another_town_is_refused(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    file = make_file(
        load_rows(1),
        municipality=A,
        event_number=1,
        made_at=clock.now(),
        network=keys.network,
        key=keys.signer(Party.town(C)),
    )
    with pytest.raises(LoadRefusedError):
        await load_identity(nation_tx, NATIONAL, node(keys, clock), file, book(keys))
    with pytest.raises(LoadRefusedError):
        await load_identity(nation_tx, NATIONAL, node(keys, clock), file_of(keys, clock), {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"juki_code": "12345678900"},
        {"birth_date": "きのう"},
        {"name": "山\x1f田"},
        {"kana": "ヤ\nマ"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_wrong_content_names_the_row_and_not_the_value(
    nation_tx: Tx, keys: Keys, clock: FixedClock, wrong: dict[str, str]
) -> None:
    people = load_rows(2)
    people.append(
        row_of(identity(3, **wrong), changed_on="2020-04-01", since=SINCE, event_number=3)
    )
    with pytest.raises(LoadRefusedError) as refusal:
        file = file_of(keys, clock, people=people)
        await load_identity(nation_tx, NATIONAL, node(keys, clock), file, book(keys))
    assert refusal.value.facts["row"] == 3
    assert next(iter(wrong.values())) not in str(refusal.value)


async def test_worker_processes_make_the_same_rows(
    nation_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    create_keys(tmp_path / "keys", {Tier.TOWN: [Party.town(A)], Tier.NATION: [NATION]})
    town, nation = (Keys.load(tmp_path / "keys", tier) for tier in (Tier.TOWN, Tier.NATION))
    signer = town.signer(Party.town(A))
    public = {signer.kid: (str(Party.town(A)), public_jwk(signer.public))}
    file = file_of(town, clock)
    with Workers(tmp_path / "keys", Tier.NATION, 1) as workers:
        async with nation_database.transaction() as tx:
            loaded = await load_identity(
                tx, NATIONAL, node(nation, clock), file, public, prepare=workers.prepare
            )
    assert loaded == 5


KANA = st.text(alphabet="アイウエオカキクコソトノモヨロゴドャュョッー", min_size=1, max_size=6)


@example("オ", "ーウ")
@example("オ", "ゥエ")
@given(KANA, KANA)
def test_keys_of_parts_are_the_keys_of_the_whole(family: str, given_name: str) -> None:
    whole = f"{family}　{given_name}"
    assert _kana_key(whole) == kana_key(whole)


@pytest.mark.parametrize("name", ["髙橋　花子", "渡邉", "辻\U000e0102　一郎", "Anna　Maria　Silva"])
def test_reduction_of_parts_is_that_of_the_whole(name: str) -> None:
    assert _reduced(name) == reduce_text(name)
