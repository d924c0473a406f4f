"""Build the compact data files of the package from the collected open data.

Usage: python scripts/build_data.py SOURCE_FOLDER

The folder holds the files that `src/jichitai/data/README.md` names. The same input gives the
same bytes.
"""

import csv
import gzip
import io
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src" / "jichitai" / "data"

COPIED = (
    "census_age_sex.csv",
    "change_reasons.csv",
    "designated_city_wards.csv",
    "given_names_female.csv",
    "given_names_male.csv",
    "holidays.csv",
    "juki_load_model.csv",
    "local_governments.csv",
    "map_municipalities.topojson.gz",
    "map_prefectures.topojson.gz",
    "organ_affairs.csv",
    "policy8_indicators.csv",
    "population_figures.csv",
    "standardisation_progress.csv",
    "standardisation_steps_2026-01.csv",
    "surnames.csv",
    "tokutei_shien_systems_2025-12.csv",
)

# Both eras claim the day of the change; documents may name either (標準仕様書 1.1.8).
CLAIMED_UNTIL = {"明治": "1912-07-30", "大正": "1926-12-25"}

SCHEMES = (
    "jis_unification",
    "moj582_1",
    "moj582_2",
    "koseki_oyaji",
    "mini2842_zoku",
    "mini2842_betsu",
    "mini2842_plain",
    "minni5202",
    "reading_shape",
    "dictionary",
)


HEAD_SCHEMES = {"jis_unification", "moj582_1", "moj582_2", "koseki_oyaji", "mini2842_zoku"}

NOTICE = (
    "# MJ文字情報一覧表 / MJ縮退マップ (c) 独立行政法人情報処理推進機構, "
    "文字情報技術促進協議会, CC BY-SA 2.1 JP; derived table under the same licence\n"
)


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV file, packed or not."""
    if path.suffix == ".gz":
        text = gzip.decompress(path.read_bytes()).decode()
    else:
        text = path.read_text(encoding="utf-8")
    yield from csv.DictReader(io.StringIO(text))


def write_packed(path: Path, text: str) -> None:
    """Write gzip with a fixed time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def characters(codes: str) -> str:
    """Hexadecimal code points with spaces between, as text."""
    return "".join(chr(int(code, 16)) for code in codes.split())


def in_jis(text: str) -> bool:
    """Whether the text can be written in JIS X 0213."""
    try:
        text.encode("euc_jis_2004")
    except UnicodeEncodeError:
        return False
    return True


def shrink_map(source: Path) -> str:
    """MJ text form and its JIS X 0213 form, where dropping the selector is not the answer."""
    targets: dict[str, list[tuple[int, int, int, str]]] = defaultdict(list)
    for row in rows(source / "mj_shrink_map.csv.gz"):
        target = characters(row["to_ucs"])
        if row["to_jisx0213"] and in_jis(target):
            rank, hops = int(row["rank"] or 0), int(row["hops"] or 0)
            targets[row["mj_name"]].append((SCHEMES.index(row["scheme"]), hops, rank, target))
    lines = {}
    for row in rows(source / "mj_characters.csv.gz"):
        form = characters(row["ivs"] or row["svs"] or row["impl_ucs"])
        best = min(targets[row["mj_name"]], default=(0, 0, 0, ""))[3]
        if not form or not best:
            continue
        plain = form[0] if in_jis(form[0]) else ""
        if best != plain and not (len(form) == 1 and plain):
            lines[form] = best
        bare = characters(row["impl_ucs"])
        if len(form) > 1 and bare and not in_jis(bare):
            lines.setdefault(bare, best)
    return NOTICE + "".join(f"{form}\t{best}\n" for form, best in sorted(lines.items()))


def mj_forms(source: Path) -> str:
    """Ranges of bare MJ characters, then a line per base with its selector forms."""
    bare: set[int] = set()
    forms: dict[str, list[str]] = defaultdict(list)
    for row in rows(source / "mj_characters.csv.gz"):
        if row["impl_ucs"]:
            bare.add(int(row["impl_ucs"], 16))
        if form := characters(row["ivs"] or row["svs"]):
            forms[form[0]].append(form[1:])
    for row in rows(source / "mj_hentaigana.csv"):
        if row["ucs"]:
            bare.add(int(row["ucs"][2:], 16))
    lines, start = [NOTICE], None
    for code in sorted(bare):
        start = code if start is None else start
        if code + 1 not in bare:
            lines.append(f"{start:X}-{code:X}\n")
            start = None
    lines += [f"{base}\t{''.join(sorted(found))}\n" for base, found in sorted(forms.items())]
    return "".join(lines)


