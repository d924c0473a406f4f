"""A PC/SC service of the test's own, with a virtual reader, and cards that other programs accept.

Usually one pcscd serves a machine, through a socket and ports that are fixed. Here it is started as
systemd would start it, with a socket that the test made, and with a reader on a port that is free; so
each worker has one, root or not, and a service of the machine is left alone. Clients find it by
`PCSCLITE_CSOCK_NAME`.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jichitai.jpki.chip import layout
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.chip.layout import App
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader import personalising
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.vpcd import Insertion
from jichitai.kernel.secrets import Secret
from tests.conftest import demanded
from tests.jpki import chips
from tests.jpki.pki import pki

PCSCD = Path("/usr/sbin/pcscd")
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
PROGRAMS = ("opensc-tool", "pkcs15-tool", "pkcs15-crypt", "pkcs11-tool", "openssl", "p11tool")
MISSING = "カードの部品がありません。sudo make system-packages で入ります"
REQUEST = UUID("7a0f0f5e-0000-4000-8000-000000000001")
KINDS = (CertificateKind.SIGNING, CertificateKind.USER_AUTH)

# A new pcscd wants /run/pcscd. In a mount namespace of its own it needs no right to make it, and
# takes nobody's pid file away; where such a namespace is forbidden, it may do with what is there.
_START = """
mount -t tmpfs tmpfs /run 2>/dev/null && mkdir /run/pcscd
exec env LISTEN_PID=$$ LISTEN_FDS=1 "$0" --foreground --critical --config "$1"
"""
_CONFIG = """FRIENDLYNAME "Virtual PCD"
DEVICENAME /dev/null:0x{port:X}
LIBPATH {driver}
CHANNELID 0x{port:X}
"""


@dataclass(frozen=True)
class ReaderService:
    """A running pcscd with two virtual readers; the first listens on `port`."""

    port: int
    socket_path: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a client's environment must hold."""
        return {**os.environ, "PCSCLITE_CSOCK_NAME": str(self.socket_path), "LC_ALL": "C.UTF-8"}

    @contextmanager
    def holding(self, chip: Path) -> Iterator[None]:
        """A chip in the first reader."""
        with Chip(chip) as card, Insertion(card, port=self.port):
            self.until_card("Yes")
            yield
        self.until_card("No ")

    def run(self, *command: str, data: bytes = b"", status: int | None = 0) -> str:
        """Run a client; what it printed on both streams."""
        done = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            timeout=60,
            check=False,
        )
        said = done.stdout.decode(errors="replace")
        assert status is None or done.returncode == status, said
        return said

    def until_card(self, word: str) -> None:
        """Until the service, which looks 2.5 times a second, has seen the card come or go."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if f"0    {word}" in self.run("opensc-tool", "-l", status=None):
                return
            time.sleep(0.05)
        raise AssertionError(f"the reader does not say {word}")


def usable() -> bool:
    return PCSCD.exists() and DRIVER.exists() and all(map(shutil.which, PROGRAMS))


@pytest.fixture(scope="session")
def reader_service() -> Iterator[ReaderService]:
    if not usable() and not demanded("cards"):
        pytest.skip(MISSING)
    with running_service() as service:
        yield service


@contextmanager
def running_service(user: int | None = None) -> Iterator[ReaderService]:
    """A service of our own user, or of another one when root asks for it."""
    folder = Path(tempfile.mkdtemp(prefix="jichitai-pcscd-"))
    folder.chmod(0o755)
    try:
        with _service(folder, user) as service:
            yield service
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _service(folder: Path, user: int | None) -> Iterator[ReaderService]:
    for attempt in range(5):
        service = ReaderService(_free_pair(), folder / f"comm{attempt}")
        process = _launch(service, folder / f"readers{attempt}", user)
        try:
            if _listens(process, service.port):
                yield service
                return
        finally:
            process.terminate()
            process.wait(10)
    raise AssertionError("pcscd does not start")


def _launch(service: ReaderService, config: Path, user: int | None) -> subprocess.Popen[bytes]:
    config.mkdir()
    (config / "vpcd").write_text(_CONFIG.format(port=service.port, driver=DRIVER))
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(service.socket_path))
    listening.listen(16)
    apart = ["unshare", "-Urm"] if user or os.getuid() else ["unshare", "-m"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False, user=user).returncode:
        apart = []
    command = [*apart, "sh", "-c", _START, str(PCSCD), str(config)]
    command[0] = shutil.which(command[0]) or command[0]
    # systemd's way: the socket is descriptor 3, and LISTEN_PID says for whom
    python = (
        "import os, sys; given = int(sys.argv[1]); os.set_inheritable(given, True); "
        "given == 3 or os.dup2(given, 3); "
        f"{user or 0} and os.setuid({user or 0}); os.execv(sys.argv[2], sys.argv[2:])"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", python, str(listening.fileno()), *command],
        pass_fds=(listening.fileno(),),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    listening.close()
    return started


def _free_pair() -> int:
    """A port that is free with its follower: one for each of the two readers."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and process.poll() is None:
        if _state(port) and _state(port + 1):
            return True
        time.sleep(0.01)
    return False


def _state(port: int) -> bool:
    """Whether somebody listens, without a connection, which the reader would take for a card."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if local.endswith(wanted) and state == "0A":
                return True
    return False


def enter(service: ReaderService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process's own PC/SC use the service; pyscard is needed for that."""
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(service.socket_path))
    if not demanded("cards"):
        pytest.importorskip("smartcard")


@dataclass(frozen=True)
class Card:
    """An issued card, as its town made it."""

    path: Path
    certificates: dict[CertificateKind, x509.Certificate]


def issue_card(path: Path) -> Card:
    """A card with certificates of the tests' authorities; written once, then copied."""
    chip, certificates = _issued()
    path.write_bytes(chip)
    path.chmod(0o600)
    return Card(path, certificates)


@cache
def _issued() -> tuple[bytes, dict[CertificateKind, x509.Certificate]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "first.chip"
        certificates = _write(path)
        return path.read_bytes(), certificates


def _write(path: Path) -> dict[CertificateKind, x509.Certificate]:
    """Make a chip and write it as a counter does."""
    with chips.file_chip(path) as chip:
        chip.power_on()
        client = CardClient(chip.transmit)
        prepared = personalising.prepare(client, KINDS, request_id=REQUEST, keep=False)
        holders = {kind: chips.private(index) for index, kind in enumerate(KINDS, start=1)}
        certificates = {kind: pki().leaf(kind, key=holders[kind]).certificate for kind in KINDS}
        personalising.write(
            client,
            chip_number=chips.NUMBER,
            permit=chips.permit(prepared.challenge),
            files=_files(certificates),
            pins=[(app, fid, Secret(pin)) for app, fid, pin in chips.PINS],
        )
    return certificates


def _files(certificates: dict[CertificateKind, x509.Certificate]) -> list[personalising.File]:
    signing, user_auth = ((certificates[kind], pki().authority(kind).certificate) for kind in KINDS)
    placed = {
        layout.SIGNING_CERTIFICATE: signing[0],
        layout.SIGNING_AUTHORITY: signing[1],
        layout.USER_AUTH_CERTIFICATE: user_auth[0],
        layout.USER_AUTH_AUTHORITY: user_auth[1],
    }
    found = [(App.JPKI, fid, one.public_bytes(Encoding.DER)) for fid, one in placed.items()]
    return [*found, (App.JPKI, layout.TOKEN, chips.TOKEN)]
