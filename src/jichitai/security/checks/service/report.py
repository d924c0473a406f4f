"""The report for the assembly and the public: counts and plans, never which weakness is where.

Source: ガイドライン 対策基準 9.1(5), 9.2(2); 地方自治法施行規則 第16条の3第1項第8号.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import anyio.to_thread

from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.documents import pdf, word
from jichitai.infra.documents.word import Bullets, Heading, Paragraph, Table
from jichitai.kernel.dates import both, wareki
from jichitai.security.access import own_body
from jichitai.security.checks.model.answers import Count, count
from jichitai.security.checks.model.corrections import Severity
from jichitai.security.checks.model.counting import Part, by_law, by_spot
from jichitai.security.checks.model.risks import Grade
from jichitai.security.checks.service.rounds import known_round
from jichitai.security.checks.store import registers, rounds
from jichitai.security.checks.store.registers import CorrectionRow, ExceptionRow, RiskRow
from jichitai.security.checks.store.rounds import RoundRow

Block = Heading | Paragraph | Bullets | Table

_FOLDER: Final = Path(__file__).resolve().parent.parent / "typst"
_COUNTED: Final = (
    "項目数",
    "実施",
    "一部",
    "未実施",
    "対象外",
    "未回答",
    "実施率",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as blocks, the same for every format.

    Attributes:
        title: of the report.
        office: the body.
        date: as text.
        draft: whether the round is still open.
        blocks: what it says.
    """

    title: str
    office: str
    date: str
    draft: bool
    blocks: tuple[Block, ...]


class Reports:
    """Reports of a body's rounds."""

    def __init__(self, clock: Clock) -> None:
        """Take law time."""
        self._clock = clock

    async def report(self, tx: Tx, body: str, round_id: UUID) -> Report:
        """What the assembly is told of a round.

        Raises:
            UnknownDocumentError: there is no such round.
        """
        today = self._clock.today()
        row = await known_round(tx, body, round_id)
        owner = await own_body(tx, body)
        lines = await rounds.lines(tx, body, round_id, today)
        tallies = [line.tally for line in lines]
        before = await self._before(tx, body, row, today)
        blocks: list[Block] = [
            *_outline(row, len({line.target_id for line in lines}), today),
            Heading("2　結果"),
            *_result(by_law(tallies), count(one.answer for one in tallies), before),
            Heading("3　総務省が挙げる五つの弱点"),
            Table(
                _head("弱点"), [_cells(part.title, part.count) for part in by_spot(tallies, today)]
            ),
            *_corrections(await registers.corrections(tx, body), today),
            *_exceptions(await registers.exceptions(tx, body), today),
            *_risks(await registers.risks(tx, body)),
            *_closing(row),
        ]
        return Report(
            title=f"{row.title}の結果",
            office=owner.full_name,
            date=wareki(row.finished_on or today),
            draft=row.open,
            blocks=tuple(blocks),
        )

    async def _before(
        self, tx: Tx, body: str, row: RoundRow, today: date
    ) -> tuple[RoundRow, Count] | None:
        if row.previous_id is None:
            return None
        previous = await known_round(tx, body, row.previous_id)
        lines = await rounds.lines(tx, body, previous.round_id, today)
        return previous, count(line.counted for line in lines)


async def as_pdf(report: Report) -> bytes:
    """The report as PDF (tagged, archivable)."""
    data = {
        "title": report.title,
        "office": report.office,
        "date": report.date,
        "mark": "実施中の点検の途中経過です" if report.draft else "",
        "blocks": [_for_typst(block) for block in report.blocks],
    }
    return await anyio.to_thread.run_sync(lambda: pdf.typeset("report.typ", data, folder=_FOLDER))


async def as_word(report: Report) -> bytes:
    """The report as a .docx file, to be edited for the meeting."""
    head: list[Block] = [Paragraph(f"{report.date}　{report.office}")]
    if report.draft:
        head.append(Paragraph("【実施中の点検の途中経過です】"))
    blocks = [*head, *report.blocks]
    return await anyio.to_thread.run_sync(
        lambda: word.document(blocks, title=report.title, office=report.office)
    )


def _outline(row: RoundRow, targets: int, today: date) -> list[Block]:
    ended = "実施中" if row.finished_on is None else wareki(row.finished_on)
    rows = [
        ["種類", row.kind.japanese],
        [
            "年度",
            f"{wareki(date(row.fiscal_year, 4, 1)).split('年')[0]}年度（{row.fiscal_year}年度）",
        ],
        ["期間", f"{wareki(row.opened_at.date())} から {ended} まで"],
        ["対象", f"{targets:,}（団体全体、領域、情報システム）"],
        [
            "基準",
            f"情報セキュリティポリシーガイドライン{row.guideline_version}の項目（一覧は非公式の整理）",
        ],
        ["ネットワークのモデル", row.model.japanese],
    ]
    if row.auditor:
        rows.append(["監査を行った者", row.auditor])
    if row.revision > 1:
        rows.append(["訂正", f"{row.revision - 1}回"])
    return [
        Heading("1　概要"),
        Table(["項目", "内容"], rows),
        Paragraph(f"{both(today)}現在の内容です。"),
    ]


