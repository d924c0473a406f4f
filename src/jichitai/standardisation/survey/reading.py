"""Reading filled-in files back: each fault is told at its cell, everything else is kept."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from jichitai.correspondence.model.preview import Preview, Taken, Wrong, body_of
from jichitai.correspondence.service.archives import File
from jichitai.correspondence.service.readings import add_all
from jichitai.correspondence.service.returns import Returned, RowRead, read_return
from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.kernel.bodies import Body
from jichitai.standardisation.progress.costs import CostItem
from jichitai.standardisation.progress.reports import (
    BodyReport,
    Cloud,
    DeadlineClass,
    SystemReport,
)
from jichitai.standardisation.survey.layout import (
    BUSINESSES,
    CLASSES,
    CLOUDS,
    COLUMNS,
    COST_COLUMNS,
    COST_SHEET,
    SHEET,
    STATES,
    STEP_KEYS,
    YES_NO,
    row_values,
)
from jichitai.standardisation.survey.model import by_business, faults_of
from jichitai.standardisation.survey.reading_costs import COST_KEYS, cost_of

_ANSWERED: Final = frozenset(one.key for one in COLUMNS[3:])
_LEADING: Final = re.compile(r"(\d{6})(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the files are compared with.

    Attributes:
        as_of: the day that the round is about.
        among: the bodies that were asked, by code.
        answers: the last answer of each body.
        done: steps done as the progress has them, by body and business.
        only: the one body that may answer, when a body reads its own file.
    """

    as_of: date
    among: Mapping[str, Body]
    answers: Mapping[str, BodyReport]
    done: Mapping[tuple[str, str], int]
    only: str | None = None


class Reader:
    """Reads filled-in files one after the other; nothing is written.

    Rows without any answer are passed over; a file that cannot be read is a fault of its own.
    """

    def __init__(self, known: Known) -> None:
        """Compare with what is known."""
        self._known = known
        self._rows: list[Taken] = []
        self._cells = 0
        self._owners: set[str] = set()

    def add(self, file: File) -> None:
        """Read one more file.

        Raises:
            WorkbookRefusedError: it came alone and cannot be read.
        """
        try:
            found = read_return(file.data, sheet=SHEET, columns=COLUMNS)
        except WorkbookRefusedError as refusal:
            if not file.name:
                raise
            self._rows.append(_whole(file.name, refusal.title, refusal.detail))
            return
        costs = _costs(file)
        self._cells += found.cells + (costs.cells if costs else 0)
        owner, refused = _owner(file.name, found, self._known)
        if refused is None and owner in self._owners:
            refused = _whole(
                file.name, "同じ団体のファイルが前にあります", "どちらかのファイルを外してください"
            )
        if refused is not None:
            self._rows.append(refused)
            return
        self._owners.add(owner)
        reading = _Reading(file.name, owner, self._known)
        self._rows.extend(reading.systems(found))
        self._rows.extend(reading.costs(costs) if costs else ())

    @property
    def found(self) -> Preview:
        """What was read so far."""
        return Preview(cells=self._cells, rows=tuple(self._rows))

    def content(self) -> str:
        """What was read so far as JSON text."""
        return msgspec.json.encode(self.found).decode()


def preview(files: Iterable[File], known: Known) -> Preview:
    """Read filled-in files at once.

    Raises:
        WorkbookRefusedError: the only file cannot be read.
    """
    reader = Reader(known)
    add_all(reader, files)
    return reader.found


def reports(taken: Preview, repaired: Collection[str]) -> dict[str, BodyReport]:
    """What may be written, by body.

    Args:
        taken: a file that was read.
        repaired: rows whose offered repair a person accepted.

    Source: none; rule of this project: a row with a fault is never written as it stands.
    """
    systems: dict[str, list[SystemReport]] = {}
    costs: dict[str, list[CostItem]] = {}
    accepted = set(repaired)
    for row in taken.rows:
        if row.faults and not (row.repairable and row.row in accepted):
            continue
        if "system" in row.values:
            system = msgspec.json.decode(row.values["system"], type=SystemReport)
            systems.setdefault(row.code, []).append(system)
        elif "cost" in row.values:
            cost = msgspec.json.decode(row.values["cost"], type=CostItem)
            costs.setdefault(row.code, []).append(cost)
    return {
        code: BodyReport(
            body=code, systems=tuple(systems.get(code, ())), costs=tuple(costs.get(code, ()))
        )
        for code in sorted({*systems, *costs})
    }


