"""The demo from the command line: nothing lost, nothing doubled, no number in any log."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jichitai.rehearsal.leaks import find_in_files
from jichitai.rehearsal.population.people import synthesise

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
RESIDENTS = 300


def jichitai(*words: str) -> tuple[int, dict[str, float], str]:
    """Run the command; exit status, the JSON of its last line, what it told people."""
    done = subprocess.run(
        [sys.executable, "-m", "jichitai", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=580,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 1, done.stdout + done.stderr
    return done.returncode, json.loads(lines[0]), done.stderr


def test_the_demo_loses_nothing_and_starts_again_from_its_data(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    words = ("demo", "--residents", str(RESIDENTS), "--exit", "--json", "--data", str(data))
    status, first, told = jichitai(*words)
    assert status == 0, told
    assert set(first) == {
        "events",
        "messages",
        "provisions",
        "lost",
        "doubled",
        "digest_differences",
        "figure_days",
        "figure_differences",
        "proofs_checked",
        "card_sign_ins",
        "seconds",
    }
    assert (first["lost"], first["doubled"], first["digest_differences"]) == (0, 0, 0)
    assert first["figure_days"] > 365
    assert first["figure_differences"] == 0
    assert first["events"] > 10
    assert first["messages"] > first["events"]
    assert first["provisions"] > 0
    assert first["proofs_checked"] > 0
    assert first["card_sign_ins"] == 3

    status, again, told = jichitai(*words)
    assert status == 0, told
    assert again["events"] == first["events"]
    assert again["lost"] == again["doubled"] == again["digest_differences"] == 0
    assert again["proofs_checked"] == first["proofs_checked"]

    people = synthesise(1, RESIDENTS).people
    secrets = [value for person in people for value in (person.code, person.number)]
    logs = [data / "logs", data / "history.jsonl", *data.glob("*/*.log"), *data.glob("*/log/*")]
    assert sum(log.stat().st_size for log in (data / "logs").iterdir()) > 0
    assert not find_in_files(logs, secrets)


def test_a_directory_of_another_rehearsal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rehearsal.json").write_text('{"residents": 5}')
    done = subprocess.run(
        [sys.executable, "-m", "jichitai", "demo", "--exit", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "別の演習のデータがあります" in done.stderr
