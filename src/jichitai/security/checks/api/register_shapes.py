"""What the calls for the registers share."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from jichitai.security.checks.model.texts import PLAIN


class Entered(Struct, frozen=True, kw_only=True):
    """The id of what was entered."""

    id: UUID


class Note(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done, seen or decided."""

    note: Annotated[str, Meta(max_length=2_000, pattern=PLAIN)] = ""
