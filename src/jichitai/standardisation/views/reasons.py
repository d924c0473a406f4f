"""Why a system is late: the four classes of the publication."""

from datetime import date
from typing import Final

from jichitai.standardisation.progress.tables import holds, rows

_UNKNOWN: Final = "未公表"


def reason_name(number: int | None, on: date | None = None) -> str:
    """The short name of a class; what is not told is not guessed.

    >>> reason_name(4), reason_name(None)
    ('事業者の人員不足', '未公表')
    """
    for row in rows("reason_classes"):
        if number is not None and row["number"] == str(number) and (on is None or holds(row, on)):
            return row["name"]
    return _UNKNOWN
