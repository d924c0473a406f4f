"""The texts of the pages of sign-in: Japanese, English, やさしい日本語."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from markupsafe import Markup

from jichitai.jpki.signin.claims import Item
from jichitai.jukinet.pages.languages import Language


@dataclass(frozen=True, slots=True)
class Words:
    """The texts in one language."""

    language: Language
    texts: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.texts[key]

    def say(self, key: str, **names: str) -> str:
        """A sentence with names in it, as plain text."""
        return self.texts[key].format(**names)

    def show(self, key: str, **names: str) -> Markup:
        """The same for a page: the names are Japanese whatever the language of the sentence."""
        return Markup(self.texts[key]).format(  # noqa: S704  # our own texts; names are escaped
            **{name: japanese(text) for name, text in names.items()}
        )

    def label(self, key: str, **names: str) -> Markup:
        """The same for a button, which lays out what stands in it side by side."""
        return Markup("<span>{}</span>").format(self.show(key, **names))

    def listed(self, items: Iterable[Item]) -> str:
        """Names of items in a row."""
        return self.texts["comma"].join(self.texts[str(item)] for item in items)


def japanese(text: str) -> Markup:
    """A Japanese name within a page of any language."""
    return Markup('<span lang="ja">{}</span>').format(text)


def words_in(text: str | None) -> Words:
    """The texts of a language; Japanese for anything that we do not have."""
    language = Language(text) if text in set(Language) else Language.JAPANESE
    return Words(language, _texts()[language])


@cache
def _texts() -> Mapping[Language, Mapping[str, str]]:
    content = resources.files("jichitai.jpki.signin").joinpath("texts.csv").read_text("utf-8")
    rows = list(csv.DictReader(content.splitlines()))
    return {language: {row["key"]: row[language.value] for row in rows} for language in Language}
