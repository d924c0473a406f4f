"""Commands that are imported only when they are asked for: their lists, and what the lists say."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from jichitai.main.cli import main
from jichitai.main.groups import LazyGroup

EVERYTHING = 10_000
"""Wider than any line of help."""


def groups(group: click.Group) -> Iterator[LazyGroup]:
    """A group and all groups below it that are lazy."""
    if isinstance(group, LazyGroup):
        yield group
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from groups(found)


LAZY = list(groups(main))


def test_the_lazy_groups_are_found() -> None:
    found = {group.name for group in LAZY}
    assert found >= {"main", "security", "standardisation", "evaluation"}


@pytest.mark.parametrize("group", LAZY, ids=lambda group: str(group.name))
def test_the_line_of_a_command_is_what_the_command_says_itself(group: LazyGroup) -> None:
    context = click.Context(group)
    own = {name: group.get_command(context, name) for name in group.elsewhere}
    said = {name: one.get_short_help_str(EVERYTHING) for name, one in own.items() if one}
    assert said == {name: one.line for name, one in group.elsewhere.items()}
    assert not any(one.hidden or one.deprecated for one in own.values() if one)


@pytest.mark.parametrize("group", LAZY, ids=lambda group: str(group.name))
@pytest.mark.parametrize("width", [80, 200])
def test_the_list_is_the_one_that_importing_everything_would_give(
    group: LazyGroup, width: int
) -> None:
    context = click.Context(group, info_name="jichitai")
    ours, plain = (click.HelpFormatter(width=width) for _ in range(2))
    group.format_commands(context, ours)
    click.Group.format_commands(group, context, plain)
    assert ours.getvalue() == plain.getvalue()


def test_the_list_of_commands_imports_none_of_them() -> None:
    script = (
        "import sys; from jichitai.main.cli import ELSEWHERE, main;"
        " main(['--help'], standalone_mode=False);"
        " places = {one.place.partition(':')[0] for one in ELSEWHERE.values()};"
        " sys.exit(' '.join(places & set(sys.modules)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "standardisation" in done.stdout
