"""What stands in somebody's shell does not reach the processes of a rehearsal."""

import pytest

from jichitai.infra.settings import own_environment


def test_settings_of_the_shell_stay_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JICHITAI_MUNICIPALITIES", "221309")
    monkeypatch.setenv("JICHITAI_DATABASE_URL", "postgresql://elsewhere")
    monkeypatch.setenv("OTHER", "stays")
    left = own_environment()
    assert left["OTHER"] == "stays"
    assert not [name for name in left if name.startswith("JICHITAI_")]
