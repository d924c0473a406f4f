"""Keys of a node, read from a private directory of files.

`columns-<tier>.json` seals columns, `blind-<tier>.json` finds by them, `network.json` and
`network-blind.json` are shared by town, prefecture and nation, `signing-<tier>.json` holds the
Ed25519 keys of the parties that this node speaks for, `log.json` the key of the tree heads.
"""

import base64
import os
import stat
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jichitai.infra.crypto import KEY_BYTES, BlindIndex, Sealer
from jichitai.infra.logs import where
from jichitai.kernel.errors import NotFoundError
from jichitai.kernel.parties import NATION, Party, Tier

log = structlog.get_logger(__name__)

_LOOK_EVERY = 1.0
_NEXT = "next-"
"""Prefix of a key that is made but does not sign yet."""


class MissingKeyError(NotFoundError):
    """A key file or a key in it is absent, or others may read it."""

    type = "infra.missing-key"
    title = "鍵がありません"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One Ed25519 key of a party; `kid` is `<party>.<number>`."""

    kid: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The 32 public bytes."""
        return self.private.public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A party's public key as it is told to the other nodes."""

    party: Party
    kid: str
    public_key: bytes


class Keys:
    """All keys that one process may use."""

    def __init__(
        self,
        *,
        columns: Sealer,
        blind: BlindIndex,
        network: Sealer,
        network_blind: BlindIndex,
        signing: Mapping[Party, SigningKey],
        log_key: SigningKey | None = None,
        signing_file: Path | None = None,
    ) -> None:
        """Take the parts; `load` reads them from files.

        Args:
            columns: seals columns of this tier.
            blind: finds by sealed columns.
            network: seals bodies of messages.
            network_blind: compares between tiers.
            signing: the active key of each party that this process speaks for.
            log_key: signs tree heads.
            signing_file: read again when it changes, so that a rotation needs no restart.
        """
        self.columns = columns
        self.blind = blind
        self.network = network
        self.network_blind = network_blind
        self.log_key = log_key
        self._signing = dict(signing)
        self._file = signing_file
        self._stamp = _stamp(signing_file)
        self._looked_at = time.monotonic()

    @property
    def parties(self) -> frozenset[Party]:
        """Whom this process can sign for."""
        self._look()
        return frozenset(self._signing)

    def speaks_for(self, party: Party) -> bool:
        """Whether this process can sign for a party."""
        return party in self._signing

    def signer(self, party: Party) -> SigningKey:
        """The active key of a party.

        Raises:
            MissingKeyError: this process does not speak for the party.
        """
        self._look()
        try:
            return self._signing[party]
        except KeyError:
            raise MissingKeyError(
                f"{party} の署名鍵がこの装置にありません。鍵の配付を確かめてください。",
                party=str(party),
            ) from None

    def _look(self) -> None:
        """Take over a signing file that was replaced; one `stat` a second."""
        now = time.monotonic()
        if self._file is None or now - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = now
        stamp = _stamp(self._file)
        if stamp is None or stamp == self._stamp:
            return
        try:
            self._signing = _signing(self._file)
        except (MissingKeyError, ValueError) as error:  # the old keys go on; the file is mended
            log.warning("signing-file-unreadable", **where(error))
        self._stamp = stamp

    @classmethod
    def load(cls, directory: Path, tier: Tier) -> Self:
        """Read the key files of a tier.

        Raises:
            MissingKeyError: a file is absent, unreadable or open to other users.
        """
        signing_file, log_file = directory / f"signing-{tier}.json", directory / "log.json"
        return cls(
            columns=Sealer(_ring(directory / f"columns-{tier}.json")),
            blind=BlindIndex(_ring(directory / f"blind-{tier}.json")[1]),
            network=Sealer(_ring(directory / "network.json")),
            network_blind=BlindIndex(_ring(directory / "network-blind.json")[1]),
            signing=_signing(signing_file),
            log_key=_signing(log_file)[NATION]
            if tier is Tier.NATION and log_file.exists()
            else None,
            signing_file=signing_file,
        )


