"""The other way: from the bytes of a chip's files to values, and the check of their signatures.

A value is only worth something after `check_…`; the functions raise and never return a verdict.

Source: docs/reference/chip.md.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jichitai.jpki.chip import tlv
from jichitai.jpki.chip.contents import fields_digest, items_digest
from jichitai.jpki.chip.errors import BrokenObjectError
from jichitai.jpki.chip.verifiable import ObjectKind, check_object, digest, read_public_key
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.kernel.persons import Sex

_SEXES: Final = {"1": Sex.MALE, "2": Sex.FEMALE, "9": Sex.UNKNOWN, "3": Sex.UNKNOWN}
_FRONT: Final = (0xDF22, 0xDF23, 0xDF24, 0xDF25, 0xDF26, 0xDF27, 0xDF29, 0xDF2A)


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """基本4情報 as text.

    Attributes:
        name, address: as printed.
        birth_date: `YYYY-MM-DD`; parts that are not known are 00.
        sex: of the register.
        content: the object itself, for the check.
    """

    name: str
    address: str
    birth_date: str
    sex: Sex
    content: bytes

    def __repr__(self) -> str:
        """Hide the person."""
        return "<Items ・・・>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """The object of the birth date alone, for a check of age.

    Attributes:
        birth_date: `YYYY-MM-DD`.
        chip_key: to challenge the chip with.
    """

    birth_date: str
    chip_key: RSAPublicKey
    signature: bytes
    digest: bytes

    def __repr__(self) -> str:
        """Hide the person."""
        return "<Birth ・・・>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The front of a card as its chip has it.

    Attributes:
        birth_date, until: `YYYY-MM-DD`.
        sex: of the register.
        name, address, security_code: PNG.
        photo: JPEG 2000.
        chip_key: to challenge the chip with.
    """

    birth_date: str
    sex: Sex
    until: str
    name: bytes
    address: bytes
    security_code: bytes
    photo: bytes
    chip_key: RSAPublicKey
    signature: bytes
    digest: bytes

    def __repr__(self) -> str:
        """Hide the person."""
        return "<Front ・・・>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """The back of a card: the picture of 個人番号."""

    number: bytes
    chip_key: RSAPublicKey
    signature: bytes
    digest: bytes

    def __repr__(self) -> str:
        """Hide the person."""
        return "<Back ・・・>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """The chip's public key, signed together with 基本4情報."""

    chip_key: RSAPublicKey
    encoded: bytes
    signature: bytes


def number(content: bytes) -> MyNumber:
    """個人番号 of 券面事項入力補助 0001; bytes after it are ignored.

    Raises:
        BrokenObjectError: the object cannot be read.
        InvalidMyNumberError: its check digit is wrong.

    Source: layout of the published clients.
    """
    return MyNumber.parse(_only(content, 0xDF10))


def juki_code(content: bytes) -> JukiCode:
    """住民票コード of 住基AP 0001.

    Raises:
        BrokenObjectError: the object cannot be read.

    Source: docs/reference/chip.md.
    """
    return JukiCode.parse(_only(content, 0xDF10))


def items(content: bytes) -> Items:
    """基本4情報 of 券面事項入力補助 0002.

    Raises:
        BrokenObjectError: the object cannot be read.

    Source: layout of the published clients.
    """
    found = _Fields(content, 0xFF20)
    return Items(
        name=found.text(0xDF22),
        address=found.text(0xDF23),
        birth_date=found.day(0xDF24),
        sex=found.sex(0xDF25),
        content=content[: tlv.take(content)[1]],
    )


def authentication(content: bytes) -> Authentication:
    """The chip's key of 券面事項入力補助 0007.

    Raises:
        BrokenObjectError: the object cannot be read.

    Source: docs/reference/chip.md.
    """
    found = _Fields(content, 0xFF50)
    key = found[0xDF51]
    return Authentication(chip_key=read_public_key(key), encoded=key, signature=found[0xDF52])


def birth(content: bytes) -> Birth:
    """The birth date of 券面事項確認 0001.

    Raises:
        BrokenObjectError: the object cannot be read.

    Source: docs/reference/chip.md.
    """
    found = _Fields(content, 0xFF10)
    return Birth(
        birth_date=found.day(0xDF11),
        chip_key=read_public_key(found[0xDF12]),
        signature=found[0xDF13],
        digest=found.digest(0xDF11, 0xDF12),
    )


