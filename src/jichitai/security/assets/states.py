"""What programs read and write of systems and networks."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from jichitai.security.assets.model.drafts import (
    LinkDraft,
    ModelDraft,
    Revision,
    SegmentDraft,
    SystemDraft,
)
from jichitai.security.assets.model.kinds import Area
from jichitai.security.assets.model.picture import Link, Segment, System
from jichitai.security.assets.rules.catalogue import Finding
from jichitai.security.assets.service import Looked
from jichitai.security.assets.sheet import Upload


class SystemState(Struct, frozen=True, kw_only=True):
    """A system as it is registered; `counts_as` is the area whose rules hold."""

    id: UUID
    number: int
    revision: int
    changed_at: datetime
    retired_on: date | None
    counts_as: Area
    system: SystemDraft


class SystemChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change, and the revision it was made on; another one since then is refused with 409."""

    revision: Revision
    system: SystemDraft


class AtRevision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The revision that was looked at."""

    revision: Revision


class SystemList(Struct, frozen=True, kw_only=True):
    """Systems by number."""

    systems: list[SystemState]


class SegmentState(Struct, frozen=True, kw_only=True):
    """A segment as it is registered."""

    id: UUID
    number: int
    revision: int
    segment: SegmentDraft


class SegmentChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of a segment, and the revision it was made on."""

    revision: Revision
    segment: SegmentDraft


class LinkState(Struct, frozen=True, kw_only=True):
    """A link as it is registered."""

    id: UUID
    number: int
    revision: int
    link: LinkDraft


class LinkChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of a link, and the revision it was made on."""

    revision: Revision
    link: LinkDraft


class NetworkFinding(Struct, frozen=True, kw_only=True):
    """One finding of the check: rule, place, remedy."""

    rule: str
    title: str
    severity: Literal["violation", "warning"]
    what: str
    remedy: str
    item_id: str
    source: str
    link: int | None
    link_id: UUID | None
    system_id: UUID | None
    segment_id: UUID | None


class PartnerState(Struct, frozen=True, kw_only=True):
    """A partner outside that a link may end at."""

    code: str
    name: str
    areas: list[str]
    faces_internet: bool


class NetworkState(Struct, frozen=True, kw_only=True):
    """The whole picture of today, checked."""

    on: date
    model: ModelDraft | None
    systems: list[SystemState]
    segments: list[SegmentState]
    links: list[LinkState]
    partners: list[PartnerState]
    findings: list[NetworkFinding]
    violations: int


class LinkPreview(Struct, frozen=True, kw_only=True):
    """What a link would break."""

    findings: list[NetworkFinding]


class CellFault(Struct, frozen=True, kw_only=True):
    """What is wrong with a cell."""

    cell: str
    value: str
    why: str
    remedy: str


class ImportResult(Struct, frozen=True, kw_only=True):
    """A workbook that was read; `written` says whether it was taken over."""

    written: bool
    cells: int
    added: int
    changed: int
    same: int
    faults: Annotated[list[CellFault], Meta(max_length=50_000)]


def system_state(system: System) -> SystemState:
    """A system for programs."""
    return SystemState(
        id=system.id,
        number=system.number,
        revision=system.revision,
        changed_at=system.changed_at,
        retired_on=system.retired_on,
        counts_as=system.draft.counts_as,
        system=system.draft,
    )


def segment_state(one: Segment) -> SegmentState:
    """A segment for programs."""
    return SegmentState(id=one.id, number=one.number, revision=one.revision, segment=one.draft)


def link_state(one: Link) -> LinkState:
    """A link for programs."""
    return LinkState(id=one.id, number=one.number, revision=one.revision, link=one.draft)


def finding_state(one: Finding) -> NetworkFinding:
    """A finding for programs."""
    return NetworkFinding(
        rule=one.rule.code,
        title=one.rule.title,
        severity=one.rule.severity,
        what=one.what,
        remedy=one.rule.remedy,
        item_id=one.rule.item_id,
        source=one.rule.source,
        link=one.link or None,
        link_id=one.link_id,
        system_id=one.system_id,
        segment_id=one.segment_id,
    )


def network_state(looked: Looked) -> NetworkState:
    """A checked picture for programs."""
    picture = looked.picture
    return NetworkState(
        on=picture.on,
        model=picture.model,
        systems=list(map(system_state, picture.systems)),
        segments=list(map(segment_state, picture.segments)),
        links=list(map(link_state, picture.links)),
        partners=[
            PartnerState(
                code=one.code,
                name=one.name,
                areas=sorted(filter(None, one.areas)),
                faces_internet=one.faces_internet,
            )
            for one in picture.partners.values()
        ],
        findings=list(map(finding_state, looked.findings)),
        violations=looked.violations,
    )


def import_result(upload: Upload, *, written: bool) -> ImportResult:
    """A workbook that was read, for programs."""
    return ImportResult(
        written=written,
        cells=upload.cells,
        added=sum(1 for one in upload.planned if one.system is None),
        changed=sum(1 for one in upload.planned if one.system is not None),
        same=upload.same,
        faults=[
            CellFault(cell=one.cell, value=one.value, why=one.why, remedy=one.remedy)
            for one in upload.faults
        ],
    )
