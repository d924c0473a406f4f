"""What the pages of an overseer share: addresses, words, columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from jichitai.correspondence.model.letters import sensible
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import BodyKind
from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.municipalities import prefectures
from jichitai.security.oversight.model.filters import MODELS, PLACES, Filter
from jichitai.security.oversight.model.standing import Progress, SizeClass
from jichitai.security.oversight.service.overview import known_day
from jichitai.security.oversight.service.place import Overseer
from jichitai.web.components import Colour, Column, Crumb, DateInput, Option, Status
from jichitai.web.maps import Fill, Step

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
"""Folder of the templates, to be added to the application's."""

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
Outgoing = NamedDependency[Outbox]

_COLOURS: Final[Mapping[Progress, Colour]] = {
    Progress.NONE: "grey",
    Progress.REPEALED: "orange",
    Progress.DRAFTING: "yellow",
    Progress.REVIEW: "yellow",
    Progress.APPROVAL: "yellow",
    Progress.ADOPTED: "blue",
    Progress.PUBLISHED: "blue",
    Progress.COUNTED: "green",
}
CHIPS: Final[Mapping[Progress, Status]] = {
    step: Status(step.japanese, colour, step.meaning) for step, colour in _COLOURS.items()
}
LETTERS: Final[Mapping[str, Status]] = {
    "": Status("送信なし", "orange", "メールアドレスが登録されていない。依頼の通知だけを届けた"),
    "waiting": Status("送信待ち", "yellow", "これから送る、または後でもう一度送る"),
    "sent": Status("送信済み", "green", "メールサーバーに渡した"),
    "failed": Status("送れませんでした", "red", "メールサーバーが受け付けなかった"),
}
ROUNDS: Final[Mapping[str, Status]] = {
    "draft": Status("準備中", "grey", "まだ団体に届けていない"),
    "open": Status("受付中", "blue", "団体に届け、回答を受け付けている"),
    "closed": Status("締切", "green", "受付を終えた。後から届いた回答も残る"),
}
SORTS: Final[Mapping[str, Status]] = {
    "survey": Status("調査", "blue", "調査への回答の依頼"),
    "reminder": Status("督促", "orange", "まだのことの督促"),
    "correction": Status("訂正の依頼", "yellow", "報告の訂正の依頼"),
}
TOWN_STEPS: Final = (
    Step("4", Progress.COUNTED.japanese),
    Step("3", "策定済み・公表の確認前"),
    Step("2", "審査・決裁中"),
    Step("1", Progress.DRAFTING.japanese),
    Step("0", Progress.REPEALED.japanese),
    Step("none", Progress.NONE.japanese),
)
TOWN_FILLS: Final[Mapping[Progress, Fill]] = {
    Progress.COUNTED: "4",
    Progress.PUBLISHED: "3",
    Progress.ADOPTED: "3",
    Progress.APPROVAL: "2",
    Progress.REVIEW: "2",
    Progress.DRAFTING: "1",
    Progress.REPEALED: "0",
    Progress.NONE: "none",
}
RATE_STEPS: Final = (
    Step("4", "90%以上"),
    Step("3", "70%以上"),
    Step("2", "40%以上"),
    Step("1", "0%を超える"),
    Step("0", "0%"),
    Step("none", "報告なし"),
)
BODY_COLUMNS: Final = (
    Column("name", "団体", head=True),
    Column("kind", "区分"),
    Column("status", "長の方針"),
    Column("organs", "済んだ機関", align="end"),
    Column("model", "モデル"),
    Column("review", "次の見直し"),
    Column("reported", "最後の報告"),
    Column("reminded", "最後の督促"),
)
_RATES: Final[tuple[tuple[float, Fill], ...]] = ((90, "4"), (70, "3"), (40, "2"))


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the pages of an overseer stand."""

    bodies: str
    letters: str
    contacts: str
    surveys: str
    word: str

    def body(self, code: str) -> str:
        """The page of one body."""
        return f"{self.bodies}/{code}"


MINISTRY: Final = Urls(
    "/security/bodies", "/security/letters", "/security/contacts", "/security/surveys", "団体の状況"
)
MEMBERS: Final = Urls(
    "/security/members",
    "/security/members/letters",
    "/security/members/contacts",
    "/security/members/surveys",
    "市区町村の状況",
)


def urls_of(by: Overseer) -> Urls:
    """The addresses of an overseer's pages."""
    return MINISTRY if by.ministry else MEMBERS


def rate_fill(part: int, whole: int, *, silent: bool) -> Fill:
    """The colour class of a rate; nothing reported is hatched, never 0 %."""
    if silent or not whole:
        return "none"
    percent = 100 * part / whole
    return next((fill for least, fill in _RATES if percent >= least), "1" if part else "0")


def day_of(request: AnyRequest, today: date) -> date:
    """The day that the figures are asked for; today without one.

    Raises:
        InvalidDateError: not a date.
    """
    text = request.query_params.get("as_of", "")
    return known_day(parse_date(text) if text else None, today)


def texts(form: Mapping[str, object]) -> dict[str, str]:
    """The fields of a form as the database can keep them: without NUL."""
    return {name: str(value).replace("\0", "") for name, value in form.items()}


def filter_of(values: Mapping[str, str]) -> Filter:
    """The filter of a list's form."""
    return Filter(
        prefecture=values.get("prefecture", "")[:2],
        kind=values.get("kind", "")[:10],
        size=values.get("size", "")[:20],
        model=values.get("model", "")[:10],
        status=values.get("status", "")[:20],
        text=values.get("q", "").strip()[:40],
    )


def filter_values(by: Filter) -> dict[str, str]:
    """The filter as a form or an address carries it; only what narrows."""
    values = {
        "prefecture": by.prefecture,
        "kind": by.kind,
        "size": by.size,
        "model": by.model,
        "status": by.status,
        "q": by.text,
    }
    return {name: value for name, value in values.items() if value}


def address(path: str, values: Mapping[str, str]) -> str:
    """A path with its query."""
    return f"{path}?{urlencode(values)}" if values else path


def filter_options() -> dict[str, list[Option]]:
    """The choices of a list's form."""
    states = [step for step in Progress if step.key not in PLACES]
    return {
        "prefecture": [Option(one.prefecture_code, one.name) for one in prefectures()],
        "kind": [Option(one, one) for one in BodyKind],
        "size": [Option(one, one.japanese) for one in SizeClass],
        "model": [Option(one, one) for one in MODELS],
        "status": [
            *(Option(key, word) for key, word in PLACES.items()),
            *(Option(step.key, step.japanese) for step in states if step is not Progress.NONE),
        ],
    }


def typed_date(form: Mapping[str, str], name: str, label: str) -> tuple[date | None, str]:
    """A date field of a form: the day, or what is wrong with it."""
    text = DateInput.of_form(form, name).text
    if not text:
        return None, f"{label}がありません。日付を入れてください。"
    try:
        return sensible(parse_date(text)), ""
    except InvalidError as refusal:
        return None, refusal.detail


def crumbs(by: Overseer, *more: Crumb) -> list[Crumb]:
    """The way from the map to a page."""
    urls = urls_of(by)
    return [Crumb(urls.word, urls.bodies), *more]
