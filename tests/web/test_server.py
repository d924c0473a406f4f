"""The web server in front of an application: bounds, silence, and an orderly end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from jichitai.infra.ports import bind
from jichitai.web.server import HEAD_LIMIT, WebServer


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the size of the body and who seems to ask."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    size, more = 0, True
    while more:
        part = await receive()
        size, more = size + len(part.get("body", b"")), part.get("more_body", False)
    if scope["path"] == "/slow":
        await asyncio.sleep(0.5)
    body = f"{size} {scope['client'][0]} {scope['scheme']}".encode()
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def serving() -> AsyncIterator[tuple[WebServer, int, asyncio.Task[None]]]:
    listening = bind("127.0.0.1", 0)
    server = WebServer(echo, listening)
    task = asyncio.create_task(server.run_until_stopped())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server, listening.getsockname()[1], task
    server.stop()
    await asyncio.wait_for(task, 10)


async def _talk(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_forwarded_headers_change_nothing_here(
    serving: tuple[WebServer, int, asyncio.Task[None]],
) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{serving[1]}") as client:
        head = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
        got = await client.post("/", content=b"x" * 300_000, headers=head)
    assert got.text == "300000 127.0.0.1 http"
    assert "server" not in got.headers
    assert "date" in got.headers


@pytest.mark.parametrize(
    "endless", [b"GET /", b"GET / HTTP/1.1\r\nhost: x\r\ncookie: ", b"GET / HTTP/1.1\r\nx: 1\r\n"]
)
async def test_a_head_without_end_is_refused(
    serving: tuple[WebServer, int, asyncio.Task[None]], endless: bytes
) -> None:
    more = b"y: 1\r\n" * (HEAD_LIMIT // 4) if endless.endswith(b"\r\n") else b"a" * HEAD_LIMIT * 3
    answer = await _talk(serving[1], endless + more)
    assert answer.split(b"\r\n")[0] in {b"HTTP/1.1 431 Request Header Fields Too Large", b""}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{serving[1]}") as client:
        assert (await client.get("/")).status_code == 200


async def test_many_requests_on_one_connection_do_not_add_up(
    serving: tuple[WebServer, int, asyncio.Task[None]],
) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{serving[1]}") as client:
        for _ in range(8):
            got = await client.post("/", content=b"b" * 40_000, headers={"x-long": "h" * 20_000})
            assert got.text.startswith("40000 ")


async def test_what_is_under_way_is_answered_before_the_end(
    serving: tuple[WebServer, int, asyncio.Task[None]],
) -> None:
    server, port, task = serving
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        asked = asyncio.create_task(client.get("/slow"))
        await asyncio.sleep(0.1)
        server.stop()
        assert (await asked).status_code == 200
    await asyncio.wait_for(task, 10)
    with pytest.raises(OSError, match=r"refused|Connect"):
        await asyncio.open_connection("127.0.0.1", port)
