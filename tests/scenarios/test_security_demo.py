"""The rehearsal of 情報セキュリティ, as people start it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jichitai.infra.settings import own_environment


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_town_and_its_prefecture_come_from_nothing_to_counted(tmp_path: Path) -> None:
    command = ["security", "demo", "--towns", "1", "--json", "--data", str(tmp_path / "data")]
    done = subprocess.run(
        [sys.executable, "-m", "jichitai", *command],
        env=own_environment(),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    seen = json.loads(done.stdout)
    assert (seen["bodies"], seen["adopted"]) == (2, 2)
    assert (seen["counted_before"], seen["counted_after"]) == (0, 2)
    assert seen["questions"] > 150
    assert seen["corrections"] == seen["gaps"] > 0
    assert seen["incident_reports"] > 3
    assert seen["incident_late"] == 0
    assert seen["chain_holds"]
    assert seen["seen_above"]
    assert seen["found"] == seen["planted"] > 0
    assert seen["false"] == 0
    assert seen["told"] == 1
