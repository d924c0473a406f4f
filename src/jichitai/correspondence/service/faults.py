"""Faults of a spreadsheet's cells, by row, in the form that previews keep."""

import re
from collections.abc import Iterable

from jichitai.correspondence.model.preview import Wrong
from jichitai.infra.documents.sheets import Fault


def by_row(faults: Iterable[Fault]) -> dict[int, list[Wrong]]:
    """The faults of each row number."""
    found: dict[int, list[Wrong]] = {}
    for one in faults:
        number = int(re.sub(r"\D", "", one.cell) or 0)
        wrong = Wrong(cell=one.cell, value=one.value, why=one.why, remedy=one.remedy)
        found.setdefault(number, []).append(wrong)
    return found
