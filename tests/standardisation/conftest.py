"""What tests of the views share: one ministry for the session, which they only read."""

from collections.abc import AsyncIterator

import pytest

from jichitai.infra.keys import Keys
from tests.conftest import Cluster
from tests.standardisation.views_world import World, views_world


@pytest.fixture(scope="session")
async def ministry(cluster18: Cluster, keys: Keys) -> AsyncIterator[World]:
    """The ministry with the published data and a few answers."""
    async with views_world(cluster18, keys) as world:
        yield world
