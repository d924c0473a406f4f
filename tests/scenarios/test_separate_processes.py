"""The whole story with every node as a process of its own, with its own database and keys."""

import re
from pathlib import Path

import psycopg
import pytest

from jichitai.infra.transparency import verifier
from tests.scenarios.nodes import Site
from tests.scenarios.story import CHILD, HEAD, A, B, Story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]


def test_a_body_confirms_the_person_who_sees_it_and_checks_the_proof(story: Story) -> None:
    assert story.answer["person"]["name"] == HEAD
    assert story.page["provisions"][0]["organ_name"] == "日本年金機構"
    shown = verifier.check_proof(story.proof.read_bytes(), story.key.read_text())
    assert shown["index"] == 0
    made = story.site["nation"].run("verify", str(story.proof), "--key", str(story.key))
    assert made


def test_every_level_holds_the_same_and_nothing_waits(story: Story) -> None:
    assert {code: line["digest"] for code, line in story.towns.items()} == dict.fromkeys(
        (A, B), "equal"
    )
    assert {code: line["persons"] for code, line in story.towns.items()} == {A: 0, B: 2}
    assert story.quarantined == []
    assert sorted(story.live) == sorted([(B, HEAD), (B, CHILD)])


def test_a_node_holds_only_its_own_signing_keys(story: Story) -> None:
    for node in story.site.nodes.values():
        assert node.keys.parties == frozenset(node.parties)
        files = {file.name for file in node.key_directory.iterdir()}
        assert ("log.json" in files) == (node.name == "nation")


def test_no_number_stands_in_plain_digits_anywhere(story: Story) -> None:
    """Logs of all processes and servers, the stores of the broker, and every file of PostgreSQL."""
    made = story.site
    secrets = {number.encode() for pair in story.numbers.values() for number in pair}
    for town in (A, B):
        node = made[f"town-{town}"]
        columns = node.keys.columns
        stock = node.query("select juki_code, code_index from register.juki_code_pool")
        assert stock
        secrets |= {columns.open(bytes(code), bytes(index)) for code, index in stock}  # type: ignore[call-overload]
    assert all(secret.isdigit() and len(secret) in {11, 12} for secret in secrets)
    for dsn in made.dsns():
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("checkpoint")  # what is in memory only comes to the files
    files = [path for path in made.directory.rglob("*") if path.is_file()]
    assert len(files) > 1000
    assert [path for path in files if _tells(_content(path), secrets)] == []
    assert not _tells(_everything_said(made), secrets)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # a running server renews its files
        return b""


def _tells(content: bytes, secrets: set[bytes]) -> bool:
    """Whether one of the numbers stands anywhere, also inside a longer run of digits."""
    return any(
        run[at : at + size] in secrets
        for run in re.findall(rb"[0-9]{11,}", content)
        for size in (11, 12)
        for at in range(len(run) - size + 1)
    )


def _everything_said(made: Site) -> bytes:
    logs = [node.log for node in made.nodes.values()]
    logs += [made.postgres.log_file, made.nats.log_file]
    said = b"".join(log.read_bytes() for log in logs)
    assert said.count(b"\n") > 20
    return said
