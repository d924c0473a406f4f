"""A link that can be cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from jichitai.rehearsal.faults.proxy import Link


async def end(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(100):
                writer.write(data.upper())
                await writer.drain()
        await end(writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.01)


async def ask(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"hello")
        return await asyncio.wait_for(reader.read(5), 2)
    finally:
        await end(writer)


async def test_an_open_link_carries_both_ways() -> None:
    async with echo() as port, Link(port) as link:
        assert await ask(link.port) == b"HELLO"
        assert link.carried == 10


async def test_a_cut_link_breaks_what_stands_and_refuses_until_mended() -> None:
    async with echo() as port, Link(port) as link:
        reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
        writer.write(b"hello")
        assert await reader.read(5) == b"HELLO"
        link.cut()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        with pytest.raises((ConnectionError, AssertionError)):
            assert await ask(link.port) == b"HELLO"
        link.mend()
        assert await ask(link.port) == b"HELLO"
        await end(writer)


async def test_a_hushed_link_holds_back_and_continues() -> None:
    async with echo() as port, Link(port) as link:
        reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
        link.hush()
        writer.write(b"hello")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(5), 0.2)
        link.mend()
        assert await asyncio.wait_for(reader.read(5), 2) == b"HELLO"
        await end(writer)


async def test_a_dead_upstream_looks_like_a_reset() -> None:
    async with Link(1) as link:
        with pytest.raises((ConnectionError, AssertionError)):
            assert await ask(link.port) == b"HELLO"