def variant_heads(source: Path) -> str:
    """Each character and the common one that it is a variant of (異体字 to 親字・正字)."""
    names, common = {}, {}
    for row in rows(source / "mj_characters.csv.gz"):
        if row["impl_ucs"]:
            names[row["mj_name"]] = characters(row["impl_ucs"])
        if row["policy"]:
            common[characters(row["ucs"])] = row["policy"] != "常用漢字"
    heads: dict[str, set[str]] = defaultdict(set)
    for row in rows(source / "mj_shrink_map.csv.gz"):
        one, head = names.get(row["mj_name"]), characters(row["to_ucs"])
        if row["scheme"] in HEAD_SCHEMES and one and one != head and common.get(one) is not False:
            heads[one].add(head)
    best = {
        one: min(found, key=lambda head: (common.get(head, 2), head))
        for one, found in heads.items()
    }
    lines = [NOTICE]
    for one in sorted(best):
        head, seen = best[one], {one}
        while head in best and head not in seen:
            seen.add(head)
            head = best[head]
        if head != one and (head not in seen or one > min(seen)):
            lines.append(f"{one}\t{head if head not in seen else min(seen)}\n")
    return "".join(lines)


def eras(source: Path) -> str:
    """The era table with the last day that documents may name."""
    out = io.StringIO()
    fields = ("era", "kana", "latin_initial", "first_day", "last_day", "claimed_until", "note")
    writer = csv.DictWriter(out, fields, lineterminator="\n")
    writer.writeheader()
    for row in rows(source / "eras.csv"):
        writer.writerow(row | {"claimed_until": CLAIMED_UNTIL.get(row["era"], row["last_day"])})
    return out.getvalue()


def katakana_of(town: str, readings: dict[str, str]) -> str:
    """The reading of the longest postal name that the town begins with."""
    for length in range(len(town), 0, -1):
        if town[:length] in readings:
            return readings[town[:length]]
    return ""


def towns(source: Path) -> dict[str, str]:
    """One text per prefecture: a line of towns for each municipality, wards folded into it."""
    parents = {
        row["lg_code"]: (row["parent_lg_code"], row["ward"])
        for row in rows(source / "designated_city_wards.csv")
    }
    readings: dict[str, dict[str, str]] = defaultdict(dict)
    unlisted: dict[str, str] = {}
    for row in rows(source / "postal_towns.csv.gz"):
        if row["city"].endswith(row["town"]):  # "not listed", or the whole village
            unlisted.setdefault(row["lg_code"], row["postal_code"])
        if row["town"]:
            readings[row["lg_code"]].setdefault(row["town"], row["town_kana"])
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows(source / "towns_chome.csv.gz"):
        code = row["lg_code"]
        if not code:
            continue
        city, ward = parents.get(code, (code, ""))
        kana = katakana_of(row["town_base"] or row["town"], readings[code])
        postal = row["postal_code"].split("|")[0] or unlisted.get(code, "")
        found[city].append(f"{ward}\t{row['town']}\t{kana}\t{postal}")
    for code, postal in unlisted.items():
        if code not in parents and not found[code]:
            found[code].append(f"\t\t\t{postal}")
    texts: dict[str, str] = defaultdict(str)
    for city in sorted(found):
        texts[city[:2]] += f">{city}\n" + "".join(f"{line}\n" for line in sorted(set(found[city])))
    return texts


def main(source: Path) -> None:
    """Write every file."""
    for name in COPIED:
        shutil.copyfile(source / name, TARGET / name)
    (TARGET / "eras.csv").write_text(eras(source), encoding="utf-8")
    write_packed(TARGET / "mj_shrink.tsv.gz", shrink_map(source))
    write_packed(TARGET / "mj_forms.tsv.gz", mj_forms(source))
    write_packed(TARGET / "mj_heads.tsv.gz", variant_heads(source))
    for prefecture, text in towns(source).items():
        write_packed(TARGET / "towns" / f"{prefecture}.tsv.gz", text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
