"""Dropping root: a server's data belong to a user id of its own.

PostgreSQL refuses to run as root, and a broker need not. So when we are root, each data directory
gets a user id that no account has, taken from the range that systemd keeps for such dynamic
users. The directories above stay as they are, also when that user could not enter them: the
child inherits a descriptor of its directory and reaches it as `/proc/self/fd/N`, which needs no
right on the path that leads there.
"""

import contextlib
import os
import pwd
import secrets
from collections.abc import Iterator
from pathlib import Path

from jichitai.infra.embedded.children import Owner
from jichitai.infra.embedded.errors import DirectoryRefusedError

_FIRST, _LAST = 61184, 65519  # dynamic users of systemd (systemd.io/UIDS-GIDS)


def is_root() -> bool:
    """Whether we run as root and have to drop it."""
    return os.geteuid() == 0


def fresh_owner() -> Owner:
    """A user id that no account has."""
    while True:
        number = _FIRST + secrets.randbelow(_LAST - _FIRST + 1)
        try:
            pwd.getpwuid(number)
        except KeyError:
            return Owner(number, number)


def named_owner() -> Owner:
    """An existing account without rights: initdb insists on a name for its user."""
    for name in ("nobody", "daemon", "bin"):
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            if account.pw_uid != 0:
                return Owner(account.pw_uid, account.pw_gid)
    return Owner(65534, 65534)


def check_account() -> None:
    """Refuse to make data as a user id without an account, which initdb does not accept.

    Raises:
        DirectoryRefusedError: our user id has no name, as in a container with a foreign `--user`.
    """
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise DirectoryRefusedError(
            f"利用者 uid {os.geteuid()} に名前がないため、PostgreSQL のデータを作れません"
            "（initdb が名前を求めます）。名前のある利用者で起動するか、"
            "コンテナでは /etc/passwd にその uid の行を加えてください。",
            uid=os.geteuid(),
        ) from None


def owner_of(directory: Path) -> Owner | None:
    """As whom a server over this directory runs; None: as ourselves.

    Raises:
        DirectoryRefusedError: the data belong to root, or to another user.
    """
    info = directory.stat()
    if is_root() and info.st_uid != 0:
        return Owner(info.st_uid, info.st_gid)
    if info.st_uid == os.geteuid() != 0:
        return None
    raise DirectoryRefusedError(
        f"データ {directory} の所有者が uid {info.st_uid} のため、サーバーを起動できません。"
        "所有者でログインするか、別のディレクトリを指定してください。",
        directory=str(directory),
    )


def give(directory: Path, owner: Owner) -> None:
    """Give a directory and everything in it to that user.

    Raises:
        DirectoryRefusedError: the file system or container knows no such user.
    """
    try:
        for parent, _, files in os.walk(directory):
            for name in (parent, *(os.path.join(parent, file) for file in files)):  # noqa: PTH118
                os.chown(name, owner.uid, owner.gid, follow_symlinks=False)
    except OSError as error:
        raise DirectoryRefusedError(
            f"root のままではサーバーを動かせませんが、{directory} の所有者を"
            f" uid {owner.uid} に変えられません（{error.strerror}）。"
            "root ではない利用者で起動してください。",
            directory=str(directory),
        ) from error


@contextlib.contextmanager
def reachable(directory: Path, owner: Owner | None) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A name under which a child reaches the directory, and the descriptors it has to inherit."""
    if owner is None:
        yield str(directory), ()
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)
