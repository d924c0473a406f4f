"""What the nation's record of persons tells those who derive from it, in the same transaction."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.jukinet.messages import M01


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonHeard:
    """The standing record of one person changed.

    Attributes:
        person_id: the surrogate that never changes.
        municipality: where the standing record is now.
        live: whether it is live, or removed.
        messages: notices of this town about the person, in their order; none when an earlier
            residence came back because a later one was cancelled.
    """

    person_id: UUID
    municipality: str
    live: bool
    messages: tuple[M01, ...]


Watcher: TypeAlias = Callable[[Tx, Sequence[PersonHeard]], Awaitable[None]]
"""Called once for a batch of notices, after the record was written and before the commit."""
