"""The documents name only what exists: commands, settings, routes, code, files."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from jichitai.infra.settings import PREFIX, Settings
from jichitai.kernel.parties import Tier
from jichitai.main.cli import main
from jichitai.main.tiers import route_table

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
WRITTEN_ELSEWHERE = {"docs/benchmarks.md"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.M)


def commands(page: Path) -> Iterator[list[str]]:
    text = page.read_text("utf-8").replace("\\\n", " ")
    lines = [line for block in re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
             for line in block.splitlines()]  # fmt: skip
    for line in [*lines, *re.findall(r"`([^`\n]+)`", text)]:
        found = re.match(r"(?:\.venv/bin/)?jichitai ([a-z].*)", line.strip())
        if found:
            yield found[1].split()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_of_a_page_exists(page: Path) -> None:
    for words in commands(page):
        command: click.Command = main
        context = click.Context(main)
        for word in words:
            if not isinstance(command, click.Group) or not re.fullmatch(r"[a-z][a-z-]*", word):
                break
            found = command.get_command(context, word)
            assert found is not None, " ".join(words)
            command = found
        known = {name for option in command.params for name in option.opts} | {"--help"}
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0] in known, " ".join(words)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_python_example_reads_and_imports_what_is_there(page: Path) -> None:
    for block in blocks(page, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("jichitai"):
                module = importlib.import_module(str(node.module))
                for alias in node.names:
                    assert hasattr(module, alias.name) or importlib.import_module(
                        f"{node.module}.{alias.name}"
                    )


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_setting_of_a_page_exists(page: Path) -> None:
    known = {PREFIX + name.upper() for name in Settings.__struct_fields__}
    others = {"JICHITAI_NAME", "JICHITAI_TEST_REQUIRE", "JICHITAI_PYTHON", "JICHITAI_EMBEDDED"}
    for name in re.findall(r"JICHITAI_[A-Z_]+[A-Z]", page.read_text("utf-8")):
        assert name.removesuffix("_FILE") in known | others or name in known, name


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)\s]*\)", text):
        if not re.match(r"[a-z]+:", target):
            found = (page.parent / target).resolve()
            assert found.exists() or str(found.relative_to(ROOT)) in WRITTEN_ELSEWHERE, target


def test_every_call_that_a_how_to_shows_is_a_route() -> None:
    shapes = set()
    for tier in Tier:
        for line in route_table(tier):
            method, path, *_ = line.split()
            shapes.add((method, re.sub(r"\{[^}]+\}", "*", path)))
    for page in sorted(ROOT.glob("docs/how-to/*.md")):
        for method, path in re.findall(r"\b(GET|POST) (/[^\s`?]+)", page.read_text("utf-8")):
            shape = re.sub(r"<[^>]+>", "*", path)
            assert (method, shape) in shapes, f"{name_of(page)}: {method} {path}"
