"""What the calls of disclosure take and give, as they stand in the OpenAPI document."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from jichitai.infra.keys import Keys
from jichitai.infra.transparency.proof import Proof
from jichitai.jukinet.affairs import Field, KeyKind
from jichitai.jukinet.disclosure import model, service
from jichitai.jukinet.disclosure.model import InquiryKind
from jichitai.jukinet.disclosure.service import Counts, Page, Shown
from jichitai.jukinet.disclosure.store import Inquiry
from jichitai.jukinet.provision.model import Reason, Result

Words = Annotated[str, Meta(min_length=1, max_length=2000)]


class ProvisionItem(Struct, frozen=True, kw_only=True):
    """One record about the resident: who asked, for what, by which key, what was given."""

    receipt: str
    at: datetime
    organ_id: str
    organ_name: str
    affair_id: str
    affair_name: str
    law: str
    articles: str
    operator: str
    reason: Reason
    reason_name: str
    reference: str
    key: KeyKind
    fields: list[Field]
    result: Result
    result_name: str


class ProvisionPage(Struct, frozen=True, kw_only=True):
    """Records newest first; `next` leads to older ones. The notice is the same for everybody."""

    provisions: list[ProvisionItem]
    next: str | None
    notice: str


class ProofFile(Struct, frozen=True, kw_only=True):
    """証明ファイル: format `jichitai-inclusion-proof`, version 1."""

    format: str
    version: int
    log: str
    record: dict[str, Any]
    leaf_hash: str
    index: int
    size: int
    path: list[str]
    checkpoint: str


class Consistency(Struct, frozen=True, kw_only=True):
    """That the log of the later size continues the earlier one; hashes in base64."""

    log: str
    first: int
    second: int
    path: list[str]


class NewInquiry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question about a record, or a request for correction."""

    kind: InquiryKind
    words: Words
    receipt: Annotated[str, Meta(max_length=30)] | None = None


class Extension(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A later day for the answer, with the reason that the resident is told."""

    until: date
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Reply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to an inquiry."""

    words: Words


class InquiryItem(Struct, frozen=True, kw_only=True):
    """An inquiry with its clock."""

    inquiry_id: UUID
    kind: InquiryKind
    log_index: int | None
    words: str
    asked_at: datetime
    due_on: date
    extended_on: date | None
    extension_reason: str | None
    state: str
    answer: str | None
    answered_at: datetime | None


class CountItem(Struct, frozen=True, kw_only=True):
    """Answers of one month, body, affair and result."""

    month: date
    organ_id: str
    organ_name: str
    affair_id: str
    affair_name: str
    result: str
    provided: int
    replaces_copy: bool


class MeasureItem(Struct, frozen=True, kw_only=True):
    """How a figure is defined, and how far to trust the definition."""

    id: str
    name: str
    definition: str
    certainty: str
    basis: str


class CountList(Struct, frozen=True, kw_only=True):
    """Published counts of a fiscal year (第30条の16)."""

    fiscal_year: int
    rows: list[CountItem]
    provided: int
    attachments_saved: int
    up_to_index: int
    measures: list[MeasureItem]


def provision_item(shown: Shown) -> ProvisionItem:
    """A record as the resident gets it."""
    entry, affair = shown.entry, shown.affair
    return ProvisionItem(
        receipt=entry.receipt,
        at=entry.at,
        organ_id=entry.organ_id,
        organ_name=shown.organ_name,
        affair_id=affair.id,
        affair_name=affair.name,
        law=affair.law,
        articles=affair.articles,
        operator=entry.operator_id,
        reason=entry.reason,
        reason_name=entry.reason.japanese,
        reference=entry.reference,
        key=entry.key_kind,
        fields=list(entry.fields),
        result=entry.result,
        result_name=entry.result.japanese,
    )


def provision_page(page: Page) -> ProvisionPage:
    """A page of records."""
    return ProvisionPage(
        provisions=[provision_item(one) for one in page.shown],
        next=page.next_mark,
        notice=model.DELAY_SENTENCE,
    )


def proof_file(proof: Proof) -> ProofFile:
    """A proof as a body."""
    return ProofFile(**{name: getattr(proof, name) for name in proof.__struct_fields__})


def inquiry_item(inquiry: Inquiry, keys: Keys) -> InquiryItem:
    """An inquiry with its opened words."""
    words, answer = service.words_of(inquiry, keys)
    return InquiryItem(
        inquiry_id=inquiry.inquiry_id,
        kind=inquiry.kind,
        log_index=inquiry.log_index,
        words=words,
        asked_at=inquiry.asked_at,
        due_on=inquiry.due_on,
        extended_on=inquiry.extended_on,
        extension_reason=inquiry.extension_reason,
        state=inquiry.state,
        answer=answer,
        answered_at=inquiry.answered_at,
    )


def count_list(year: int, counts: Counts) -> CountList:
    """Counts with the definitions of the figures."""
    return CountList(
        fiscal_year=year,
        rows=[
            CountItem(
                month=row.month,
                organ_id=row.organ_id,
                organ_name=row.organ_name,
                affair_id=row.affair_id,
                affair_name=row.affair_name,
                result=row.result,
                provided=row.provided,
                replaces_copy=row.replaces_copy,
            )
            for row in counts.rows
        ],
        provided=counts.provided,
        attachments_saved=counts.attachments_saved,
        up_to_index=counts.up_to_index,
        measures=[
            MeasureItem(
                id=one.id,
                name=one.name,
                definition=one.definition,
                certainty=one.certainty,
                basis=one.basis,
            )
            for one in model.measures()
        ],
    )
