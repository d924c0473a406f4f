"""What `bench jpki` compares with: openssl's own authority, responder and arithmetic."""

import asyncio
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from jichitai.infra.embedded.places import free_port
from jichitai.jpki.authority.profiles import AuthorityKind, authority_certificate
from jichitai.kernel.errors import UnavailableError

_PEM: Final = Encoding.PEM
_HOST: Final = "127.0.0.1"
_PATIENCE: Final = 10.0
_CA: Final = """
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = made
serial = serial
default_md = sha256
default_days = 1800
policy = any
unique_subject = no
email_in_dn = no
rand_serial = yes
x509_extensions = leaf
[any]
countryName = optional
commonName = supplied
[leaf]
keyUsage = critical, digitalSignature
authorityKeyIdentifier = keyid
certificatePolicies = 2.25.1
"""


class Openssl:
    """The program openssl with a directory of its own.

    Args:
        directory: for its files; it must exist.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def verify_rate(self, seconds: float) -> float:
        """RSA-2048 verifications a second on one core (`openssl speed`)."""
        span = str(max(1, round(seconds)))
        said = self._run("speed", "-mr", "-seconds", span, "rsa2048")
        for line in said.splitlines():
            if line.startswith("+F2:"):  # +F2:index:bits:signings a second:verifications a second
                return float(line.split(":")[4])
        raise UnavailableError(
            "openssl speed の結果を読み取れません。openssl の版を確かめてください。"
        )

    def issue_rate(self, key: rsa.RSAPrivateKey, count: int) -> float:
        """Certificates a second (`openssl ca`, all requests in one call)."""
        (self._directory / "made").mkdir()
        (self._directory / "index.txt").touch()
        (self._directory / "ca.cnf").write_text(_CA)
        self._keep("ca", key, _self_signed(key))
        holder = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        requests = [self._request(holder, number) for number in range(count)]
        words = ("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile")
        started = time.perf_counter()
        self._run(*words, "ca.key", "-infiles", *requests)
        took = time.perf_counter() - started
        made = len(list((self._directory / "made").iterdir()))
        if made != count:
            raise UnavailableError(f"openssl ca は {count} 件のうち {made} 件だけ発行しました。")
        return count / took

    @contextmanager
    def responder(
        self,
        issuer: x509.Certificate,
        certificate: x509.Certificate,
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
        serials: Sequence[int],
    ) -> Iterator[int]:
        """`openssl ocsp` as a responder that knows these certificates; its port."""
        lines = [
            f"V\t360101000000Z\t\t{_even(serial)}\tunknown\t/C=JP/CN={serial}\n"
            for serial in serials
        ]
        (self._directory / "known.txt").write_text("".join(lines))
        (self._directory / "issuer.pem").write_bytes(issuer.public_bytes(_PEM))
        self._keep("signer", key, certificate)
        port = free_port()
        words = (
            "openssl", "ocsp", "-index", "known.txt", "-port", str(port), "-rsigner", "signer.pem",
            "-rkey", "signer.key", "-CA", "issuer.pem", "-nmin", "15",
        )  # fmt: skip
        child = subprocess.Popen(  # noqa: S603  # fixed words
            words,
            cwd=self._directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            _wait_for(child)
            yield port
        finally:
            child.terminate()
            child.communicate(timeout=10)

    def _request(self, key: rsa.RSAPrivateKey, number: int) -> str:
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"20261120100000{number:012d}"),
            ]
        )
        builder = x509.CertificateSigningRequestBuilder().subject_name(name)
        file = f"{number}.csr"
        content = builder.sign(key, hashes.SHA256()).public_bytes(_PEM)
        (self._directory / file).write_bytes(content)
        return file

    def _keep(
        self,
        name: str,
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
        certificate: x509.Certificate,
    ) -> None:
        plain = key.private_bytes(_PEM, PrivateFormat.PKCS8, NoEncryption())
        (self._directory / f"{name}.key").write_bytes(plain)
        (self._directory / f"{name}.pem").write_bytes(certificate.public_bytes(_PEM))

    def _run(self, *words: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603  # our own words
                ["openssl", *words],  # noqa: S607  # the system's, found as usual
                cwd=self._directory, capture_output=True, text=True, check=True, timeout=600,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise UnavailableError(
                "openssl を動かせないため、基準を測れません。openssl 3 を入れてください。"
            ) from error
        return done.stdout + done.stderr


async def dial(port: int, requests: Iterator[bytes], *, at_once: int, seconds: float) -> float:
    """Answers a second of a server that closes the connection after each.

    Args:
        port: on this machine.
        requests: whole HTTP requests.
        at_once: how many connections are open together.
        seconds: how long.
    """
    until = time.perf_counter() + seconds
    async with asyncio.timeout(seconds + _PATIENCE):
        counts = await asyncio.gather(*(_dial(port, requests, until) for _ in range(at_once)))
    return sum(counts) / seconds


async def _dial(port: int, requests: Iterator[bytes], until: float) -> int:
    answered = 0
    while time.perf_counter() < until:
        reader, writer = await asyncio.open_connection(_HOST, port)
        writer.write(next(requests))
        if not (await reader.read()).startswith(b"HTTP/1.0 200"):
            raise UnavailableError("openssl ocsp が問い合わせを断りました。基準の値は使えません。")
        writer.close()
        answered += 1
    return answered


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    now = datetime.fromtimestamp(time.time() - 60, UTC)
    return authority_certificate(AuthorityKind.USER_AUTH, 1, key, now, 1)


def _wait_for(child: subprocess.Popen[str]) -> None:
    """Until it says that it listens; a connection made only to see would keep it busy for ever."""
    said = child.stdout.readline() if child.stdout is not None else ""
    if not said.startswith("ACCEPT"):
        raise UnavailableError(
            "openssl ocsp が起動しません。openssl 3 が入っているか確かめてください。"
        )


def _even(serial: int) -> str:
    text = f"{serial:X}"
    return text.zfill(len(text) + len(text) % 2)
