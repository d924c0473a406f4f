"""Which keys may be certified, and how the authorities' own keys are kept."""

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, Hash
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509 import ocsp

from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jpki.authority import lists, service
from jichitai.jpki.authority.authorities import Authorities
from jichitai.jpki.authority.ceremony import first_plan
from jichitai.jpki.authority.errors import (
    EmptyPoolError,
    MissingVaultKeyError,
    NotExtractableError,
    VaultKeyExistsError,
    VaultUnavailableError,
)
from jichitai.jpki.authority.keys import check_public_key, key_hash, spki
from jichitai.jpki.authority.pool import KeyPool
from jichitai.jpki.authority.vault import Algorithm, FileVault, Vault, open_vault
from jichitai.jpki.errors import UnusableKeyError
from jichitai.jpki.kinds import CertificateKind, Medium
from jichitai.kernel.secrets import Secret
from tests.jpki.pki import NOW, ec_key, need, order, rsa_key, set_up_nation
from tests.jpki.weak_keys import NEAR_PRIMES, ROCA

PASSPHRASE = Secret("correct horse battery staple")
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = Secret("12345678")


# --- public keys -------------------------------------------------------------------------------


def test_a_key_of_2048_bits_may_be_certified() -> None:
    der = spki(rsa_key("one").public_key())
    assert key_hash(check_public_key(der)) == key_hash(rsa_key("one").public_key())


def test_a_phone_may_have_p256_and_a_card_may_not() -> None:
    der = spki(ec_key("phone").public_key())
    assert isinstance(check_public_key(der, Medium.PHONE), ec.EllipticCurvePublicKey)
    with pytest.raises(UnusableKeyError):
        check_public_key(der)


def _public(modulus: int, exponent: int = 65537) -> bytes:
    return spki(rsa.RSAPublicNumbers(exponent, modulus).public_key())


def _modulus() -> int:
    return rsa_key("one").public_key().public_numbers().n


@pytest.mark.parametrize(
    ("der", "part"),
    [
        (_public(ROCA), "ROCA"),
        (_public(NEAR_PRIMES), "近すぎ"),
        (_public(_modulus() // 6 * 6 + 3), "小さな素数"),
        (_public(_modulus(), 3), "65537"),
        (_public(_modulus() >> 1 | 1), "2048"),
    ],
    ids=["ROCA", "near primes", "small factor", "exponent 3", "2047 bits"],
)
def test_a_key_that_can_be_factored_is_refused_and_told_why(der: bytes, part: str) -> None:
    with pytest.raises(UnusableKeyError, match=part):
        check_public_key(der)


def test_a_key_in_another_encoding_is_refused() -> None:
    der = spki(rsa_key("one").public_key())
    with pytest.raises(UnusableKeyError):
        check_public_key(der + b"\x00")


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30\x00",
        _public(_modulus() >> 1024 | 1 << 1023 | 1),
        spki(ec.generate_private_key(ec.SECP384R1()).public_key()),
        ed25519.Ed25519PrivateKey.generate()
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["nothing", "empty", "1024 bits", "P-384", "Ed25519"],
)
def test_other_keys_are_refused(der: bytes) -> None:
    for medium in Medium:
        with pytest.raises(UnusableKeyError):
            check_public_key(der, medium)


# --- vaults ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """A fresh SoftHSM token; the library reads its place once a process."""
    need("softhsm2-util")
    from jichitai.jpki.authority.token import TokenVault

    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    for label in ("jpki", "spare"):
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "87654321",
             "--pin", PIN.reveal()],
            check=True,
            capture_output=True,
        )  # fmt: skip
    vault = TokenVault(SOFTHSM, "jpki", PIN)
    yield vault
    vault.close()


@pytest.fixture
def files(tmp_path: Path) -> Vault:
    return FileVault(tmp_path / "vault", PASSPHRASE)


@pytest.fixture(params=["files", "token"])
def vault(request: pytest.FixtureRequest) -> Vault:
    found: Vault = request.getfixturevalue(request.param)
    return found


def test_a_vault_makes_keys_of_three_kinds_and_signs_with_them(vault: Vault) -> None:
    big = vault.create("rsa", Algorithm.RSA_2048)
    assert isinstance(big, rsa.RSAPrivateKey)
    assert big.key_size == 2048
    for algorithm in (SHA256(), SHA384()):
        signature = big.sign(b"text", padding.PKCS1v15(), algorithm)
        big.public_key().verify(signature, b"text", padding.PKCS1v15(), algorithm)
    hashed = Hash(SHA256())
    hashed.update(b"text")
    signature = big.sign(hashed.finalize(), padding.PKCS1v15(), Prehashed(SHA256()))
    big.public_key().verify(signature, b"text", padding.PKCS1v15(), SHA256())

    small = vault.create("ec", Algorithm.P_256)
    assert isinstance(small, ec.EllipticCurvePrivateKey)
    assert small.curve.key_size == small.key_size == 256
    made = small.sign(b"text", ec.ECDSA(SHA256()))
    small.public_key().verify(made, b"text", ec.ECDSA(SHA256()))

    edwards = vault.create("ed", Algorithm.ED25519)
    assert isinstance(edwards, ed25519.Ed25519PrivateKey)
    edwards.public_key().verify(edwards.sign(b"text"), b"text")

    assert {"ec", "ed", "rsa"} <= set(vault.labels())
    assert vault.key("rsa").public_key() == big.public_key()
    with pytest.raises(VaultKeyExistsError):
        vault.create("rsa", Algorithm.RSA_2048)
    with pytest.raises(MissingVaultKeyError):
        vault.key("none")
    assert not vault.has("none")
    assert vault.description


