"""Published reports: the newest edition, every edition for good, its files."""

from litestar import get
from litestar.params import FromPath
from litestar.response import Response, Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.reports import store
from jichitai.evaluation.reports.errors import UnknownReportError
from jichitai.evaluation.reports.model.assembly import assemble
from jichitai.evaluation.reports.model.looking import year_text
from jichitai.evaluation.reports.pages import words
from jichitai.evaluation.reports.pages.desk import attachment
from jichitai.evaluation.reports.pages.words import (
    PUBLIC_HOME,
    PUBLIC_PLACE,
    AnyRequest,
    PaperParameter,
)
from jichitai.evaluation.reports.renderers.files import FORMATS
from jichitai.evaluation.reports.renderers.shown import shown
from jichitai.evaluation.reports.service.changes import later_corrections
from jichitai.evaluation.reports.service.desk import published
from jichitai.evaluation.reports.service.gathering import gather
from jichitai.evaluation.reports.store import EditionRow
from jichitai.kernel.dates import JST, both
from jichitai.web.components import Crumb, NavItem
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock
from jichitai.web.rights import PUBLIC

_OPT = {"roles": PUBLIC}


@get(PUBLIC_HOME, opt=_OPT, include_in_schema=False)
async def published_reports(request: AnyRequest, db: Db) -> Template:
    """Every report that is published, with its editions."""
    async with db.transaction(read_only=True) as tx:
        rows = await store.editions(tx)
    context = {
        "rows": [
            {
                "href": words.public_address(one.policy, one.fiscal_year, one.edition),
                "name": f"政策{one.policy}　{year_text(one.fiscal_year)}の評価",
                "edition": f"第{one.edition}版",
                "as_of": one.as_of,
                "on": one.recorded_at.astimezone(JST).date(),
                "reason": one.reason or "—",
            }
            for one in rows
        ],
        "crumbs": [Crumb("評価書")],
    }
    return page(request, "evaluation_reports/public_list.html", context)


@get(PUBLIC_PLACE, opt=_OPT, include_in_schema=False)
async def newest(
    request: AnyRequest,
    policy: FromPath[int],
    year: FromPath[int],
    db: Db,
    clock: LawClock,
    paper: PaperParameter = "summary",
) -> Template:
    """The newest edition: the address that people cite for the report as it stands."""
    return await _page(request, policy, year, None, db, clock, paper)


@get(f"{PUBLIC_PLACE}/editions/{{edition:int}}", opt=_OPT, include_in_schema=False)
async def one_edition(
    request: AnyRequest,
    policy: FromPath[int],
    year: FromPath[int],
    edition: FromPath[int],
    db: Db,
    clock: LawClock,
    paper: PaperParameter = "summary",
) -> Template:
    """One edition for good, with what became of it."""
    return await _page(request, policy, year, edition, db, clock, paper)


async def _page(
    request: AnyRequest,
    policy: int,
    year: int,
    edition: int | None,
    db: Db,
    clock: LawClock,
    paper: str,
) -> Template:
    _known(policy, year, edition)
    async with db.transaction(read_only=True) as tx:
        row, document = await published(tx, policy, year, edition)
        editions = await store.editions(tx, policy, year)
        now = assemble(await gather(tx, policy, year, clock.today())).document
    kind = "statement" if paper == "statement" else "summary"
    here = words.public_address(policy, year, edition)
    names = {"summary": "要旨", "statement": "評価書"}
    context = {
        "document": document,
        "doc": shown(document),
        "paper": document.paper(kind),
        "kind": kind,
        "tabs": [
            NavItem(label, f"{here}?paper={one}", current=one == kind)
            for one, label in names.items()
        ],
        "row": row,
        "newest": editions[0].edition,
        "base": words.public_address(policy, year),
        "files": words.public_address(policy, year, row.edition),
        "formats": FORMATS,
        "editions": [_edition_row(one) for one in editions],
        "corrections": later_corrections(document, now),
        "as_of_text": both(document.as_of),
        "crumbs": [Crumb("評価書", PUBLIC_HOME), Crumb(f"政策{policy}　{year_text(year)}")],
    }
    return page(request, "evaluation_reports/public.html", context)


def _edition_row(one: EditionRow) -> dict[str, object]:
    return {
        "href": words.public_address(one.policy, one.fiscal_year, one.edition),
        "edition": f"第{one.edition}版",
        "as_of": one.as_of,
        "on": one.recorded_at.astimezone(JST).date(),
        "reason": one.reason or "—",
    }


@get(f"{PUBLIC_PLACE}/editions/{{edition:int}}/{{name:str}}", opt=_OPT,
     summary="A file of a published evaluation report",
     tags=["evaluation-reports"])  # fmt: skip
async def edition_file(
    policy: FromPath[int],
    year: FromPath[int],
    edition: FromPath[int],
    name: FromPath[str],
    db: Db,
) -> Response[bytes]:
    """PDF, Word, Excel, CSV, JSON or HTML, as they were on the day of publication."""
    _known(policy, year, edition)
    known = name in {one.name for one in FORMATS}
    async with db.transaction(read_only=True) as tx:
        found = await store.file(tx, policy, year, edition, name) if known else None
    if found is None:
        raise UnknownReportError(
            "この名前のファイルは公表されていません。評価書のページの「保存できる形式」から選んでください。"
        )
    answer = attachment(found.content, found.media_type, f"policy-{policy}-{year}-{edition}-{name}")
    answer.headers["etag"] = f'"{found.digest}"'
    return answer


def _known(policy: int, year: int, edition: int | None) -> None:
    if not (0 < policy < 1000 and 2000 <= year < 3000 and (edition is None or edition < 10**9)):
        raise UnknownReportError("このアドレスに評価書はありません。公表の一覧から開いてください。")


PUBLIC_PAGES: tuple[ControllerRouterHandler, ...] = (
    published_reports,
    newest,
    one_edition,
    edition_file,
)
