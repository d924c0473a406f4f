"""The running tiers that the journeys and the checks of finished pages share."""

from collections.abc import Iterator

import pytest

from tests.browser import story as people
from tests.browser.story import Story


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Two towns with their prefectures, the nation and the ministry, and people on the move."""
    with people.tiers(tmp_path_factory.mktemp("story")) as running:
        yield people.begin(running)
