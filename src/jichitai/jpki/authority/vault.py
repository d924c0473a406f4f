"""Where the authorities' private keys are kept: a PKCS#11 token, or encrypted files.

A vault makes a key, lends it for signing and never gives it away. With a token (any HSM that
speaks PKCS#11) not even this process sees the private half; files are the embedded default for
tests, rehearsals and small beginnings.
"""

import os
import secrets
import stat
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from jichitai.infra.settings import Settings
from jichitai.jpki.authority.errors import (
    MissingVaultKeyError,
    VaultKeyExistsError,
    VaultUnavailableError,
)
from jichitai.jpki.authority.profiles import PrivateKey
from jichitai.kernel.secrets import Secret

VaultKey: TypeAlias = PrivateKey | Ed25519PrivateKey
FOLDER: Final = "jpki"
PASSPHRASE_FILE: Final = "jpki-passphrase"  # noqa: S105 - the name of a file
SHORTEST_PASSPHRASE: Final = 16
_SUFFIX: Final = ".pem"


class Algorithm(StrEnum):
    """The keys a vault can make."""

    RSA_2048 = "rsa-2048"
    P_256 = "p-256"
    ED25519 = "ed25519"


class Vault(Protocol):
    """A place that makes keys and signs with them."""

    @property
    def description(self) -> str:
        """What it is, for the record of a ceremony; without secrets."""
        ...

    def create(self, label: str, algorithm: Algorithm) -> VaultKey:
        """Make a key under a new label.

        Raises:
            VaultKeyExistsError: the label is taken.
        """
        ...

    def key(self, label: str) -> VaultKey:
        """The key with this label.

        Raises:
            MissingVaultKeyError: there is none.
        """
        ...

    def has(self, label: str) -> bool:
        """Whether there is a key with this label."""
        ...

    def labels(self) -> list[str]:
        """Every label, sorted."""
        ...


def open_vault(settings: Settings) -> Vault:
    """Open the vault that the settings name: a token when a module is given, else files.

    Raises:
        VaultUnavailableError: it cannot be opened.
    """
    if settings.vault_module:
        from jichitai.jpki.authority.token import TokenVault  # the extra `hsm`

        pin = Secret(settings.vault_pin)
        return TokenVault(Path(settings.vault_module), settings.vault_token, pin)
    given = settings.vault_passphrase
    passphrase = Secret(given) if given else kept_secret(settings.key_directory, PASSPHRASE_FILE)
    return FileVault(settings.key_directory / FOLDER, passphrase)


class FileVault:
    """Keys in files of their own: PKCS#8, encrypted (PBES2 with AES-256), mode 0600."""

    def __init__(self, directory: Path, passphrase: Secret) -> None:
        """Take a directory, which is made (mode 0700) when absent.

        Args:
            directory: of the key files.
            passphrase: at least 16 characters.

        Raises:
            VaultUnavailableError: the passphrase is too short, or others may read the directory.
        """
        if len(passphrase.reveal()) < SHORTEST_PASSPHRASE:
            raise VaultUnavailableError(
                f"保管庫の合言葉が短すぎます。{SHORTEST_PASSPHRASE}文字以上にしてください。"
            )
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _closed(directory)
        self._directory = directory
        self._passphrase = passphrase.reveal().encode()
        self._open: dict[str, VaultKey] = {}

    @property
    def description(self) -> str:
        """A vault of files says so in the record."""
        return "暗号化した鍵ファイル（PKCS#8、AES-256）"

    def create(self, label: str, algorithm: Algorithm) -> VaultKey:
        """Make a key and write it before it is used."""
        file = self._file(label)
        if file.exists():
            raise _taken(label)
        key = make_key(algorithm)
        content = key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(self._passphrase)
        )
        try:
            _write_new(file, content)
        except FileExistsError:  # another process was quicker
            raise _taken(label) from None
        self._open[label] = key
        return key

    def key(self, label: str) -> VaultKey:
        """Decrypt a key; once a process."""
        if label in self._open:
            return self._open[label]
        file = self._file(label)
        try:
            _closed(file)
            key = load_pem_private_key(file.read_bytes(), self._passphrase)
        except FileNotFoundError:
            raise missing(label) from None
        except (OSError, ValueError, TypeError):
            raise VaultUnavailableError(
                f"鍵 {label} を開けません。合言葉とファイルの権限を確かめてください。", label=label
            ) from None
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey):
            raise missing(label)
        self._open[label] = key
        return key

    def has(self, label: str) -> bool:
        """Whether the file is there."""
        return self._file(label).exists()

    def labels(self) -> list[str]:
        """Names of the files."""
        return sorted(
            file.name.removesuffix(_SUFFIX) for file in self._directory.glob(f"*{_SUFFIX}")
        )

    def _file(self, label: str) -> Path:
        if not label.replace("-", "").isalnum() or not label.isascii():
            raise missing(label)
        return self._directory / f"{label}{_SUFFIX}"


def make_key(algorithm: Algorithm) -> VaultKey:
    """Draw a key in this process."""
    match algorithm:
        case Algorithm.RSA_2048:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        case Algorithm.P_256:
            return ec.generate_private_key(ec.SECP256R1())
        case Algorithm.ED25519:
            return Ed25519PrivateKey.generate()


def missing(label: str) -> MissingVaultKeyError:
    """The refusal for an unknown label."""
    return MissingVaultKeyError(
        f"鍵 {label} が保管庫にありません。保管庫の設定と、鍵生成式の記録を確かめてください。",
        label=label,
    )


def _taken(label: str) -> VaultKeyExistsError:
    return VaultKeyExistsError(
        f"鍵 {label} は既にあります。鍵は上書きできません。次の世代を作ってください。", label=label
    )


def kept_secret(key_directory: Path, name: str) -> Secret:
    """A secret in a file of its own beside the other keys; drawn at the first opening.

    Raises:
        VaultUnavailableError: the file cannot be read, or others may read it too.
    """
    file = key_directory / name
    if not file.exists():
        key_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another process was quicker
            _write_new(file, secrets.token_urlsafe(32).encode())
    try:
        _closed(file)
        return Secret(file.read_text("ascii").strip())
    except (OSError, ValueError):
        raise VaultUnavailableError(
            f"秘密のファイル {name} を読めません。置き場所と権限を確かめてください。", file=name
        ) from None


def _closed(path: Path) -> None:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise VaultUnavailableError(
            f"{path.name} を他の利用者が読めます。chmod go= で閉じてください。", file=path.name
        )


def _write_new(file: Path, content: bytes) -> None:
    """Write durably; a file that exists is never touched."""
    scratch = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(scratch, file)  # fails when the name is taken, unlike a rename
    finally:
        scratch.unlink()
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
