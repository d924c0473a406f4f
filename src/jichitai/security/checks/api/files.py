"""Evidence, workbooks, reports and OSCAL documents, for programs."""

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.security.access import INSIDE, body_code
from jichitai.security.checks.access import CHECKERS
from jichitai.security.checks.api.round_shapes import Reason, Written
from jichitai.security.checks.downloads import (
    LARGEST_BODY,
    evidence_file,
    oscal_file,
    registers_file,
    report_file,
    workbook_file,
)
from jichitai.security.checks.model.files import LARGEST
from jichitai.security.checks.model.sheet import Wrong
from jichitai.security.checks.model.texts import PLAIN
from jichitai.security.checks.service.evidence import Evidence, Shown, known
from jichitai.security.checks.service.exchange import Exchange, Preview
from jichitai.security.checks.service.intake import Intake
from jichitai.security.checks.store import evidence
from jichitai.security.checks.store.evidence import EvidenceRow
from jichitai.web.inject import Db, LawClock, Who

AnyRequest = Request[Any, Any, Any]
_READ: Final[dict[str, Any]] = {"roles": INSIDE}
_WRITE: Final[dict[str, Any]] = {"roles": CHECKERS}
_TAGS: Final = ["security"]
_PREFIX: Final = "/api/v1/security"


class NewEvidence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Evidence: a file (base64), or the place where a paper is kept."""

    title: Annotated[str, Meta(max_length=200, pattern=PLAIN)]
    valid_from: date | None = None
    valid_until: date | None = None
    place: Annotated[str, Meta(max_length=400, pattern=PLAIN)] = ""
    file_name: Annotated[str, Meta(max_length=200, pattern=PLAIN)] = ""
    content: Annotated[bytes, Meta(max_length=LARGEST)] | None = None

    def __repr__(self) -> str:
        """The type only."""
        return "<NewEvidence>"


class EvidenceView(Struct, frozen=True, kw_only=True):
    """Evidence without its content."""

    evidence_id: UUID
    title: str
    place: str
    file_name: str | None
    size: int | None
    sha256: str | None
    valid_from: date
    valid_until: date | None
    added_by: str
    added_at: datetime
    withdrawn: bool


class EvidenceList(Struct, frozen=True, kw_only=True):
    """Evidence that was not withdrawn, the newest first."""

    evidence: list[EvidenceView]


class ChangeView(Struct, frozen=True, kw_only=True):
    """A change that a workbook asks for."""

    target: str
    item_id: str
    title: str
    before: str
    after: str
    correction: bool


class FaultView(Struct, frozen=True, kw_only=True):
    """What is wrong with a cell: where, what was typed, why, what to do."""

    where: str
    value: str
    why: str
    remedy: str


class ImportPreview(Struct, frozen=True, kw_only=True):
    """What a filled-in workbook would change; nothing is written until it is applied.

    Attributes:
        import_id: to apply it with; none while something is wrong, or when nothing changes.
    """

    import_id: UUID | None
    cells: int
    changes: list[ChangeView]
    faults: list[FaultView]


class TakenCorrections(Struct, frozen=True, kw_only=True):
    """What a POA&M brought: corrections entered now, those known already, entries not taken."""

    added: int
    known: int
    faults: list[FaultView]


@get(f"{_PREFIX}/evidence", opt=_READ, summary="Evidence", tags=_TAGS)
async def list_evidence(principal: Who, db: Db) -> EvidenceList:
    """The newest first."""
    body = body_code(principal)
    async with db.transaction(town=body, read_only=True) as tx:
        found = await evidence.newest(tx, body)
    return EvidenceList(evidence=[_evidence(one) for one in found])


@post(f"{_PREFIX}/evidence", opt=_WRITE, status_code=201, summary="Keep evidence", tags=_TAGS,
      request_max_body_size=LARGEST_BODY)  # fmt: skip
async def add_evidence(
    data: JSONBody[NewEvidence], principal: Who, db: Db, clock: LawClock
) -> EvidenceView:
    """A file is known by its content; macros are refused."""
    body = body_code(principal)
    shown = Shown(**{name: getattr(data, name) for name in NewEvidence.__struct_fields__})
    async with db.transaction(town=body) as tx:
        found = await Evidence(clock).add(tx, body, shown, by=principal.actor)
        row = await known(tx, body, found)
    return _evidence(row)


@get(f"{_PREFIX}/evidence/{{evidence_id:uuid}}/content", opt=_READ, summary="The file",
     tags=_TAGS)  # fmt: skip
async def evidence_content(evidence_id: FromPath[UUID], principal: Who, db: Db) -> Response[bytes]:
    """To be saved, never shown inside a page."""
    return await evidence_file(db, body_code(principal), evidence_id)


@post(f"{_PREFIX}/evidence/{{evidence_id:uuid}}/withdraw", opt=_WRITE, status_code=204,
      summary="Take evidence back", tags=_TAGS)  # fmt: skip
async def withdraw_evidence(
    evidence_id: FromPath[UUID], data: JSONBody[Reason], principal: Who, db: Db, clock: LawClock
) -> None:
    """Answers that named it are stale in the next round."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        await Evidence(clock).withdraw(
            tx, body, evidence_id, reason=data.reason, by=principal.actor
        )


@get(f"{_PREFIX}/checks/{{round_id:uuid}}/workbook.xlsx", opt=_READ,
     summary="A round as a workbook to fill in", tags=_TAGS)  # fmt: skip
