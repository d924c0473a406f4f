"""Keys change while everything runs: the next one, the last days of the old one, a stolen one."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from jichitai.infra import keys as keys_module
from jichitai.infra import links, party_keys
from jichitai.infra.broker import Broker
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, Tx, fetch_value
from jichitai.infra.keys import (
    Keys,
    MissingKeyError,
    activate_signing_key,
    create_keys,
    rotate_signing_key,
)
from jichitai.infra.links import Link
from jichitai.infra.messages import Frame, Item, seal_body, sign_frame
from jichitai.infra.migrate import OWNER
from jichitai.infra.receiver import Receiver
from jichitai.kernel.parties import NATION, Party, Tier
from tests.conftest import Cluster
from tests.infra.test_messaging import Note, Sink, effects

TOWN_A, TOWN_B = Party.town("011002"), Party.town("131016")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    create_keys(folder, {Tier.TOWN: [TOWN_A, TOWN_B]})
    return folder


@pytest.fixture
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the file at every use."""
    monkeypatch.setattr(keys_module, "_LOOK_EVERY", 0.0)


def kid(keys: Keys, party: Party = TOWN_A) -> str:
    return keys.signer(party).kid


@pytest.mark.usefixtures("prompt")
def test_a_running_process_signs_with_the_next_key_once_it_is_activated(directory: Path) -> None:
    keys = Keys.load(directory, Tier.TOWN)
    made = rotate_signing_key(directory, TOWN_A)
    assert (made.kid, kid(keys)) == (f"{TOWN_A}.2", f"{TOWN_A}.1")
    assert rotate_signing_key(directory, TOWN_A) == made  # asked twice, made once
    assert activate_signing_key(directory, TOWN_A) == made
    assert (kid(keys), kid(keys, TOWN_B)) == (f"{TOWN_A}.2", f"{TOWN_B}.1")
    assert keys.signer(TOWN_A).public == made.public_key
    with pytest.raises(MissingKeyError, match="次の鍵"):
        activate_signing_key(directory, TOWN_A)


@pytest.mark.usefixtures("prompt")
def test_a_broken_key_file_does_not_stop_a_running_process(directory: Path) -> None:
    keys = Keys.load(directory, Tier.TOWN)
    file = directory / "signing-town.json"
    good = file.read_bytes()
    for damage in (b"", b"{", b'{"town-011002": {"x": "y"}}', b'{"town-011002": {}}'):
        file.write_bytes(damage)
        assert kid(keys) == f"{TOWN_A}.1"
    file.chmod(0o644)
    file.write_bytes(good + b" ")
    assert kid(keys) == f"{TOWN_A}.1"
    file.unlink()
    assert kid(keys) == f"{TOWN_A}.1"


