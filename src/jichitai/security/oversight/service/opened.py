"""公開データ: what anybody may see of policies, and of published surveys."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import StringIO

import msgspec
from msgspec import Struct

from jichitai.infra.database import Tx
from jichitai.security.oversight.model.standing import Progress, Standing
from jichitai.security.oversight.service import overview
from jichitai.security.oversight.service.place import Overseer
from jichitai.security.oversight.service.surveys import Result


class OpenBody(Struct, frozen=True, kw_only=True):
    """One body as the public may see it; drafts and silence look the same."""

    code: str
    name: str
    prefecture: str
    kind: str
    adopted: bool
    published: bool
    address: str
    published_at: datetime | None
    effective_on: date | None
    guideline_version: str


class ListedBody(Struct, frozen=True, kw_only=True):
    """One body as those who oversee it keep it."""

    code: str
    name: str
    kind: str
    size: str
    status: str
    organs_counted: int
    organs: int
    network_model: str
    reported_at: datetime | None
    reminded_at: datetime | None


class OpenRate(Struct, frozen=True, kw_only=True):
    """One rate with its definition."""

    as_of: date
    denominator: str
    definition: str
    measure: str
    measure_definition: str
    numerator: int
    total: int
    percent: float | None


MEASURES = {
    "adopted": (
        "策定",
        "長の方針の決裁が済んだと報告した団体。組の分母では、機関ごとの決裁が済んだ組",
    ),
    "counted": (
        "策定・公表",
        "決裁が済み、公表の場所で文書を確かめた団体。組の分母では、そのような組",
    ),
}


async def open_bodies(tx: Tx, by: Overseer, *, on: date) -> list[OpenBody]:
    """Every body, by code."""
    return [_open(one) for one in await overview.standings(tx, by, on=on)]


def _open(one: Standing) -> OpenBody:
    shown = one.leading if one.head >= Progress.PUBLISHED else None
    return OpenBody(
        code=one.body.code,
        name=one.body.full_name,
        prefecture=one.body.prefecture_code,
        kind=one.body.kind,
        adopted=one.adopted,
        published=one.counted,
        address=shown.address if shown else "",
        published_at=shown.published_at if shown else None,
        effective_on=shown.effective_on if shown else None,
        guideline_version=shown.guideline_version if shown else "",
    )


async def open_rates(tx: Tx, by: Overseer, *, on: date) -> list[OpenRate]:
    """The rates on every denominator with their definitions."""
    found = await overview.standings(tx, by, on=on)
    return [
        OpenRate(
            as_of=on,
            denominator=one.denominator.japanese,
            definition=one.denominator.definition,
            measure=name,
            measure_definition=definition,
            numerator=rate.numerator,
            total=rate.total,
            percent=rate.percent,
        )
        for one in overview.all_rates(found, by, on=on)
        for rate, (name, definition) in (
            (one.adopted, MEASURES["adopted"]),
            (one.counted, MEASURES["counted"]),
        )
    ]


def as_csv(rows: Sequence[Struct]) -> bytes:
    """Rows of one type as CSV, in UTF-8 with a mark that spreadsheets know."""
    if not rows:
        return b"\xef\xbb\xbf"
    names = rows[0].__struct_fields__
    return _csv(names, ([_plain(getattr(row, name)) for name in names] for row in rows))


def result_csv(result: Result) -> bytes:
    """A published survey, body by body."""
    head = ["code", "name", "answered", *result.columns.values()]
    return _csv(
        head,
        (
            [
                row.code,
                row.name,
                "1" if row.answered else "0",
                *(_safe(row.answers.get(key, "")) for key in result.columns),
            ]
            for row in result.rows
        ),
    )


def result_of(content: str) -> Result:
    """A published survey as it was kept."""
    return msgspec.json.decode(content, type=Result)


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return "" if value is None else _safe(str(value))


def _safe(text: str) -> str:
    """Spreadsheets run what begins like a formula; a quote in front keeps it a text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") and not text[1:].isdigit() else text
