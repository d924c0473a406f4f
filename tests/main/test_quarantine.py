"""Operators' commands for refused messages, on the tier's own database and keys."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from jichitai.infra import party_keys
from jichitai.infra.broker import Broker
from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys, create_keys
from jichitai.infra.messages import Frame, Item, seal_body, sign_frame
from jichitai.infra.migrate import OWNER
from jichitai.infra.receiver import Receiver
from jichitai.jukinet.messages import M10R
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.main.cli import main
from tests.conftest import TOWN, Cluster

TOWN_A = Party.town(TOWN)
REQUEST = uuid.UUID(int=7)


@dataclass
class Place:
    """A tier's database and key directory, as its operator finds them."""

    tier: Tier
    dsn: str

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(
            main, ["quarantine", arguments[0], "--tier", str(self.tier), *arguments[1:]]
        )

    def read(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            connection.execute("select set_config('jichitai.town', '*', false)")
            return connection.execute(query).fetchall()

    def entry(self) -> str:
        ((number,),) = self.read("select quarantine_id from infra.quarantine")
        return str(number)


def place(
    cluster: Cluster, folder: Path, patch: pytest.MonkeyPatch, tier: Tier, kind: str, town: str
) -> Place:
    """A tier that refused a request for codes of a town, because it did not know its kind."""
    name = cluster.copy_of(tier)
    public = create_keys(folder, {Tier.TOWN: [TOWN_A], Tier.NATION: [NATION]})
    patch.setenv("JICHITAI_DATABASE_URL", cluster.dsn(name))
    patch.setenv("JICHITAI_KEY_DIRECTORY", str(folder))
    sender, receiver = (TOWN_A, NATION) if tier is Tier.NATION else (NATION, TOWN_A)
    asyncio.run(_register(cluster.dsn(name, OWNER), public))
    ours, theirs = Keys.load(folder, tier), Keys.load(folder, sender.tier)
    item = _item(theirs, f"{sender}-{receiver}-1", kind, town)
    frame = Frame(str(sender), str(receiver), 1, (item,))
    signed = sign_frame(frame, theirs.signer(sender))
    asyncio.run(_refuse(cluster.dsn(name), tier, ours, signed))
    return Place(tier, cluster.dsn(name))


def _item(keys: Keys, message_id: str, kind: str, town: str) -> Item:
    body = M10R(request_id=REQUEST, municipality=town, wanted=3, left=0)
    sealed = seal_body(keys.network, message_id=message_id, kind=kind, body=body)
    return Item(message_id, kind, 1, datetime(2026, 11, 20, tzinfo=UTC), sealed)


async def _register(dsn: str, public: list[Any]) -> None:
    async with await psycopg.AsyncConnection.connect(dsn) as tx:
        await party_keys.register(tx, public, valid_from=datetime(2020, 1, 1, tzinfo=UTC))


async def _refuse(dsn: str, tier: Tier, keys: Keys, signed: bytes) -> None:
    database = await Database.open(dsn, size=1)
    try:
        broker = Broker.__new__(Broker)
        await Receiver(tier, database, broker, keys, {}, SystemClock()).accept([signed])
    finally:
        await database.close()


def test_a_refused_request_is_listed_shown_and_applied_again(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nation = place(cluster, tmp_path / "keys", monkeypatch, Tier.NATION, "M10R", TOWN)
    entry = nation.entry()
    listed = nation.run("list")
    assert listed.exit_code == 0, listed.output
    assert f"{entry}\topen\t" in listed.stdout
    assert listed.stdout.endswith(f"\tnation\t{TOWN_A}\tM10R\t1\tinfra.unknown-kind\n")
    done = nation.run("retry", entry, "--reason", "更新した")
    assert done.exit_code == 0, done.output
    assert nation.read("select kind, receiver from infra.outbox") == [("M10", str(TOWN_A))]
    assert nation.run("list").stdout == ""
    assert f"{entry}\tapplied\t" in nation.run("list", "--all").stdout
    last = "select action, subject, reason from infra.audit where action like 'infra.quarantine%'"
    assert nation.read(last) == [("infra.quarantine.retry", entry, "更新した")]
    again = nation.run("retry", entry, "--reason", "もう一度")
    assert (again.exit_code, "処理済み" in again.stderr) == (1, True)


def test_showing_a_message_tells_types_and_lengths_and_no_value(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nation = place(cluster, tmp_path / "keys", monkeypatch, Tier.NATION, "M10R", TOWN)
    shown = nation.run("show", nation.entry())
    assert shown.exit_code == 0, shown.output
    assert "内容\tmunicipality\t文字\t6文字" in shown.stdout
    assert str(REQUEST) not in shown.stdout


def test_what_is_refused_again_stays_open_and_leaves_no_trace(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nation = place(cluster, tmp_path / "keys", monkeypatch, Tier.NATION, "M10R", "131016")
    refused = nation.run("retry", nation.entry(), "--reason", "試す")
    assert refused.exit_code == 1
    assert "エラー" in refused.stderr
    assert nation.read("select state from infra.quarantine") == [("open",)]
    assert nation.read("select 1 from infra.audit where action like 'infra.quarantine%'") == []


def test_a_town_rejects_and_the_audit_log_of_the_town_tells(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = place(cluster, tmp_path / "keys", monkeypatch, Tier.TOWN, "X9", TOWN)
    assert town.run("list", "--municipality", "131016").stdout == ""
    entry = town.entry()
    assert entry in town.run("list", "--municipality", TOWN).stdout
    done = town.run("reject", entry, "--reason", "誤送")
    assert done.exit_code == 0, done.output
    assert town.read("select state, decision_reason from infra.quarantine") == [
        ("rejected", "誤送")
    ]
    last = "select municipality, reason from infra.audit where action = 'infra.quarantine.reject'"
    assert town.read(last) == [(TOWN, "誤送")]


def test_an_unknown_entry_and_a_missing_reason_are_refused(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nation = place(cluster, tmp_path / "keys", monkeypatch, Tier.NATION, "M10R", TOWN)
    assert nation.run("reject", str(REQUEST), "--reason", "x").exit_code == 1
    assert nation.run("reject", nation.entry()).exit_code == 2
