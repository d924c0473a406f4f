"""A held port: for one process, and for nobody else."""

import socket
import subprocess
import sys
import threading

import pytest

from jichitai.infra.embedded.errors import PortTakenError
from jichitai.infra.ports import HeldPort


def listen(port: int) -> socket.socket:
    """What the web server does: open the port for sharing."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server


def close_a_connection(server: socket.socket) -> None:
    """Leave a connection of the port in the state that closes slowly (TIME_WAIT)."""
    with socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        accepted.close()
        assert client.recv(1) == b""


def test_the_process_it_is_held_for_listens_again_and_again() -> None:
    with HeldPort() as held:
        for _ in range(3):
            with listen(held.port) as server:
                close_a_connection(server)


def test_nobody_else_holds_it_before_or_after_our_process_listens() -> None:
    with HeldPort() as held:
        with pytest.raises(PortTakenError, match=f"ポート {held.port} は別のプログラム"):
            HeldPort(held.port)
        with listen(held.port), pytest.raises(PortTakenError):
            HeldPort(held.port)
        with HeldPort.preferably(held.port) as other:
            assert other.port != held.port


def test_another_process_cannot_hold_it() -> None:
    words = "import sys; from jichitai.infra.ports import HeldPort; HeldPort(int(sys.argv[1]))"
    with HeldPort() as held:
        done = subprocess.run(
            [sys.executable, "-c", words, str(held.port)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert "PortTakenError" in done.stderr
    assert done.returncode != 0


def test_a_port_with_closing_connections_is_held_again() -> None:
    with HeldPort() as held, listen(held.port) as server:
        close_a_connection(server)
    with HeldPort(held.port) as again:
        assert again.port == held.port


@pytest.mark.parametrize("_", range(20))
def test_of_many_who_want_a_port_at_once_one_holds_it(_: int) -> None:
    with HeldPort() as first:
        port = first.port
    begin = threading.Barrier(8)
    got: list[HeldPort] = []

    def take() -> None:
        begin.wait()
        one = HeldPort.preferably(port)
        got.append(one)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        ports = {one.port for one in got}
        assert len(ports) == 8
        assert port in ports
    finally:
        for one in got:
            one.close()
