from collections.abc import Iterator

import pytest

from tests.scenarios.nodes import site
from tests.scenarios.story import A, B, Story, play


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Separate nodes after their story; whoever breaks something mends it before the end."""
    with site(tmp_path_factory.mktemp("apart"), [A, B]) as made:
        yield play(made)
