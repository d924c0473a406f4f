"""Fixtures of the network's tests."""

import pytest

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.kernel.parties import Tier
from tests.jukinet.wires import Wires


@pytest.fixture
def wires(databases: dict[Tier, Database], keys: Keys, clock: FixedClock) -> Wires:
    return Wires(databases, keys, clock)
