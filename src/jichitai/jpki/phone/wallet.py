"""A wallet in software: the phone's part, for rehearsals and for verifiers who try their own site.

The key never leaves the wallet's file, which is sealed with a PIN; a real phone would keep it in a
secure element. Before anything is shown the wallet makes sure who asks, and it sends nothing that
its holder did not agree to.
"""

import json
import os
import secrets
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from msgspec import Struct

from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.phone import mdoc, openid4vp
from jichitai.jpki.phone.cose import cose_key
from jichitai.jpki.phone.elements import Element
from jichitai.jpki.phone.issuing import (
    PROOF_PREFIX,
    Application,
    Challenge,
    Issued,
    application_text,
    face_challenge,
)
from jichitai.jpki.phone.mdoc import IssuerSigned
from jichitai.jpki.phone.openid4vp import Request
from jichitai.jpki.phone.refusals import (
    MissingElementError,
    UnsupportedRequestError,
    UntrustedReaderError,
    WalletError,
)
from jichitai.jpki.phone.verify import check_issued
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.faces import read_faces
from jichitai.jpki.reader.pins import Pin
from jichitai.jpki.verifier.challenge import Statement
from jichitai.kernel.errors import JichitaiError, UnavailableError
from jichitai.kernel.secrets import Secret

SHORTEST_PIN: Final = 6
_MAGIC: Final = b"jichitai-wallet/1\n"
_SALT: Final = 16
_NONCE: Final = 12
_LARGEST: Final = 512 * 1024
T = TypeVar("T")


class AnsweredRefusalError(JichitaiError):
    """The other side refused; its own words and type are in the facts."""

    type = "jpki.phone-answered-refusal"
    title = "相手が受け付けませんでした"


class Content(Struct, frozen=True, kw_only=True):
    """What a wallet holds.

    Attributes:
        device_key: PKCS#8, DER.
        issuer: origin of the issuer.
        roots: trusted roots, DER, as the issuer gave them.
        credential: CBOR of the issuer-signed items.
        valid_until: of the credential.
    """

    device_key: bytes
    issuer: str
    roots: tuple[bytes, ...]
    credential: bytes
    valid_until: datetime

    def __repr__(self) -> str:
        """Hide the person and the key."""
        return "<Content ・・・>"


