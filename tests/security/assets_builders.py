"""A made-up town's systems and network."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

from jichitai.security.assets.model.drafts import (
    End,
    LinkDraft,
    ModelDraft,
    SegmentDraft,
    SystemDraft,
)
from jichitai.security.assets.model.kinds import Answer, Area, Confidentiality, Limit, SegmentUse
from jichitai.security.assets.model.picture import Link, Picture, Segment, System
from jichitai.security.assets.partners import partners_on
from jichitai.security.guideline.model import NetworkModel

ON: Final = date(2026, 11, 20)
AT: Final = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
LIMITED: Final = (Limit.IP, Limit.PORT)
_NUMBERS = count(1)


def system_draft(name: str = "住民記録", area: Area = Area.MYNUMBER, **values: Any) -> SystemDraft:
    """A system that breaks no rule in its area."""
    safe = area is Area.MYNUMBER or values.get("treated_as") is Area.MYNUMBER
    plain: dict[str, Any] = {
        "handles_mynumber": safe,
        "confidentiality": Confidentiality.STRICT if safe else Confidentiality.LIMITED,
        "two_factor": Answer.YES,
        "no_media": Answer.YES,
        "own_keys": Answer.YES,
    }
    return SystemDraft(name=name, area=area, **(plain | values))


def segment_draft(
    name: str = "業務端末", area: Area = Area.LGWAN, use: SegmentUse = SegmentUse.MAIN_TERMINALS,
    **values: Any,
) -> SegmentDraft:  # fmt: skip
    return SegmentDraft(name=name, area=area, use=use, **values)


def link_draft(one: End, other: End, **values: Any) -> LinkDraft:
    """A link that was permitted."""
    plain: dict[str, Any] = {"purpose": "業務連携", "approval": "情セ第12号"}
    return LinkDraft(one=one, other=other, **(plain | values))


def system(name: str = "住民記録", area: Area = Area.MYNUMBER, **values: Any) -> System:
    draft = system_draft(name, area, **values)
    return System(id=uuid4(), number=next(_NUMBERS), revision=1, changed_at=AT, draft=draft)


def segment(name: str = "業務端末", area: Area = Area.LGWAN, **values: Any) -> Segment:
    draft = segment_draft(name, area, **values)
    return Segment(id=uuid4(), number=next(_NUMBERS), revision=1, changed_at=AT, draft=draft)


def end(of: System | Segment | UUID | str, kind: str = "system") -> End:
    """An end: a system, a segment, or a partner by its code."""
    if isinstance(of, System):
        return End(kind="system", ref=str(of.id))
    if isinstance(of, Segment):
        return End(kind="segment", ref=str(of.id))
    if isinstance(of, UUID):
        return End(kind="segment" if kind == "segment" else "system", ref=str(of))
    return End(kind="partner", ref=of)


def link(one: System | Segment | str, other: System | Segment | str, **values: Any) -> Link:
    draft = link_draft(end(one), end(other), **values)
    return Link(id=uuid4(), number=next(_NUMBERS), revision=1, changed_at=AT, draft=draft)


def model(kind: NetworkModel = NetworkModel.ALPHA, **values: Any) -> ModelDraft:
    """A model with everything that it asks for."""
    done: dict[str, Any] = {
        "since": date(2024, 4, 1),
        "edr": Answer.YES,
        "detection": Answer.YES,
        "organisation": Answer.YES,
        "access_control": Answer.YES,
        "audited_on": date(2026, 9, 1),
        "reported_on": date(2026, 9, 30),
    }
    return ModelDraft(model=kind, **(done | values))


def picture(
    *things: System | Segment | Link, model_: ModelDraft | None = None, on: date = ON
) -> Picture:
    """A picture of systems, segments and links; α when no model is named."""
    return Picture(
        systems=[one for one in things if isinstance(one, System)],
        segments=[one for one in things if isinstance(one, Segment)],
        links=[one for one in things if isinstance(one, Link)],
        model=model_ or model(),
        partners=partners_on(on),
        on=on,
    )
