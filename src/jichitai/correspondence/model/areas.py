"""分野: whose work contacts, reminders and returned files belong to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """分野: a system that asks bodies; each keeps contacts and reminders of its own.

    Attributes:
        key: its name in data.
        title: its name for people.
        section: who reads a letter at the body.
        inbox: where the body finds the same on its own pages.
        audit: how the names of its audit actions begin.
    """

    key: str
    title: str
    section: str
    inbox: str
    audit: str
