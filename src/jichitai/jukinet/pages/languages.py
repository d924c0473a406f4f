"""Languages of residents' pages: Japanese, English, やさしい日本語."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from importlib import resources

from markupsafe import Markup

from jichitai.kernel.dates import JST, fiscal_year, wareki
from jichitai.web import formats


class Language(StrEnum):
    """A language of a resident's page.

    The plain Japanese follows 在留支援のためのやさしい日本語ガイドライン (2020).
    """

    JAPANESE = "ja"
    ENGLISH = "en"
    PLAIN = "plain"

    @property
    def tag(self) -> str:
        """The value of `lang` in the page."""
        return "en" if self is Language.ENGLISH else "ja"

    @property
    def own_name(self) -> str:
        """What the language calls itself, for the switcher."""
        return {"ja": "日本語", "en": "English", "plain": "やさしい にほんご"}[self.value]


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of a page in one language."""

    language: Language
    texts: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.texts[key]

    def day(self, value: date) -> Markup:
        """A day as people of the language read it."""
        if self.language is not Language.ENGLISH:
            return formats.date_text(value)
        return Markup('<time datetime="{}">{}</time>').format(
            value.isoformat(), f"{value:%B} {value.day}, {value.year}"
        )

    def moment(self, value: datetime) -> Markup:
        """An instant in Japan as people of the language read it."""
        if self.language is not Language.ENGLISH:
            return formats.time_text(value)
        local = value.astimezone(JST)
        return Markup('<time datetime="{}">{}</time>').format(
            local.isoformat(timespec="seconds"),
            f"{local:%B} {local.day}, {local.year}, {local:%H:%M} (Japan)",
        )

    def year(self, day: date) -> str:
        """The fiscal year of a day."""
        year = fiscal_year(day)
        if self.language is Language.ENGLISH:
            return f"Fiscal year {year}"
        return f"{wareki(date(year, 4, 1)).split('年')[0]}{self['this_year']}"


def words_in(text: str | None) -> Words:
    """The texts of the language that a request names; Japanese for anything else."""
    language = Language(text) if text in set(Language) else Language.JAPANESE
    return Words(language, _texts()[language])


@cache
def _texts() -> Mapping[Language, Mapping[str, str]]:
    content = resources.files("jichitai.jukinet.pages").joinpath("texts.csv").read_text("utf-8")
    rows = list(csv.DictReader(content.splitlines()))
    return {language: {row["key"]: row[language.value] for row in rows} for language in Language}