async def workbook(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """With what was answered so far."""
    return await workbook_file(db, body_code(principal), round_id, clock)


@post(f"{_PREFIX}/checks/{{round_id:uuid}}/imports", opt=_WRITE, status_code=200,
      summary="Read a filled-in workbook, or an OSCAL SSP or AR (the body is the file)", tags=_TAGS,
      request_max_body_size=LARGEST_BODY)  # fmt: skip
async def read_workbook(
    request: AnyRequest, round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> ImportPreview:
    """What it would change, and what is wrong with which cell; nothing is written."""
    body, data = body_code(principal), await request.body()
    async with db.transaction(town=body) as tx:
        found = await Exchange(clock).preview(
            tx, body, round_id, name="api.xlsx", data=data, by=principal.actor
        )
    return _preview(found)


@post(f"{_PREFIX}/checks/{{round_id:uuid}}/imports/{{import_id:uuid}}/apply", opt=_WRITE,
      status_code=200, summary="Write what a workbook asks for", tags=_TAGS)  # fmt: skip
async def apply_workbook(
    round_id: FromPath[UUID], import_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Written:
    """All or none; 409 when somebody answered meanwhile."""
    body = body_code(principal)
    async with db.transaction(town=body) as tx:
        written = await Exchange(clock).apply(tx, body, round_id, import_id, by=principal.actor)
    return Written(written=written)


@post(f"{_PREFIX}/corrections/imports", opt=_WRITE, status_code=200,
      summary="Enter the corrections of an OSCAL POA&M (the body is the file)", tags=_TAGS,
      request_max_body_size=LARGEST_BODY)  # fmt: skip
async def take_poam(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> TakenCorrections:
    """By their own ids: the same file twice adds nothing."""
    body, data = body_code(principal), await request.body()
    async with db.transaction(town=body) as tx:
        taken = await Intake(clock).take_corrections(tx, body, data, by=principal.actor)
    return TakenCorrections(
        added=taken.added, known=taken.known, faults=[_fault(one) for one in taken.faults]
    )


@get(f"{_PREFIX}/checks/registers.xlsx", opt=_READ, summary="Corrections, exceptions and risks",
     tags=_TAGS)  # fmt: skip
async def registers_workbook(principal: Who, db: Db, clock: LawClock) -> Response[bytes]:
    """As one workbook."""
    return await registers_file(db, body_code(principal), clock)


@get(f"{_PREFIX}/checks/{{round_id:uuid}}/report.pdf", opt=_READ,
     summary="The report for the assembly (PDF)", tags=_TAGS)  # fmt: skip
async def report_pdf(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """Counts and plans, no weakness by name."""
    return await report_file(db, body_code(principal), round_id, clock, suffix="pdf")


@get(f"{_PREFIX}/checks/{{round_id:uuid}}/report.docx", opt=_READ,
     summary="The report for the assembly (Word)", tags=_TAGS)  # fmt: skip
async def report_docx(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """The same, to be edited for the meeting."""
    return await report_file(db, body_code(principal), round_id, clock, suffix="docx")


@get(f"{_PREFIX}/checks/{{round_id:uuid}}/oscal/ap.json", opt=_READ,
     summary="OSCAL assessment plan of a round", tags=_TAGS)  # fmt: skip
async def oscal_ap(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """What is asked."""
    return await oscal_file(db, principal, clock, "ap", round_id)


@get(f"{_PREFIX}/checks/{{round_id:uuid}}/oscal/ar.json", opt=_READ,
     summary="OSCAL assessment results of a round", tags=_TAGS)  # fmt: skip
async def oscal_ar(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """What was found; evidence by its hash."""
    return await oscal_file(db, principal, clock, "ar", round_id)


@get(
    f"{_PREFIX}/checks/oscal/ssp.json", opt=_READ, summary="OSCAL system security plan", tags=_TAGS
)
async def oscal_ssp(principal: Who, db: Db, clock: LawClock) -> Response[bytes]:
    """What the body does about each control, by its newest self-check."""
    return await oscal_file(db, principal, clock, "ssp")


@get(f"{_PREFIX}/checks/oscal/poam.json", opt=_READ, summary="OSCAL plan of action", tags=_TAGS)
async def oscal_poam(principal: Who, db: Db, clock: LawClock) -> Response[bytes]:
    """Corrections and exceptions."""
    return await oscal_file(db, principal, clock, "poam")


def _evidence(row: EvidenceRow) -> EvidenceView:
    return EvidenceView(
        evidence_id=row.evidence_id,
        title=row.title,
        place=row.place,
        file_name=row.file_name,
        size=row.size,
        sha256=row.sha256,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        added_by=row.added_by_name,
        added_at=row.added_at,
        withdrawn=row.withdrawn_at is not None,
    )


def _preview(found: Preview) -> ImportPreview:
    return ImportPreview(
        import_id=found.import_id,
        cells=found.cells,
        changes=[
            ChangeView(
                target=one.asked.target,
                item_id=one.asked.item_id,
                title=one.asked.title,
                before="" if one.asked.given is None else one.asked.given.answer.japanese,
                after=one.given.answer.japanese,
                correction=one.correction is not None,
            )
            for one in found.changes
        ],
        faults=[_fault(one) for one in found.faults],
    )


def _fault(one: Wrong) -> FaultView:
    return FaultView(where=one.where, value=one.value, why=one.why, remedy=one.remedy)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_evidence,
    add_evidence,
    evidence_content,
    withdraw_evidence,
    workbook,
    read_workbook,
    apply_workbook,
    take_poam,
    registers_workbook,
    report_pdf,
    report_docx,
    oscal_ap,
    oscal_ar,
    oscal_ssp,
    oscal_poam,
)
