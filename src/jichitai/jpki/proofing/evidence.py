"""What a card read in person proves, by the signatures of the card centre alone: no network is asked.

Source: docs/reference/chip.md (signatures and CV certificates); 犯収法施行規則 第6条 (IC chip of a photo document).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jichitai.jpki.chip import faces, reading
from jichitai.jpki.chip.verifiable import check_chip, check_cv, public_key_tlv
from jichitai.jpki.proofing.errors import (
    ExpiredCardError,
    MixedObjectsError,
    NoCardRootError,
    StaleReadingError,
)
from jichitai.jpki.reader.faces import FaceObjects
from jichitai.kernel.persons import Sex

_SUFFIXES: Final = (".cer", ".pem", ".der")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCard:
    """A card whose every object was checked.

    Attributes:
        chip_number: 製造番号.
        name, address: texts of 券面事項入力補助.
        birth_date, until: `YYYY-MM-DD`.
        sex: of the register.
        photo: JPEG 2000 of the card's front.
        front: the object of the front as it was read, to draw it from.
        authority: whose root stands behind it, such as `card-1`.
    """

    chip_number: str
    name: str
    address: str
    birth_date: str
    sex: Sex
    until: str
    photo: bytes
    front: bytes
    authority: str

    def __repr__(self) -> str:
        """Hide the person."""
        return "<CheckedCard ・・・>"


def check_faces(
    objects: FaceObjects, *, roots: Mapping[str, RSAPublicKey], challenge: bytes
) -> CheckedCard:
    """Check everything that was read from a card.

    In this order: the challenge is ours; the CV certificate leads to a root; the front and the texts
    are signed for this chip; both name the same chip key; the chip has its private half; texts and
    pictures are of the same person.

    Args:
        objects: files of the card, as the reader sent them.
        roots: name -> key of the card centre, every generation.
        challenge: that the reading was asked for with.

    Raises:
        StaleReadingError: another challenge.
        ForgedObjectError: a signature does not hold.
        BrokenObjectError: an object cannot be read.
        MixedObjectsError: the objects do not belong together.

    Source: docs/reference/chip.md; 番号法 第16条 (本人確認の措置).
    """
    if not secrets.compare_digest(objects.challenge, challenge):
        raise StaleReadingError(
            "カードが答えた確認用データが、この読取りのものではありません。前の読取りの写しの"
            "おそれがあるため使いません。カードをもう一度読み取ってください。"
        )
    signer = check_cv(objects.card_verifiable, roots)
    chip = objects.chip_number
    front = reading.front(objects.front)
    reading.check_face(signer.public_key, front, chip=chip)
    items = reading.items(objects.items)
    vouched = reading.authentication(objects.authentication)
    reading.check_items(signer.public_key, items, vouched, chip=chip)
    if vouched.encoded != public_key_tlv(front.chip_key):
        raise _mixed()
    check_chip(front.chip_key, number=chip, challenge=challenge, answer=objects.proof)
    if (items.birth_date, items.sex) != (front.birth_date, front.sex):
        raise _mixed()
    return CheckedCard(
        chip_number=chip,
        name=items.name,
        address=items.address,
        birth_date=items.birth_date,
        sex=items.sex,
        until=front.until,
        photo=front.photo,
        front=objects.front,
        authority=signer.issuer,
    )


def demand_valid(card: CheckedCard, on: date) -> None:
    """Refuse a card whose last day has passed; that day itself still counts.

    Raises:
        ExpiredCardError: it has.

    Source: 番号法 第17条第10項 (有効期間の満了).
    """
    if card.until < on.isoformat():
        raise ExpiredCardError(
            "このカードは有効期限が過ぎています。本人確認には使えません。ほかの書類で確かめるか、"
            "カードの更新を案内してください。"
        )


def draw_front(card: CheckedCard) -> bytes:
    """The front of the card as its chip has it, PNG, to put beside the printed one."""
    return faces.chip_front(reading.front(card.front))


def card_roots(directory: Path) -> dict[str, RSAPublicKey]:
    """Keys of the card centre from files named by authority, such as `card-1.cer`.

    Args:
        directory: of the certificates, DER or PEM.

    Raises:
        NoCardRootError: there is none, or one cannot be read.
    """
    found: dict[str, RSAPublicKey] = {}
    files = sorted(directory.glob("card-[0-9]*")) if directory.is_dir() else []
    for file in files:
        if file.suffix in _SUFFIXES:
            found[file.stem] = root_key(file.read_bytes(), file.name)
    if not found:
        raise NoCardRootError(
            "カードの署名を確かめる認証局の証明書（card-1.cer など）がありません。"
            "公表された証明書を置き、フィンガープリントを確かめてください。"
        )
    return found


def root_key(data: bytes, name: str) -> RSAPublicKey:
    """The key of a card centre's certificate.

    Raises:
        NoCardRootError: it is no such certificate.
    """
    try:
        pem = b"-----BEGIN" in data
        load = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
        certificate = load(data)
        certificate.verify_directly_issued_by(certificate)
        key = certificate.public_key()
    except (ValueError, TypeError, InvalidSignature) as error:
        raise _bad_root(name) from error
    if not isinstance(key, RSAPublicKey):
        raise _bad_root(name)
    return key


def _mixed() -> MixedObjectsError:
    return MixedObjectsError(
        "カードの文字のデータと券面の画像が、別の人または別のカードのものです。"
        "このカードを本人確認に使わず、所持者に事情を確かめてください。"
    )


def _bad_root(name: str) -> NoCardRootError:
    return NoCardRootError(
        f"{name} は認証局の証明書として読み取れません。公表された証明書を置き直してください。"
    )
