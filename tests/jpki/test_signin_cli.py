"""Operators' commands for relying parties."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import ECKey

from jichitai.infra.keys import create_keys
from jichitai.jpki.signin.cli import rp
from jichitai.jpki.signin.errors import NotRehearsedError, UnknownPartyError
from jichitai.kernel.parties import NATION, Tier
from tests.conftest import Cluster
from tests.jpki.signin_world import CLIENT_KEY, document


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rp, list(arguments))


@pytest.fixture
def nation(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    dsn = cluster.dsn(cluster.copy_of(Tier.NATION))
    create_keys(tmp_path / "keys", {Tier.NATION: [NATION]})
    monkeypatch.setenv("JICHITAI_DATABASE_URL", dsn)
    monkeypatch.setenv("JICHITAI_KEY_DIRECTORY", str(tmp_path / "keys"))
    return dsn


def written(folder: Path, content: Any) -> str:
    path = folder / "file.json"
    path.write_text(json.dumps(content))
    return str(path)


def test_a_party_is_registered_rehearsed_and_refused_until_it_is_ready(
    nation: str, tmp_path: Path
) -> None:
    made = run("add", written(tmp_path, document()), "--days", "60")
    assert made.exit_code == 0, made.output
    assert made.stdout == "library\t接続試験中\tセクター library.example.jp\n"
    progress = run("rehearse", "library", "--fault", "wrong-nonce")
    assert progress.exit_code == 1
    assert "まだ\tnonce が違うIDトークンを断る" in progress.stdout
    opened = run("state", "library", "open", "--reason", "早すぎる")
    assert isinstance(opened.exception, NotRehearsedError)
    assert run("state", "library", "suspended", "--reason", "試験").exit_code == 0
    assert run("list").stdout.startswith("library\tsuspended\t")
    assert isinstance(run("extend", "nobody", "--reason", "x").exception, UnknownPartyError)
    with psycopg.connect(nation) as connection:
        rows = connection.execute(
            "select action, subject, reason from infra.audit order by recorded_at"
        ).fetchall()
    assert rows == [
        ("jpki.rp.register", "library", None),
        ("jpki.rp.fault", "library", None),
        ("jpki.rp.state", "library", "試験"),
    ]


@pytest.mark.usefixtures("nation")
def test_warnings_end_when_keys_and_registration_are_renewed(tmp_path: Path) -> None:
    run("add", written(tmp_path, document()), "--days", "20")
    warned = run("warnings")
    assert warned.exit_code == 1
    assert warned.stdout.startswith("注意\t")
    assert run("extend", "library", "--days", "365", "--reason", "更新").exit_code == 0
    assert run("warnings").exit_code == 0
    new = ECKey.generate_key("P-256", {"kid": "site-2"})
    both = {"keys": [dict(key.as_dict(private=False)) for key in (CLIENT_KEY, new)]}
    assert run("keys", "library", written(tmp_path, both), "--days", "5").exit_code == 0
    assert run("warnings").stdout.startswith("至急\t")


@pytest.mark.usefixtures("nation")
def test_a_document_that_cannot_be_read_says_what_is_wrong(tmp_path: Path) -> None:
    strange = run("add", written(tmp_path, document(unknown=True)))
    assert strange.exit_code == 2
    assert "unknown" in strange.output
    assert run("keys", "library", written(tmp_path, [])).exit_code == 2


@pytest.mark.usefixtures("nation")
def test_keys_are_replaced_after_a_leak() -> None:
    first = run("rotate")
    assert first.exit_code == 0, first.output
    second = run("rotate", "--leaked")
    assert len(second.stdout.split()) == 2
    assert not set(first.stdout.split()) & set(second.stdout.split())
