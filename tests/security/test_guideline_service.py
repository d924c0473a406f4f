"""Versions that are kept, taken in, published and received."""

from dataclasses import replace
from datetime import date, datetime

import msgspec
import pytest

from jichitai.infra.audit import Actor
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx, enter_town
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Outbox
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.security.guideline import builtin, service
from jichitai.security.guideline.codec import pack
from jichitai.security.guideline.errors import (
    BadCatalogueError,
    NotTheMinistryError,
    UnknownVersionError,
    VersionTakenError,
)
from jichitai.security.guideline.model import Catalogue
from jichitai.security.guideline.service import OFFICE, Guideline
from jichitai.security.messages import S06
from tests.conftest import OTHER_TOWN, TOWN

BY = Actor("staff", "officer-1", "担当", frozenset())
NEXT = replace(
    builtin.newest(),
    version="R9.3",
    title="架空の次の版",
    published_on=date(2027, 3, 30),
    official=True,
    items=builtin.newest().items[:-1],
)


@pytest.fixture
def guideline(clock: FixedClock, outbox: Outbox) -> Guideline:
    return Guideline(clock, outbox)


def message(
    found: Catalogue = NEXT, *, to: Party, origin: Party = MINISTRY, **changes: object
) -> Received:
    packed = pack(found)
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
    body = msgspec.structs.replace(body, **changes)
    return Received(
        id=f"{origin}-{to}-1",
        kind="S06",
        version=1,
        origin=origin,
        sender=origin,
        receiver=to,
        number=1,
        part=0,
        sent_at=datetime(2027, 3, 30, tzinfo=JST),
        body=msgspec.json.encode(body),
        signed=b"frame",
        index=0,
    )


async def test_without_a_publication_the_built_in_version_is_current(town_tx: Tx) -> None:
    assert (await service.current(town_tx)).version == "R8.3"
    assert (await service.current(town_tx, on=date(2025, 4, 1))).version == "R7.3"
    assert (await service.current(town_tx, on=date(2010, 4, 1))).version == "R8.3"
    assert (await service.catalogue(town_tx, "R5.3")).version == "R5.3"
    with pytest.raises(UnknownVersionError):
        await service.catalogue(town_tx, "R1.1")
    assert await service.stale_items(town_tx, "R8.3", "R8.3") == frozenset()
    assert len(await service.stale_items(town_tx, "R7.3", "R8.3")) == 14


async def test_a_published_version_becomes_current_at_the_town_that_received_it(
    town_tx: Tx, guideline: Guideline
) -> None:
    await guideline.receive(town_tx, [message(to=Party.town(TOWN))])
    await guideline.receive(town_tx, [message(to=Party.town(TOWN))])  # once more: no effect
    assert await service.current(town_tx) == NEXT
    assert (await service.current(town_tx, on=date(2027, 3, 29))).version == "R8.3"
    assert builtin.newest().items[-1].id in await service.stale_items(town_tx, "R8.3", "R9.3")
    first, *_ = await service.editions(town_tx, TOWN)
    assert (first.version, first.origin, first.items, first.official) == (
        "R9.3",
        "published",
        200,
        True,
    )
    await enter_town(town_tx, OTHER_TOWN)
    assert (await service.current(town_tx)).version == "R8.3"


async def test_only_the_ministry_publishes_and_a_version_never_changes(
    town_tx: Tx, guideline: Guideline
) -> None:
    town = Party.town(TOWN)
    with pytest.raises(NotTheMinistryError):
        await guideline.receive(town_tx, [message(to=town, origin=Party.prefecture("01"))])
    with pytest.raises(BadCatalogueError, match="見出し"):
        await guideline.receive(town_tx, [message(to=town, guideline_version="R9.4")])
    await guideline.receive(town_tx, [message(to=town)])
    other = replace(NEXT, source="別の内容")
    with pytest.raises(VersionTakenError):
        await guideline.receive(town_tx, [message(other, to=town)])


async def test_a_body_takes_in_a_catalogue_for_itself_and_drops_it(
    town_tx: Tx, guideline: Guideline
) -> None:
    item = replace(NEXT.items[0], id="EDU-1", oscal_id="edu-1")
    own = replace(NEXT, version="EDU-1", official=False, items=(item,), revisions=())
    await guideline.take_in(town_tx, TOWN, own, by=BY)
    assert await service.catalogue(town_tx, "EDU-1") == own
    assert (await service.current(town_tx)).version == "R8.3"
    for version in ("EDU-1", "R8.3"):
        with pytest.raises(VersionTakenError):
            await guideline.take_in(town_tx, TOWN, replace(own, version=version), by=BY)
    await guideline.discard(town_tx, TOWN, "EDU-1", by=BY)
    with pytest.raises(UnknownVersionError):
        await guideline.discard(town_tx, TOWN, "EDU-1", by=BY)


async def test_the_ministry_publishes_to_the_prefectures_that_take_part(
    ministry_tx: Tx, guideline: Guideline
) -> None:
    await guideline.take_in(ministry_tx, OFFICE, replace(NEXT, revisions=()), by=BY)
    assert await guideline.publish(ministry_tx, "R9.3", by=BY) == 0  # nobody is known yet
    current = await service.current(ministry_tx)
    assert current.items == NEXT.items
    (gone,) = [one for one in current.revisions if one.version == "R9.3"]
    assert (gone.item_id, gone.what) == (builtin.newest().items[-1].id, "項目がなくなった")
    assert current.revisions[:-1] == builtin.newest().revisions
    with pytest.raises(VersionTakenError, match="訂正"):
        await guideline.publish(ministry_tx, "R9.3", by=BY)


async def test_a_prefecture_keeps_a_version_as_a_body(
    prefecture_tx: Tx, guideline: Guideline
) -> None:
    await guideline.receive(prefecture_tx, [message(to=Party.prefecture("01"))])
    await enter_town(prefecture_tx, "010006")
    assert await service.current(prefecture_tx) == NEXT
    await enter_town(prefecture_tx, "130001")
    assert (await service.current(prefecture_tx)).version == "R8.3"
