"""基本4情報 as a signing certificate carries them: text, and where characters were replaced."""

from dataclasses import dataclass
from typing import Final, Self

from asn1crypto.core import UTF8String
from cryptography import x509
from cryptography.x509 import ObjectIdentifier, OtherName

from jichitai.jpki import oids
from jichitai.kernel.characters import GETA, clusters, reduce_text
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.persons import Sex

ADDRESS_LENGTH: Final = 200
_ORDER: Final = (
    oids.NAME, oids.BIRTH_DATE, oids.SEX, oids.ADDRESS, oids.NAME_REPLACED, oids.ADDRESS_REPLACED,
)  # fmt: skip
_ERAS: Final = (
    ("5", (2019, 5, 1)), ("4", (1989, 1, 8)), ("3", (1926, 12, 25)), ("2", (1912, 7, 30)),
    ("1", (1868, 1, 25)),
)  # fmt: skip


class UnreadableItemsError(InvalidError):
    """The four items of a certificate are not as the profile wants them."""

    type = "jpki.unreadable-items"
    title = "電子証明書の4情報を読み取れません"


@dataclass(frozen=True, slots=True)
class Replaced:
    """A text that certificates can carry.

    Attributes:
        text: with replacements.
        bitmap: one 0 or 1 for each character of it; 1: replaced (代替文字).
    """

    text: str
    bitmap: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicItems:
    """基本4情報: name, birth date, sex, address, as text.

    Attributes:
        name: family and given name separated by a full-width space; a 旧氏 in brackets.
        birth_date: the kernel's code of an uncertain date, such as `1985-05-01`.
        sex: of the register.
        address: from the prefecture on, without a postal code.

    Source: 公的個人認証法 第7条.
    """

    name: str
    birth_date: str
    sex: Sex
    address: str

    def __repr__(self) -> str:
        """Hide the person."""
        return "<BasicItems ・・・>"

    def other_names(self) -> list[OtherName]:
        """The six values of subjectAltName, in the profile's order.

        Source: 公的個人認証法施行規則 第5条; the order is the one seen in certificates in use.
        """
        name, address = replaced(self.name), replaced(self.address[:ADDRESS_LENGTH])
        values = {
            oids.NAME: name.text,
            oids.BIRTH_DATE: birth_code(self.birth_date),
            oids.SEX: self.sex.value,
            oids.ADDRESS: address.text,
            oids.NAME_REPLACED: name.bitmap,
            oids.ADDRESS_REPLACED: address.bitmap,
        }
        return [OtherName(oid, UTF8String(values[oid]).dump()) for oid in _ORDER]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedItems:
    """What a certificate says of its holder.

    Attributes:
        name, address: as the certificate holds them.
        name_replaced, address_replaced: bitmaps; 1 marks a replaced character.
        birth_code: nine characters, era digit and `YYYYMMDD` of the Gregorian calendar.
        sex: 1, 2 or 3.
    """

    name: str
    name_replaced: str
    birth_code: str
    sex: Sex
    address: str
    address_replaced: str

    def __repr__(self) -> str:
        """Hide the person."""
        return "<CertifiedItems ・・・>"

    @property
    def birth_date(self) -> str:
        """`YYYY-MM-DD`; unknown parts are 00."""
        digits = self.birth_code[1:]
        return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Self:
        """Read the items of a signing certificate.

        Raises:
            UnreadableItemsError: one of the six is missing, doubled or no text.
        """
        values: dict[ObjectIdentifier, str] = {}
        try:
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            for other in names.value.get_values_for_type(OtherName):
                if other.type_id in values:
                    raise _unreadable()
                values[other.type_id] = UTF8String.load(other.value, strict=True).native
            return cls(
                name=values[oids.NAME],
                name_replaced=values[oids.NAME_REPLACED],
                birth_code=_birth_checked(values[oids.BIRTH_DATE]),
                sex=Sex(values[oids.SEX]),
                address=values[oids.ADDRESS],
                address_replaced=values[oids.ADDRESS_REPLACED],
            )
        except (x509.ExtensionNotFound, KeyError, ValueError, TypeError):
            raise _unreadable() from None


def replaced(text: str) -> Replaced:
    """Replace every character outside JIS X 0208 and JIS X 0212.

    Variants come as a base and a selector; one mark stands for the pair.

    >>> found = replaced("髙橋　花子")
    >>> found.text.split("\u3000"), found.bitmap
    (['高橋', '花子'], '10000')

    Source: 公的個人認証法施行規則 第5条 (代替文字).
    """
    out: list[str] = []
    marks: list[str] = []
    for cluster in clusters(text):
        if _certifiable(cluster):
            out.append(cluster)
            marks.append("0")
            continue
        substitute = reduce_text(cluster)
        substitute = substitute if _certifiable(substitute) else GETA
        out.append(substitute)
        marks.append("1" * len(substitute))
    return Replaced("".join(out), "".join(marks))


def birth_code(birth_date: str) -> str:
    """生年月日 as nine characters: era digit, then `YYYYMMDD`; what is unknown is 0.

    >>> birth_code("1985-05-01")
    '319850501'

    Source: the layout is the one described for certificates in use.
    """
    born = UncertainDate.parse(birth_date)
    if not born.is_certain:
        return "000000000"
    day = born.sort_key
    era = next((code for code, first in _ERAS if (day.year, day.month, day.day) >= first), "0")
    return f"{era}{day:%Y%m%d}"


def _birth_checked(text: str) -> str:
    if len(text) != 9 or not text.isascii() or not text.isdigit() or text[0] > "5":
        raise _unreadable()
    return text


def _certifiable(cluster: str) -> bool:
    try:
        cluster.encode("euc_jp")
    except UnicodeEncodeError:
        return False
    return True


def _unreadable() -> UnreadableItemsError:
    return UnreadableItemsError(
        "署名用電子証明書の氏名・生年月日・性別・住所が定めの形式ではありません。"
        "電子証明書を発行した認証局に確かめてください。"
    )
