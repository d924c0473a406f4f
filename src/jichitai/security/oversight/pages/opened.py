"""公開データ: what anybody may see, as a page, CSV and JSON."""

from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from jichitai.correspondence.service.place import MINISTRY_KEY
from jichitai.kernel.dates import wareki
from jichitai.security.oversight.errors import UnknownRoundError
from jichitai.security.oversight.pages.shared import day_of
from jichitai.security.oversight.service import opened
from jichitai.security.oversight.service.place import Overseer
from jichitai.security.oversight.store import surveys
from jichitai.web.components import Column
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock
from jichitai.web.rights import PUBLIC

AnyRequest = Request[Any, Any, Any]
_OPT: Final = {"roles": PUBLIC}
_TAGS: Final = ["security-open-data"]
_BY: Final = Overseer(MINISTRY_KEY)
_RATES: Final = (
    Column("denominator", "分母", head=True),
    Column("measure", "測るもの"),
    Column("numerator", "分子", align="end"),
    Column("total", "分母の数", align="end"),
    Column("percent", "率", align="end"),
    Column("definition", "分母の定義", wide=True),
)
_EDITIONS: Final = (
    Column("title", "調査", head=True, wide=True),
    Column("edition", "版"),
    Column("at", "公表日"),
    Column("reason", "訂正の理由", wide=True),
    Column("files", "データ"),
)


@get("/open-data/security", opt=_OPT, include_in_schema=False)
async def index(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """The rates with their definitions, and every file."""
    on = day_of(request, clock.today())
    async with _BY.transaction(db, read_only=True) as tx:
        rates = await opened.open_rates(tx, _BY, on=on)
        editions = await surveys.publications(tx, _BY.key)
    context = {
        "rates": rates,
        "rate_columns": _RATES,
        "measures": opened.MEASURES,
        "editions": editions,
        "edition_columns": _EDITIONS,
        "on": on,
        "as_of": wareki(on),
        "query": f"?as_of={on.isoformat()}",
    }
    return page(request, "security_oversight/open_data.html", context)


@get(
    ["/open-data/security/bodies.csv", "/open-data/security/bodies.json"],
    opt=_OPT,
    summary="Policies of bodies, as open data",
    tags=_TAGS,
)
async def bodies(request: AnyRequest, db: Db, clock: LawClock) -> Response[bytes]:
    """Every body: adopted, published, address. `as_of` gives an earlier day."""
    on = day_of(request, clock.today())
    async with _BY.transaction(db, read_only=True) as tx:
        rows = await opened.open_bodies(tx, _BY, on=on)
    return _answer(request, rows, on, "bodies")


@get(
    ["/open-data/security/rates.csv", "/open-data/security/rates.json"],
    opt=_OPT,
    summary="Rates of policies by denominator, as open data",
    tags=_TAGS,
)
async def rates(request: AnyRequest, db: Db, clock: LawClock) -> Response[bytes]:
    """Every rate with its numerator, denominator and definition."""
    on = day_of(request, clock.today())
    async with _BY.transaction(db, read_only=True) as tx:
        rows = await opened.open_rates(tx, _BY, on=on)
    return _answer(request, rows, on, "rates")


def _answer(request: AnyRequest, rows: list[Any], on: date, name: str) -> Response[bytes]:
    if request.url.path.endswith(".csv"):
        return _csv(opened.as_csv(rows), f"{name}-{on}.csv")
    return Response(
        msgspec.json.encode({"as_of": on, "source": "団体の報告", "items": rows}),
        media_type="application/json",
    )


def _csv(data: bytes, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


@get(
    "/open-data/security/surveys/{round_id:uuid}/{edition:int}/{shape:str}",
    opt=_OPT,
    include_in_schema=False,
)
async def survey(
    round_id: FromPath[UUID], edition: FromPath[int], shape: FromPath[str], db: Db
) -> Response[bytes]:
    """One edition of a published survey."""
    async with _BY.transaction(db, read_only=True) as tx:
        every = await surveys.publications(tx, _BY.key, round_id)
    found = next((one for one in every if one.edition == edition), None)
    if found is None or shape not in ("csv", "json"):
        raise UnknownRoundError("この公表はありません。公開データの一覧から開き直してください。")
    if shape == "json":
        return Response(found.content.encode(), media_type="application/json")
    return _csv(opened.result_csv(opened.result_of(found.content)), f"survey-{edition}.csv")


OPEN_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (index, bodies, rates, survey)
