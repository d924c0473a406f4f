"""Numbers of persons are found wherever they stand alone."""

from pathlib import Path

import pytest

from jichitai.rehearsal.leaks import find_in_files, find_in_text
from jichitai.rehearsal.population.people import synthesise

CODE, NUMBER = "12345678903", "123456789018"
SECRETS = frozenset({CODE.encode(), NUMBER.encode()})


@pytest.mark.parametrize(
    "text",
    [
        f'{{"code": "{CODE}"}}',
        f"GET /people/{NUMBER}?x=1",
        "1234 5678 9018 is given",
        "key=1234-5678-9018",
        "住民票コードは１２３４５６７８９０３です",
        "123-4567-8903",
    ],
)
def test_a_number_in_any_dress_is_found(text: str) -> None:
    assert len(list(find_in_text(text.encode(), SECRETS))) == 1


@pytest.mark.parametrize(
    "text", [f"9{CODE}", f"{NUMBER}0", "12345678904", f"0.{CODE}", "1234567890-3", ""]
)
def test_other_digits_are_left_alone(text: str) -> None:
    assert not list(find_in_text(text.encode(), SECRETS))


def test_files_below_a_directory_are_read_and_the_number_is_not_repeated(tmp_path: Path) -> None:
    people = synthesise(1, 300, ("131130",)).people
    secrets = [value for p in people for value in (p.code, p.number)]
    (tmp_path / "logs").mkdir()
    clean = "\n".join(f'{{"at": "2026-01-05T00:00:00Z", "n": {n}}}' for n in range(2_000))
    (tmp_path / "logs" / "clean.log").write_text(clean)
    (tmp_path / "logs" / "bad.log").write_text(f"ok\nperson {people[17].number}\n")
    (leak,) = find_in_files([tmp_path], secrets)
    assert (leak.path.name, leak.line) == ("bad.log", 2)
    assert people[17].number not in str(leak)