def test_a_token_never_gives_a_key_out(token: Vault) -> None:
    for algorithm in Algorithm:
        key = token.create(f"kept-{algorithm}", algorithm)
        with pytest.raises(NotExtractableError):
            key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    big, small, edwards = (token.key(f"kept-{algorithm}") for algorithm in Algorithm)
    assert isinstance(big, rsa.RSAPrivateKey)
    assert isinstance(small, ec.EllipticCurvePrivateKey)
    assert isinstance(edwards, ed25519.Ed25519PrivateKey)
    with pytest.raises(NotExtractableError):
        big.private_numbers()
    with pytest.raises(NotExtractableError):
        small.private_numbers()
    with pytest.raises(NotExtractableError):
        edwards.private_bytes_raw()
    with pytest.raises(NotExtractableError):
        big.decrypt(bytes(256), padding.PKCS1v15())
    with pytest.raises(NotExtractableError):
        small.exchange(ec.ECDH(), ec_key("peer").public_key())
    pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO)
    with pytest.raises(UnsupportedAlgorithm):
        big.sign(b"text", pss, SHA256())


def test_the_token_itself_refuses_to_read_a_private_exponent(token: Vault) -> None:
    """Asked with another program's eyes: pkcs11-tool sees what the token says of its keys."""
    need("pkcs11-tool")
    if not token.has("seen"):
        token.create("seen", Algorithm.RSA_2048)
    listed = subprocess.run(
        ["pkcs11-tool", "--module", SOFTHSM, "--token-label", "jpki", "--login", "--pin",
         PIN.reveal(), "--list-objects", "--type", "privkey"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout  # fmt: skip
    seen = listed[listed.index("seen") :].split("Private Key Object")[0]
    assert "sensitive, always sensitive, never extractable, local" in seen


def test_a_key_that_could_leave_the_token_is_not_used(token: Vault) -> None:
    from pkcs11 import Attribute, KeyType

    from jichitai.jpki.authority.token import TokenVault

    assert isinstance(token, TokenVault)
    token._session.generate_keypair(
        KeyType.RSA, 2048, store=True, label="loose",
        private_template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
    )  # fmt: skip
    with pytest.raises(VaultUnavailableError, match="取り出せる"):
        token.key("loose")


def test_a_lost_session_is_opened_again_and_a_dead_token_is_told(token: Vault) -> None:
    from pkcs11 import KeyType

    from jichitai.jpki.authority.token import TokenVault

    assert isinstance(token, TokenVault)
    vault = TokenVault(SOFTHSM, "jpki", PIN)
    key = vault.create("steady", Algorithm.P_256)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    vault.close()
    signature = key.sign(b"text", ec.ECDSA(SHA256()))
    key.public_key().verify(signature, b"text", ec.ECDSA(SHA256()))
    assert vault.has("steady")

    with pytest.raises(VaultUnavailableError, match="応じません"):
        vault._do(lambda session: session.generate_keypair(KeyType.RSA, 3))
    vault._generate = _broken  # type: ignore[method-assign, assignment]
    with pytest.raises(VaultUnavailableError, match="応じません"):
        vault.create("other", Algorithm.P_256)
    assert key.sign(b"text", ec.ECDSA(SHA256()))
    vault.close()
    vault._place = (SOFTHSM, "gone", PIN)
    with pytest.raises(VaultUnavailableError, match="gone"):
        key.sign(b"text", ec.ECDSA(SHA256()))


def _broken(*_: object) -> None:
    from pkcs11.exceptions import DeviceError

    raise DeviceError


async def test_authorities_in_a_token_issue_and_sign_lists(
    token: Vault, nation_tx: Tx, keys: Keys
) -> None:
    authorities = await set_up_nation(nation_tx, keys, vault=token, plan=first_plan(NOW))
    asked = order(CertificateKind.SIGNING, key=rsa_key("one"))
    issued = await service.issue_certificate(nation_tx, authorities, asked, at=NOW)
    issued.certificate.verify_directly_issued_by(issued.authority_certificate)
    published = await lists.list_of(nation_tx, authorities, "signing-1", at=NOW)
    assert published.list
    loaded = await Authorities.load(nation_tx, token)
    assert isinstance(loaded.current(CertificateKind.SIGNING).key, rsa.RSAPrivateKey)
    with pytest.raises(NotExtractableError):
        loaded.card_centre().writer.private_bytes_raw()
    responder = loaded.responder("signing-1")
    answer = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            issued.certificate, issued.authority_certificate, SHA256(),
            ocsp.OCSPCertStatus.GOOD, NOW, NOW, None, None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .sign(responder.key, SHA256())
    )  # fmt: skip
    signer = responder.certificate.public_key()
    assert isinstance(signer, ec.EllipticCurvePublicKey)
    signer.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(SHA256()))


