"""Files that pages and programs save: workbooks, reports, OSCAL documents, evidence."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from litestar import Response

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.security.access import body_code
from jichitai.security.checks.service import oscal
from jichitai.security.checks.service import report as reports
from jichitai.security.checks.service.evidence import known
from jichitai.security.checks.service.exchange import Exchange
from jichitai.security.checks.service.register_book import registers_book
from jichitai.security.checks.service.report import Reports
from jichitai.security.checks.store import evidence
from jichitai.security.errors import BadUploadError
from jichitai.security.oscal.assessment import assessment_plan, assessment_results
from jichitai.security.oscal.parts import to_bytes
from jichitai.security.oscal.plan import security_plan
from jichitai.security.oscal.poam import action_plan
from jichitai.web.rights import Principal

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LARGEST_BODY: Final = 8 * 1024 * 1024
"""Bytes of a request that brings a file."""


async def evidence_file(db: Database, body: str, evidence_id: UUID) -> Response[bytes]:
    """A file of evidence, to be saved.

    Raises:
        UnknownDocumentError: there is none.
        BadUploadError: only the place of a paper is kept.
    """
    async with db.transaction(town=body, read_only=True) as tx:
        row = await known(tx, body, evidence_id)
        content = await evidence.content(tx, body, evidence_id)
    if content is None:
        raise BadUploadError(f"この資料はファイルではありません。保管場所：{row.place}")
    return download(content, row.media_type or "application/octet-stream", row.file_name or "file")


async def workbook_file(db: Database, body: str, round_id: UUID, clock: Clock) -> Response[bytes]:
    """A round as a workbook."""
    async with db.transaction(town=body, read_only=True) as tx:
        data = await Exchange(clock).workbook(tx, body, round_id)
    return download(data, XLSX, "check.xlsx")


async def registers_file(db: Database, body: str, clock: Clock) -> Response[bytes]:
    """The registers as a workbook."""
    async with db.transaction(town=body, read_only=True) as tx:
        data = await registers_book(tx, body, clock.today())
    return download(data, XLSX, "registers.xlsx")


async def report_file(
    db: Database, body: str, round_id: UUID, clock: Clock, *, suffix: str
) -> Response[bytes]:
    """The report of a round as PDF or Word."""
    async with db.transaction(town=body, read_only=True) as tx:
        found = await Reports(clock).report(tx, body, round_id)
    if suffix == "pdf":
        return download(await reports.as_pdf(found), "application/pdf", "report.pdf")
    return download(await reports.as_word(found), DOCX, "report.docx")


async def oscal_file(
    db: Database, principal: Principal, clock: Clock, kind: str, round_id: UUID | None = None
) -> Response[bytes]:
    """One OSCAL document of the body: `ap`, `ar` (of a round), `ssp` or `poam`."""
    body, now = body_code(principal), clock.now()
    document: Mapping[str, Any]
    async with db.transaction(town=body, read_only=True) as tx:
        if round_id is not None:
            values = await oscal.assessment(tx, body, round_id, now)
            document = assessment_plan(values) if kind == "ap" else assessment_results(values)
        elif kind == "ssp":
            document = security_plan(await oscal.security_plan(tx, body, now))
        else:
            document = action_plan(await oscal.action_plan(tx, body, now))
    return download(to_bytes(document), "application/json", f"{body}.{kind}.json")


def download(content: bytes, media_type: str, name: str) -> Response[bytes]:
    """A file that a browser saves and never shows."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        },
    )
