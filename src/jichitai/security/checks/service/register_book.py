"""The registers (corrections, exceptions, risks) as one workbook."""

from datetime import date
from typing import Final

import anyio.to_thread

from jichitai.infra.database import Tx
from jichitai.infra.documents import sheets
from jichitai.infra.documents.sheets import Column, Sheet
from jichitai.kernel.dates import wareki
from jichitai.security.checks.store import registers

_CORRECTIONS: Final = (
    Column(key="label", label="番号", width=9),
    Column(key="title", label="すること", width=36),
    Column(key="detail", label="内容", width=40),
    Column(key="owner", label="担当", width=16),
    Column(key="due_on", label="期限", width=12, kind="date"),
    Column(key="late", label="遅れ", width=7),
    Column(key="severity", label="重要度", width=9),
    Column(key="origin", label="きっかけ", width=14),
    Column(key="state", label="状態", width=20),
    Column(key="item", label="項目ID", width=20),
    Column(key="source", label="指摘の出所", width=24),
    Column(key="target", label="対象", width=24),
)


_EXCEPTIONS: Final = (
    Column(key="label", label="番号", width=9),
    Column(key="title", label="件名", width=30),
    Column(key="items", label="項目ID", width=24),
    Column(key="target", label="対象", width=18),
    Column(key="reason", label="理由", width=36),
    Column(key="risk", label="起こり得ること", width=30),
    Column(key="compensating", label="代わりの対策", width=36),
    Column(key="until", label="終わりの日", width=12, kind="date"),
    Column(key="state", label="状態", width=9),
    Column(key="applied_by", label="申請", width=14),
    Column(key="decided_by", label="決定", width=14),
)


_RISKS: Final = (
    Column(key="label", label="番号", width=9),
    Column(key="asset", label="対象", width=24),
    Column(key="threat", label="脅威", width=24),
    Column(key="weakness", label="弱いところ", width=30),
    Column(key="likelihood", label="起こりやすさ", width=9, kind="int"),
    Column(key="impact", label="影響", width=7, kind="int"),
    Column(key="grade", label="大きさ", width=8),
    Column(key="treatment", label="対応", width=12),
    Column(key="plan", label="対応の内容", width=36),
    Column(key="owner", label="担当", width=16),
    Column(key="residual", label="対応後", width=8),
    Column(key="review_on", label="見直す日", width=12, kind="date"),
    Column(key="state", label="状態", width=9),
)


async def registers_book(tx: Tx, body: str, today: date) -> bytes:
    """Corrections, exceptions and risks as one workbook."""
    corrections = await registers.corrections(tx, body)
    exceptions = await registers.exceptions(tx, body)
    risks = await registers.risks(tx, body)
    note = (f"{wareki(today)} 現在。この表は書出し用です。変更は画面で行います。",)
    pages = (
        Sheet(
            name="是正",
            columns=_CORRECTIONS,
            notes=note,
            rows=[
                {
                    "label": one.label,
                    "title": one.title,
                    "detail": one.detail,
                    "owner": one.owner,
                    "due_on": one.due_on,
                    "late": "遅れ" if one.late(today) else "",
                    "severity": one.weight.japanese,
                    "origin": one.cause.japanese,
                    "state": one.step.japanese,
                    "item": one.item_id,
                    "source": " ".join(filter(None, (one.source, one.reference))),
                    "target": one.target,
                }
                for one in corrections
            ],
        ),
        Sheet(
            name="例外措置",
            columns=_EXCEPTIONS,
            notes=note,
            rows=[
                {
                    "label": one.label,
                    "title": one.title,
                    "items": " ".join(one.items),
                    "target": one.target_name or "団体全体",
                    "reason": one.reason,
                    "risk": one.risk,
                    "compensating": one.compensating,
                    "until": one.until,
                    "state": one.permission.japanese,
                    "applied_by": one.applied_by_name,
                    "decided_by": one.decided_by_name or "",
                }
                for one in exceptions
            ],
        ),
        Sheet(
            name="リスク",
            columns=_RISKS,
            notes=note,
            rows=[
                {
                    "label": one.label,
                    "asset": one.asset,
                    "threat": one.threat,
                    "weakness": one.weakness,
                    "likelihood": one.likelihood,
                    "impact": one.impact,
                    "grade": one.grade.japanese,
                    "treatment": one.how.japanese,
                    "plan": one.plan,
                    "owner": one.owner,
                    "residual": "" if one.residual is None else one.residual.japanese,
                    "review_on": one.review_on,
                    "state": one.stands.japanese,
                }
                for one in risks
            ],
        ),
    )
    return await anyio.to_thread.run_sync(
        lambda: sheets.workbook(pages, title="是正・例外措置・リスクの台帳")
    )