def test_the_file_is_looked_at_once_a_second_at_most(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keys.load(directory, Tier.TOWN)
    looks: list[Path | None] = []
    monkeypatch.setattr(keys_module, "_stamp", looks.append)
    monkeypatch.setattr(keys, "_looked_at", time.monotonic())
    for _ in range(1000):
        keys.signer(TOWN_A)
    assert len(looks) <= 1


def test_a_key_of_another_node_cannot_be_rotated_here(directory: Path) -> None:
    with pytest.raises(MissingKeyError, match="141003"):
        rotate_signing_key(directory, Party.town("141003"))


def test_key_files_are_readable_by_their_owner_only(directory: Path) -> None:
    rotate_signing_key(directory, TOWN_A)
    activate_signing_key(directory, TOWN_A)
    for file in directory.iterdir():
        assert file.stat().st_mode & 0o077 == 0
    (directory / "signing-town.json").chmod(0o640)
    with pytest.raises(MissingKeyError, match="他の利用者"):
        Keys.load(directory, Tier.TOWN)
    assert set(json.loads((directory / "signing-town.json").read_text())[str(TOWN_A)]) == {"1", "2"}
    os.chmod(directory / "signing-town.json", 0o600)  # noqa: PTH101


# --- what receivers make of old, ended and revoked keys --------------------------------------


def signed(keys: Keys, text: str, first: int, sender: Party = TOWN_A) -> bytes:
    name = f"{sender}-{NATION}-{first}"
    body = seal_body(keys.network, message_id=name, kind="N1", body=Note(text))
    item = Item(name, "N1", 1, datetime(2026, 11, 20, tzinfo=UTC), body)
    return sign_frame(Frame(str(sender), str(NATION), first, (item,)), keys.signer(sender))


async def owner(
    database: Database, cluster: Cluster
) -> psycopg.AsyncConnection[tuple[object, ...]]:
    async with database.transaction() as tx:
        name = await fetch_value(tx, "select current_database()")
    return await psycopg.AsyncConnection.connect(cluster.dsn(name, OWNER), autocommit=True)


def receiver(database: Database, keys: Keys, clock: FixedClock) -> Receiver:
    return Receiver(Tier.NATION, database, Broker.__new__(Broker), keys, Sink().handlers(), clock)


async def reasons(tx: Tx) -> list[str]:
    cursor = await tx.execute("select reason_type from infra.quarantine order by received_at")
    return [str(row[0]) for row in await cursor.fetchall()]


async def test_an_old_key_is_good_until_its_last_day(
    nation_database: Database, cluster: Cluster, keys: Keys, clock: FixedClock
) -> None:
    inbox = receiver(nation_database, keys, clock)
    now = datetime.now(UTC)  # noqa: TID251
    async with await owner(nation_database, cluster) as connection:
        with pytest.raises(party_keys.UnknownKeyError):
            await party_keys.retire(connection, TOWN_A, keep=f"{TOWN_A}.2", at=now)
        await connection.execute(
            "insert into infra.party_key (party, kid, public_key, valid_from)"
            " values (%s, %s, %s, now())",
            (str(TOWN_A), f"{TOWN_A}.2", b"2" * 32),
        )
        keep = f"{TOWN_A}.2"
        await party_keys.retire(connection, TOWN_A, keep=keep, at=now + timedelta(days=30))
        assert (await inbox.accept([signed(keys, "a", 1)])).applied == 1
        ended = await party_keys.retire(connection, TOWN_A, keep=keep, at=now - timedelta(days=1))
        assert ended == 1
    inbox._book._read_at = 0.0
    outcome = await inbox.accept([signed(keys, "b", 2)])
    assert (outcome.applied, outcome.refused) == (0, 1)
    async with nation_database.transaction() as tx:
        assert await reasons(tx) == ["infra.forged-message"]


async def test_a_revoked_key_is_refused_and_moves_no_mark(
    nation_database: Database, cluster: Cluster, keys: Keys, clock: FixedClock
) -> None:
    inbox = receiver(nation_database, keys, clock)
    await inbox.accept([signed(keys, "a", 1)])
    async with await owner(nation_database, cluster) as connection:
        await party_keys.revoke(connection, f"{TOWN_A}.1", at=datetime.now(UTC))  # noqa: TID251
    inbox._book._read_at = 0.0
    outcome = await inbox.accept([signed(keys, "b", 2), signed(keys, "x", 1, TOWN_B)])
    assert (outcome.applied, outcome.refused) == (1, 1)
    async with nation_database.transaction() as tx:
        assert await reasons(tx) == ["infra.forged-message"]
        query = "select number from infra.inbox_mark where sender = %s"
        assert await fetch_value(tx, query, (str(TOWN_A),)) == 1


@pytest.mark.parametrize("end", ["retired", "revoked"])
async def test_what_was_held_back_survives_the_end_of_its_key_but_not_its_revocation(
    nation_database: Database, cluster: Cluster, keys: Keys, clock: FixedClock, end: str
) -> None:
    """A link is cut because a key may be stolen, the key is changed, and the link returns."""
    inbox = receiver(nation_database, keys, clock)
    await _link(nation_database, "cut", clock)
    await inbox.accept([signed(keys, "held", 1), signed(keys, "x", 1, TOWN_B)])
    async with await owner(nation_database, cluster) as connection:
        column = "valid_to" if end == "retired" else "revoked_at"
        await connection.execute(
            f"update infra.party_key set {column} = '2026-01-01' where party = %s", (str(TOWN_A),)
        )
    await _link(nation_database, "open", clock)
    assert await inbox.release([NATION]) == 1
    async with nation_database.transaction() as tx:
        assert await fetch_value(tx, "select count(*) from infra.held") == 0
        found = await reasons(tx)
    kept = end == "retired"
    assert await effects(nation_database) == (["x", "held"] if kept else ["x"])
    assert found == ([] if kept else ["infra.forged-message"])


async def _link(database: Database, state: str, clock: FixedClock) -> None:
    async with database.transaction() as tx:
        await links.set_state(tx, Link(str(TOWN_A), state, clock.now(), "鍵の疑い", "a", "b"))
