"""Operators' commands for the authorities, on a database and a key directory of their own."""

import stat
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from jichitai.infra.clock import RehearsalClock
from jichitai.infra.keys import create_keys
from jichitai.infra.migrate import OWNER
from jichitai.jpki.authority.cli import ca
from jichitai.jpki.authority.errors import BadRecordError, NeedsWitnessesError
from jichitai.jpki.authority.profiles import authority_name
from jichitai.jpki.kinds import CertificateKind
from jichitai.kernel.parties import NATION, Tier
from tests.conftest import Cluster
from tests.jpki.pki import NOW

SCENE = (
    "--place",
    "第1演習室",
    "--witness",
    "鍵の保管責任者=山田　一郎",
    "--witness",
    "立会人=佐藤　花",
)


def run(*arguments: str | Path, fails: type[Exception] | None = None) -> Result:
    done = CliRunner().invoke(ca, [str(one) for one in arguments])
    if fails is not None:
        assert isinstance(done.exception, fails), done.output
        return done
    assert done.exit_code == 0, (done.output, done.exception)
    return done


@pytest.fixture
def nation(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A nation's node: database, keys, and a rehearsal's clock."""
    (public,) = create_keys(tmp_path / "keys", {Tier.NATION: [NATION]})
    name = cluster.copy_of(Tier.NATION)
    with psycopg.connect(cluster.dsn(name, OWNER)) as tx:
        tx.execute(
            "insert into infra.party_key (party, kid, public_key, valid_from)"
            " values ('nation', %s, %s, '2020-01-01')",
            (public.kid, public.public_key),
        )
    RehearsalClock(tmp_path / "clock").move_to(NOW)
    monkeypatch.setenv("JICHITAI_DATABASE_URL", cluster.dsn(name))
    monkeypatch.setenv("JICHITAI_KEY_DIRECTORY", str(tmp_path / "keys"))
    monkeypatch.setenv("JICHITAI_CLOCK_FILE", str(tmp_path / "clock"))
    return cluster.dsn(name, OWNER)


def test_the_whole_life_of_the_authorities_by_command(nation: str, tmp_path: Path) -> None:
    started = time.process_time()
    paper = tmp_path / "record.txt"
    run("ceremony", *SCENE, "--rehearsal", "--print", paper)
    assert time.process_time() - started < 3  # a demo opens its authorities in this time
    text = paper.read_text()
    assert "場所: 第1演習室" in text
    assert "鍵の保管責任者　山田　一郎" in text
    assert "前の記録の SHA-256: なし" in text
    assert text == run("record").stdout

    listed = run("list").stdout.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [
        ["card-1", "active"],
        ["signing-1", "retired"],
        ["signing-2", "active"],
        ["user-auth-1", "retired"],
        ["user-auth-2", "active"],
    ]

    assert "roll-over" not in run("list").stderr
    RehearsalClock(tmp_path / "clock").move_to(NOW + timedelta(days=1500))
    assert "jichitai ca roll-over signing" in run("list").stderr
    run("roll-over", "signing", *SCENE)
    assert "signing-3\tactive" in run("list").stdout
    both = run("record", "--all")
    assert both.stdout.count("鍵生成式の記録") == 2
    assert "2件" in both.stderr

    run("anchors", tmp_path / "anchors")
    root = x509.load_pem_x509_certificate((tmp_path / "anchors" / "signing-3.pem").read_bytes())
    assert root.subject == authority_name(CertificateKind.SIGNING)
    writer = load_pem_public_key((tmp_path / "anchors" / "card-writer.pub.pem").read_bytes())
    assert isinstance(writer, Ed25519PublicKey)

    assert "5件" in run("lists").stderr
    assert len(run("responders").stdout.splitlines()) == 5

    assert "0枚" in run("compromise", "user-auth-1", "--reason", "演習", "--yes").stderr
    assert "user-auth-1\tcompromised" in run("list").stdout

    with psycopg.connect(nation) as tx:
        tx.execute(
            "update jpki.ceremony set record = record || 'x'::bytea where purpose like '%世代%'"
        )
    run("record", fails=BadRecordError)
    with psycopg.connect(nation) as tx:
        tx.execute("delete from jpki.ceremony where purpose = '認証局の開設'")
    run("record", fails=BadRecordError)


@pytest.mark.usefixtures("nation")
def test_a_ceremony_with_one_person_is_refused_and_leaves_nothing() -> None:
    run("ceremony", *SCENE[:4], fails=NeedsWitnessesError)
    assert run("list").stdout == ""
    assert CliRunner().invoke(ca, ["ceremony", *SCENE[:2], "--witness", "山田"]).exit_code == 2
    assert CliRunner().invoke(ca, ["ceremony", *SCENE[:2]]).exit_code == 2


@pytest.mark.usefixtures("nation")
def test_the_pool_is_filled_to_a_level_by_two_processes(tmp_path: Path) -> None:
    done = run("pool", "3", "--processes", "2")
    assert "3組を作りました。3組が待っています。" in done.stderr
    folder = tmp_path / "keys" / "jpki-pool"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(list(folder.iterdir())) == 3
    assert "0組を作りました" in run("pool", "2").stderr
