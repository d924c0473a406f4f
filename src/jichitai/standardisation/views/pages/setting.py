"""What all pages share: whose figures, from which data sets, how one goes on from here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from jichitai.kernel.dates import both
from jichitai.kernel.municipalities import prefectures
from jichitai.standardisation.progress.model import (
    BodyClass,
    Dataset,
    MeasureKind,
    SourceKind,
    businesses,
)
from jichitai.standardisation.views.asking import (
    REASONS,
    AnyRequest,
    Asked,
    Narrowed,
    asked_of,
)
from jichitai.standardisation.views.errors import NotShownHereError, UnknownChoiceError
from jichitai.standardisation.views.places import MINISTRY, OPEN, READERS, Place, address
from jichitai.standardisation.views.reasons import reason_name
from jichitai.standardisation.views.scope import inside
from jichitai.standardisation.views.words import LEGENDS, confidence
from jichitai.web.components import Column, Crumb, NavItem, Option, Status
from jichitai.web.formats import date_text
from jichitai.web.rights import provide_principal

_KEPT: Final = frozenset(
    [
        "source",
        "as_of",
        "show",
        "sort",
        "by",
        "after",
        "row",
        "prefecture",
        "kind",
        "business",
        "reason",
        "q",
    ]
)
DATASETS: Final = (
    Column("title", "データ", head=True, wide=True),
    Column("as_of", "時点"),
    Column("published", "公表"),
    Column("mark", "確かさ"),
    Column("source", "出典と注意", wide=True),
)


@dataclass(frozen=True, slots=True)
class Note:
    """What a reader must know before the figures."""

    head: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    """A data set as the foot of a page names it."""

    title: str
    as_of: object
    published: object
    source: str
    mark: Status
    note: str

    @classmethod
    def of(cls, one: Dataset) -> "DatasetRow":
        """The line of a data set."""
        return cls(
            title=one.title,
            as_of=date_text(one.as_of, short=True),
            published=date_text(one.published_on, short=True) if one.published_on else "—",
            source=one.source,
            mark=_mark(one),
            note=one.note or "—",
        )


def _mark(one: Dataset) -> Status:
    match one.source_kind:
        case SourceKind.REHEARSAL:
            return Status("演習", "purple", "実在の団体の状況ではない")
        case SourceKind.SURVEY:
            return Status("団体の回答", "blue")
        case SourceKind.OPEN:
            return confidence(one.confidence)


def asked_at(request: AnyRequest, today: date) -> tuple[Place, Asked]:
    """The views that a path belongs to, and what they are asked for.

    Raises:
        UnknownChoiceError: no such source or measure; or answers, which are not public.
    """
    if request.url.path.startswith(OPEN.base):
        place = OPEN
    else:
        place = MINISTRY if inside(provide_principal(request)) else READERS
    asked = asked_of(request, today)
    if place.public and asked.source is SourceKind.SURVEY:
        raise UnknownChoiceError(
            "団体の回答は、資料として公表されるまで公開していません。公表資料を選び直してください。"
        )
    return place, asked


def prefecture_name(code: str) -> str:
    """The name of a prefecture.

    Raises:
        NotShownHereError: no prefecture has these two digits.
    """
    for one in prefectures():
        if one.prefecture_code == code:
            return one.name
    raise NotShownHereError(
        "この番号の都道府県はありません。01から47までの番号で探すため、一覧から選び直してください。"
    )


def setting(
    request: AnyRequest, place: Place, asked: Asked, known: Sequence[Dataset]
) -> dict[str, Any]:
    """The values that every page has."""
    return {
        "place": place,
        "go": lambda path: address(path, asked.values),
        "on": asked.on,
        "as_of": both(asked.on),
        "source_kind": asked.values.get("source", ""),
        "sources": sources(request, place, asked, known),
        "here": request.url.path,
        "kept": kept(request, "as_of", "after", "row"),
        "kept_as_of": asked.values.get("as_of", ""),
        "note": note(asked),
        "dataset_columns": DATASETS,
        "datasets": [DatasetRow.of(one) for one in known if one.source_kind is asked.source],
    }


def sources(
    request: AnyRequest, place: Place, asked: Asked, known: Iterable[Dataset]
) -> list[NavItem]:
    """Links to the same page with the figures of another kind of source."""
    there = {one.source_kind for one in known} | {asked.source, SourceKind.OPEN}
    if place.public:
        there.discard(SourceKind.SURVEY)
    if place.own:
        there.add(SourceKind.SURVEY)
    path, rest = request.url.path, kept(request, "source", "after", "row")
    return [
        NavItem(
            one.japanese.partition("（")[0],
            address(path, {**rest, "source": "" if one is SourceKind.OPEN else str(one)}),
            current=one is asked.source,
        )
        for one in SourceKind
        if one in there
    ]


def kept(request: AnyRequest, *without: str) -> dict[str, str]:
    """What the address asks for, without some of it."""
    return {
        name: str(value).replace("\0", "")
        for name, value in request.query_params.items()
        if name in _KEPT and name not in without and value
    }


def note(asked: Asked) -> Note | None:
    """What to know of the source."""
    if asked.source is SourceKind.REHEARSAL:
        return Note(
            "演習のデータです",
            "実在の団体の状況ではありません。公表資料の数字とは一緒に数えません。",
        )
    if not asked.today:
        return Note(
            "過ぎた日に分かっていたとおりに示しています",
            f"{both(asked.on)}より後に分かったことは入っていません。",
        )
    return None


def measures(path: str, asked: Asked, kept: dict[str, str]) -> list[NavItem]:
    """Links that choose the one measure that a map or a table shows."""
    return [
        NavItem(
            one.label,
            address(path, {**kept, **asked.values, "show": str(one)}),
            current=one is asked.measure,
        )
        for one in MeasureKind
    ]


def options() -> dict[str, list[Option]]:
    """The choices of the forms."""
    return {
        "prefecture": [Option(one.prefecture_code, one.name) for one in prefectures()],
        "kind": [Option(one, one) for one in BodyClass],
        "business": [Option(one.key, one.name) for one in businesses()],
        "reason": [Option(one, f"{one} {reason_name(int(one))}") for one in REASONS],
    }


def crumbs(place: Place, asked: Asked, *parts: Crumb) -> list[Crumb]:
    """The way down from the country."""
    return [Crumb("全国の状況", address(place.base, asked.values)), *parts]


def typed(asked: Asked, narrowed: Narrowed) -> dict[str, str]:
    """The form as it was sent."""
    return {**narrowed.values, **asked.values}


def legend(asked: Asked) -> Any:
    """What the colours mean."""
    return LEGENDS[asked.measure]