@pytest.mark.parametrize(
    ("module", "name", "pin"),
    [
        (Path("/nowhere.so"), "jpki", PIN),
        (SOFTHSM, "other", PIN),
        (SOFTHSM, "spare", Secret("0000")),
    ],
    ids=["library", "token", "pin"],
)
def test_a_token_that_cannot_be_opened_says_what_to_check(
    token: Vault, module: Path, name: str, pin: Secret
) -> None:
    from jichitai.jpki.authority.token import TokenVault

    assert token.description.startswith("PKCS#11")
    with pytest.raises(VaultUnavailableError) as refusal:
        TokenVault(module, name, pin)
    assert pin.reveal() not in refusal.value.detail


def test_key_files_are_encrypted_and_closed_to_others(tmp_path: Path) -> None:
    vault = FileVault(tmp_path / "vault", PASSPHRASE)
    made = vault.create("signing-1", Algorithm.P_256)
    file = tmp_path / "vault" / "signing-1.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"ENCRYPTED PRIVATE KEY" in file.read_bytes()
    again = FileVault(tmp_path / "vault", PASSPHRASE)
    assert again.key("signing-1").public_key() == made.public_key()
    wrong = FileVault(tmp_path / "vault", Secret("incorrect horse battery"))
    with pytest.raises(VaultUnavailableError):
        wrong.key("signing-1")
    file.chmod(0o644)
    with pytest.raises(VaultUnavailableError):
        FileVault(tmp_path / "vault", PASSPHRASE).key("signing-1")


def test_a_vault_refuses_short_passphrases_open_folders_and_odd_labels(tmp_path: Path) -> None:
    with pytest.raises(VaultUnavailableError):
        FileVault(tmp_path / "vault", Secret("short"))
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(VaultUnavailableError):
        FileVault(tmp_path / "open", PASSPHRASE)
    vault = FileVault(tmp_path / "vault", PASSPHRASE)
    for label in ("../signing-1", "", "a/b", "署名"):
        with pytest.raises(MissingVaultKeyError):
            vault.create(label, Algorithm.P_256)


def test_a_file_of_another_kind_of_key_is_not_taken(tmp_path: Path) -> None:
    vault = FileVault(tmp_path / "vault", PASSPHRASE)
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    secret = BestAvailableEncryption(PASSPHRASE.reveal().encode())
    content = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret)
    file = tmp_path / "vault" / "odd.pem"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(MissingVaultKeyError):
        vault.key("odd")


def test_the_settings_choose_the_vault(tmp_path: Path, token: Vault) -> None:
    settings = Settings(key_directory=tmp_path / "keys")
    made = open_vault(settings).create("signing-1", Algorithm.P_256)
    kept = tmp_path / "keys" / "jpki-passphrase"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert open_vault(settings).key("signing-1").public_key() == made.public_key()
    kept.chmod(0o640)
    with pytest.raises(VaultUnavailableError):
        open_vault(settings)
    given = Settings(key_directory=tmp_path / "keys", vault_passphrase="another long passphrase")
    with pytest.raises(VaultUnavailableError):
        open_vault(given).key("signing-1")
    place = {"vault_module": str(SOFTHSM), "vault_token": "jpki"}
    second = open_vault(Settings(**place, vault_pin=PIN.reveal()))  # type: ignore[arg-type]
    assert second.labels() == token.labels()


# --- pool --------------------------------------------------------------------------------------


def test_a_key_of_the_pool_is_given_out_once(tmp_path: Path) -> None:
    pool = KeyPool(tmp_path / "pool", Secret("s" * 43))
    assert pool.fill(2) == 2
    assert pool.fill(2) == 0
    assert len(pool) == 2
    raw = b"".join(file.read_bytes() for file in (tmp_path / "pool").iterdir())
    taken = [pool.take(), pool.take()]
    assert taken[0].public_key() != taken[1].public_key()
    for key in taken:
        assert key.private_numbers().p.to_bytes(128, "big") not in raw
    assert list((tmp_path / "pool").iterdir()) == []
    with pytest.raises(EmptyPoolError):
        pool.take()


def test_a_file_that_is_not_of_the_pool_is_passed_over(tmp_path: Path) -> None:
    pool = KeyPool(tmp_path / "pool", Secret("s" * 43))
    (tmp_path / "pool" / "0000.key").write_bytes(bytes(100))
    with pytest.raises(EmptyPoolError):
        pool.take()


def test_a_forged_signature_is_no_signature(vault: Vault) -> None:
    label = "forged"
    key = vault.create(label, Algorithm.RSA_2048)
    assert isinstance(key, rsa.RSAPrivateKey)
    signature = key.sign(b"text", padding.PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature, b"other", padding.PKCS1v15(), SHA256())
