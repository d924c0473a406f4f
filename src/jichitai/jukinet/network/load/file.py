"""The file of a town's identity records: sealed chunks under a signed manifest."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from msgspec import Struct

from jichitai.infra.crypto import Sealer
from jichitai.infra.keys import SigningKey
from jichitai.infra.messages import PublicKeys
from jichitai.jukinet.errors import LoadRefusedError
from jichitai.jukinet.messages import Identity
from jichitai.kernel.parties import Party

CHUNK: Final = 10_000
_ALGORITHM: Final = "Ed25519"
_TYPE: Final = "jichitai-identity-file+jws"


class LoadRow(Struct, frozen=True, array_like=True):
    """One person of the file."""

    juki_code: str
    my_number: str | None
    name: str
    kana: str
    birth_date: str
    sex: str
    postal_code: str
    address: str
    former_name: str | None
    former_kana: str | None
    alias: str | None
    alias_kana: str | None
    net_reason: str
    changed_on: str
    residence_since: date
    event_number: int

    def __repr__(self) -> str:
        """Hide the person from logs and traces."""
        return "<LoadRow ・・・>"


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What the town signs: whose file, how far it goes, and the digest of its chunks."""

    municipality: str
    event_number: int
    persons: int
    chunks: int
    sha256: bytes
    made_at: datetime


@dataclass(frozen=True, slots=True)
class IdentityFile:
    """A town's identity records as they travel.

    Attributes:
        manifest: compact JWS by the town.
        chunks: sealed with the network key, each bound to the town and its place.
    """

    manifest: bytes
    chunks: tuple[bytes, ...]


_encode_rows = msgspec.msgpack.Encoder().encode
_decode_rows = msgspec.msgpack.Decoder(list[LoadRow]).decode


def row_of(identity: Identity, *, changed_on: str, since: date, event_number: int) -> LoadRow:
    """A person of the file, as an entry that the load explains."""
    return LoadRow(
        identity.juki_code,
        identity.my_number,
        identity.name,
        identity.kana,
        identity.birth_date,
        identity.sex,
        identity.postal_code,
        identity.address,
        identity.former_name,
        identity.former_kana,
        identity.alias,
        identity.alias_kana,
        "N03",
        changed_on,
        since,
        event_number,
    )


def make_file(
    rows: Iterable[LoadRow],
    *,
    municipality: str,
    event_number: int,
    made_at: datetime,
    network: Sealer,
    key: SigningKey,
) -> IdentityFile:
    """Pack, seal and sign the records of one town."""
    chunks: list[bytes] = []
    persons = 0
    for part in _parts(rows):
        persons += len(part)
        chunks.append(network.seal(_encode_rows(part), _context(municipality, len(chunks))))
    manifest = Manifest(municipality, event_number, persons, len(chunks), _digest(chunks), made_at)
    header = {"alg": _ALGORITHM, "kid": key.kid, "typ": _TYPE}
    signed = jws.serialize_compact(
        header,
        msgspec.json.encode(manifest),
        OKPKey.import_key(key.private),
        algorithms=[_ALGORITHM],
    )
    return IdentityFile(signed.encode(), tuple(chunks))


def verify_file(file: IdentityFile, keys: PublicKeys) -> Manifest:
    """Check the town's signature and that the chunks are those it signed.

    Raises:
        LoadRefusedError: forged, changed, incomplete or not readable.
    """
    try:
        kid = str(jws.extract_compact(file.manifest).headers()["kid"])
        party, key = keys[kid]
        token = jws.deserialize_compact(file.manifest, key, algorithms=[_ALGORITHM])
        manifest = msgspec.json.decode(token.payload, type=Manifest)
    except (KeyError, ValueError, JoseError, msgspec.MsgspecError):
        raise _refused(
            "初期データの署名を確認できません。送った団体と鍵の登録を確かめてください。"
        ) from None
    if token.headers().get("typ") != _TYPE or party != str(Party.town(manifest.municipality)):
        raise _refused("初期データに署名した団体が、データの市区町村と違います。")
    if manifest.chunks != len(file.chunks) or manifest.sha256 != _digest(file.chunks):
        raise _refused("初期データが署名された内容と一致しません。もう一度受け取ってください。")
    return manifest


def open_chunk(chunk: bytes, municipality: str, place: int, network: Sealer) -> list[LoadRow]:
    """The rows of one chunk.

    Raises:
        UnreadableSealError: of another town, place or key.
        LoadRefusedError: not of the agreed form.
    """
    plain = network.open(chunk, _context(municipality, place))
    try:
        return _decode_rows(plain)
    except msgspec.MsgspecError:
        raise _refused("初期データの形式が正しくありません。") from None


def _parts(rows: Iterable[LoadRow]) -> Iterator[list[LoadRow]]:
    part: list[LoadRow] = []
    for row in rows:
        part.append(row)
        if len(part) == CHUNK:
            yield part
            part = []
    if part:
        yield part


def _digest(chunks: Sequence[bytes]) -> bytes:
    whole = hashlib.sha256()
    for chunk in chunks:
        whole.update(hashlib.sha256(chunk).digest())
    return whole.digest()


def _context(municipality: str, place: int) -> bytes:
    return f"identity-file|{municipality}|{place}".encode()


def _refused(detail: str) -> LoadRefusedError:
    return LoadRefusedError(detail)
