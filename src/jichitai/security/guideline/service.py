"""Versions of the guideline: which are known, which is current, import and publication."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, cast

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx, enter_town
from jichitai.infra.inbox import Handlers
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Draft, Outbox
from jichitai.kernel.bodies import prefecture_body
from jichitai.kernel.parties import MINISTRY, Party, Tier
from jichitai.security.errors import NotYourBodyError
from jichitai.security.guideline import builtin, store
from jichitai.security.guideline.codec import pack, unpack
from jichitai.security.guideline.differences import Difference, continued
from jichitai.security.guideline.errors import (
    BadCatalogueError,
    NotTheMinistryError,
    UnknownVersionError,
    VersionTakenError,
)
from jichitai.security.guideline.model import Catalogue
from jichitai.security.messages import S06, decode

OFFICE: Final = "ministry"
"""Stands for the ministry where bodies have their code."""

_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_LATEST: Final = date(9999, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A version that can be looked at here.

    Attributes:
        version, title, published_on, official, source: of the catalogue.
        items: how many it has.
        origin: published by the ministry, built in, or taken in from a file by this office.
        at: when it arrived or was taken in; None for a built-in one.
    """

    version: str
    title: str
    published_on: date
    official: bool
    source: str
    items: int
    origin: Literal["published", "built-in", "imported"]
    at: datetime | None = None


async def current(tx: Tx, *, on: date | None = None) -> Catalogue:
    """The version in force: the newest that the ministry published, or the built-in one.

    Args:
        tx: a transaction of the body, or of the ministry.
        on: look as on this day; None takes the newest of all.
    """
    day = on or _LATEST
    published = await store.newest(tx, day)
    own = [row for row in builtin.history() if row.itemised and row.published_on <= day]
    if published is not None and (not own or own[-1].published_on <= published.published_on):
        return published
    return builtin.catalogue(own[-1].version) if own else builtin.newest()


async def catalogue(tx: Tx, version: str) -> Catalogue:
    """One version: as published, else the built-in one, else the office's own.

    Raises:
        UnknownVersionError: none of this name.
    """
    if not _VERSION.fullmatch(version):
        raise _unknown(version)
    published = await store.catalogue(tx, "published", version)
    if published is not None:
        return published
    if version in builtin.versions():
        return builtin.catalogue(version)
    imported = await store.catalogue(tx, "imported", version)
    if imported is None:
        raise _unknown(version)
    return imported


def good_name(version: str) -> bool:
    """Whether a text can name a version.

    >>> [good_name(text) for text in ("R9.3", "", "第3版", "R 9")]
    [True, False, False, False]
    """
    return _VERSION.fullmatch(version) is not None


def _unknown(version: str) -> UnknownVersionError:
    told = version if _VERSION.fullmatch(version) else "（読めない名前）"
    return UnknownVersionError(
        f"「{told}」という版のガイドラインはここにありません。"
        "版の一覧から選び直すか、ファイルから取り込んでください。"
    )


async def editions(tx: Tx, body: str) -> tuple[Edition, ...]:
    """All versions that can be looked at, the newest first."""
    published = await store.rows(tx, "published", body)
    imported = await store.rows(tx, "imported", body)
    names = {row.version for row in published}
    found = [_edition(row, "published") for row in published]
    found += [one for one in _built_in() if one.version not in names]
    names |= set(builtin.versions())
    found += [_edition(row, "imported") for row in imported if row.version not in names]
    return tuple(sorted(found, key=lambda one: (one.published_on, one.version), reverse=True))


async def difference(tx: Tx, old: str, new: str) -> Difference:
    """What lies between two versions.

    Raises:
        UnknownVersionError: one of them is not known here.
    """
    return Difference.between(await catalogue(tx, old), await catalogue(tx, new))


async def stale_items(tx: Tx, from_version: str, to_version: str) -> frozenset[str]:
    """Ids of items whose clauses the step between two versions makes stale.

    Raises:
        UnknownVersionError: one of them is not known here.
    """
    if from_version == to_version:
        return frozenset()
    return (await difference(tx, from_version, to_version)).stale


def _edition(row: store.EditionRow, origin: Literal["published", "imported"]) -> Edition:
    return Edition(
        version=row.version,
        title=row.title,
        published_on=row.published_on,
        official=row.official,
        source=row.source,
        items=row.items,
        origin=origin,
        at=row.at,
    )


def _built_in() -> list[Edition]:
    found = [builtin.catalogue(version) for version in builtin.versions()]
    return [
        Edition(
            version=one.version,
            title=one.title,
            published_on=one.published_on,
            official=one.official,
            source=one.source,
            items=len(one.items),
            origin="built-in",
        )
        for one in found
    ]


