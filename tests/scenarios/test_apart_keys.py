"""A town changes its key while everything runs, and an old key is refused once it is revoked."""

import time

import pytest

from tests.scenarios.nodes import Node
from tests.scenarios.story import HEAD, PATIENCE, B, Story, compare, move_within

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
PARTY = f"town-{B}"


def rotate(story: Story, node: Node) -> str:
    """As the guide says: make, tell everybody, use. Returns the new key's name."""
    line = node.run("keys", "rotate", str(node.key_directory), "--party", PARTY)
    for other in story.site.nodes.values():
        other.run("keys", "publish", "-", "--tier", str(other.tier), text=line)
    node.run("keys", "activate", str(node.key_directory), "--party", PARTY)
    return line.split()[1]


def everywhere(story: Story, *arguments: str) -> None:
    for node in story.site.nodes.values():
        node.run("keys", *arguments, "--tier", str(node.tier), "--reason", "試験")


def wait_refused(story: Story, kinds: int) -> None:
    end = time.monotonic() + PATIENCE
    while len(story.site.quarantined()) < kinds:
        assert time.monotonic() < end, "nothing was refused"
        time.sleep(0.2)


def test_a_town_changes_its_key_without_a_restart(story: Story) -> None:
    town, nation = story.site[PARTY], story.site["nation"]
    process = town.process
    before = town.keys.signer(town.parties[0]).kid
    new = rotate(story, town)
    assert new != before
    time.sleep(1.5)  # the running process looks once a second
    move_within(story, "2番")
    story.site.wait_quiet()
    assert story.site.quarantined() == []
    everywhere(story, "retire", new, "--days", "0")
    move_within(story, "3番")
    story.site.wait_quiet()
    assert _address(nation) == "3番"
    assert town.process is process
    assert town.alive()

    # Somebody has stolen the key: what it signs from now on is put aside, the rest goes on.
    everywhere(story, "revoke", new)
    time.sleep(6)  # nodes read the list of keys every five seconds
    move_within(story, "4番")
    wait_refused(story, 1)
    assert {kind for _, kind in story.site.quarantined()} == {"infra.forged-message"}
    assert _address(nation) == "3番"
    rotate(story, town)
    story.site.wait_quiet(120)  # what was refused is sent again under the good key
    assert _address(nation) == "4番"
    assert {line["digest"] for line in compare(story.site).values()} == {"equal"}
    story.site.close_quarantine()


def _address(nation: Node) -> str:
    rows = nation.query(
        "select address from jukinet.person where name = %s and state = 'live'", HEAD
    )
    return str(rows[0][0]).removeprefix("千代田一丁目")
