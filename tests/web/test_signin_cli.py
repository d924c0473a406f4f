"""Operators' commands."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import ECKey

from jichitai.kernel.parties import Tier
from jichitai.web.signin.cli import account, client
from tests.conftest import Cluster


def run(group: object, *arguments: str) -> Result:
    return CliRunner().invoke(group, arguments)  # type: ignore[arg-type]


@pytest.fixture
def town(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> str:
    dsn = cluster.dsn(cluster.copy_of(Tier.TOWN))
    monkeypatch.setenv("JICHITAI_DATABASE_URL", dsn)
    return dsn


@pytest.fixture
def nation(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> str:
    dsn = cluster.dsn(cluster.copy_of(Tier.NATION))
    monkeypatch.setenv("JICHITAI_DATABASE_URL", dsn)
    return dsn


@pytest.mark.usefixtures("town")
def test_an_account_is_made_invited_and_suspended() -> None:
    made = run(
        account, "add", "--tier", "town", "--display", "窓口 一郎", "--role", "clerk",
        "--municipality", "011002",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    number = made.stdout.strip()
    code = run(account, "invite", number, "--tier", "town")
    assert len(code.stdout.strip()) == 19
    done = run(account, "state", number, "suspended", "--tier", "town", "--reason", "異動")
    assert done.exit_code == 0, done.output
    assert run(account, "invite", "0" * 32, "--tier", "town").exit_code != 0


@pytest.mark.usefixtures("nation")
def test_a_program_is_registered_listed_and_closed(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    key = ECKey.generate_key("P-256", {"kid": "1"}).as_dict(private=False)
    file.write_text(json.dumps({"keys": [key]}))
    made = run(client, "add", "batch", str(file), "--organ", "B-001", "--display", "一括")
    assert made.exit_code == 0, made.output
    assert run(client, "state", "batch", "closed", "--reason", "廃止").exit_code == 0
    assert "batch\tB-001\tclosed" in run(client, "list").stdout
    file.write_text("{")
    assert run(client, "add", "b", str(file), "--organ", "B", "--display", "x").exit_code == 2
