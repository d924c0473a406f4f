"""調査票の表: one layout for a body's file, for all of them in one archive, and for reading back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from jichitai.correspondence.model.preview import Preview, Taken, Wrong, body_of
from jichitai.correspondence.service.archives import XLSX, File, Template, mark, packed
from jichitai.correspondence.service.faults import by_row
from jichitai.infra.documents.sheets import (
    Column,
    Sheet,
    Table,
    WorkbookRefusedError,
    read,
    workbook,
)
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import both
from jichitai.security.oversight.model.forms import KINDS, Form, Question, clean
from jichitai.security.oversight.store.surveys import Round

SHEET: Final = "回答"
_FIRST: Final = (
    Column(key="code", label="団体コード", width=12, required=True, locked=True),
    Column(key="name", label="団体名", width=22, locked=True),
)
_REASON: Final = Column(key="reason", label="前の回答を直した理由", width=30)


def columns(form: Form, *, reading: bool = False) -> tuple[Column, ...]:
    """The layout of a form: a row is a body, a column a question."""
    asked = (
        Column(
            key=one.key,
            label=label(one, number),
            width=24,
            kind="int" if one.kind == "int" else "date" if one.kind == "date" else "text",
            choices=one.offered,
            required=one.required and not reading,
        )
        for number, one in enumerate(form.questions, start=1)
    )
    first = (_FIRST[0],) if reading else _FIRST
    return (*first, *asked) if reading else (*first, *asked, _REASON)


def label(question: Question, number: int) -> str:
    """The head of a question's column."""
    return f"問{number} {question.label}"


def _notes(found: Round, form: Form) -> list[str]:
    return [
        found.title,
        f"時点 {both(found.as_of)}　回答の期限 {both(found.due_on)}",
        "団体コードと見出しは変えないでください。1行が1団体です。式、結合したセル、マクロは読み取れません。",
        *([form.note] if form.note else []),
    ]


def _explained(form: Form) -> Sheet:
    return Sheet(
        name="設問の説明",
        columns=(
            Column(key="number", label="問", width=6),
            Column(key="label", label="設問", width=50),
            Column(key="kind", label="答え方", width=14),
            Column(key="choices", label="選択肢", width=40),
            Column(key="required", label="必須", width=8),
            Column(key="hint", label="説明", width=50),
        ),
        rows=[
            {
                "number": f"{number}",
                "label": one.label,
                "kind": KINDS[one.kind],
                "choices": "／".join(one.offered),
                "required": "必須" if one.required else "任意",
                "hint": one.hint,
            }
            for number, one in enumerate(form.questions, start=1)
        ],
    )


def file_of(found: Round, form: Form, rows: Iterable[tuple[Body, Mapping[str, str]]]) -> bytes:
    """One file with a row for each body, filled in with its last answers."""
    sheet = Sheet(
        name=SHEET,
        columns=columns(form),
        rows=[{"code": body.code, "name": body.full_name, **last} for body, last in rows],
        notes=_notes(found, form),
    )
    return workbook([sheet, _explained(form)], title=found.title)


def archive(found: Round, form: Form, rows: Sequence[tuple[Body, Mapping[str, str]]]) -> bytes:
    """A file for each body in one archive, from one template."""
    sample = {one.key: mark(one.key) for one in columns(form)}
    sheet = Sheet(
        name=SHEET,
        columns=[_as_text(one) for one in columns(form)],
        rows=[sample],
        notes=_notes(found, form),
    )
    template = Template(workbook([sheet, _explained(form)], title=found.title))
    return packed(
        (
            f"{body.code}_{body.name}{XLSX}",
            template.filled({"code": body.code, "name": body.full_name, **last}),
        )
        for body, last in rows
    )


def _as_text(column: Column) -> Column:
    """Numbers and dates are written as texts; reading takes them all the same."""
    return Column(
        key=column.key,
        label=column.label,
        width=column.width,
        choices=column.choices,
        locked=column.locked,
    )


def preview(
    files: Sequence[File],
    form: Form,
    among: Mapping[str, Body],
    *,
    only: str | None = None,
) -> Preview:
    """Read filled-in files; nothing is written. Rows without any answer are passed over.

    Args:
        files: one, or those of an archive; a file that cannot be read is a fault of its own.
        form: what was asked.
        among: the bodies that were asked.
        only: the one body that may answer.

    Raises:
        WorkbookRefusedError: the only file cannot be read.
    """
    rows: list[Taken] = []
    cells = 0
    seen: set[str] = set()
    for file in files:
        try:
            table = read(file.data, sheet=SHEET, columns=columns(form, reading=True))
        except WorkbookRefusedError as refusal:
            if not file.name:
                raise
            rows.append(_refused(file, refusal))
            continue
        cells += table.cells
        for taken in _rows(file, table, form, among, seen, only):
            rows.append(taken)
            seen.add(taken.code)
    return Preview(cells=cells, rows=tuple(rows))


def _refused(file: File, refusal: WorkbookRefusedError) -> Taken:
    wrong = Wrong(cell=file.name, value="", why=refusal.title, remedy=refusal.detail)
    return Taken(row=file.name, code="", name="", values={}, faults=(wrong,))


def _rows(
    file: File,
    table: Table,
    form: Form,
    among: Mapping[str, Body],
    seen: set[str],
    only: str | None,
) -> Iterator[Taken]:
    wrong = by_row(table.faults)
    places = {one.key: _letters(at) for at, one in enumerate(columns(form))}
    for row in table.rows:
        cell_faults = wrong.get(row.number, [])
        at_fault = {one.cell for one in cell_faults}
        code, fault = body_of(
            str(row.values.get("code") or ""),
            f"A{row.number}",
            among=among,
            taken=seen,
            only=only,
        )
        given = {key: str(v) for key, v in row.values.items() if key != "code" and v is not None}
        if not given and not cell_faults:
            continue  # nobody has answered yet
        good, bad = clean(form, given)
        more = [
            _wrong(f"{places[key]}{row.number}", given.get(key, ""), text)
            for key, text in bad.items()
            if f"{places[key]}{row.number}" not in at_fault
        ]
        yield Taken(
            row=f"{file.name} {row.number}".strip(),
            code=code,
            name=among[code].full_name if code else "",
            values=good,
            faults=(*cell_faults, *([fault] if fault else []), *more),
        )


def _wrong(cell: str, value: str, told: str) -> Wrong:
    """A fault of an answer: its first sentence is what is wrong, the rest what to do."""
    why, _, remedy = told.partition("。")
    return Wrong(cell=cell, value=value[:60], why=why, remedy=remedy or "答えを直してください")


def _letters(at: int) -> str:
    """The letters of a column by its place from 0."""
    head, last = divmod(at, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + last)


def marked(found: Round, form: Form, taken: Preview) -> bytes:
    """The rows that cannot be written, with what to do, to be sent back."""
    layout = (*columns(form), Column(key="fault", label="直すところ", width=60))
    rows = [
        {
            "code": one.code,
            "name": one.name or one.row,
            **one.values,
            "fault": "\n".join(f"{w.cell}：{w.why}。{w.remedy}" for w in one.faults),
        }
        for one in taken.rows
        if one.faults
    ]
    sheet = Sheet(
        name=SHEET,
        columns=[_as_text(one) for one in layout],
        rows=rows,
        notes=_notes(found, form),
    )
    return workbook([sheet, _explained(form)], title=found.title)
