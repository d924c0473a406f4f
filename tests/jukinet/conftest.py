"""Fixtures of the network's tests."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from jichitai.infra.clock import FixedClock
from jichitai.infra.keys import Keys
from tests.conftest import Cluster, fresh_database
from tests.jukinet.wires import TIERS, Wires


@pytest.fixture
async def wires(cluster: Cluster, keys: Keys, clock: FixedClock) -> AsyncIterator[Wires]:
    async with AsyncExitStack() as stack:
        databases = {
            tier: await stack.enter_async_context(fresh_database(cluster, tier, keys))
            for tier in TIERS
        }
        yield Wires(databases, keys, clock)
