"""Values that the page macros (`templates/ui/`) take: shell, columns, steps, dates, errors."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Self

Density = Literal["work", "public"]
Colour = Literal["grey", "blue", "green", "yellow", "orange", "red", "purple"]


@dataclass(frozen=True, slots=True)
class NavItem:
    """A place in the side navigation or the footer.

    Attributes:
        label: what the place is called.
        href: where it leads.
        current: whether the page belongs to it.
        count: number of things that wait there; None when it counts nothing.
        unit: counter of the number, e.g. 件.
        key: letter after `g` that leads there, or empty.
        also: paths of further pages that belong to the place.
        group: the system that the place belongs to, where a person works in several.
    """

    label: str
    href: str
    current: bool = False
    count: int | None = None
    unit: str = "件"
    key: str = ""
    also: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the breadcrumb; the last one has no link and never names a person."""

    label: str
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What stands around every page of a tier.

    Attributes:
        system: name of the system, e.g. 住民記録.
        office: body that runs it, e.g. 例示市.
        density: `work` for staff (dense), `public` for residents (airy).
        home: address of the first page.
        nav: side navigation; none on public pages as a rule.
        person: display name of the signed-in officer; empty for residents.
        section: the officer's section.
        terminal: name of the 端末.
        sign_out: address that a POST signs out with; empty when nobody is signed in.
        lock_url: page that a locked screen shows; empty switches the lock off.
        lock_after: seconds without input until the lock.
        keep_url: address that tells the server that somebody is there.
        rehearsal: whether data are synthetic; puts the band 演習用 on top.
        links: links of the footer.
        contact: whom to ask, one line in the footer of every page (WCAG 3.2.6).
    """

    system: str
    office: str
    density: Density = "work"
    home: str = "/"
    nav: tuple[NavItem, ...] = ()
    person: str = ""
    section: str = ""
    terminal: str = ""
    sign_out: str = ""
    lock_url: str = ""
    lock_after: int = 300
    keep_url: str = ""
    rehearsal: bool = False
    links: tuple[NavItem, ...] = ()
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """A word of a domain's closed vocabulary of states, with its colour and meaning."""

    word: str
    colour: Colour = "grey"
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        key: name under which a row answers for the cell.
        label: head of the column, and label of the cell on a phone.
        align: `end` for numbers.
        wide: whether the text may wrap.
        head: whether its cells head their row.
        sort_url: link that sorts by the column; empty when it cannot be sorted by.
        sorted: direction in which the list is sorted by it now.
    """

    key: str
    label: str
    align: Literal["start", "end"] = "start"
    wide: bool = False
    head: bool = False
    sort_url: str = ""
    sorted: Literal["", "ascending", "descending"] = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a procedure; its state is said in words."""

    label: str
    state: Literal["done", "current", "error", "waiting"]
    href: str = ""
    current: bool = False

    @property
    def word(self) -> str:
        """The state in words."""
        return {"done": "完了", "current": "入力中", "error": "エラー", "waiting": "これから"}[
            self.state
        ]


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of a list of facts, with the link that changes it."""

    label: str
    value: object
    href: str = ""
    action: str = "変更する"


@dataclass(frozen=True, slots=True)
class Change:
    """An item before and after an event."""

    item: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether the two differ."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a timeline: when, what, who (an office, for residents)."""

    when: object
    what: str
    who: str = ""
    href: str = ""
    state: Literal["done", "waiting"] = "done"
    word: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a list; `kana` helps a combobox to find it."""

    value: str
    label: str
    kana: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: what, why, what to do (and the source in brackets)."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class FieldErrors:
    """The errors of a form in the order of its fields.

    >>> errors = FieldErrors.of({"moved_on": "転入日がありません。届書の日付を入力してください。"})
    >>> errors["moved_on"]
    '転入日がありません。届書の日付を入力してください。'
    >>> errors["address"]
    ''
    """

    items: tuple[FieldError, ...] = ()

    @classmethod
    def of(cls, messages: Mapping[str, str]) -> Self:
        """Errors from messages by field, in their order."""
        return cls(tuple(FieldError(name, text) for name, text in messages.items()))

    def __getitem__(self, name: str) -> str:
        """The message of a field, empty when it is right; macros show it beside the field."""
        return next((item.message for item in self.items if item.field == name), "")

    def __iter__(self) -> Iterator[FieldError]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


UNCERTAIN_DAYS: tuple[str, ...] = (
    "昭和20年頃",
    "昭和20年3月頃",
    "昭和20年3月10日頃",
    "推定昭和20年3月10日",
    "推定昭和20年3月",
    "昭和20年春",
    "昭和20年3月上旬",
    "昭和20年3月上旬頃",
    "昭和20年月日不詳",
    "昭和20年3月日不詳",
    "昭和20年3月10日から4月10日頃までの間",
    "昭和20年3月推定10日から20日までの間",
    "昭和20年3月10日頃から20日頃までの間",
    "年月日不詳",
)
"""The fourteen ways of writing a day that is not fully known, as examples beside the field."""

ERAS: tuple[Option, ...] = (
    Option("R", "令和"),
    Option("H", "平成"),
    Option("S", "昭和"),
    Option("T", "大正"),
    Option("M", "明治"),
    Option("AD", "西暦"),
)


@dataclass(frozen=True, slots=True)
class DateInput:
    """What stands in the parts of a date field (`ui.era_date`).

    >>> DateInput.of_form({"on_era": "R", "on_year": "８", "on_month": "11", "on_day": "20"}, "on").text
    'R8.11.20'
    >>> DateInput.of_form({"on_era": "R", "on_year": "20261120"}, "on").text
    '20261120'
    >>> DateInput.of(date(2026, 11, 20)).text
    '2026-11-20'
    """

    era: str = "R"
    year: str = ""
    month: str = ""
    day: str = ""
    free: str = ""

    @classmethod
    def of(cls, value: date | None) -> Self:
        """The parts of a known date, by the calendar of the common era."""
        if value is None:
            return cls()
        return cls("AD", str(value.year), str(value.month), str(value.day))

    @classmethod
    def of_form(cls, form: Mapping[str, str], name: str) -> Self:
        """The parts as they were sent; nothing typed is lost."""
        parts = ("year", "month", "day", "free")
        texts = (_narrow(str(form.get(f"{name}_{part}", ""))) for part in parts)
        return cls(str(form.get(f"{name}_era", "R")), *texts)

    @property
    def text(self) -> str:
        """One text for the date parser; empty when nothing was typed.

        A whole date typed into the year (R8.11.20, S55/1/2, 20261120) is that date. What stands
        in the part for unknown days (昭和20年頃) goes before all.
        """
        if self.free:
            return self.free
        if not (self.year or self.month or self.day):
            return ""
        if not (self.month or self.day):
            return self.year
        if self.era == "AD":
            return f"{self.year:0>4}-{self.month:0>2}-{self.day:0>2}"
        return f"{self.era}{self.year}.{self.month}.{self.day}"


_NARROW = str.maketrans("０１２３４５６７８９．－／", "0123456789.-/")


def _narrow(text: str) -> str:
    return text.strip().translate(_NARROW)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a long list, found by key and not by offset.

    Attributes:
        first: number of the first row on the page, from 1.
        count: rows on the page.
        total: rows of the whole list; None when counting would cost too much.
        previous: link to the page before; empty on the first.
        next: link to the page after; empty on the last.
        unit: counter of the rows.
    """

    first: int
    count: int
    total: int | None = None
    previous: str = ""
    next: str = ""
    unit: str = "件"

    @property
    def text(self) -> str:
        """What part it is.

        >>> Page(21, 20, 312).text
        '21–40件目（全312件）'
        >>> Page(1, 0, 0).text
        '0件'
        """
        if not self.count:
            return f"0{self.unit}"
        whole = "" if self.total is None else f"（全{self.total:,}{self.unit}）"
        return f"{self.first:,}–{self.first + self.count - 1:,}{self.unit}目{whole}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long piece of work is."""

    done: int
    total: int
    unit: str = "件"
    remaining: str = ""

    @property
    def text(self) -> str:
        """The progress in words.

        >>> Progress(1450, 3200, remaining="約2分").text
        '3,200件のうち1,450件・残り約2分'
        """
        rest = f"・残り{self.remaining}" if self.remaining else ""
        return f"{self.total:,}{self.unit}のうち{self.done:,}{self.unit}{rest}"


def rest(seconds: float) -> str:
    """How long something will still take, in words that do not pretend to be exact.

    >>> rest(3), rest(42), rest(130)
    ('数秒', '約50秒', '約3分')
    """
    if seconds < 10:
        return "数秒"
    if seconds < 55:
        return f"約{math.ceil(seconds / 10) * 10}秒"
    return f"約{math.ceil(seconds / 60)}分"


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of a board, with its unit and its note."""

    label: str
    value: int | str
    unit: str = ""
    note: str = ""


def changed_and_same(changes: Sequence[Change]) -> tuple[list[Change], list[Change]]:
    """The items that differ, and those that stay."""
    return [item for item in changes if item.changed], [
        item for item in changes if not item.changed
    ]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a figure shows, and where it is from; a figure without one is not printed.

    Attributes:
        text: the finding in one sentence.
        source: who counted.
        as_of: when.
        csv: link to the same figures as CSV, or empty.
        definition: what was counted and how.
    """

    text: str
    source: str
    as_of: str
    csv: str = ""
    definition: str = ""
    notes: tuple[str, ...] = field(default=())
