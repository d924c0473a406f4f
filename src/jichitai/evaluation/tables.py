"""Rows as CSV that spreadsheets open: UTF-8 with its mark, no cell that runs as a formula."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

_RUNS = ("=", "+", "-", "@", "\t")


def csv_bytes(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as CSV; an unknown value is an empty cell.

    >>> csv_bytes(["値"], [[None], [Decimal("90.2")], ["=1+1"]]).decode("utf-8-sig").split()
    ['値', '""', '90.2', "'=1+1"]
    """
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([[_plain(cell) for cell in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def _plain(cell: object) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case Decimal():
            return f"{cell:f}"
        case int():
            return str(cell)
        case date() | datetime():
            return cell.isoformat()
        case _:
            text = str(cell)
            return f"'{text}" if text.startswith(_RUNS) and text != "—" else text
