"""Processes are killed and links cut; what was acknowledged has its effect once."""

from pathlib import Path

import pytest

from tests.scenarios.test_demo import jichitai

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_kills_and_cuts_lose_and_double_nothing(tmp_path: Path) -> None:
    status, outcome, told = jichitai(
        "rehearse", "faults", "--kills", "3", "--residents", "500", "--json",
        "--data", str(tmp_path / "faults"),
    )  # fmt: skip
    assert status == 0, told
    assert outcome["kills"] == 3
    assert outcome["acknowledged"] > 20
    for name in ("lost", "doubled", "digest_differences", "leaks"):
        assert outcome[name] == 0, told
