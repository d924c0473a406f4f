"""Operators' commands that bring the two ends of a channel together after a restore."""

from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from jichitai.kernel.parties import Tier
from jichitai.main.cli import main
from tests.conftest import TOWN, Cluster

CHANNEL = "insert into infra.channel values (%s, %s, %s, 0)"
WAITING = """
insert into infra.outbox
       (sender, receiver, number, message_id, kind, version, body, created_at)
select %s, %s, number, 'id-' || number, 'N1', 1, '', now()
  from generate_series(1, %s) as number
"""
A, B, PREFECTURE = f"town-{TOWN}", "town-131016", f"prefecture-{TOWN[:2]}"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["channel", *arguments])


def repair(tier: str, sender: str, receiver: str, number: int, *more: str) -> Result:
    return run(
        "repair", "--tier", tier, "--sender", sender, "--receiver", receiver,
        "--number", str(number), "--reason", "復旧", *more,
    )  # fmt: skip


def execute(dsn: str, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        connection.execute("select set_config('jichitai.town', '*', false)")
        cursor = connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def town(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> str:
    """A restored town that has sent two messages to its prefecture since."""
    dsn = cluster.dsn(cluster.copy_of(Tier.TOWN))
    monkeypatch.setenv("JICHITAI_DATABASE_URL", dsn)
    for query in (CHANNEL, WAITING):
        execute(dsn, query, (A, PREFECTURE, 2))
    return dsn


def test_a_restored_sender_goes_on_after_the_mark_of_the_receiver(town: str) -> None:
    done = repair("town", A, PREFECTURE, 10)
    assert done.exit_code == 0, done.output
    assert run("list", "--tier", "town").stdout == f"送信\t{A}\t{PREFECTURE}\t12\t10\t2\n"
    rows = execute(town, "select number, message_id from infra.outbox order by number")
    assert rows == [(11, "id-1"), (12, "id-2")]
    (told,) = execute(town, "select action, subject, reason, facts from infra.audit")
    assert told[:3] == ("infra.channel.repair", f"{A} {PREFECTURE}", "復旧")
    assert told[3] == {"side": "sender", "from": 2, "to": 10, "renumbered": 2}


def test_a_restored_receiver_goes_on_after_what_the_sender_deleted(town: str) -> None:
    done = repair("town", PREFECTURE, A, 7)
    assert done.exit_code == 0, done.output
    assert "整合性確認" in done.stderr
    assert f"受信\t{PREFECTURE}\t{A}\t7\n" in run("list", "--tier", "town").stdout
    assert execute(town, "select facts ->> 'side' from infra.audit") == [("receiver",)]


@pytest.mark.usefixtures("town")
def test_no_end_goes_backwards_or_beyond_reason() -> None:
    repair("town", PREFECTURE, A, 7)
    for sender, receiver, number in ((A, PREFECTURE, 2), (PREFECTURE, A, 7), (PREFECTURE, A, 6)):
        refused = repair("town", sender, receiver, number)
        assert (refused.exit_code, "後ろへは戻せません" in refused.stderr) == (1, True)
    assert repair("town", A, PREFECTURE, 10**15).exit_code == 1


def test_between_two_towns_of_one_database_the_side_must_be_named(town: str) -> None:
    refused = repair("town", A, B, 5)
    assert refused.exit_code == 1
    assert "--side" in refused.stderr
    assert repair("town", A, B, 5, "--side", "receiver").exit_code == 0
    assert execute(town, "select number from infra.inbox_mark") == [(5,)]
    shown = run("list", "--tier", "town", "--municipality", "131016").stdout
    assert shown == f"受信\t{A}\t{B}\t5\n"


@pytest.mark.usefixtures("town")
def test_a_channel_of_other_tiers_is_refused() -> None:
    refused = repair("town", "prefecture-01", "nation", 5)
    assert (refused.exit_code, "直す側" in refused.stderr) == (1, True)
