"""Groups of commands whose parts are imported only when they are asked for."""

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click


class Elsewhere(NamedTuple):
    """A command that stands elsewhere.

    Attributes:
        place: its module and name, as `module:name`.
        line: the first sentences of its help, so that a list of commands imports none of them.
    """

    place: str
    line: str


class LazyGroup(click.Group):
    """A group with commands of its own, and others by the module and name where they stand."""

    def __init__(self, *args: Any, elsewhere: Mapping[str, Elsewhere], **kwargs: Any) -> None:
        """Take the commands that stand elsewhere."""
        super().__init__(*args, **kwargs)
        self.elsewhere = elsewhere

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, without importing anything."""
        return sorted([*super().list_commands(ctx), *self.elsewhere])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in self.elsewhere:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.elsewhere[cmd_name].place.partition(":")
        command = getattr(importlib.import_module(module), name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, without importing anything."""
        others = {name: click.Command(name, help=one.line) for name, one in self.elsewhere.items()}
        click.Group(commands={**self.commands, **others}).format_commands(ctx, formatter)
