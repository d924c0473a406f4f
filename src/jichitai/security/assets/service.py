"""Use cases: enter, change, retire and remove; each leaves a line of history and an audit row."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NoReturn
from uuid import UUID, uuid4

import msgspec

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.security.assets import store
from jichitai.security.assets.errors import AssetInUseError
from jichitai.security.assets.model.drafts import LinkDraft, ModelDraft, SegmentDraft, SystemDraft
from jichitai.security.assets.model.picture import (
    Link,
    Picture,
    Segment,
    System,
    check_link,
    check_model,
    check_system,
)
from jichitai.security.assets.rules.catalogue import Finding
from jichitai.security.assets.rules.checking import check
from jichitai.security.errors import StaleEditError, UnknownDocumentError

_ACTION = "security.asset.change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A picture and what does not fit in it."""

    picture: Picture
    findings: tuple[Finding, ...]

    @property
    def violations(self) -> int:
        """Findings that are more than something to be made sure of."""
        return sum(1 for one in self.findings if one.violation)


@dataclass(frozen=True, slots=True)
class Assets:
    """The picture of one body's systems and networks."""

    clock: Clock

    async def look(self, tx: Tx, body: str) -> Looked:
        """The picture of today, checked."""
        picture = await store.picture(tx, body, self.clock.today())
        return Looked(picture=picture, findings=tuple(check(picture)))

    async def preview(self, tx: Tx, body: str, draft: LinkDraft) -> list[Finding]:
        """What a link would break, before it is entered.

        Raises:
            AssetRefusedError: an end is unknown, or both are the same or outside.
        """
        picture = await store.picture(tx, body, self.clock.today())
        check_link(draft, picture)
        tried = Link(id=uuid4(), number=0, revision=0, changed_at=self.clock.now(), draft=draft)
        found = check(replace(picture, links=[*picture.links, tried]))
        return [one for one in found if one.link_id == tried.id]

    async def system(self, tx: Tx, body: str, system_id: UUID) -> System:
        """One system.

        Raises:
            UnknownDocumentError: this body has none of this id.
        """
        found = await store.system(tx, body, system_id)
        return found or _unknown("システム")

    async def segment(self, tx: Tx, body: str, segment_id: UUID) -> Segment:
        """One segment.

        Raises:
            UnknownDocumentError: this body has none of this id.
        """
        found = await store.segments(tx, body)
        return next((one for one in found if one.id == segment_id), None) or _unknown("区画")

    async def link(self, tx: Tx, body: str, link_id: UUID) -> Link:
        """One link.

        Raises:
            UnknownDocumentError: this body has none of this id.
        """
        found = await store.links(tx, body)
        return next((one for one in found if one.id == link_id), None) or _unknown("通信")

    async def enter_system(self, tx: Tx, body: str, draft: SystemDraft, *, by: Actor) -> System:
        """Register a system.

        Raises:
            AssetRefusedError: it cannot be so.
        """
        await self._check_system(tx, body, draft)
        number, system_id = await store.next_number(tx, body, "system"), uuid4()
        at = self.clock.now()
        await store.insert_system(tx, body, system_id, number, draft, at)
        await self._done(tx, body, "system", system_id, "enter", draft, by=by, at=at)
        return System(id=system_id, number=number, revision=1, changed_at=at, draft=draft)

    async def change_system(
        self, tx: Tx, body: str, system_id: UUID, revision: int, draft: SystemDraft, *, by: Actor
    ) -> System:
        """Change a system.

        Raises:
            UnknownDocumentError: this body has none of this id.
            StaleEditError: somebody changed it meanwhile, or it is retired.
            AssetRefusedError: it cannot be so.
        """
        before = await self.system(tx, body, system_id)
        await self._check_system(tx, body, draft)
        at = self.clock.now()
        if not await store.update_system(tx, body, system_id, revision, draft, at):
            _stale()
        await self._done(tx, body, "system", system_id, "change", draft, by=by, at=at)
        return replace(before, revision=revision + 1, changed_at=at, draft=draft)

    async def retire_system(
        self, tx: Tx, body: str, system_id: UUID, revision: int, *, by: Actor
    ) -> None:
        """End the use of a system; it stays in the history.

        Raises:
            UnknownDocumentError: this body has none of this id.
            AssetInUseError: a link still ends at it.
            StaleEditError: somebody changed it meanwhile.
        """
        found = await self.system(tx, body, system_id)
        await self._refuse_linked(tx, body, str(system_id), f"システム「{found.draft.name}」")
        at = self.clock.now()
        today = self.clock.today()
        if not await store.retire_system(tx, body, system_id, revision, today, at):
            _stale()
        await self._done(tx, body, "system", system_id, "retire", found.draft, by=by, at=at)

    async def enter_segment(self, tx: Tx, body: str, draft: SegmentDraft, *, by: Actor) -> Segment:
        """Register a segment."""
        number, segment_id = await store.next_number(tx, body, "segment"), uuid4()
        at = self.clock.now()
        await store.insert_segment(tx, body, segment_id, number, draft, at)
        await self._done(tx, body, "segment", segment_id, "enter", draft, by=by, at=at)
        return Segment(id=segment_id, number=number, revision=1, changed_at=at, draft=draft)

    async def change_segment(
        self, tx: Tx, body: str, segment_id: UUID, revision: int, draft: SegmentDraft, *, by: Actor
    ) -> Segment:
        """Change a segment.

        Raises:
            UnknownDocumentError: this body has none of this id.
            AssetInUseError: it would leave the area of systems that stand in it.
            StaleEditError: somebody changed it meanwhile.
        """
        before = await self.segment(tx, body, segment_id)
        if draft.area is not before.draft.area:
            await self._refuse_inhabited(tx, body, before, "領域を変えられません")
        at = self.clock.now()
        if not await store.update_segment(tx, body, segment_id, revision, draft, at):
            _stale()
        await self._done(tx, body, "segment", segment_id, "change", draft, by=by, at=at)
        return replace(before, revision=revision + 1, changed_at=at, draft=draft)

    async def remove_segment(
        self, tx: Tx, body: str, segment_id: UUID, revision: int, *, by: Actor
    ) -> None:
        """Take a segment away.

        Raises:
            UnknownDocumentError: this body has none of this id.
            AssetInUseError: systems stand in it, or a link ends at it.
            StaleEditError: somebody changed it meanwhile.
        """
        found = await self.segment(tx, body, segment_id)
        await self._refuse_inhabited(tx, body, found, "削除できません")
        await self._refuse_linked(tx, body, str(segment_id), f"区画「{found.draft.name}」")
        if not await store.remove(tx, body, "segment", segment_id, revision):
            _stale()
        at = self.clock.now()
        await self._done(tx, body, "segment", segment_id, "remove", found.draft, by=by, at=at)

    async def enter_link(self, tx: Tx, body: str, draft: LinkDraft, *, by: Actor) -> Link:
        """Register a link; one that breaks a rule is registered too, and found by the check.

        Raises:
            AssetRefusedError: an end is unknown, or both are the same or outside.
        """
        check_link(draft, await store.picture(tx, body, self.clock.today()))
        number, link_id = await store.next_number(tx, body, "link"), uuid4()
        at = self.clock.now()
        await store.insert_link(tx, body, link_id, number, draft, at)
        await self._done(tx, body, "link", link_id, "enter", draft, by=by, at=at)
        return Link(id=link_id, number=number, revision=1, changed_at=at, draft=draft)

    async def change_link(
        self, tx: Tx, body: str, link_id: UUID, revision: int, draft: LinkDraft, *, by: Actor
    ) -> Link:
        """Change a link.

        Raises:
            UnknownDocumentError: this body has none of this id.
            AssetRefusedError: an end is unknown, or both are the same or outside.
            StaleEditError: somebody changed it meanwhile.
        """
        before = await self.link(tx, body, link_id)
        check_link(draft, await store.picture(tx, body, self.clock.today()))
        at = self.clock.now()
        if not await store.update_link(tx, body, link_id, revision, draft, at):
            _stale()
        await self._done(tx, body, "link", link_id, "change", draft, by=by, at=at)
        return replace(before, revision=revision + 1, changed_at=at, draft=draft)

    async def remove_link(
        self, tx: Tx, body: str, link_id: UUID, revision: int, *, by: Actor
    ) -> None:
        """Take a link away.

        Raises:
            UnknownDocumentError: this body has none of this id.
            StaleEditError: somebody changed it meanwhile.
        """
        found = await self.link(tx, body, link_id)
        if not await store.remove(tx, body, "link", link_id, revision):
            _stale()
        at = self.clock.now()
        await self._done(tx, body, "link", link_id, "remove", found.draft, by=by, at=at)

    async def say_model(self, tx: Tx, body: str, draft: ModelDraft, *, by: Actor) -> None:
        """Say which network model holds from a day on; earlier lines stay.

        Raises:
            AssetRefusedError: a day is not possible.
        """
        check_model(draft, self.clock.today())
        await store.add_model(tx, body, draft, by.id, self.clock.now())
        await audit.record(
            tx, by=by, action="security.asset.model", subject=body, reason=draft.reason or None,
            facts={"model": draft.model, "since": draft.since.isoformat()},
        )  # fmt: skip

    async def _check_system(self, tx: Tx, body: str, draft: SystemDraft) -> None:
        check_system(draft, {one.id: one for one in await store.segments(tx, body)})

    async def _refuse_linked(self, tx: Tx, body: str, ref: str, what: str) -> None:
        found = [
            one.label
            for one in await store.links(tx, body)
            if ref in (one.draft.one.ref, one.draft.other.ref)
        ]
        if found:
            raise AssetInUseError(
                f"{what}は通信（{'、'.join(found)}）の端になっています。"
                "先に通信を削除するか、端を変えてください。",
                links=found,
            )

    async def _refuse_inhabited(self, tx: Tx, body: str, segment: Segment, deed: str) -> None:
        inside = [
            one.label for one in await store.systems(tx, body) if one.draft.segment_id == segment.id
        ]
        if inside:
            raise AssetInUseError(
                f"区画「{segment.draft.name}」にはシステム（{'、'.join(inside[:5])}）があるため、{deed}。"
                "先にシステムを別の区画に移してください。",
                systems=inside,
            )

    async def _done(
        self,
        tx: Tx,
        body: str,
        kind: store.Kind,
        ref: UUID,
        deed: store.Deed,
        draft: SystemDraft | SegmentDraft | LinkDraft,
        *,
        by: Actor,
        at: datetime,
    ) -> None:
        await store.add_history(tx, body, kind, ref, deed, draft, by=by.id, at=at)
        facts = {"kind": kind, "deed": deed}
        await audit.record(tx, by=by, action=_ACTION, subject=str(ref), facts=facts)


def same(one: msgspec.Struct, other: msgspec.Struct) -> bool:
    """Whether two drafts say the same."""
    return bool(msgspec.to_builtins(one) == msgspec.to_builtins(other))


def _unknown(what: Literal["システム", "区画", "通信"]) -> NoReturn:
    raise UnknownDocumentError(
        f"この団体に、この{what}の登録はありません。一覧から開き直してください。"
    )


def _stale() -> NoReturn:
    raise StaleEditError(
        "開いた後に、ほかの人がこの登録を変えました。今の内容を開き直し、必要な変更をもう一度入力してください。"
    )
