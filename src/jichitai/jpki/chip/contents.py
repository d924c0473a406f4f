"""What is written into a chip for one person: texts, pictures, hashes, and in the end files.

```
card = CardData(…)                        # what is printed
objects = build(card, chip_key, drawn)    # drawn: the pictures, faces.draw(card, typeface)
objects.hashes() → J01 → signatures       # the card centre signs
files(card, objects, signatures, …)       # to write with `issuing.write`
pins(card, chosen)                        # to set with `issuing.set_pin`
```

Source: docs/reference/chip.md; layouts of the published clients of the card.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jichitai.jpki.chip import layout, tlv
from jichitai.jpki.chip.layout import App
from jichitai.jpki.chip.verifiable import digest, public_key_tlv
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.messages import Issued, ObjectHashes, ObjectSignatures
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.identifiers import JukiCode, LocalGovernmentCode, MyNumber
from jichitai.kernel.persons import Sex
from jichitai.kernel.secrets import Secret

TOKEN: Final = b"JPKIAPICCTOKEN".ljust(32)
VERSION: Final = 1
_SECURITY_CODE: Final = re.compile(r"\d{4}")
File = tuple[App, int, bytes]
PinValue = tuple[App, int, Secret]


class UnwritableCardError(InvalidError):
    """The data of a card do not have the form that the chip and its face want."""

    type = "jpki.unwritable-card"
    title = "カードに書き込めない内容です"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardData:
    """券面事項: what is printed on a card and written into its chip.

    Attributes:
        name: family and given name separated by a full-width space; a 旧氏 in brackets.
        address: from the prefecture on.
        birth_date: the kernel's code of an uncertain date.
        sex: of the register.
        municipality: of residence.
        until: the card's last day (有効期限).
        certificate_until: the certificates' last day, printed; None: no certificate.
        security_code: four digits drawn at random for this card.
        my_number: 個人番号; None for a card without.
        juki_code: 住民票コード for 住基AP.
        foreign: whether dates are printed in the western way.

    Source: 番号法 第2条第7項; カード省令 第17条.
    """

    name: str
    address: str
    birth_date: str
    sex: Sex
    municipality: LocalGovernmentCode
    until: date
    security_code: str
    my_number: MyNumber | None
    juki_code: JukiCode | None
    certificate_until: date | None = None
    foreign: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be written."""
        if not _SECURITY_CODE.fullmatch(self.security_code):
            raise UnwritableCardError("セキュリティコードは4桁の数字です。作り直してください。")
        if not self.name.strip() or not self.address.strip():
            raise UnwritableCardError(
                "氏名と住所のないカードは作れません。住民票の記載を確かめてください。"
            )

    def __repr__(self) -> str:
        """Hide the person."""
        return "<CardData ・・・>"

    @property
    def birth(self) -> UncertainDate:
        """The birth date."""
        return UncertainDate.parse(self.birth_date)

    @property
    def birth_digits(self) -> str:
        """`YYYYMMDD`; zeros when the day is not certain, as in certificates."""
        born = self.birth
        return f"{born.sort_key:%Y%m%d}" if born.is_certain else "00000000"

    @property
    def number_b(self) -> str:
        """照合番号B: birth YYMMDD, year of expiry, security code.

        Source: 番号法施行規則 (券面の照合番号); layout of the published clients.
        """
        return f"{self.birth_digits[2:]}{self.until:%Y}{self.security_code}"

    @property
    def age_number(self) -> str:
        """Our own number for the file of the birth date alone: year of expiry, security code.

        Source: docs/reference/chip.md.
        """
        return f"{self.until:%Y}{self.security_code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Pictures in the chip.

    Attributes:
        name, address, security_code: PNG.
        photo: JPEG 2000, grey.
        number: PNG of 個人番号; None for a card without.
    """

    name: bytes
    address: bytes
    security_code: bytes
    photo: bytes
    number: bytes | None

    def __repr__(self) -> str:
        """Hide the person."""
        return "<Drawn ・・・>"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenPins:
    """What the holder chose; it never leaves the writing terminal.

    Attributes:
        user_auth: 利用者証明用, four digits.
        signing: 署名用, None when there is no signing certificate.
        input: 券面事項入力補助用, four digits.
        register: 住民基本台帳用, four digits.
    """

    user_auth: Secret
    signing: Secret | None
    input: Secret
    register: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """The data objects without their signatures.

    Attributes:
        number: 個人番号 object, None for a card without.
        items: 基本4情報 object.
        chip_key: the chip's public key, as objects carry it.
        birth, front, back: the fields of the objects of 券面事項確認, in order, without signature.
    """

    number: bytes | None
    items: bytes
    chip_key: bytes
    birth: tuple[tuple[int, bytes], ...]
    front: tuple[tuple[int, bytes], ...]
    back: tuple[tuple[int, bytes], ...] | None

    def __repr__(self) -> str:
        """Hide the person."""
        return "<Objects ・・・>"

    def hashes(self) -> ObjectHashes:
        """What the card centre signs.

        Source: docs/reference/chip.md.
        """
        return ObjectHashes(
            number=None if self.number is None else digest(self.number),
            items=items_digest(self.items, self.chip_key),
            birth=fields_digest(self.birth),
            front=fields_digest(self.front),
            back=None if self.back is None else fields_digest(self.back),
        )


def build(card: CardData, chip_key: RSAPublicKey, drawn: Drawn) -> Objects:
    """Make the data objects of one card.

    Args:
        card: what is printed.
        chip_key: public half of the chip's own key, made on it.
        drawn: the pictures.

    Source: docs/reference/chip.md.
    """
    key = public_key_tlv(chip_key)
    birth, sex = card.birth_digits.encode(), _sex(card.sex).encode()
    number = card.my_number
    front = (
        (0xDF22, birth),
        (0xDF23, sex),
        (0xDF24, key),
        (0xDF25, drawn.name),
        (0xDF26, drawn.address),
        (0xDF27, drawn.photo),
        (0xDF29, f"{card.until:%Y%m%d}".encode()),
        (0xDF2A, drawn.security_code),
    )
    texts = (
        (0xDF22, card.name.encode()),
        (0xDF23, card.address.encode()),
        (0xDF24, birth),
        (0xDF25, sex),
    )
    return Objects(
        number=None if number is None else tlv.encode(0xDF10, number.reveal().encode()),
        items=_indexed(0xFF20, 0xDF21, texts),
        chip_key=key,
        birth=((0xDF11, birth), (0xDF12, key)),
        front=front,
        back=None if drawn.number is None else ((0xDF41, drawn.number), (0xDF42, key)),
    )


def files(
    card: CardData,
    objects: Objects,
    signatures: ObjectSignatures,
    issued: Iterable[Issued] = (),
) -> list[File]:
    """Every file to write, signatures and certificates included.

    Source: docs/reference/chip.md.
    """
    municipality = str(card.municipality).encode()
    cv = signatures.card_verifiable
    key = tlv.encode(0xDF51, objects.chip_key) + tlv.encode(0xDF52, signatures.items)
    birth = [*objects.birth, (0xDF13, signatures.birth)]
    front = [*objects.front[:-2], (0xDF28, signatures.front), *objects.front[-2:]]
    made: list[File] = [
        (App.INPUT, layout.INPUT_ITEMS, objects.items),
        (App.INPUT, layout.INPUT_SIGNATURES, _signatures(objects, signatures)),
        (App.INPUT, layout.INPUT_CV, cv),
        (App.INPUT, layout.INPUT_ABOUT, b"JTIN\0" + bytes([VERSION]) + municipality),
        (App.INPUT, layout.INPUT_AUTHENTICATION, tlv.encode(0xFF50, key)),
        (App.FACE, layout.FACE_BIRTH, tlv.encode(0xFF10, _joined(birth))),
        (App.FACE, layout.FACE_FRONT, _indexed(0xFF20, 0xDF21, front)),
        (App.FACE, layout.FACE_ABOUT, b"JTFA\0" + bytes([VERSION]) + municipality),
        (App.FACE, layout.FACE_CV, cv),
    ]
    if objects.number is not None:
        made.append((App.INPUT, layout.INPUT_NUMBER, objects.number))
    if objects.back is not None and signatures.back is not None:
        back = [*objects.back, (0xDF43, signatures.back)]
        made.append((App.FACE, layout.FACE_BACK, tlv.encode(0xFF40, _joined(back))))
    if card.juki_code is not None:
        code = tlv.encode(0xDF10, card.juki_code.reveal().encode())
        made.append((App.REGISTER, layout.REGISTER_CODE, code))
    return made + certificate_files(issued)


def certificate_files(issued: Iterable[Issued]) -> list[File]:
    """The files of 公的個人認証AP: certificates, those of their authorities, and the token string.

    Source: layout of the published clients.
    """
    made: list[File] = []
    for one in issued:
        own, authority = _CERTIFICATES[one.kind]
        made.append((App.JPKI, own, one.certificate))
        made.append((App.JPKI, authority, one.authority))
    return [*made, (App.JPKI, layout.TOKEN, TOKEN)] if made else made


def pins(card: CardData, chosen: ChosenPins) -> list[PinValue]:
    """Every PIN and number to set.

    Source: docs/reference/chip.md.
    """
    made: list[PinValue] = [
        (App.JPKI, layout.USER_AUTH_PIN, chosen.user_auth),
        (App.INPUT, layout.INPUT_PIN, chosen.input),
        (App.INPUT, layout.INPUT_B, Secret(card.number_b)),
        (App.FACE, layout.FACE_B, Secret(card.number_b)),
        (App.FACE, layout.FACE_AGE_PIN, Secret(card.age_number)),
        (App.REGISTER, layout.REGISTER_PIN, chosen.register),
    ]
    if chosen.signing is not None:
        made.append((App.JPKI, layout.SIGNING_PIN, chosen.signing))
    if card.my_number is not None:
        number = Secret(card.my_number.reveal())
        made += [(App.INPUT, layout.INPUT_A, number), (App.FACE, layout.FACE_A, number)]
    return made


def items_digest(items: bytes, chip_key: bytes) -> bytes:
    """Hash of 基本4情報 together with the chip's key.

    Source: docs/reference/chip.md.
    """
    return digest(items + tlv.encode(0xDF51, chip_key))


def fields_digest(fields: Iterable[tuple[int, bytes]]) -> bytes:
    """Hash of the fields of an object, in order, without offsets and signature.

    Source: docs/reference/chip.md.
    """
    return digest(_joined(fields))


_CERTIFICATES: Final = {
    CertificateKind.SIGNING: (layout.SIGNING_CERTIFICATE, layout.SIGNING_AUTHORITY),
    CertificateKind.USER_AUTH: (layout.USER_AUTH_CERTIFICATE, layout.USER_AUTH_AUTHORITY),
}


def _signatures(objects: Objects, signatures: ObjectSignatures) -> bytes:
    hashes = objects.hashes()
    parts = [(0xDF32, hashes.items), (0xDF33, signatures.items)]
    if hashes.number is not None and signatures.number is not None:
        parts = [(0xDF31, hashes.number), *parts, (0xDF34, signatures.number)]
    return tlv.encode(0xFF30, _joined(parts))


def _sex(sex: Sex) -> str:
    return "9" if sex is Sex.UNKNOWN else sex.value


def _joined(fields: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(tlv.encode(tag, value) for tag, value in fields)


def _indexed(tag: int, index: int, fields: Sequence[tuple[int, bytes]]) -> bytes:
    """A template whose first field says where each of the others starts, from the file's start."""
    parts = [tlv.encode(one, value) for one, value in fields]
    size = len(tlv.encode(index, bytes(2 * len(parts)))) + sum(map(len, parts))
    at = len(tlv.encode(tag, b"")) - 1 + len(tlv.length(size)) + size - sum(map(len, parts))
    starts = []
    for part in parts:
        starts.append(at.to_bytes(2))
        at += len(part)
    return tlv.encode(tag, tlv.encode(index, b"".join(starts)) + b"".join(parts))
