"""How an embedded PostgreSQL is set up: for a laptop, private, silent about data."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from jichitai.infra.embedded.leftovers import MARK

Setting: TypeAlias = str | int | bool

HOST_BASED_ACCESS = """\
# Written at every start. Loopback and the socket only, always by password.
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""

_USUAL: Mapping[str, Setting] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": 200,
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": True,
    "random_page_cost": "1.1",
    "jit": False,
    "synchronous_commit": True,
    "full_page_writes": True,
    "fsync": True,
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # The log must not hold personal data: no statements, no parameters, no "Key (…) exists".
    "log_min_error_statement": "panic",
    "log_parameter_max_length": 0,
    "log_parameter_max_length_on_error": 0,
    "log_error_verbosity": "terse",
}
_CARELESS: Mapping[str, Setting] = {
    "shared_buffers": "128MB",
    "fsync": False,
    "full_page_writes": False,
}


def initdb_options(version: int, *, durable: bool) -> list[str]:
    """Options of initdb: UTF-8, code point order and Unicode letters on every version."""
    options = ["--encoding=UTF8", "--auth=scram-sha-256", "--data-checksums"]
    if version >= 17:  # the version that brought the builtin provider
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    else:
        options += ["--locale=C", "--lc-ctype=C.UTF-8"]
    if not durable:
        options.append("--no-sync")
    return options


def configuration(*, port: int, socket: bool, durable: bool, extra: Mapping[str, Setting]) -> str:
    """The whole postgresql.conf.

    Args:
        port: loopback port.
        socket: also make a unix socket, in the data directory.
        durable: keep committed rows through a crash of the machine.
        extra: settings that win over ours.
    """
    chosen = {
        **_USUAL,
        "port": port,
        "unix_socket_directories": "." if socket else "",
        "dynamic_shared_memory_type": "posix" if Path("/dev/shm").is_dir() else "mmap",  # noqa: S108
        **(_memory() if durable else _CARELESS),
        **extra,
    }
    lines = [f"{name} = {_value(value)}" for name, value in chosen.items()]
    return "\n".join(["# Written at every start.", *lines, ""])


def _memory() -> dict[str, Setting]:
    """An eighth of the memory as the server's own cache: other programs live here too."""
    megabytes = _available() // 2**20
    return {
        "shared_buffers": f"{min(max(megabytes // 8, 128), 4096)}MB",
        "effective_cache_size": f"{max(megabytes // 2, 256)}MB",
    }


def _available() -> int:
    """Bytes of memory that this machine, or the container around us, has."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text("ascii").strip()
    except OSError:
        return whole
    return min(whole, int(limit)) if limit.isdigit() else whole


def _value(value: Setting) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def environment() -> dict[str, str]:
    """The environment of the server's programs: nothing of ours but the path."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "TZ": "UTC",
        "HOME": "/",
        MARK: "1",
    }
