"""The verifier against the nation's own responder and published lists, over HTTP."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.jpki.authority import service as authority
from jichitai.jpki.kinds import Cause, Reason
from jichitai.jpki.status.publisher import Publisher
from jichitai.jpki.status.responder import Responder
from jichitai.jpki.verifier.crl import FetchedCrls
from jichitai.jpki.verifier.model import StatusSource, Verified
from jichitai.jpki.verifier.ocsp import OcspSource
from jichitai.jpki.verifier.refusals import (
    RevokedError,
    StaleStatusError,
    UnknownStatusError,
)
from jichitai.jpki.verifier.status import InOrder, http_ask, http_fetch
from jichitai.jpki.verifier.verify import verify_certificate
from tests.jpki.pki import NOW, Leaf, pki
from tests.jpki.status_world import (
    MemoryVault,
    enter,
    found_authorities,
    issued,
    responding,
    status_app,
)
from tests.jpki.verifying import USER_AUTH, der, refused, trust


class World:
    """The nation's services, and a client of them."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        database: Database,
        publisher: Publisher,
        responder: Responder,
    ) -> None:
        self.client = client
        self.database = database
        self.publisher = publisher
        self.responder = responder

    async def person(self) -> Leaf:
        leaf = pki().leaf(USER_AUTH)
        async with self.database.transaction() as tx:
            await enter(tx, issued(leaf, USER_AUTH, uuid4()))
        return leaf

    async def revoke(self, leaf: Leaf) -> None:
        async with self.database.transaction() as tx:
            await authority.revoke(
                tx, "user-auth-2", leaf.certificate.serial_number,
                Reason.SUPERSEDED, Cause.RENEWED, NOW,
            )  # fmt: skip
        await self.responder.look()


@pytest.fixture
async def world(nation_database: Database, keys: Keys, clock: FixedClock) -> AsyncIterator[World]:
    vault = MemoryVault()
    async with nation_database.transaction() as tx:
        await found_authorities(tx, vault)
    async with responding(nation_database, clock, vault) as responder:
        app = status_app(nation_database, clock, keys, vault, responder)
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://jpki.test") as client:
            publisher = Publisher(nation_database, clock, vault)
            yield World(client, nation_database, publisher, responder)


async def verify(leaf: Leaf, status: StatusSource) -> Verified:
    return await verify_certificate(
        der(leaf.certificate), kind=USER_AUTH, trust=trust(), status=status, at=NOW
    )


async def test_the_responder_and_the_verifier_understand_each_other(world: World) -> None:
    status = OcspSource(http_ask(world.client))
    leaf = await world.person()
    assert (await verify(leaf, status)).status.source == "ocsp"
    await world.revoke(leaf)
    found = await refused(RevokedError, verify(leaf, status))
    assert found.facts["reason"] == Reason.SUPERSEDED
    await refused(UnknownStatusError, verify(pki().leaf(USER_AUTH), status))


async def test_the_lists_and_the_verifier_understand_each_other(
    world: World, clock: FixedClock
) -> None:
    leaf, gone = await world.person(), await world.person()
    await world.revoke(gone)
    await world.publisher.daily()
    for full in (False, True):
        status = FetchedCrls(trust(), http_fetch(world.client), full=full)
        assert (await verify(leaf, status)).status.source == "crl"
        await refused(RevokedError, verify(gone, status))
        clock.instant = NOW
        later = verify_certificate(
            der(leaf.certificate), kind=USER_AUTH, trust=trust(), status=status,
            at=NOW + timedelta(days=30),
        )  # fmt: skip
        await refused(StaleStatusError, later)


async def test_lists_serve_while_the_responder_is_away(world: World) -> None:
    leaf = await world.person()
    await world.publisher.daily()
    away = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(503)), base_url="http://away.test"
    )
    async with away:
        status = InOrder(OcspSource(http_ask(away)), FetchedCrls(trust(), http_fetch(world.client)))
        assert (await verify(leaf, status)).status.source == "crl"