def _whole(name: str, why: str, remedy: str) -> Taken:
    wrong = Wrong(cell=name, value="", why=why, remedy=remedy)
    return Taken(row=name, code="", name="", values={}, faults=(wrong,))


def _costs(file: File) -> Returned | None:
    """The second sheet; it may be gone."""
    try:
        return read_return(file.data, sheet=COST_SHEET, columns=COST_COLUMNS)
    except WorkbookRefusedError:
        return None


def _owner(name: str, found: Returned, known: Known) -> tuple[str, Taken | None]:
    """The body that a file belongs to: by its name, else by most of its rows."""
    codes = Counter(_code(row) for row in found.rows)
    inside = [(count, code) for code, count in codes.items() if code in known.among]
    most = max(inside)[1] if inside else ""
    if known.only is not None:
        return known.only, None
    leading = _LEADING.match(name)
    if leading is None or leading[1] not in known.among:
        return most, None
    if most and most != leading[1]:
        whose, other = known.among[leading[1]], known.among[most]
        why = (
            f"ファイルの名前は{whose.full_name}（{whose.code}）ですが、"
            f"中は{other.full_name}（{other.code}）の回答です"
        )
        return "", _whole(
            name, why, "ファイルを取り違えていないか確かめ、名前を中の団体に合わせてください"
        )
    return leading[1], None


def _code(row: RowRead) -> str:
    text = str(row.values.get("code", ""))
    return text.zfill(6) if re.fullmatch(r"\d{5}", text) else text


class _Reading:
    """One file of one body."""

    def __init__(self, file: str, owner: str, known: Known) -> None:
        self._file, self._owner, self._known = file, owner, known
        self._before = by_business(known.answers.get(owner))
        self._seen: set[str] = set()

    def _taken(
        self, place: str, code: str, values: dict[str, str], faults: Sequence[Wrong]
    ) -> Taken:
        body = self._known.among.get(code)
        return Taken(
            row=f"{self._file} {place}".strip(),
            code=code,
            name=body.full_name if body else "",
            values=values,
            faults=tuple(faults),
        )

    def systems(self, found: Returned) -> Iterator[Taken]:
        """The rows of the first sheet."""
        if found.heads:
            yield self._taken(f"{SHEET} 見出し", self._owner, {"sheet": SHEET}, found.heads)
        for row in found.rows:
            filled = any(key in _ANSWERED for key in row.values)
            if filled or any(_column(row, one) in _ANSWERED for one in row.faults):
                taken = self._system(row, found)
                if taken is not None:
                    yield taken
            elif row.faults:
                raw = {key: str(value) for key, value in row.values.items()}
                yield self._taken(f"{SHEET} {row.number}", self._owner, raw, row.faults)

    def _system(self, row: RowRead, found: Returned) -> Taken | None:
        code, fault = self._whose(row, found)
        faults = [*row.faults, *([fault] if fault else [])]
        business, fault = self._business(row, found)
        faults += [fault] if fault else []
        place = f"{SHEET} {row.number}"
        raw = {"sheet": SHEET, **{key: str(value) for key, value in row.values.items()}}
        before = self._before.get(business)
        lost = found.unread & _ANSWERED
        if row.torn or not business or (lost & {*STEP_KEYS} and before is None):
            return self._taken(place, code, raw, faults) if faults else None
        if row.faults:  # what a faulty cell would have said is not known
            return self._taken(place, code, raw, faults)
        carried = {key: value for key, value in row_values(before).items() if key in lost}
        system, more = _system_of(business, {**row.values, **carried}, row)
        if system is None:
            return self._taken(place, code, raw, [*faults, *more])
        more += self._contradictions(system, before, row)
        kept = {"sheet": SHEET, "system": msgspec.json.encode(system).decode()}
        wrong = [*faults, *more]
        right = all(one.repair for one in wrong)
        return self._taken(place, code, kept if right else raw, wrong)

    def _contradictions(
        self, system: SystemReport, before: SystemReport | None, row: RowRead
    ) -> list[Wrong]:
        found = faults_of(
            self._known.among[self._owner],
            system,
            as_of=self._known.as_of,
            before=before,
            done_before=self._known.done.get((self._owner, system.business)),
        )
        return [
            Wrong(
                cell=row.places.get("step1" if one.field == "states" else one.field, ""),
                value=one.value,
                why=one.why,
                remedy=one.remedy,
            )
            for one in found
        ]

    def _whose(self, row: RowRead, found: Returned) -> tuple[str, Wrong | None]:
        """Which body the row names; the file's own when its cell was told already."""
        place = row.places.get("code", f"A{row.number}")
        if "code" in found.unread or any(one.cell == place for one in row.faults):
            return self._owner, None
        text = str(row.values.get("code", ""))
        among = self._known.among
        if not text and self._owner in among:
            name = among[self._owner].full_name
            return self._owner, Wrong(
                cell=place,
                value="",
                why="団体コードが空です",
                remedy=f"{self._owner} {name} でよければ「直して取り込む」に印を付けてください",
                repair=self._owner,
            )
        code, fault = body_of(text, place, among=among)
        if code and code != self._owner:
            whose = among[self._owner].full_name if self._owner in among else "ほかの団体"
            why = f"ほかの団体（{among[code].full_name}）の行です。この表は{whose}のものです"
            remedy = f"この行を消すか、団体コードを{self._owner}に直してください"
            return "", Wrong(cell=place, value=text[:60], why=why, remedy=remedy)
        return code, fault

    def _business(self, row: RowRead, found: Returned) -> tuple[str, Wrong | None]:
        place = row.places.get("business", f"C{row.number}")
        if "business" in found.unread or any(one.cell == place for one in row.faults):
            return "", None
        text = str(row.values.get("business", ""))
        key = BUSINESSES.get(text, "")
        if not key:
            why = "業務の名前が空です" if not text else "この名前の業務はありません"
            remedy = "配った様式の業務の名前に戻してください"
            return "", Wrong(cell=place, value=text[:60], why=why, remedy=remedy)
        if key in self._seen:
            why, remedy = "同じ業務の行が前にあります", "どちらかの行を消してください"
            return "", Wrong(cell=place, value=text[:60], why=why, remedy=remedy)
        self._seen.add(key)
        return key, None

    def costs(self, found: Returned) -> Iterator[Taken]:
        """The rows of the second sheet."""
        if found.heads:
            values = {"sheet": COST_SHEET}
            yield self._taken(f"{COST_SHEET} 見出し", self._owner, values, found.heads)
        seen: set[tuple[str, str]] = set()
        for row in found.rows:
            if row.torn or not (row.faults or any(key in COST_KEYS for key in row.values)):
                continue
            code, fault = self._whose(row, found)
            faults = [*row.faults, *([fault] if fault else [])]
            cost, more = (None, []) if row.faults else cost_of(row, seen)
            faults += more
            if cost is not None and all(one.repair for one in faults):
                values = {"sheet": COST_SHEET, "cost": msgspec.json.encode(cost).decode()}
            else:
                values = {"sheet": COST_SHEET, **{k: str(v) for k, v in row.values.items()}}
            if faults or cost is not None:
                yield self._taken(f"{COST_SHEET} {row.number}", code, values, faults)


