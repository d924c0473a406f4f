"""The registered picture of one body, and what cannot stand in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from jichitai.security.assets.errors import AssetRefusedError
from jichitai.security.assets.model.drafts import (
    End,
    LinkDraft,
    ModelDraft,
    SegmentDraft,
    SystemDraft,
)
from jichitai.security.assets.model.kinds import OWN_AREAS, Area
from jichitai.security.assets.partners import Partner


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system as it is registered."""

    id: UUID
    number: int
    revision: int
    changed_at: datetime
    draft: SystemDraft
    retired_on: date | None = None

    @property
    def label(self) -> str:
        """Number and name."""
        return f"S{self.number} {self.draft.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A segment as it is registered."""

    id: UUID
    number: int
    revision: int
    changed_at: datetime
    draft: SegmentDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link as it is registered."""

    id: UUID
    number: int
    revision: int
    changed_at: datetime
    draft: LinkDraft

    @property
    def label(self) -> str:
        """Its number, as the diagram shows it."""
        return f"L{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything that a body has entered, on one day.

    Attributes:
        systems: in use.
        segments, links: all of them.
        model: the network model in force; None while none was entered.
        partners: known partners outside, by code.
        on: the day.
    """

    systems: Sequence[System]
    segments: Sequence[Segment]
    links: Sequence[Link]
    model: ModelDraft | None
    partners: Mapping[str, Partner]
    on: date
    _systems: dict[str, System] = field(init=False, repr=False, compare=False)
    _segments: dict[str, Segment] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index systems and segments."""
        object.__setattr__(self, "_systems", {str(one.id): one for one in self.systems})
        object.__setattr__(self, "_segments", {str(one.id): one for one in self.segments})

    def system(self, end: End) -> System | None:
        """The system at an end; None for anything else."""
        return self._systems.get(end.ref) if end.kind == "system" else None

    def segment(self, end: End) -> Segment | None:
        """The segment at an end; None for anything else."""
        return self._segments.get(end.ref) if end.kind == "segment" else None

    def partner(self, end: End) -> Partner | None:
        """The partner at an end; None for anything else."""
        return self.partners.get(end.ref) if end.kind == "partner" else None

    def area(self, end: End) -> Area | None:
        """The area whose rules hold at an end; None outside the body."""
        system, segment = self.system(end), self.segment(end)
        if system is not None:
            return system.draft.counts_as
        return segment.draft.area if segment is not None else None

    def name(self, end: End) -> str:
        """What an end is called."""
        system, segment, partner = self.system(end), self.segment(end), self.partner(end)
        if system is not None:
            return system.draft.name
        if segment is not None:
            return segment.draft.name
        return partner.name if partner is not None else "（削除された接続先）"


def check_system(draft: SystemDraft, segments: Mapping[UUID, Segment]) -> None:
    """Refuse a system that cannot be so.

    Raises:
        AssetRefusedError: the cloud's area is missing, or the segment is not of its area.

    Source: ガイドライン 対策基準 3(1)③, 3(2)②.
    """
    wrong: dict[str, str] = {}
    if draft.area is Area.CLOUD and draft.treated_as not in OWN_AREAS:
        wrong["treated_as"] = (
            "クラウド上のシステムが、どの領域とつながるかが選ばれていません。"
            "つながる領域の規則が適用されます。三つの領域から選んでください。"
        )
    if draft.area is Area.CLOUD and not draft.form.on_cloud:
        wrong["form"] = (
            "領域がクラウドなのに、形態がクラウドではありません。どちらかを直してください。"
        )
    segment = segments.get(draft.segment_id) if draft.segment_id else None
    if draft.segment_id and segment is None:
        wrong["segment_id"] = "この区画は登録されていません。一覧から選び直してください。"
    elif segment is not None and segment.draft.area is not draft.area:
        wrong["segment_id"] = (
            f"区画「{segment.draft.name}」は{segment.draft.area.japanese}にあります。"
            f"システムの領域（{draft.area.japanese}）と同じ領域の区画を選んでください。"
        )
    refuse(wrong)


def check_link(draft: LinkDraft, picture: Picture) -> None:
    """Refuse a link without two ends that are known.

    Raises:
        AssetRefusedError: an end is unknown, both are the same, or both are outside.

    Source: ガイドライン 対策基準 3.
    """
    wrong: dict[str, str] = {}
    for name, end in (("one", draft.one), ("other", draft.other)):
        known = picture.system(end) or picture.segment(end) or picture.partner(end)
        if known is None:
            wrong[name] = "この接続先は登録されていません。一覧から選び直してください。"
    if not wrong and draft.one == draft.other:
        wrong["other"] = "両端が同じです。別の接続先を選んでください。"
    if not wrong and draft.one.kind == draft.other.kind == "partner":
        wrong["other"] = (
            "両端とも団体の外です。少なくとも片方は、この団体のシステムか区画にしてください。"
        )
    refuse(wrong)


def check_model(draft: ModelDraft, on: date) -> None:
    """Refuse a model that begins too far ahead, or an audit of tomorrow.

    Raises:
        AssetRefusedError: a day is not possible.

    Source: ガイドライン 対策基準 3(3)③④⑤.
    """
    wrong: dict[str, str] = {}
    for name, day in (("audited_on", draft.audited_on), ("reported_on", draft.reported_on)):
        if day is not None and day > on:
            wrong[name] = "まだ来ていない日付です。実施した日を入力してください。"
    if draft.audited_on and draft.reported_on and draft.reported_on < draft.audited_on:
        wrong["reported_on"] = "報告の日が監査の日より前です。どちらかを直してください。"
    refuse(wrong)


def refuse(wrong: Mapping[str, str]) -> None:
    """Raise the refusal of fields, if any is wrong.

    Raises:
        AssetRefusedError: with a sentence for each field.

    Source: 公用文作成の考え方 (令和4年1月7日 文化審議会建議) 伝わる公用文.
    """
    if wrong:
        raise AssetRefusedError(" ".join(wrong.values()), fields=dict(wrong))
