"""実績値の取込み: a workbook of values; read, shown, and its right rows recorded.

Every value keeps what the rules of entering ask: a source, a denominator for rates, a reason for a
correction. A row with a fault is not recorded; the others are.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID, uuid4

import msgspec
from anyio import to_thread

from jichitai.correspondence.errors import AlreadyAppliedError
from jichitai.correspondence.model.areas import Area
from jichitai.correspondence.model.preview import Preview, Taken, Wrong, preview_of
from jichitai.correspondence.service.faults import by_row
from jichitai.correspondence.service.place import MINISTRY_KEY
from jichitai.correspondence.store import uploads
from jichitai.correspondence.store.uploads import Upload
from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.indicators import checks, entering, service
from jichitai.evaluation.indicators.checks import CONFIDENCE, Entry
from jichitai.evaluation.indicators.errors import AlreadyEnteredError, StaleValueError
from jichitai.evaluation.indicators.model import LARGEST, Definition, Point
from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.documents.sheets import Column, Row, Sheet, Value, read, workbook

AREA: Final = Area(
    key="indicators",
    title="政策評価の指標",
    section="政策評価の担当",
    inbox="/evaluation/indicators/import",
    audit="evaluation.indicator",
)
SUBJECT: Final = "values"
SHEET: Final = "実績値"
YES: Final = "はい"
_OFFERED: Final = {text: key for key, text in CONFIDENCE.items() if key != "counted"}
_LAYOUT: Final = (
    ("indicator_id", "指標番号", 14, "text", True),
    ("name", "指標", 40, "text", False),
    ("unit", "単位", 10, "text", False),
    ("as_of", "時点", 14, "date", False),
    ("value", "値", 14, "text", False),
    ("words", "言葉の値", 16, "text", False),
    ("numerator", "分子", 14, "text", False),
    ("denominator", "分母", 14, "text", False),
    ("rate_only", "出典は率だけ", 14, "text", False),
    ("source", "出典", 40, "text", False),
    ("confidence", "確からしさ", 24, "text", False),
    ("reason", "理由（訂正・後退のとき）", 40, "text", False),
)
_CHOICES: Final = {"rate_only": (YES,), "confidence": tuple(_OFFERED)}
_LOCKED: Final = ("indicator_id", "name", "unit")
COLUMNS: Final = tuple(
    Column(
        key=key,
        label=label,
        width=width,
        kind="date" if kind == "date" else "text",
        required=required,
        choices=_CHOICES.get(key, ()),
        locked=key in _LOCKED,
    )
    for key, label, width, kind, required in _LAYOUT
)
_NOTES: Final = (
    "時点と値を入れた行だけを読みます。時点は 令和8年9月30日、R8.9.30、2026-09-30 のように入れてください。",
    "割合は分子と分母を入れます。出典に率しかないときは「出典は率だけ」を「はい」にして、値に率を入れてください。",
    "同じ時点の値が既にあるときは訂正になります。理由がないと取り込みません。前の値も残ります。",
)
_LETTERS: Final = {key: chr(ord("A") + at) for at, (key, *_) in enumerate(_LAYOUT)}
_BLANK: Final = ("as_of", "value", "words", "numerator", "denominator")


async def form(tx: Tx, clock: Clock) -> bytes:
    """The workbook: one row for each indicator whose values are entered."""
    found = await service.definitions(tx, clock.now())
    rows: list[Mapping[str, Value]] = [
        {"indicator_id": one.indicator_id, "name": one.name, "unit": one.unit}
        for one in found.values()
        if not one.live
    ]
    sheet = Sheet(name=SHEET, columns=COLUMNS, rows=rows, notes=_NOTES)
    return await to_thread.run_sync(lambda: workbook([sheet], title="指標の実績値"))


async def take(tx: Tx, data: bytes, *, name: str, by: Actor, clock: Clock) -> UUID:
    """Read a workbook; nothing is recorded until somebody confirms.

    Raises:
        WorkbookRefusedError: not such a workbook.
    """
    table = await to_thread.run_sync(lambda: read(data, sheet=SHEET, columns=COLUMNS))
    definitions = await service.definitions(tx, clock.now())
    points = await service.points(tx, None, clock.now())
    reading = _Reading(definitions, points, clock.today())
    wrong = by_row(table.faults)
    rows = [found for row in table.rows if (found := reading.row(row, wrong.get(row.number, [])))]
    upload_id = uuid4()
    new = uploads.NewUpload(
        upload_id=upload_id,
        subject=SUBJECT,
        name=name,
        digest=hashlib.sha256(data).digest(),
        content=msgspec.json.encode(Preview(cells=table.cells, rows=tuple(rows))).decode(),
        at=clock.now(),
        by=by.id,
    )
    await uploads.add_upload(tx, AREA, MINISTRY_KEY, new)
    return upload_id


async def upload_of(tx: Tx, upload_id: UUID) -> Upload:
    """A workbook that was read.

    Raises:
        UnknownUploadError: there is none.
    """
    return await uploads.upload_of(tx, AREA, MINISTRY_KEY, upload_id, subject=SUBJECT)


async def preview(tx: Tx, upload_id: UUID) -> Preview:
    """What a workbook would record, and every fault.

    Raises:
        UnknownUploadError: there is none.
    """
    return preview_of((await upload_of(tx, upload_id)).content)


@dataclass(frozen=True, slots=True)
class Applied:
    """How many rows were recorded, and which were refused meanwhile."""

    written: int
    refused: tuple[str, ...]


async def apply(tx: Tx, upload_id: UUID, *, by: Actor, clock: Clock) -> Applied:
    """Record the right rows, each by the rules of entering.

    Raises:
        UnknownUploadError: there is none.
        AlreadyAppliedError: it was recorded before.
    """
    upload = await uploads.upload_of(tx, AREA, MINISTRY_KEY, upload_id, subject=SUBJECT, lock=True)
    if upload.applied_at is not None:
        raise AlreadyAppliedError(
            "このファイルは取込み済みです。直した行だけを入れた新しい表を取り込んでください。"
        )
    refused: list[str] = []
    written = 0
    for row in preview_of(upload.content).rows:
        if row.faults:
            continue
        entry, edition = entry_of(row.values), int(row.values["edition"])
        try:
            if edition:
                await entering.correct(tx, entry, edition=edition, by=by, clock=clock)
            else:
                await entering.enter(tx, entry, by=by, clock=clock)
        except (FaultyEntryError, AlreadyEnteredError, StaleValueError) as refusal:
            refused.append(f"{row.row}行目：{refusal.detail}")
        else:
            written += 1
    await uploads.mark_applied(tx, AREA, MINISTRY_KEY, upload_id, at=clock.now())
    facts = {"written": written, "refused": len(refused)}
    await audit.record(tx, by=by, action="evaluation.indicator.import", facts=facts)
    return Applied(written, tuple(refused))


def entry_of(values: Mapping[str, str]) -> Entry:
    """A row that was kept, as an entry."""
    return Entry(
        indicator_id=values["indicator_id"],
        as_of=date.fromisoformat(values["as_of"]),
        value=_kept_number(values["value"]),
        words=values["words"],
        numerator=_kept_number(values["numerator"]),
        denominator=_kept_number(values["denominator"]),
        rate_only=bool(values["rate_only"]),
        source=values["source"],
        confidence=values["confidence"],
        reason=values["reason"],
    )


def _kept_number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


class _Reading:
    """Rows one after another, each checked against what is known and what stood above."""

    def __init__(
        self,
        definitions: Mapping[str, Definition],
        points: Mapping[str, Sequence[Point]],
        today: date,
    ) -> None:
        self._definitions, self._today = definitions, today
        self._known = {
            key: {one.as_of: one for one in values if one.holds and not one.live}
            for key, values in points.items()
        }
        self._seen: set[tuple[str, date]] = set()

    def row(self, row: Row, wrong: Sequence[Wrong]) -> Taken | None:
        """A row that says something; None for one that was left empty."""
        raw = {key: _text(row.values.get(key)) for key, *_ in _LAYOUT}
        if not wrong and not any(raw[key] for key in _BLANK):
            return None
        faults = list(wrong)
        definition = self._definition(raw, row.number, faults)
        numbers = {
            key: self._number(raw[key], key, row.number, faults)
            for key in ("value", "numerator", "denominator")
        }
        as_of = row.values.get("as_of")
        if not isinstance(as_of, date) and not faults:
            faults.append(
                _wrong(
                    "as_of", row.number, "", "時点がありません", "値の時点の日付を入れてください"
                )
            )
        values = self._values(raw, numbers)
        if definition is None or not isinstance(as_of, date) or faults:
            return self._taken(row, definition, values, faults)
        version = [
            one
            for one in self._known[definition.indicator_id].values()
            if one.version == definition.version
        ]
        before = next((one for one in version if one.as_of == as_of), None)
        values |= {
            "as_of": as_of.isoformat(),
            "edition": str(before.edition) if before else "0",
            "before": before.text if before else "",
        }
        others = [one for one in version if one.as_of != as_of]
        faults += self._checked(definition, values, others, before, row.number)
        self._seen.add((definition.indicator_id, as_of))
        return self._taken(row, definition, values, faults)

    def _checked(
        self,
        definition: Definition,
        values: dict[str, str],
        others: Sequence[Point],
        before: Point | None,
        number: int,
    ) -> list[Wrong]:
        entry = entry_of(values)
        if (definition.indicator_id, entry.as_of) in self._seen:
            why = "同じ指標・時点の行が前にあります"
            return [_wrong("as_of", number, values["as_of"], why, "どちらかの行を消してください")]
        found = checks.entry_faults(definition, entry, others, today=self._today)
        if before is not None:
            found = [*checks.reason_faults(entry.reason, what="訂正"), *found]
        value = checks.value_of(definition, entry)
        values["shown"] = definition.with_unit(
            entry.words if value is None else definition.text_of(value)
        )
        return [_cut(field, number, values.get(field, ""), text) for field, text in found]

    def _definition(
        self, raw: Mapping[str, str], number: int, faults: list[Wrong]
    ) -> Definition | None:
        found = self._definitions.get(raw["indicator_id"])
        if found is None:
            if not any(one.cell == f"A{number}" for one in faults):
                why = "この番号の指標はありません"
                remedy = "配った表の指標番号に戻してください"
                faults.append(_wrong("indicator_id", number, raw["indicator_id"], why, remedy))
            return None
        if found.live:
            why = "この指標は日次集計から計算します。手で入れると二つの値が並びます"
            faults.append(
                _wrong("indicator_id", number, raw["indicator_id"], why, "この行を消してください")
            )
        return found

    def _number(self, text: str, key: str, number: int, faults: list[Wrong]) -> Decimal | None:
        plain = text.translate(_NARROW).replace(",", "").removesuffix("%").strip()
        if not plain:
            return None
        try:
            found = Decimal(plain)
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or abs(found) > LARGEST:
            remedy = "単位を付けずに数だけを入れてください。言葉の値は「言葉の値」の列に入れます"
            faults.append(_wrong(key, number, text, "数ではありません", remedy))
            return None
        return round(found, 6)

    def _values(
        self, raw: Mapping[str, str], numbers: Mapping[str, Decimal | None]
    ) -> dict[str, str]:
        kept = {key: "" if one is None else f"{one:f}" for key, one in numbers.items()}
        return {
            "indicator_id": raw["indicator_id"],
            "as_of": raw["as_of"],
            "words": raw["words"][:60],
            "rate_only": raw["rate_only"],
            "source": raw["source"][:200],
            "confidence": _OFFERED.get(raw["confidence"], "reported"),
            "reason": raw["reason"][:1000],
            "edition": "0",
            "before": "",
            "shown": "",
            **kept,
        }

    def _taken(
        self, row: Row, definition: Definition | None, values: dict[str, str], faults: list[Wrong]
    ) -> Taken:
        return Taken(
            row=str(row.number),
            code=values["indicator_id"],
            name=definition.name if definition else "",
            values=values,
            faults=tuple(faults),
        )


_NARROW: Final = str.maketrans("０１２３４５６７８９，．－％", "0123456789,.-%")


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return "".join(c if c.isprintable() else " " for c in str(value)).strip()


def _wrong(key: str, number: int, value: str, why: str, remedy: str) -> Wrong:
    return Wrong(cell=f"{_LETTERS[key]}{number}", value=value[:60], why=why, remedy=remedy)


def _cut(field: str, number: int, value: str, text: str) -> Wrong:
    """A fault of a field as a fault of its cell: the last sentence says what to do."""
    sentences = [one for one in text.split("。") if one]
    return _wrong(field, number, value, "。".join(sentences[:-1]) or sentences[-1], sentences[-1])