def _column(row: RowRead, fault: Wrong) -> str:
    return next((key for key, place in row.places.items() if place == fault.cell), "")


def _system_of(
    business: str, values: Mapping[str, str | date], row: RowRead
) -> tuple[SystemReport | None, list[Wrong]]:
    """A row whose cells were all readable, as a report."""
    steps = [str(values.get(key, "")) for key in STEP_KEYS]
    if any(steps) and not all(steps):
        empty = steps.index("")
        wrong = Wrong(
            cell=row.places.get(STEP_KEYS[empty], f"{row.number}行"),
            value="",
            why=f"ステップ{empty + 1}が空です。ほかのステップには答えがあります",
            remedy="未・中・済・外のどれかを入れてください（40個すべてが要ります）",
        )
        return None, [wrong]
    text = {key: str(value) for key, value in values.items()}
    target = values.get("target_on")
    return (
        SystemReport(
            business=business,
            states="".join(STATES[one] for one in steps) if any(steps) else None,
            late=YES_NO.get(text.get("late", "")),
            reason_class=int(text["reason_class"]) if text.get("reason_class") else None,
            target_on=target if isinstance(target, date) else None,
            target_reason=text.get("target_reason", ""),
            deadline_class=CLASSES.get(text.get("deadline_class", ""), DeadlineClass.UNKNOWN),
            vendor=text.get("vendor", ""),
            contract=text.get("contract", ""),
            cloud=CLOUDS.get(text.get("cloud", ""), Cloud.UNKNOWN),
            risks=text.get("risks", ""),
            reason=text.get("reason", ""),
        ),
        [],
    )
