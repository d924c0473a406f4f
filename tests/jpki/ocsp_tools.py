"""Requests, and the three programs that read our answers."""

import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from jichitai.jpki.authority import profiles
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.status.answers import Signer
from jichitai.jpki.status.requests import CertId, read_request
from tests.jpki.pki import pki, rsa_key

DER = serialization.Encoding.DER
PEM = serialization.Encoding.PEM


def machine_time() -> datetime:
    """What other programs compare times with."""
    return datetime.fromtimestamp(int(time.time()), UTC)


def request_for(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    *,
    nonce: bytes | None = None,
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    """A request for one certificate."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        certificate,
        issuer,
        algorithm or hashes.SHA1(),  # noqa: S303  # the usual one
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(DER)


@cache
def signer_of(kind: CertificateKind, *, generation: int = 2, rsa: bool = False) -> Signer:
    """A delegated responder of an authority of the tests."""
    authority = pki().authority(kind, generation)
    begun = machine_time() - timedelta(hours=1)  # openssl and GnuTLS go by the machine's time
    if rsa:
        key = rsa_key("holder-signing")
        certificate = profiles.responder_certificate(
            kind, authority.certificate, authority.key, key.public_key(),
            number=2, serial=0x2000_0000_0000_0000_0000, not_before=begun,
        )  # fmt: skip
        return Signer(authority.id, authority.certificate, certificate, key)
    leaf = pki().responder(kind, generation=generation, not_before=begun)
    return Signer(authority.id, authority.certificate, leaf.certificate, leaf.key)


def openssl(*words: str | Path, check: bool = True) -> str:
    """What openssl says, on both channels."""
    done = subprocess.run(
        ["openssl", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def lint(program: str, *words: str | Path) -> str:
    """Findings of pkilint at the level of errors; empty when there are none."""
    script = Path(sys.executable).with_name(program)
    done = subprocess.run(
        [script, "lint", "-s", "ERROR", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def ocsptool(folder: Path, response: bytes, trust: x509.Certificate) -> str:
    """What GnuTLS says of an answer."""
    (folder / "gnutls.der").write_bytes(response)
    (folder / "trust.pem").write_bytes(trust.public_bytes(PEM))
    done = subprocess.run(
        ["ocsptool", "--verify-response", f"--load-response={folder / 'gnutls.der'}",
         f"--load-trust={folder / 'trust.pem'}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def said_by_openssl(output: str) -> list[str]:
    """The words `good`, `revoked`, `unknown` in the order of the certificates."""
    return re.findall(r"^[^\n:]+: (good|revoked|unknown)$", output, re.MULTILINE)


def only(der: bytes) -> CertId:
    """The one certificate of a request."""
    [one] = read_request(der).certificates
    return one


def fresh_nonce() -> bytes:
    """Sixteen random bytes."""
    return os.urandom(16)
