"""Files of a survey round, filled in and spoilt as bodies would."""

import io
from collections.abc import Callable
from datetime import date

from openpyxl import Workbook, load_workbook

from jichitai.correspondence.service.archives import File
from jichitai.infra.audit import Actor
from jichitai.kernel.bodies import Body, all_bodies
from jichitai.standardisation.progress.reports import BodyReport, DeadlineClass, SystemReport
from jichitai.standardisation.survey.layout import COLUMNS, COST_SHEET, SHEET, Heading, file_of
from jichitai.standardisation.survey.model import asked_businesses
from jichitai.standardisation.survey.reading import Known

AS_OF = date(2026, 11, 1)
HEADING = Heading(title="移行の調査（演習）", as_of=AS_OF, due_on=date(2026, 12, 18))
OFFICER = Actor("staff", "officer-1", "担当 太郎")
HEAD = 5
FIRST = HEAD + 1
BODIES = {one.code: one for one in all_bodies()}
PLACES = {one.key: at for at, one in enumerate(COLUMNS, start=1)}

Change = Callable[[Workbook], None]


def system(key: str = "residents", **changes: object) -> SystemReport:
    """A system of which half of the steps are done."""
    values: dict[str, object] = {
        "business": key,
        "states": "2" * 20 + "1" * 5 + "0" * 15,
        "late": False,
        "deadline_class": DeadlineClass.IN_TIME,
        "target_on": date(2027, 3, 31),
        "vendor": "例示システム株式会社",
    }
    return SystemReport(**(values | changes))  # type: ignore[arg-type]


def told(body: Body) -> BodyReport:
    """An answer to everything that the body is asked."""
    asked = asked_businesses(body, on=AS_OF)
    return BodyReport(body=body.code, systems=tuple(system(one.key) for one in asked))


def known(*answered: Body, only: str | None = None) -> Known:
    """What the ministry knows when these have answered before."""
    return Known(
        as_of=AS_OF,
        among=BODIES,
        answers={one.code: told(one) for one in answered},
        done={},
        only=only,
    )


def edited(data: bytes, change: Change) -> bytes:
    """The file as somebody saved it after changing it."""
    book = load_workbook(io.BytesIO(data))
    change(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def put(key: str, value: object, *, row: int = FIRST) -> Change:
    """Write into a cell of the first sheet."""

    def change(book: Workbook) -> None:
        book[SHEET].cell(row, PLACES[key]).value = value

    return change


def cost(place: str, value: object) -> Change:
    """Write into a cell of the second sheet."""

    def change(book: Workbook) -> None:
        book[COST_SHEET][place].value = value

    return change


def merged(area: str) -> Change:
    """Merge cells."""

    def change(book: Workbook) -> None:
        book[SHEET].merge_cells(area)

    return change


def moved(key: str, to: str) -> Change:
    """Swap two columns with all that is in them."""

    def change(book: Workbook) -> None:
        page = book[SHEET]
        for row in range(HEAD, page.max_row + 1):
            one, other = page.cell(row, PLACES[key]), page.cell(row, PLACES[to])
            one.value, other.value = other.value, one.value

    return change


def filled(body: Body) -> File:
    """The file of a body with its last answer in it."""
    return File(f"{body.code}_{body.full_name}.xlsx", file_of(HEADING, body, told(body)))


def spoilt(body: Body, change: Change) -> File:
    """The same with one fault."""
    found = filled(body)
    return File(found.name, edited(found.data, change))
