"""電子証明書の発行 (J01 → J02) at the nation: the checks of the law, then the authorities.

A request is answered once; the same request again gets the same answer. A refusal is an answer
too: the counter shows it to the person who waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from jichitai.infra.database import Tx
from jichitai.infra.messages import Received
from jichitai.jpki import clocks
from jichitai.jpki.authority import keys as key_rules
from jichitai.jpki.authority import service as authority
from jichitai.jpki.authority.authorities import Authorities, CardCentre
from jichitai.jpki.authority.model import IssuedCertificate, Order, serial_of
from jichitai.jpki.authority.vault import Vault
from jichitai.jpki.chip.verifiable import make_cv, sign_objects
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.lifecycle import model, store
from jichitai.jpki.lifecycle.errors import (
    CardExpiredError,
    ChipOfAnotherPersonError,
    DoubledKindError,
    NotProvedError,
    NotResidentError,
    TooYoungError,
)
from jichitai.jpki.lifecycle.model import Basis
from jichitai.jpki.lifecycle.store import Ending, Row
from jichitai.jpki.lifecycle.watching import Told, end_and_tell, seal_basis
from jichitai.jpki.messages import J01, J02, Issued, KeyRequest, ObjectSignatures, decode
from jichitai.jukinet.errors import InvalidMessageError, WrongOriginError
from jichitai.jukinet.network import standing
from jichitai.jukinet.network.standing import StandingRecord
from jichitai.jukinet.node import Node
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.parties import NATION, Party

PERMIT_LABEL: Final = b"jichitai-chip-write"
_CENTRE_NAME: Final = "card-objects"
_encode = msgspec.json.Encoder().encode
_answer = msgspec.json.Decoder(J02)


@dataclass(frozen=True, slots=True)
class _Case:
    """A request that passed its checks, with what it is decided by."""

    request: J01
    record: StandingRecord
    keys: Mapping[CertificateKind, rsa.RSAPublicKey]
    known: Sequence[Row]
    at: datetime
    today: date

    @property
    def birth(self) -> UncertainDate:
        return UncertainDate.parse(self.record.identity.birth_date)

    def earlier(self, kind: CertificateKind) -> Row | None:
        """The certificate of this kind that is in force."""
        medium = self.request.medium
        mine = (row for row in self.known if (row.kind, row.medium) == (kind, medium))
        return next(mine, None)


class Issuer:
    """Answers requests for certificates."""

    def __init__(self, node: Node, vault: Vault) -> None:
        """Take the nation's node and the vault of the authorities' keys."""
        self._node = node
        self._vault = vault
        self._authorities: Authorities | None = None

    async def receive_requests(self, tx: Tx, batch: Sequence[Received]) -> None:
        """電子証明書の発行申請 (J01): issue and answer, or refuse and answer.

        Raises:
            InvalidMessageError: content that is no J01.
            WrongOriginError: a town speaks for another one.
        """
        for received in batch:
            body = decode(received.kind, received.version, received.body)
            if not isinstance(body, J01):
                raise InvalidMessageError("電子証明書の発行申請ではありません。")
            if received.origin != Party.town(body.municipality):
                raise WrongOriginError(
                    "署名した団体と、申請の市区町村が違います。", origin=str(received.origin)
                )
            answer = await self.answer(tx, body)
            await self._node.send(tx, NATION, received.origin, answer)

    async def answer(self, tx: Tx, request: J01) -> J02:
        """The answer to one request.

        Raises:
            WrongOriginError: another town used this request id before.

        Source: 公的個人認証法 第3条, 第6条, 第22条, 第25条.
        """
        network, at = self._node.keys.network, self._node.clock.now()
        if (known := await store.answer_of(tx, request.request_id)) is not None:
            answer = _answer.decode(network.open(known, request.request_id.bytes))
            if answer.municipality != request.municipality:
                raise WrongOriginError("他の市区町村の申請と同じ番号です。")
            return answer
        try:
            async with tx.transaction():
                answer = await self._issue(tx, request)
        except JichitaiError as refusal:
            answer = _refused(request, refusal)
        sealed = network.seal(_encode(answer), request.request_id.bytes)
        await store.save_answer(tx, request.request_id, request.municipality, sealed, at)
        return answer

    async def _issue(self, tx: Tx, request: J01) -> J02:
        case = await self._case(tx, request)
        authorities = await self.authorities(tx)
        replaced = await self._make_way(tx, case)
        orders = self._orders(case, replaced)
        issued = await authority.issue_many(tx, authorities, orders, at=case.at)
        centre = authorities.card_centre()
        return J02(
            request_id=request.request_id,
            municipality=request.municipality,
            issued=tuple(_told(one) for one in issued),
            signatures=_signatures(centre, request),
            permit=permit(centre, request.chip_number, request.chip_challenge),
        )

    async def authorities(self, tx: Tx) -> Authorities:
        """The authorities as they stand now."""
        known = self._authorities
        fresh = await (known.fresh(tx) if known else Authorities.load(tx, self._vault))
        self._authorities = fresh
        return fresh

    async def _case(self, tx: Tx, request: J01) -> _Case:
        keys = checked_keys(request)
        record = await standing.by_code(tx, self._node.keys, request.juki_code, lock=True)
        if record is None or not record.live or record.municipality != request.municipality:
            raise NotResidentError(
                "全国の記録では、この人は申請した市区町村の住民ではありません。転入の処理がまだ"
                "届いていないときは、しばらく待ってやり直してください。",
                municipality=request.municipality,
            )
        at = self._node.clock.now()
        known = await store.in_force(tx, [record.person_id], at)
        case = _Case(request, record, keys, known, at, self._node.clock.today())
        _check_days(case)
        if await store.chip_of_another(tx, request.chip_number, record.person_id):
            raise ChipOfAnotherPersonError(
                "このカードには、別の人の電子証明書が入っています。カードの製造番号を確かめ、新しい"
                "カードを使ってください。"
            )
        return case

    async def _make_way(self, tx: Tx, case: _Case) -> dict[CertificateKind, bytes]:
        """End what the new certificates take the place of; the serials of those.

        Expired ones leave their place in any case, those in force only on a renewal.
        """
        person_id, medium = case.record.person_id, case.request.medium
        replaced = await store.leave_place(tx, person_id, case.keys, medium, case.at)
        if case.request.renews:
            rows = [row for kind in case.keys if (row := case.earlier(kind)) is not None]
            endings = [Ending(row, model.RENEWED, case.at) for row in rows]
            told = Told(case.record.municipality, case.record.identity.juki_code)
            await end_and_tell(tx, self._node, endings, {person_id: told})
            replaced |= {row.kind: row.serial for row in rows}
        return replaced

    def _orders(self, case: _Case, replaced: Mapping[CertificateKind, bytes]) -> list[Order]:
        record, request = case.record, case.request
        items = model.items_of(record.identity, record.municipality)
        basis = Basis(municipality=record.municipality, certified=items, current=items)
        sealed = seal_basis(self._node.keys.columns, basis, record.person_id)
        ends = _last_days(case)
        return [
            Order(
                person_id=record.person_id,
                kind=kind,
                medium=request.medium,
                municipality=request.municipality,
                public_key=key,
                items=items if kind is CertificateKind.SIGNING else None,
                basis=sealed,
                chip_number=request.chip_number,
                request_id=request.request_id,
                not_after=clocks.end_of(ends[kind]),
                replaces=serial_of(replaced[kind]) if kind in replaced else None,
            )
            for kind, key in case.keys.items()
        ]


def checked_keys(request: J01) -> dict[CertificateKind, rsa.RSAPublicKey]:
    """The public keys of a request, each proved by its own signature.

    Raises:
        DoubledKindError: a kind stands twice.
        UnusableKeyError: a key that may not be certified.
        NotProvedError: the proof is not by the key, or for another request.

    Source: 公的個人認証法 第3条第4項, 第22条第4項.
    """
    if len({key.kind for key in request.keys}) < len(request.keys):
        raise DoubledKindError(
            "同じ種類の電子証明書が二つ申請されています。署名用と利用者証明用を1枚ずつ申請してください。"
        )
    return {one.kind: _proved(one, request) for one in request.keys}


def permit(centre: CardCentre, chip_number: str, challenge: bytes) -> bytes:
    """The card centre's permission to write one chip once.

    Source: docs/reference/chip.md (this project's own design).
    """
    return centre.writer.sign(PERMIT_LABEL + chip_number.encode() + challenge)


def _proved(one: KeyRequest, request: J01) -> rsa.RSAPublicKey:
    key = key_rules.check_public_key(one.public_key, request.medium)
    try:
        if not isinstance(key, rsa.RSAPublicKey):
            raise InvalidSignature  # noqa: TRY301 - a town's chips have RSA keys only
        message = request.request_id.bytes + one.public_key
        key.verify(one.proof, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise NotProvedError(
            "新しい鍵による証明を確かめられません。カードで鍵を作り直してください。",
            kind=one.kind.value,
        ) from None
    return key


def _card_until(request: J01) -> date:
    try:
        return date.fromisoformat(request.card_until)
    except ValueError:
        raise InvalidMessageError(
            "カードの有効期限が暦にない日です。申請の内容を直してやり直してください。"
        ) from None


def _check_days(case: _Case) -> None:
    if _card_until(case.request) < case.today:
        raise CardExpiredError(
            "カードの有効期限が過ぎているため、電子証明書を発行できません。新しいカードを申請して"
            "もらってください。"
        )
    alone = clocks.may_sign_alone(case.birth, case.today)
    if CertificateKind.SIGNING in case.keys and not (alone or case.request.guardian):
        raise TooYoungError(
            "15歳未満の人には、原則として署名用電子証明書を発行しません。法定代理人が希望するときは、"
            "その申出を記録して申請し直してください。"
        )


def _last_days(case: _Case) -> dict[CertificateKind, date]:
    """The last day of each certificate; user authentication first, as signing ends with it."""
    ends: dict[CertificateKind, date] = {}
    card_until = min(
        _card_until(case.request),
        clocks.card_validity_end(case.birth, case.today),
    )
    for kind in sorted(case.keys, key=lambda kind: kind is CertificateKind.SIGNING):
        earlier = case.earlier(kind)
        ends[kind] = clocks.validity_end(
            case.birth,
            case.today,
            card_until=card_until,
            renewed_from=clocks.last_day(earlier.not_after) if earlier else None,
            auth_until=_auth_until(case, ends) if kind is CertificateKind.SIGNING else None,
        )
    return ends


def _auth_until(case: _Case, ends: Mapping[CertificateKind, date]) -> date | None:
    if CertificateKind.USER_AUTH in ends:
        return ends[CertificateKind.USER_AUTH]
    other = case.earlier(CertificateKind.USER_AUTH)
    return clocks.last_day(other.not_after) if other else None


def _signatures(centre: CardCentre, request: J01) -> ObjectSignatures | None:
    if request.objects is None:
        return None
    return sign_objects(
        centre.objects,
        number=request.chip_number,
        hashes_=request.objects,
        card_verifiable=make_cv(
            issuer=centre.authority.id,
            subject=_CENTRE_NAME,
            public_key=centre.objects.public_key(),
            by=_root_key(centre),
        ),
    )


def _root_key(centre: CardCentre) -> rsa.RSAPrivateKey:
    key = centre.authority.key
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - authorities have RSA keys
    return key


def _told(one: IssuedCertificate) -> Issued:
    return Issued(
        kind=one.order.kind,
        certificate=one.certificate.public_bytes(Encoding.DER),
        authority=one.authority_certificate.public_bytes(Encoding.DER),
    )


def _refused(request: J01, refusal: JichitaiError) -> J02:
    return J02(
        request_id=request.request_id,
        municipality=request.municipality,
        issued=(),
        signatures=None,
        permit=b"",
        refusal=refusal.type[:80],
        detail=refusal.detail[:500],
    )
