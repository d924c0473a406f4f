"""Operators' commands for registered bodies and their operators."""

import psycopg
import pytest
from click.testing import CliRunner, Result

from jichitai.kernel.parties import Tier
from jichitai.main.cli import main
from tests.conftest import Cluster


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["organ", *arguments])


@pytest.fixture
def nation(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> str:
    dsn = cluster.dsn(cluster.copy_of(Tier.NATION))
    monkeypatch.setenv("JICHITAI_DATABASE_URL", dsn)
    return dsn


def add(quota: int = 100) -> Result:
    return run(
        "add", "nenkin", "--name", "年金機構", "--affair", "T1-77", "--quota", str(quota)
    )  # fmt: skip


def reasons(dsn: str) -> list[tuple[str, str | None, str | None]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select action, subject, reason from infra.audit order by recorded_at"
        ).fetchall()


def test_a_body_is_registered_suspended_and_listed(nation: str) -> None:
    made = add()
    assert made.exit_code == 0, made.output
    assert run("state", "nenkin", "suspended", "--reason", "誤用").exit_code == 0
    assert run("list").stdout == "nenkin\tsuspended\t100\tT1-77\t年金機構\n"
    assert reasons(nation) == [
        ("jukinet.organ.register", "nenkin", None),
        ("jukinet.organ.register", "nenkin", "誤用"),
    ]


@pytest.mark.usefixtures("nation")
def test_registering_a_suspended_body_again_does_not_open_it() -> None:
    add()
    run("state", "nenkin", "suspended", "--reason", "誤用")
    assert add(quota=5).exit_code == 0
    assert run("list").stdout.startswith("nenkin\tsuspended\t5\t")


def test_an_operator_is_registered_and_suspended_under_a_known_body(nation: str) -> None:
    add()
    made = run("operator", "add", "nenkin", "op-1", "--name", "給付第一課")
    assert made.exit_code == 0, made.output
    done = run("operator", "state", "nenkin", "op-1", "suspended", "--reason", "異動")
    assert done.exit_code == 0, done.output
    assert run("operator", "list", "nenkin").stdout == "op-1\tsuspended\t給付第一課\n"
    assert reasons(nation)[-1] == ("jukinet.operator.register", "nenkin/op-1", "異動")


@pytest.mark.usefixtures("nation")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("state", "nobody", "active", "--reason", "x"), "登録されていない利用機関です"),
        (("operator", "add", "nobody", "op-1", "--name", "x"), "登録されていない利用機関です"),
        (("operator", "list", "nobody"), "登録されていない利用機関です"),
        (("add", "n", "--name", "x", "--affair", "Z9-9", "--quota", "1"), "エラー"),
    ],
)
def test_unknown_names_are_refused_in_words(arguments: tuple[str, ...], words: str) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert words in refused.stderr


@pytest.mark.usefixtures("nation")
def test_an_unknown_operator_is_refused_in_words() -> None:
    add()
    refused = run("operator", "state", "nenkin", "op-9", "active", "--reason", "x")
    assert refused.exit_code == 1
    assert "jichitai organ operator list nenkin" in refused.stderr


@pytest.mark.parametrize("name", ["年金", "a b", "-x", "a" * 41])
def test_a_name_that_the_tables_would_refuse_is_asked_for_again(name: str) -> None:
    made = run("add", "--name", "x", "--affair", "T1-77", "--quota", "1", "--", name)
    assert made.exit_code == 2
