"""取込みの下見: what a filled-in file holds, what is wrong with it, and what can be put right."""

import re
from collections.abc import Collection, Iterable, Mapping

import msgspec
from msgspec import Struct

from jichitai.kernel.bodies import Body


class Wrong(Struct, frozen=True, kw_only=True):
    """A fault of one cell: where, what stands there, why it is wrong, what to do.

    Attributes:
        repair: the value that would be right, where it can be told; empty otherwise.
    """

    cell: str
    value: str
    why: str
    remedy: str
    repair: str = ""


class Taken(Struct, frozen=True, kw_only=True):
    """One row that was read.

    Attributes:
        row: its number in the file; for an archive, with the file's name before it.
        code: the body that it is about; empty when it cannot be told.
        name: the body's name.
        values: what it says, by key.
        faults: what is wrong with it.
    """

    row: str
    code: str
    name: str
    values: dict[str, str]
    faults: tuple[Wrong, ...]

    @property
    def repairable(self) -> bool:
        """Whether everything wrong with it can be put right by itself."""
        return bool(self.faults) and all(one.repair for one in self.faults)


class Preview(Struct, frozen=True, kw_only=True):
    """All rows of a file, before anything is written."""

    cells: int
    rows: tuple[Taken, ...]

    @property
    def faults(self) -> list[tuple[Taken, Wrong]]:
        """Every fault with its row."""
        return [(row, one) for row in self.rows for one in row.faults]

    @property
    def right(self) -> int:
        """Rows that would be written."""
        return sum(not row.faults for row in self.rows)

    def accepted(self, repaired: Collection[str]) -> dict[str, dict[str, str]]:
        """The values by body that may be written.

        Args:
            repaired: rows whose offered repair a person accepted.

        Source: none; rule of this project: a row with a fault is never written as it stands.
        """
        found: dict[str, dict[str, str]] = {}
        for row in self.rows:
            if not row.faults or (row.repairable and row.row in repaired):
                found.setdefault(row.code, row.values)
        return found


def preview_of(text: str) -> Preview:
    """Read a preview that was kept.

    Source: none; form of this project.
    """
    return msgspec.json.decode(text, type=Preview)


def body_of(
    text: str,
    cell: str,
    *,
    among: Mapping[str, Body],
    taken: Iterable[str] = (),
    only: str | None = None,
) -> tuple[str, Wrong | None]:
    """Which body a cell names, and what is wrong with it.

    Args:
        text: the cell's text.
        cell: its place.
        among: the bodies that may stand there, by code.
        taken: codes that stood above already.
        only: the one body that may answer, when a body answers for itself.

    Returns:
        The code, empty when it cannot be told, and the fault.

    Source: 総務省 全国地方公共団体コード (6桁).
    """
    code = text.strip()
    wrong: Wrong | None = None
    if re.fullmatch(r"\d{5}", code) and f"0{code}" in among:
        guess = among[f"0{code}"]
        wrong = Wrong(
            cell=cell,
            value=code,
            why="団体コードは6桁です（先頭の0が落ちています）",
            remedy=f"{guess.code} {guess.full_name} でよければ「直して取り込む」に印を付けてください",
            repair=guess.code,
        )
        code = guess.code
    if code in set(taken):
        why, remedy = "同じ団体の行が前にあります", "どちらかの行を消してください"
        return "", Wrong(cell=cell, value=text[:60], why=why, remedy=remedy)
    if only is not None and code != only:
        why = "ほかの団体の行です。ほかの団体に代わって回答することはできません"
        remedy = f"この団体（{only}）の行だけを残してください"
        return "", Wrong(cell=cell, value=text[:60], why=why, remedy=remedy)
    if code not in among:
        why = "この番号の団体は対象にありません"
        remedy = "配った様式の団体コードに戻してください"
        return "", Wrong(cell=cell, value=text[:60], why=why, remedy=remedy)
    return code, wrong
