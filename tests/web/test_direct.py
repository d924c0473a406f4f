"""Ready answers: given for a plain POST that is whole, and for nothing else."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from jichitai.infra.ports import bind
from jichitai.web.direct import Direct, DirectWay
from jichitai.web.server import WebServer
from tests.web.test_server import echo

WAY = Direct("/answers", "application/asked", "application/said", {b"question": b"ready"}.get)
GOOD = (
    b"POST /answers HTTP/1.1\r\nHost: x\r\nContent-Type: application/asked\r\n"
    b"Content-Length: 8\r\n\r\nquestion"
)
ORDINARY = {
    "another path": GOOD.replace(b"/answers", b"/answer"),
    "another method": GOOD.replace(b"POST", b"PUT "),
    "an older version": GOOD.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "another media type": GOOD.replace(b"application/asked", b"application/other"),
    "no media type": GOOD.replace(b"Content-Type: application/asked\r\n", b""),
    "another question": GOOD.replace(b"question", b"unknowns"),
    "a part only": GOOD[:-1],
    "a head only": GOOD[:40],
    "two at once": GOOD + GOOD,
    "no length": GOOD.replace(b"Content-Length: 8\r\n", b""),
    "two lengths": GOOD.replace(b"Content-Length: 8", b"Content-Length: 8\r\nContent-Length: 8"),
    "a strange length": GOOD.replace(b"Content-Length: 8", b"Content-Length: +8"),
    "chunks": GOOD.replace(b"Host: x", b"Transfer-Encoding: chunked"),
    "an expectation": GOOD.replace(b"Host: x", b"Expect: 100-continue"),
    "a farewell": GOOD.replace(b"Host: x", b"Connection: close"),
}


def test_a_plain_question_is_answered() -> None:
    said = DirectWay((WAY,), {"x-content-type-options": "nosniff"}).answer(GOOD)
    assert said is not None
    head, _, body = said.partition(b"\r\n\r\n")
    assert body == b"ready"
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 200 OK", b"x-content-type-options: nosniff", b"content-type: application/said",
        b"content-length: 5",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", list(ORDINARY))
def test_everything_else_takes_the_ordinary_way(kind: str) -> None:
    assert DirectWay((WAY,), {}).answer(ORDINARY[kind]) is None


@pytest.fixture
async def port() -> AsyncIterator[int]:
    listening = bind("127.0.0.1", 0)
    server = WebServer(echo, listening, direct=(WAY,))
    task = asyncio.create_task(server.run_until_stopped())
    while not server.started:
        await asyncio.sleep(0.01)
    yield listening.getsockname()[1]
    server.stop()
    await asyncio.wait_for(task, 10)


async def test_both_ways_take_turns_on_one_connection(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for sent in (GOOD, ORDINARY["another question"], GOOD, GOOD):
        writer.write(sent)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        [length] = [
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        ]
        body = await reader.readexactly(length)
        assert body == (b"8 127.0.0.1 http" if sent != GOOD else b"ready")
    writer.close()


async def test_a_question_in_pieces_takes_the_ordinary_way(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in (GOOD[:30], GOOD[30:-3], GOOD[-3:]):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.02)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    assert head.startswith(b"HTTP/1.1 200")
    assert (await reader.readexactly(16)) == b"8 127.0.0.1 http"
    writer.close()
