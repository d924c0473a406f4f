"""Reads the open data that the synthetic nation is made from."""

import csv
import gzip
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from jichitai.kernel.towns import towns_of


def table(name: str) -> Iterator[dict[str, str]]:
    """Rows of a packaged CSV file; `.gz` is unpacked on the way. Every value is text."""
    raw = (files("jichitai") / "data" / name).read_bytes()
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8")
    return csv.DictReader(text.splitlines())


@cache
def census_groups() -> tuple[tuple[str, int, int, int], ...]:
    """(sex "1"/"2", first age, last age, people) of the census of 2020."""
    return tuple(
        (
            "1" if row["sex"] == "M" else "2",
            int(row["age_from"]),
            int(row["age_to"] or 113),
            int(row["people"]),
        )
        for row in table("census_age_sex.csv")
        if row["year"] == "2020"
    )


@cache
def people_of_towns() -> dict[str, int]:
    """Residents of each municipality by the census of 2020, by 6-digit code."""
    return {
        row["lg_code"]: int(row["pop2020_prelim_total"] or 0)
        for row in table("local_governments.csv")
        if row["kind"] != "都道府県"
    }


@cache
def streets(code: str) -> tuple[tuple[str, str], ...]:
    """(town text, postal code) pairs of a municipality; a ward opens the text."""
    return tuple((town.name, town.postal_code) for town in towns_of(code))
