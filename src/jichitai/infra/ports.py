"""Ports that a supervisor holds for its processes, so that nobody else takes one in between.

Whoever only looks for a free port and lets a process bind it later may find two rehearsals on the
same port. A held port is bound, but does not listen: the process it is held for may open it, again
and again, while anybody else who tries to hold or to bind it is refused.
"""

import socket
from types import TracebackType
from typing import Self

from jichitai.infra.embedded.errors import PortTakenError

LOOPBACK = "127.0.0.1"


def bind(host: str, port: int, *, held: bool = False) -> socket.socket:
    """A bound socket to listen on.

    Args:
        host: an address of this machine.
        port: 0 takes any free one.
        held: a process of the same user holds the port for us (`HeldPort`).

    Raises:
        PortTakenError: somebody else holds the port or listens on it.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if held:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise _taken(port) from error
    return bound


def _taken(port: int) -> PortTakenError:
    return PortTakenError(
        f"ポート {port} は別のプログラムが使っています。そちらを止めるか、"
        "JICHITAI_HTTP_PORT で別の番号を指定してください。",
        port=port,
    )


def _only_holder(port: int) -> socket.socket:
    """A name that one process of this machine can have, and that ends with it.

    Raises:
        OSError: somebody has it.
    """
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0jichitai.port.{port}")
    except OSError:
        name.close()
        raise
    return name


class HeldPort:
    """A bound socket that keeps a port for a process of the same user.

    Args:
        port: the port wanted; 0 takes any free one.
        host: an address of this machine.

    Raises:
        PortTakenError: somebody holds the port or listens on it.
    """

    def __init__(self, port: int = 0, host: str = LOOPBACK) -> None:
        # Reuse lets connections that are still closing pass, and others who bind at the same
        # moment too; of them one gets the name. It then ends reuse, so that nobody follows, and
        # opens the port to our process.
        self._socket = bind(host, port)
        self.port: int = self._socket.getsockname()[1]
        try:
            self._name = _only_holder(self.port)
        except OSError as error:
            self._socket.close()
            raise _taken(self.port) from error
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)

    @classmethod
    def preferably(cls, port: int) -> Self:
        """Hold this port of the loopback interface, or any free one when it is taken."""
        try:
            return cls(port)
        except PortTakenError:
            return cls()

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()
        self._name.close()

    def __enter__(self) -> Self:
        """Hold on."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the port back."""
        self.close()
