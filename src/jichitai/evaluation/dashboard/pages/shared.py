"""What the pages of 指標の状況 share: the moment of an address, words, columns."""

from datetime import date
from typing import Any, Final

from litestar import Request, Response

from jichitai.evaluation.dashboard.queries import Moment, moment
from jichitai.evaluation.indicators.standing import Standing
from jichitai.infra.clock import Clock
from jichitai.kernel.dates import JST, parse_date
from jichitai.standardisation.progress.model import SourceKind
from jichitai.web.components import Column, Option, Status

AnyRequest = Request[Any, Any, Any]

CHIPS: Final = {
    one: Status(one.shown, one.colour, one.meaning)  # type: ignore[arg-type]
    for one in Standing
}
CONFIDENCE: Final = {
    "reported": "公表・報道",
    "reported-rounded": "公表・報道（概数）",
    "reported-range": "公表・報道（範囲）",
    "reported-corrected": "公表（訂正後）",
    "reported-may-be-revised": "公表・報道（後に訂正された可能性）",
    "reported-qualitative": "公表（言葉のみ）",
    "derived": "公表値から計算",
    "secondary": "二次資料（原典は未確認）",
    "summary": "評価書要旨",
    "summary-qualitative": "評価書要旨（言葉のみ）",
    "counted": "このシステムで集計",
}
INDICATORS: Final = (
    Column("name", "指標", head=True, wide=True),
    Column("value", "最新の値", align="end"),
    Column("as_of", "時点"),
    Column("target", "目標"),
    Column("standing", "状況"),
)
POINTS: Final = (
    Column("label", "時点", head=True),
    Column("value", "値", align="end"),
    Column("parts", "分子／分母", align="end"),
    Column("source", "出典", wide=True),
    Column("known", "知った日"),
    Column("edition", "版", wide=True),
)
SOURCES: Final = tuple(Option(one.value, one.japanese) for one in SourceKind)


def moment_of(request: AnyRequest, clock: Clock) -> Moment:
    """The moment that an address asks for: `as_of` an earlier day, `source` another kind of data.

    Raises:
        InvalidDateError: `as_of` is no date.
    """
    text = request.query_params.get("as_of", "").replace("\0", "")[:40]
    asked: date | None = parse_date(text) if text else None
    source = request.query_params.get("source", "")
    known = source in {*SourceKind}
    kind = SourceKind(source) if known else SourceKind.OPEN
    return moment(_sensible(asked), clock.now(), source_kind=kind)


def _sensible(day: date | None) -> date | None:
    return None if day is None else max(day, date(2000, 1, 1))


def kept_of(at: Moment, clock: Clock) -> dict[str, str]:
    """What links to further pages carry on."""
    today = clock.now().astimezone(JST).date()
    return {
        "as_of": "" if at.on == today else at.on.isoformat(),
        "source": "" if at.source_kind is SourceKind.OPEN else at.source_kind.value,
    }


def csv_answer(data: bytes, name: str) -> Response[bytes]:
    """A table as a file."""
    return Response(
        data,
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.csv"'},
    )
