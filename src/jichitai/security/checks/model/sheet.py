"""The workbook of a round: its layout, and what a filled-in one asks to change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from jichitai.security.checks.errors import CheckFormError
from jichitai.security.checks.model.answers import Answer, Given, check_given
from jichitai.security.checks.model.corrections import Planned, check_planned

SHEET: Final = "回答"
CONFIRMED: Final = "済"
ANSWERS: Final = tuple(one.japanese for one in Answer)
LABELS: Final[Mapping[str, str]] = {
    "place": "番号",
    "target": "対象",
    "chapter": "章",
    "item": "項目ID",
    "title": "項目",
    "meaning": "内容",
    "answer": "回答",
    "confirmed": "確認",
    "reason": "理由",
    "practice": "実施の状況",
    "evidence": "根拠資料",
    "correction": "是正の内容",
    "owner": "是正の担当",
    "due_on": "是正の期限",
    "version": "版",
}
"""Columns of the sheet by key, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as it stands, against which a row is read."""

    place: int
    target_id: UUID
    target: str
    item_id: str
    title: str
    version: int
    confirmed: bool
    by_name: str
    given: Given | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A row of a filled-in sheet."""

    number: int
    place: int | None
    item: str
    answer: str
    confirmed: bool
    reason: str
    practice: str
    correction: str
    owner: str
    due_on: date | None
    version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A change that a row asks for."""

    asked: Asked
    given: Given
    correction: Planned | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What is wrong with a row: where, what, why, what to do."""

    where: str
    value: str
    why: str
    remedy: str


def wanted(
    rows: Iterable[Filled], asked: Mapping[int, Asked], today: date
) -> tuple[list[Wanted], list[Wrong]]:
    """What a filled-in sheet asks to change, and what is wrong with it.

    Rows that say what stands already ask for nothing. A carried answer is confirmed by the mark
    済, not by being left as it is.

    Args:
        rows: of the sheet.
        asked: the questions by their number.
        today: for days to come.

    Source: ガイドライン 対策基準 9.2(1); the layout is ours.
    """
    changes: list[Wanted] = []
    faults: list[Wrong] = []
    seen: dict[int, int] = {}
    for row in rows:
        question = None if row.place is None else asked.get(row.place)
        fault = _misplaced(row, question, seen)
        if fault is not None:
            faults.append(fault)
            continue
        if question is None or not _asks(row, question):
            continue
        change, wrong = _change(row, question, today)
        faults += wrong
        if change is not None and not wrong:
            changes.append(change)
    return changes, faults


def _misplaced(row: Filled, question: Asked | None, seen: dict[int, int]) -> Wrong | None:
    if question is None:
        return Wrong(
            where=f"{row.number}行 {LABELS['place']}",
            value="" if row.place is None else str(row.place),
            why="この点検にない番号です",
            remedy="行を足さずに、書き出した表の行に記入してください",
        )
    if row.item != question.item_id:
        return Wrong(
            where=f"{row.number}行 {LABELS['item']}",
            value=row.item[:60],
            why=f"{question.place}番の項目と違います（並べ替えたときに列がずれた？）",
            remedy=f"{question.item_id} の行かどうかを確かめ、表を書き出し直してください",
        )
    if question.place in seen:
        return Wrong(
            where=f"{row.number}行 {LABELS['place']}",
            value=str(question.place),
            why=f"{seen[question.place]}行と同じ番号です。どちらの回答か決められません",
            remedy="どちらかの行を消してください",
        )
    seen[question.place] = row.number
    return None


def _asks(row: Filled, question: Asked) -> bool:
    """Whether a row asks for anything."""
    if not row.answer:
        return bool(row.correction or row.owner or row.due_on)
    given = question.given
    if given is None:
        return True
    same = (row.answer, row.reason, row.practice) == (
        given.answer.japanese,
        given.reason,
        given.practice,
    )
    newly_confirmed = row.confirmed and not question.confirmed
    return not same or newly_confirmed or bool(row.correction or row.owner or row.due_on)


def _change(row: Filled, question: Asked, today: date) -> tuple[Wanted | None, list[Wrong]]:
    def wrong(key: str, value: object, why: str, remedy: str) -> Wrong:
        where = f"{row.number}行 {LABELS[key]}"
        return Wrong(where=where, value=str(value)[:60], why=why, remedy=remedy)

    if (row.version or 0) != question.version:
        who = f"{question.by_name}さんが先に回答しました"
        return None, [
            wrong(
                "version",
                row.version or 0,
                who,
                "表を書き出し直して、今の回答を見て記入してください",
            )
        ]
    answer = Answer.of(row.answer)
    if answer is None:
        return None, [
            wrong("answer", "", "回答が空です", f"{'、'.join(ANSWERS)}から選んでください")
        ]
    evidence = question.given.evidence if question.given is not None else ()
    faults: list[Wrong] = []
    given = Given(answer=answer, reason=row.reason, practice=row.practice, evidence=evidence)
    try:
        given = check_given(given)
    except CheckFormError as refusal:
        faults += [wrong(key, getattr(row, key), *parted(text)) for key, text in _of(refusal)]
    planned = _planned(row, question)
    if planned is not None:
        try:
            check_planned(planned, today)
        except CheckFormError as refusal:
            keys = {"title": "correction", "detail": "correction"}
            faults += [wrong(keys.get(key, key), "", *parted(text)) for key, text in _of(refusal)]
        if not answer.gap:
            faults.append(
                wrong(
                    "correction",
                    row.correction,
                    "実施している（または対象外の）項目に是正が書かれています",
                    "回答を直すか、是正を消してください",
                )
            )
    return Wanted(asked=question, given=given, correction=planned), faults


def _planned(row: Filled, question: Asked) -> Planned | None:
    if not (row.correction or row.owner or row.due_on):
        return None
    title = row.correction or f"{question.title}（{question.target}）"
    return Planned(title=title, owner=row.owner, due_on=row.due_on)


def parted(message: str) -> tuple[str, str]:
    """What is wrong, and what to do about it: the last sentence of a message.

    >>> parted("期限がありません。遅れに気づけるように、日付を入力してください。")
    ('期限がありません', '遅れに気づけるように、日付を入力してください')

    Source: our own form of messages (what, why, what to do).
    """
    first, _, last = message.rstrip("。").rpartition("。")
    return (first, last) if first else (last, "直してください")


def _of(refusal: CheckFormError) -> Sequence[tuple[str, str]]:
    fields = refusal.facts.get("fields")
    return [(str(k), str(v)) for k, v in fields.items()] if isinstance(fields, dict) else []