def create_keys(directory: Path, parties: Mapping[Tier, Iterable[Party]]) -> list[PublicKey]:
    """Make the missing key files of a set of nodes; existing files are kept.

    Args:
        directory: made with mode 0700 when absent.
        parties: for each tier, the parties that its node speaks for.

    Returns:
        The public keys of all parties, old and new, to be told to every tier.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("network", "network-blind"):
        _write_ring(directory / f"{name}.json")
    public: list[PublicKey] = []
    for tier, members in parties.items():
        _write_ring(directory / f"columns-{tier}.json")
        _write_ring(directory / f"blind-{tier}.json")
        file = directory / f"signing-{tier}.json"
        _write_signing(file, members)
        public += [PublicKey(party, key.kid, key.public) for party, key in _signing(file).items()]
    if Tier.NATION in parties:
        _write_signing(directory / "log.json", [NATION])
    return public


def rotate_signing_key(directory: Path, party: Party) -> PublicKey:
    """Make the next signing key of a party; it signs from `activate_signing_key` on.

    Between the two the public key is told to every tier. A second call gives the same key.

    Raises:
        MissingKeyError: this directory holds no key of the party.
    """
    file, stored = _entries(directory, party)
    entries = stored[str(party)]
    waiting = next((number for number in entries if number.startswith(_NEXT)), None)
    if waiting is None:
        waiting = f"{_NEXT}{max(map(int, entries)) + 1}"
        entries[waiting] = _new_seed()
        _write(file, stored)
    key = _key(str(party), waiting.removeprefix(_NEXT), entries[waiting])
    return PublicKey(party, key.kid, key.public)


def activate_signing_key(directory: Path, party: Party) -> PublicKey:
    """Sign with the key that `rotate_signing_key` made; running processes follow in a second.

    Raises:
        MissingKeyError: no next key was made.
    """
    file, stored = _entries(directory, party)
    entries = stored[str(party)]
    waiting = next((number for number in entries if number.startswith(_NEXT)), None)
    if waiting is None:
        raise MissingKeyError(
            f"{party} の次の鍵がありません。先に jichitai keys rotate で作り、公開鍵を"
            "すべての階層に知らせてください。",
            party=str(party),
        )
    entries[waiting.removeprefix(_NEXT)] = entries.pop(waiting)
    _write(file, stored)
    key = _signing(file)[party]
    return PublicKey(party, key.kid, key.public)


def _entries(directory: Path, party: Party) -> tuple[Path, dict[str, dict[str, str]]]:
    file = directory / f"signing-{party.tier}.json"
    stored = _read(file)
    if str(party) not in stored:
        raise MissingKeyError(
            f"{party} の署名鍵がこの場所にありません。団体と鍵の置き場所を確かめてください。",
            party=str(party),
        )
    return file, stored


def _ring(file: Path) -> dict[int, bytes]:
    entries = _read(file).get("keys", {})
    return {int(number): base64.b64decode(text) for number, text in entries.items()}


def _signing(file: Path) -> dict[Party, SigningKey]:
    keys = {}
    for name, entries in _read(file).items():
        active = max((number for number in entries if not number.startswith(_NEXT)), key=int)
        keys[Party.parse(name)] = _key(name, active, entries[active])
    return keys


def _key(name: str, number: str, seed: str) -> SigningKey:
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed))
    return SigningKey(f"{name}.{number}", private)


def _stamp(file: Path | None) -> tuple[int, int, int] | None:
    """What changes when a file is replaced."""
    try:
        state = file.stat() if file else None
    except OSError:
        return None
    return (state.st_mtime_ns, state.st_ino, state.st_size) if state else None


def _read(file: Path) -> dict[str, dict[str, str]]:
    try:
        mode = file.stat().st_mode
        content = file.read_bytes()
    except OSError as error:
        raise MissingKeyError(
            f"鍵ファイル {file.name} を読めません。置き場所と権限を確かめてください。",
            file=file.name,
        ) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise MissingKeyError(
            f"鍵ファイル {file.name} を他の利用者が読めます。chmod 600 で閉じてください。",
            file=file.name,
        )
    return msgspec.json.decode(content, type=dict[str, dict[str, str]])


def _write(file: Path, content: Mapping[str, Mapping[str, str]]) -> None:
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(msgspec.json.encode(content))
        stream.flush()
        os.fsync(stream.fileno())
    scratch.replace(file)


def _write_ring(file: Path) -> None:
    if not file.exists():
        _write(file, {"keys": {"1": _new_seed()}})


def _write_signing(file: Path, parties: Iterable[Party]) -> None:
    stored = _read(file) if file.exists() else {}
    missing = [str(party) for party in parties if str(party) not in stored]
    if missing or not file.exists():
        _write(file, stored | {name: {"1": _new_seed()} for name in missing})


def _new_seed() -> str:
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()
