"""What a body enters: systems, segments, links, its network model."""

from datetime import date
from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from jichitai.security.assets.model.kinds import (
    Answer,
    Area,
    Confidentiality,
    Form,
    Limit,
    Route,
    Sanitising,
    SegmentUse,
)
from jichitai.security.guideline.model import NetworkModel
from jichitai.security.organs import Organ

_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]*$"
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=80, pattern=_PRINTABLE)]
Word: TypeAlias = Annotated[str, Meta(max_length=80, pattern=_PRINTABLE)]
Line: TypeAlias = Annotated[str, Meta(max_length=400, pattern=_PRINTABLE)]
Revision: TypeAlias = Annotated[int, Meta(ge=0, le=1_000_000)]


class SystemDraft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a body says of one of its systems.

    Attributes:
        name: its name.
        area: where it stands.
        treated_as: for a system on a cloud, the area that it is joined to and treated as part of.
        handles_mynumber: whether it handles 特定個人情報.
        confidentiality, integrity, availability: rating; integrity and availability are 2 or 1.
        form: how it is run.
        cloud_name: name of the cloud service.
        ismap: whether the service is listed under ISMAP or ISMAP-LIU.
        own_keys: whether data are encrypted with keys under the body's control.
        two_factor: whether people sign in with two or more kinds of factor.
        no_media: whether nothing can be taken out on media.
        vendor: who runs or maintains it.
        organ: the organ that manages it.
        section: the section in charge.
        segment_id: the segment that it stands in.
        started_on: day of its first use.
        note: remarks.
    """

    name: Name
    area: Area
    treated_as: Area | None = None
    handles_mynumber: bool = False
    confidentiality: Confidentiality = Confidentiality.STRICT
    integrity: Literal["2", "1"] = "2"
    availability: Literal["2", "1"] = "2"
    form: Form = Form.OWN
    cloud_name: Word = ""
    ismap: Answer = Answer.UNKNOWN
    own_keys: Answer = Answer.UNKNOWN
    two_factor: Answer = Answer.UNKNOWN
    no_media: Answer = Answer.UNKNOWN
    vendor: Word = ""
    organ: Organ = Organ.HEAD
    section: Word = ""
    segment_id: UUID | None = None
    started_on: date | None = None
    note: Line = ""

    @property
    def counts_as(self) -> Area:
        """The area whose rules hold: its own, or that which a cloud is joined to."""
        if self.area is Area.CLOUD:
            return self.treated_as or Area.INTERNET
        return self.area


class SegmentDraft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ネットワークの区画.

    Attributes:
        name: its name.
        area: where it stands.
        use: what stands in it.
        wireless: whether terminals join by wireless LAN.
        wireless_conditions: whether the added authentication and encryption are in place.
        range: addresses, in the body's own words.
        note: remarks.
    """

    name: Name
    area: Area
    use: SegmentUse = SegmentUse.SERVERS
    wireless: bool = False
    wireless_conditions: Answer = Answer.UNKNOWN
    range: Word = ""
    note: Line = ""


class End(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One end of a link.

    Attributes:
        kind: a system or segment of the body, or a partner outside.
        ref: id of the system or segment, or code of the partner.
    """

    kind: Literal["system", "segment", "partner"]
    ref: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9-]+$")]


class LinkDraft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """通信: two ends that exchange data.

    Attributes:
        one, other: its ends.
        purpose: what it is for.
        route: what carries it.
        limits: what restricts it; 特定通信 needs MAC or IP, and port.
        sanitising: how what comes from the Internet is made harmless.
        screen_conditions: for screen transfer into the My Number area, whether the added
            conditions are met.
        encrypted: whether it is encrypted.
        approval: number of the decision that permitted it.
        until: last day of the permission.
        note: remarks.
    """

    one: End
    other: End
    purpose: Name
    route: Route = Route.INTERNAL
    limits: Annotated[tuple[Limit, ...], Meta(max_length=3)] = ()
    sanitising: Sanitising = Sanitising.NONE
    screen_conditions: Answer = Answer.UNKNOWN
    encrypted: Answer = Answer.UNKNOWN
    approval: Word = ""
    until: date | None = None
    note: Line = ""


class ModelDraft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ネットワーク構成のモデル and what its adoption asks for.

    Attributes:
        model: α, α´, β or β´.
        since: first day.
        edr: whether EDR and other technical measures of the model are in place.
        detection: whether detection and monitoring go on without a break.
        organisation: whether the organisational and human measures are surely done.
        access_control: whether access is controlled by information asset.
        audited_on: day of the latest external audit of the conditions.
        reported_on: day on which its report was handed to J-LIS.
        reason: why the model was chosen or what changed.
    """

    model: NetworkModel
    since: date
    edr: Answer = Answer.UNKNOWN
    detection: Answer = Answer.UNKNOWN
    organisation: Answer = Answer.UNKNOWN
    access_control: Answer = Answer.UNKNOWN
    audited_on: date | None = None
    reported_on: date | None = None
    reason: Line = ""