def front(content: bytes) -> Front:
    """The front of 券面事項確認 0002.

    Raises:
        BrokenObjectError: the object cannot be read.

    Source: docs/reference/chip.md.
    """
    found = _Fields(content, 0xFF20)
    return Front(
        birth_date=found.day(0xDF22),
        sex=found.sex(0xDF23),
        chip_key=read_public_key(found[0xDF24]),
        name=found[0xDF25],
        address=found[0xDF26],
        photo=found[0xDF27],
        signature=found[0xDF28],
        until=found.day(0xDF29),
        security_code=found[0xDF2A],
        digest=found.digest(*_FRONT),
    )


def back(content: bytes) -> Back:
    """The back of 券面事項確認 0005.

    Raises:
        BrokenObjectError: the object cannot be read.

    Source: docs/reference/chip.md.
    """
    found = _Fields(content, 0xFF40)
    return Back(
        number=found[0xDF41],
        chip_key=read_public_key(found[0xDF42]),
        signature=found[0xDF43],
        digest=found.digest(0xDF41, 0xDF42),
    )


def chip_number(record: bytes) -> str:
    """製造番号 of the common record: 13 digits from its third character on.

    Raises:
        BrokenObjectError: the record cannot be read.

    Source: layout of the published clients.
    """
    text = tlv.take(record)[0].value[2:]
    if len(text) != 13 or not text.isdigit():
        raise _broken()
    return text.decode("ascii")


def check_number(key: RSAPublicKey, content: bytes, signatures: bytes, *, chip: str) -> None:
    """Check 個人番号 against 券面事項入力補助 0003.

    Raises:
        ForgedObjectError: the signature does not hold.

    Source: docs/reference/chip.md.
    """
    signature = _Fields(signatures, 0xFF30)[0xDF34]
    signed = content[: tlv.take(content)[1]]
    check_object(key, ObjectKind.NUMBER, number=chip, digest=digest(signed), signature=signature)


def check_items(key: RSAPublicKey, items: Items, made: Authentication, *, chip: str) -> None:
    """Check 基本4情報 and the chip's key, which are signed together.

    Raises:
        ForgedObjectError: the signature does not hold.

    Source: docs/reference/chip.md.
    """
    hashed = items_digest(items.content, made.encoded)
    check_object(key, ObjectKind.ITEMS, number=chip, digest=hashed, signature=made.signature)


def check_face(key: RSAPublicKey, read: Birth | Front | Back, *, chip: str) -> None:
    """Check an object of 券面事項確認.

    Raises:
        ForgedObjectError: the signature does not hold.

    Source: docs/reference/chip.md.
    """
    kinds: dict[type, ObjectKind] = {
        Birth: ObjectKind.BIRTH,
        Front: ObjectKind.FRONT,
        Back: ObjectKind.BACK,
    }
    check_object(key, kinds[type(read)], number=chip, digest=read.digest, signature=read.signature)


class _Fields:
    """The fields of one object; a missing one is a broken object."""

    def __init__(self, content: bytes, tag: int) -> None:
        self._found = tlv.fields(content, tag)

    def __getitem__(self, tag: int) -> bytes:
        value = self._found.get(tag)
        if value is None:
            raise _broken()
        return value

    def text(self, tag: int) -> str:
        return _decoded(self[tag], "utf-8")

    def day(self, tag: int) -> str:
        digits = _decoded(self[tag], "ascii")
        if len(digits) != 8 or not digits.isdigit():
            raise _broken()
        return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"

    def sex(self, tag: int) -> Sex:
        sex = _SEXES.get(_decoded(self[tag], "ascii"))
        if sex is None:
            raise _broken()
        return sex

    def digest(self, *tags: int) -> bytes:
        return fields_digest((tag, self[tag]) for tag in tags)


def _only(content: bytes, tag: int) -> str:
    found, _ = tlv.take(content)
    if found.tag != tag:
        raise _broken()
    return _decoded(found.value, "ascii")


def _decoded(value: bytes, encoding: str) -> str:
    try:
        return value.decode(encoding)
    except UnicodeDecodeError:
        raise _broken() from None


def _broken() -> BrokenObjectError:
    return BrokenObjectError(
        "カードのデータが定めの形式ではありません。カードを置き直して、もう一度読み取ってください。"
        "同じ結果になるときは、このカードを使わないでください。"
    )
