"""Where the views stand, and for whom: the ministry, a prefecture for its members, the public."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""


@dataclass(frozen=True, slots=True)
class Place:
    """A set of views under one address.

    Attributes:
        base: address of the first page.
        public: whether anybody may read it.
        inside: whether contacts, vendors, contracts and risks are shown: to the body itself, its
            prefecture and the ministry's officers, not to experts who read the same figures.
        prefecture: two digits of the prefecture whose members alone are shown, or empty.
    """

    base: str
    public: bool = False
    inside: bool = False
    prefecture: str = ""

    @property
    def own(self) -> bool:
        """Whether it is a body's own page, or a prefecture's pages of its members."""
        return bool(self.prefecture) or self.base == "/standardisation/own"

    @property
    def late(self) -> str:
        """The list of bodies with late systems."""
        return f"{self.base}/late"

    @property
    def bodies(self) -> str:
        """All bodies by name."""
        return f"{self.base}/bodies"

    @property
    def businesses(self) -> str:
        """The heat table."""
        return f"{self.base}/businesses"

    @property
    def trend(self) -> str:
        """The series."""
        return f"{self.base}/trend"

    @property
    def groups(self) -> str:
        """Systems by vendor, cloud, deadline and reason."""
        return f"{self.base}/groups"

    @property
    def plan(self) -> str:
        """What would have to happen each month."""
        return f"{self.base}/plan"

    @property
    def costs(self) -> str:
        """The costs."""
        return f"{self.base}/costs"

    def area(self, prefecture: str) -> str:
        """One prefecture with its bodies."""
        return f"{self.base}/prefectures/{prefecture}"

    def body(self, code: str) -> str:
        """One body."""
        return f"{self.base}/bodies/{code}"


MINISTRY: Final = Place("/standardisation", inside=True)
READERS: Final = Place("/standardisation")
OPEN: Final = Place("/open-data/standardisation", public=True)
OWN: Final = Place("/standardisation/own", inside=True)


def members(prefecture: str) -> Place:
    """The views of a prefecture for its members."""
    return Place("/standardisation", inside=True, prefecture=prefecture)


def address(path: str, values: Mapping[str, str]) -> str:
    """A path with its query, without what is empty.

    >>> address("/standardisation/late", {"kind": "", "prefecture": "01"})
    '/standardisation/late?prefecture=01'
    """
    kept = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
