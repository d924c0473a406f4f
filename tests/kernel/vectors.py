"""Reads the vectors of the kernel; each row names its source."""

import csv
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "vectors" / "kernel"


def vectors(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    assert found
    assert all(row["source"] for row in found)
    return found