class Guideline:
    """What changes the versions that are known."""

    def __init__(self, clock: Clock, outbox: Outbox) -> None:
        """Take law time, and where published versions leave."""
        self._clock = clock
        self._outbox = outbox

    async def take_in(self, tx: Tx, body: str, found: Catalogue, *, by: Actor) -> None:
        """Keep a catalogue that was read from a file.

        Args:
            tx: of the office.
            body: its code, or `OFFICE` for the ministry.
            found: the catalogue.
            by: who takes it in.

        Raises:
            VersionTakenError: the name is that of a version that is known here.
        """
        known = await editions(tx, body)
        if found.version in {one.version for one in known}:
            raise VersionTakenError(
                f"「{found.version}」という名前の版が既にあります。条文とのひも付けが変わらないように、"
                "版の内容は後から変えません。別の名前（例：R9.3-2）を付けて取り込んでください。",
                version=found.version,
            )
        before = next((one for one in known if one.published_on < found.published_on), None)
        if before is not None:
            found = continued(await catalogue(tx, before.version), found)
        await store.add(
            tx, "imported", body, found, pack(found), account=by.id, at=self._clock.now()
        )
        await audit.record(
            tx,
            by=by,
            action="security.guideline.import",
            subject=f"{body}/{found.version}",
            facts={"items": len(found.items)},
        )

    async def discard(self, tx: Tx, body: str, version: str, *, by: Actor) -> None:
        """Drop a catalogue that the office took in itself.

        Raises:
            UnknownVersionError: none of this name was taken in.
        """
        if not _VERSION.fullmatch(version) or not await store.discard(tx, body, version):
            raise UnknownVersionError(
                f"「{version[:40]}」という版は取り込まれていません。"
                "公表された版と、はじめからある版は消せません。"
            )
        await audit.record(
            tx, by=by, action="security.guideline.discard", subject=f"{body}/{version}"
        )

    async def publish(self, tx: Tx, version: str, *, by: Actor) -> int:
        """公表する: make a version known to every prefecture and body (S06).

        Args:
            tx: of the ministry.
            version: a built-in version, or one that was taken in.
            by: the officer.

        Returns:
            How many prefectures it was sent to; each passes it on to its bodies.

        Raises:
            UnknownVersionError: none of this name.
            VersionTakenError: it was published already.
        """
        found = await catalogue(tx, version)
        packed, now = pack(found), self._clock.now()
        if not await store.add(tx, "published", OFFICE, found, packed, account=by.id, at=now):
            raise VersionTakenError(
                f"「{version}」は既に公表しています。訂正するときは、別の名前の版として公表してください。",
                version=version,
            )
        body = S06(
            guideline_version=found.version,
            title_ja=found.title,
            published_on=found.published_on,
            official=found.official,
            source=found.source,
            items=len(found.items),
            content=packed.content,
            content_hash=packed.content_hash,
        )
        receivers = await _known_parties(tx, "prefecture-%")
        await self._outbox.send_many(
            tx, [Draft(MINISTRY, to, S06.kind, S06.version, body) for to in receivers]
        )
        await audit.record(
            tx,
            by=by,
            action="security.guideline.publish",
            subject=found.version,
            facts={"items": len(found.items), "prefectures": len(receivers)},
        )
        return len(receivers)

    async def receive(self, tx: Tx, batch: Sequence[Received]) -> None:
        """Keep versions that the ministry published; a prefecture passes them on to its bodies.

        Raises:
            NotTheMinistryError: somebody else signed it.
            BadCatalogueError: the content is not what the message says.
            VersionTakenError: another content was published under this name.
        """
        for message in batch:
            if message.origin != MINISTRY:
                raise NotTheMinistryError(
                    "府省が署名していないガイドラインの版です。取り込みません。",
                    origin=str(message.origin),
                )
            await self._keep(tx, message)
            receiver = message.receiver
            if receiver.tier is Tier.PREFECTURE:
                for town in await _known_parties(tx, f"town-{receiver.code}%"):
                    await self._outbox.forward(tx, by=receiver, to=town, messages=[message])

    async def _keep(self, tx: Tx, message: Received) -> None:
        body = cast(S06, decode(message.kind, message.version, message.body))
        found = unpack(body.content, body.content_hash)
        told = (body.guideline_version, body.title_ja, body.published_on, body.official)
        if told != (found.version, found.title, found.published_on, found.official):
            raise BadCatalogueError("通知の見出しと項目一覧の内容が違います。取り込みません。")
        code = _body_of(message.receiver)
        if message.receiver.tier is Tier.PREFECTURE:
            await enter_town(tx, code)  # the prefecture's own rows, as a body
        packed = pack(found)
        added = await store.add(
            tx, "published", code, found, packed, account=OFFICE, at=self._clock.now()
        )
        if added:
            return
        kept = await store.catalogue(tx, "published", found.version)
        if kept != found:
            raise VersionTakenError(
                f"公表済みの版「{found.version}」と内容が違います。公表された版は変わりません。",
                version=found.version,
            )


def handlers(clock: Clock, outbox: Outbox) -> Handlers:
    """What a town and a prefecture do with a published version."""
    return {S06.kind: Guideline(clock, outbox).receive}


def _body_of(receiver: Party) -> str:
    match receiver.tier:
        case Tier.TOWN:
            return receiver.code
        case Tier.PREFECTURE:
            return prefecture_body(receiver.code).code
        case _:
            raise NotYourBodyError("ガイドラインの版は、団体と都道府県だけが受け取ります。")


async def _known_parties(tx: Tx, like: str) -> list[Party]:
    """Parties whose keys are known here and valid: those who take part."""
    cursor = await tx.execute(
        "select distinct party from infra.party_key"
        " where party like %s and revoked_at is null and valid_to is null order by party",
        (like,),
    )
    return [Party.parse(name) for (name,) in await cursor.fetchall()]