class Wallet:
    """One credential with its key.

    Args:
        content: as the file holds it.
    """

    def __init__(self, content: Content) -> None:
        self.content = content
        self.roots = tuple(x509.load_der_x509_certificate(one) for one in content.roots)
        self.issued = IssuerSigned.read(mdoc.load(content.credential, "credential"))
        key = load_der_private_key(content.device_key, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - made by `ask`
        self._key = key

    @classmethod
    def open(cls, file: Path, pin: Secret) -> Self:
        """Open a wallet's file.

        Raises:
            WalletError: no such file, or another PIN.
        """
        try:
            data = file.read_bytes()
        except OSError:
            raise WalletError(
                "ウォレットのファイルがありません。先に jichitai phone ask で証明を入れてください。"
            ) from None
        body = data.removeprefix(_MAGIC)
        salt, nonce, sealed = body[:_SALT], body[_SALT : _SALT + _NONCE], body[_SALT + _NONCE :]
        try:
            plain = AESGCM(_stretched(pin, salt)).decrypt(nonce, sealed, _MAGIC)
        except (InvalidTag, ValueError):
            raise WalletError(
                "ウォレットの暗証番号が違うか、ファイルが壊れています。確かめて入力し直してください。"
            ) from None
        return cls(msgspec.msgpack.decode(plain, type=Content))

    def save(self, file: Path, pin: Secret) -> None:
        """Write the file, mode 0600, all or nothing.

        Raises:
            WalletError: the PIN is too short.
        """
        if len(pin.reveal()) < SHORTEST_PIN:
            raise WalletError(
                f"ウォレットの暗証番号が短すぎます。{SHORTEST_PIN}文字以上にしてください。"
            )
        salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
        plain = msgspec.msgpack.encode(self.content)
        sealed = AESGCM(_stretched(pin, salt)).encrypt(nonce, plain, _MAGIC)
        scratch = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(_MAGIC + salt + nonce + sealed)
            stream.flush()
            os.fsync(stream.fileno())
        scratch.replace(file)

    def elements(self) -> dict[Element, Any]:
        """What the credential says, for its holder."""
        return self.issued.elements()

    def read_request(self, text: str, client_id: str, at: datetime) -> Request:
        """Read a verifier's request; see `openid4vp.read_request`."""
        return openid4vp.read_request(text, client_id, self.roots, at)

    def respond(self, request: Request, agreed: Collection[Element]) -> str:
        """The encrypted response with the items that the holder agreed to.

        Raises:
            MissingElementError: the credential lacks one that is asked for.
        """
        held = self.elements()
        missing = [one for one in request.elements if one not in held]
        if missing:
            names = "、".join(one.japanese for one in missing)
            raise MissingElementError(
                f"この証明には、求められた項目（{names}）がありません。何も送っていません。"
                "別の方法で確かめてもらうか、証明を入れ直してください。",
                elements=[one.name for one in missing],
            )
        chosen = self.issued.chosen([one for one in request.elements if one in agreed])
        shown = mdoc.respond(chosen, self._key, request.session.transcript())
        return openid4vp.make_response(request, shown)


async def ask(
    client: httpx.AsyncClient,
    issuer: str,
    card: CardClient,
    at: Callable[[], datetime],
    *,
    with_number: bool = False,
    number_b: Pin | None = None,
) -> Wallet:
    """Ask the issuer for a credential with the card's signature.

    Args:
        client: of HTTP.
        issuer: origin of the issuer.
        card: after its signing PIN was shown.
        at: law time.
        with_number: put 個人番号 in.
        number_b: 照合番号B of the card, to put the photo in.

    Raises:
        AnsweredRefusalError: the issuer refused.
        JichitaiError: the card refused, or what came is not what was asked for.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    given = await _call(client, f"{issuer}/api/v1/jpki/phone/challenges", Challenge)
    if given.audience != issuer:
        raise UntrustedReaderError(
            "発行者の宛先が、申請した相手と違います。カードには何も送っていません。"
            "発行者のアドレスを確かめてください。"
        )
    statement = Statement(
        kind=CertificateKind.SIGNING,
        audience=issuer,
        challenge=given.challenge,
        text=application_text(spki, with_number=with_number),
    ).signed
    signature = card.sign(CertificateKind.SIGNING, statement)
    certificate = card.certificate(CertificateKind.SIGNING)
    faces = None
    if number_b is not None:
        faces = read_faces(card, number_b, challenge=face_challenge(statement))
    application = Application(
        statement=statement,
        signature=signature,
        certificate=certificate,
        device_key=spki,
        device_proof=key.sign(PROOF_PREFIX + statement, ec.ECDSA(SHA256())),
        faces=faces,
    )
    address = f"{issuer}/api/v1/jpki/phone/credentials"
    issued = await _call(client, address, Issued, msgspec.json.encode(application))
    content = Content(
        device_key=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        issuer=issuer,
        roots=issued.roots,
        credential=issued.credential,
        valid_until=issued.valid_until,
    )
    wallet = Wallet(content)
    security = check_issued(wallet.issued, wallet.roots, at())
    if security["deviceKeyInfo"]["deviceKey"] != cose_key(key.public_key()):
        raise WalletError("別の端末の証明が届きました。受け取りません。申請をやり直してください。")
    return wallet


async def fetch_request(
    client: httpx.AsyncClient, wallet: Wallet, link: str, at: datetime
) -> Request:
    """Follow a verifier's link and make sure who asks.

    Args:
        client: of HTTP.
        wallet: knows the trusted roots.
        link: `openid4vp://…` or an address with the same query.
        at: law time.

    Raises:
        UnsupportedRequestError: the link is of another kind.
        UntrustedReaderError: the verifier cannot be made sure of.
    """
    query = parse_qs(urlsplit(link).query)
    try:
        (name,), (address,) = query["client_id"], query["request_uri"]
    except (KeyError, ValueError):
        raise UnsupportedRequestError(
            "リンクに client_id と request_uri がありません。確認の画面のリンクをそのまま使ってください。"
        ) from None
    answer = await _got(client, "GET", address)
    request = wallet.read_request(answer.text, name, at)
    if not address.startswith(f"{request.origin}/"):
        raise UntrustedReaderError(
            "求めが置かれた場所が、求めている相手の宛先と違います。何も送っていません。"
        )
    return request


async def send(client: httpx.AsyncClient, request: Request, response: str) -> str:
    """Post a response.

    Returns:
        Where the holder goes on.

    Raises:
        AnsweredRefusalError: the verifier refused.
    """
    answer = await _got(client, "POST", request.session.response_uri, data={"response": response})
    onward = str(json.loads(answer.content).get("redirect_uri", ""))
    if not onward.startswith(f"{request.origin}/"):
        raise UntrustedReaderError("戻り先が、求めている相手の宛先と違います。開きません。")
    return onward


async def _call(client: httpx.AsyncClient, address: str, kind: type[T], body: bytes = b"") -> T:
    headers = {"content-type": "application/json"}
    answer = await _got(client, "POST", address, content=body, headers=headers)
    return msgspec.json.decode(answer.content, type=kind)


async def _got(client: httpx.AsyncClient, method: str, address: str, **more: Any) -> httpx.Response:
    try:
        answer = await client.request(method, address, **more)
    except httpx.HTTPError:
        raise UnavailableError(
            "相手のサイトにつながりません。ネットワークを確かめて、やり直してください。"
        ) from None
    if answer.is_success and len(answer.content) <= _LARGEST:
        return answer
    try:
        problem = json.loads(answer.content)
        detail, kind = str(problem["detail"]), str(problem["type"])
        onward = str(problem.get("redirect_uri", ""))
    except (ValueError, KeyError, TypeError):
        detail, kind, onward = "", "", ""
    raise AnsweredRefusalError(detail, refusal=kind, redirect_uri=onward)


def _stretched(pin: Secret, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**14, r=8, p=1).derive(pin.reveal().encode())
