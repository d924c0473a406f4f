"""公開データ: the views as CSV and JSON, for anybody."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.params import FromPath
from msgspec import Struct

from jichitai.infra.database import Tx
from jichitai.standardisation.views import tabular
from jichitai.standardisation.views.asking import AnyRequest, Asked
from jichitai.standardisation.views.items import Answer
from jichitai.standardisation.views.pages.setting import asked_at
from jichitai.web.inject import Db, LawClock

Made = Callable[[Tx, Asked], Awaitable[Sequence[Struct]]]

FILES: Final[Mapping[str, Made]] = {
    "national": tabular.national_rows,
    "prefectures": tabular.prefecture_rows,
    "bodies": tabular.body_rows,
    "businesses": tabular.business_rows,
    "series": tabular.series_rows,
}
"""Files by name; each is there as CSV and as JSON."""


async def file(request: AnyRequest, db: Db, clock: LawClock) -> Response[bytes]:
    """One file of open data. `as_of` gives what was known on an earlier day."""
    _, asked = asked_at(request, clock.today())
    name, _, shape = request.url.path.rpartition("/")[2].partition(".")
    async with db.transaction(read_only=True) as tx:
        rows = await FILES[name](tx, asked)
    if shape == "csv":
        return tabular.attached(tabular.as_csv(rows), f"{name}-{asked.on}.csv")
    return _json(Answer(as_of=asked.on, source=asked.source.japanese, items=list(rows)))


async def body_json(
    request: AnyRequest, code: FromPath[str], db: Db, clock: LawClock
) -> Response[bytes]:
    """One body as JSON: what its page shows."""
    place, asked = asked_at(request, clock.today())
    async with db.transaction(read_only=True) as tx:
        found = await tabular.body_detail(tx, asked, code, inside=place.inside)
    return _json(found)


def _json(value: Any) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type="application/json")
