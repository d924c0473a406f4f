"""Templates: compiled once for a process, again when their text changes."""

from pathlib import Path

import pytest
from jinja2 import Environment

from jichitai.web.rendering import environment

MINE = "one_of_my_own.html"


def compiled_names(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    names: list[str | None] = []
    compiling = Environment.compile

    def noted(self: Environment, source: str, name: str | None = None, *rest: object) -> object:
        names.append(name)
        return compiling(self, source, name, *rest)  # type: ignore[call-overload]

    monkeypatch.setattr(Environment, "compile", noted)
    return names


def test_a_second_environment_compiles_nothing_and_shows_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / MINE).write_text("{{ 1 + 1 }}", "utf-8")
    names = compiled_names(monkeypatch)
    assert environment([tmp_path]).get_template(MINE).render() == "2"
    assert MINE in names
    names.clear()
    assert environment([tmp_path]).get_template(MINE).render() == "2"
    assert names == []


def test_an_edited_template_and_one_of_another_folder_are_compiled_anew(tmp_path: Path) -> None:
    for folder, text in (("a", "first"), ("a", "second"), ("b", "second too")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / MINE).write_text(text, "utf-8")
        assert environment([tmp_path / folder]).get_template(MINE).render() == text


def test_globals_belong_to_their_environment(tmp_path: Path) -> None:
    (tmp_path / MINE).write_text("{{ static('jc.css') }}", "utf-8")
    for built in ("jc.1.css", "jc.2.css"):
        shown = environment([tmp_path], {"jc.css": built}).get_template(MINE).render()
        assert shown == f"/static/{built}"
