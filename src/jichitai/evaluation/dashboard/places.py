"""Where the pages stand: inside the ministry, and in public."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from jichitai.web.components import Crumb

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""


@dataclass(frozen=True, slots=True)
class Place:
    """A set of pages under one address.

    Attributes:
        home: the list of indicators.
        base: what the other pages stand below.
        migration: where one body's migration is shown in full.
        public: whether anybody may read it.
    """

    home: str
    base: str
    migration: str
    public: bool = False

    def indicator(self, indicator_id: str) -> str:
        """One indicator."""
        return f"{self.base}/{indicator_id}"

    def area(self, indicator_id: str, prefecture: str) -> str:
        """One indicator in one prefecture."""
        return f"{self.base}/{indicator_id}/prefectures/{prefecture}"

    def body(self, code: str) -> str:
        """The evidence of one body."""
        return f"{self.base}/bodies/{code}"

    def compare(self, code: str) -> str:
        """One body beside others of its size."""
        return f"{self.base}/bodies/{code}/like"

    def crumbs(self, *more: Crumb) -> list[Crumb]:
        """The way from the list of indicators to a page."""
        first = Crumb("指標の状況", self.home)
        return [first, *more] if self.public else [Crumb("政策評価", self.home), *more]


INSIDE_PLACE: Final = Place("/evaluation", "/evaluation/dashboard", "/standardisation/bodies")
OPEN: Final = Place(
    "/open-data/evaluation",
    "/open-data/evaluation",
    "/open-data/standardisation/bodies",
    public=True,
)


def address(path: str, values: Mapping[str, str]) -> str:
    """A path with its query, without what is empty.

    >>> address("/open-data/evaluation", {"as_of": "", "q": "1"})
    '/open-data/evaluation?q=1'
    """
    kept = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
