"""Reads the open data that the synthetic nation is made from."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.resources import files


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
def _wards() -> dict[str, tuple[str, str]]:
    """Ward code -> (code of its designated city, name of the ward)."""
    return {
        row["lg_code"]: (row["parent_lg_code"], row["ward"])
        for row in table("designated_city_wards.csv")
    }


def _unit_rows(name: str, *columns: str) -> Iterator[list[str]]:
    """The named columns of a packaged table, as bare lists (quick for long files)."""
    raw = gzip.decompress((files("jichitai") / "data" / name).read_bytes()).decode("utf-8")
    rows = csv.reader(raw.splitlines())
    header = next(rows)
    places = [header.index(column) for column in columns]
    return ([row[place] for place in places] for row in rows)


@cache
def streets() -> dict[str, tuple[tuple[str, str], ...]]:
    """(town text, postal code) pairs of each municipality, sorted; a ward opens the text."""
    wards = _wards()
    default: dict[str, str] = {}
    listed: dict[str, set[tuple[str, str]]] = defaultdict(set)
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for unit, postal, town in _unit_rows("postal_towns.csv.gz", "lg_code", "postal_code", "town"):
        parent, ward = wards.get(unit, (unit, ""))
        if town:
            listed[parent].add((ward + town, postal))
        else:
            default[unit] = postal
    for unit, town, codes in _unit_rows("towns_chome.csv.gz", "lg_code", "town", "postal_code"):
        postal = codes.split("|")[0] or default.get(unit, "")
        if unit and town and postal:
            parent, ward = wards.get(unit, (unit, ""))
            found[parent].add((ward + town, postal))
    return {code: tuple(sorted(found.get(code) or listed[code])) for code in {*listed, *found}}