def _result(
    parts: Sequence[Part], whole: Count, before: tuple[RoundRow, Count] | None
) -> list[Block]:
    table = Table(
        _head("法令の措置（施行規則第16条の3第1項）"),
        [
            *(_cells(_law_title(part), part.count) for part in parts),
            _cells("合計", whole),
        ],
    )
    said = (
        f"対象外を除く{whole.owed:,}項目のうち{whole.met:,}項目を実施しています（{_rate(whole)}）。"
    )
    if before is not None:
        previous, then = before
        said += (
            f"{previous.title}では{then.owed:,}項目のうち{then.met:,}項目（{_rate(then)}）でした。"
        )
    return [
        Paragraph(said),
        table,
        Paragraph(
            "数え方：一つの項目を対象ごとに1件と数えます。実施率は、実施の件数を、対象外を除く件数で割ったものです。"
            "未回答と、一部の実施は、実施に含めません。"
        ),
    ]


def _law_title(part: Part) -> str:
    number = part.key.removeprefix("law-")
    return f"第{number}号 {part.title}" if number.isdigit() else part.title


def _corrections(found: Sequence[CorrectionRow], today: date) -> list[Block]:
    unfinished = [one for one in found if one.step.unfinished]
    rows = [
        [
            severity.japanese,
            f"{sum(one.weight is severity for one in unfinished):,}",
            f"{sum(one.weight is severity and one.late(today) for one in unfinished):,}",
            f"{sum(one.weight is severity and not one.step.unfinished for one in found):,}",
        ]
        for severity in reversed(Severity)
    ]
    late = sum(one.late(today) for one in unfinished)
    return [
        Heading("4　是正の状況"),
        Paragraph(
            f"是正が必要な事項は{len(unfinished):,}件で、うち期限を過ぎたものは{late:,}件です。"
            "いずれも担当と期限を決めて進めています。"
        ),
        Table(["重要度", "対応が必要", "うち期限超過", "対応を終えた"], rows),
    ]


def _exceptions(found: Sequence[ExceptionRow], today: date) -> list[Block]:
    held = [one for one in found if one.in_force(today)]
    waiting = sum(one.state == "applied" for one in found)
    return [
        Heading("5　例外措置"),
        Paragraph(
            f"期間を限って許可している例外措置は{len(held):,}件、申請中は{waiting:,}件です。"
            "許可は申請した者と別の者が行い、代わりの対策を定めています。"
        ),
    ]


def _risks(found: Sequence[RiskRow]) -> list[Block]:
    open_risks = [one for one in found if one.state != "closed"]
    rows = [
        [
            grade.japanese,
            f"{sum(one.grade is grade for one in open_risks):,}",
            f"{sum(one.residual is grade for one in open_risks):,}",
        ]
        for grade in reversed(Grade)
    ]
    return [
        Heading("6　リスク評価"),
        Paragraph(f"台帳にあるリスクは{len(open_risks):,}件です。"),
        Table(["大きさ", "現在", "対応後の見込み"], rows),
    ]


def _closing(row: RoundRow) -> list[Block]:
    said: list[Block] = []
    if row.note:
        said += [Heading("7　未回答の項目を残した理由"), Paragraph(row.note)]
    return [
        *said,
        Paragraph(
            "どの項目がどの情報システムで実施されていないかは、攻撃に使われるおそれがあるため、この報告には載せません。"
        ),
    ]


def _head(first: str) -> list[str]:
    return [first, *_COUNTED]


def _cells(title: str, found: Count) -> list[str]:
    counts = (
        found.asked,
        found.met,
        found.partly,
        found.unmet,
        found.not_applicable,
        found.unanswered,
    )
    return [title, *(f"{one:,}" for one in counts), _rate(found)]


def _rate(found: Count) -> str:
    return "—" if not found.owed else f"{found.met * 100 / found.owed:.1f} %"


def _for_typst(block: Block) -> dict[str, Any]:
    match block:
        case Heading(text, level):
            return {"kind": "heading", "text": text, "level": level}
        case Paragraph(text):
            return {"kind": "paragraph", "text": text}
        case Bullets(items):
            return {"kind": "bullets", "items": list(items)}
        case Table(columns, rows):
            return {"kind": "table", "columns": list(columns), "rows": [list(r) for r in rows]}
