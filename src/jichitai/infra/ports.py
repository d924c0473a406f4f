"""Ports that a supervisor holds for its processes, so that nobody else takes one in between.

The web server opens its port for sharing (SO_REUSEPORT), so the operating system would let two
rehearsals of one user listen on the same port and mix their requests. A held port is bound, but
does not listen: the process it is held for may open it, anybody else who tries to hold it or to
bind it alone is refused.
"""

import socket
from types import TracebackType
from typing import Self

from jichitai.kernel.errors import ConflictError

LOOPBACK = "127.0.0.1"


class PortTakenError(ConflictError):
    """Another program listens on the port."""

    type = "infra.port-taken"
    title = "ポートが使われています"


class HeldPort:
    """A bound socket that keeps a port for a process of the same user.

    Args:
        port: the port wanted; 0 takes any free one.
        host: an address of this machine.

    Raises:
        PortTakenError: somebody holds the port or listens on it.
    """

    def __init__(self, port: int = 0, host: str = LOOPBACK) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family)
        try:
            # Reuse lets connections that are still closing pass. It ends before anybody else may
            # ask, so two cannot hold the port; only then is the port opened to our process.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((host, port))
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        except OSError as error:
            self._socket.close()
            raise PortTakenError(
                f"ポート {port} は別のプログラムが使っています。そちらを止めるか、"
                "JICHITAI_HTTP_PORT で別の番号を指定してください。",
                port=port,
            ) from error
        self.port: int = self._socket.getsockname()[1]

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
