"""Rules of the network: which record of a person stands, and how records are compared."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from jichitai.jukinet.messages import M01, Identity

BUCKETS: Final = 4096
_SEPARATOR: Final = "\x1f"


class Standing(StrEnum):
    """Whether a record is that of a resident or of somebody who left or died."""

    LIVE = "live"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Claim:
    """The latest that one town has said about one person.

    Attributes:
        municipality: the town.
        event_number: the number of its event; a higher one replaces a lower one.
        state: resident there, or not any more.
        voided: the entry was cancelled (異動の取消し): there never was a residence.
        residence_since: 住民となった日 in that town.
        resent: how often it was sent again to mend a difference.
    """

    municipality: str
    event_number: int
    state: Standing
    voided: bool
    residence_since: date
    resent: int = 0

    def replaces(self, other: "Claim") -> bool:
        """Whether this is later word of the same town, or mends word of the same event."""
        return (self.event_number, self.resent) > (other.event_number, other.resent)

    @property
    def live(self) -> bool:
        """Whether the town counts the person as a resident."""
        return self.state is Standing.LIVE


def claim_of(message: M01) -> Claim:
    """What an M01 says about a residence.

    Source: 住民基本台帳法 第30条の6 (記載、消除、修正の通知).
    """
    deletion = message.change == "deletion"
    return Claim(
        municipality=message.municipality,
        event_number=message.event_number,
        state=Standing.REMOVED if deletion else Standing.LIVE,
        voided=deletion and message.reversal,
        residence_since=message.residence_since,
        resent=message.resent,
    )


def rank(claim: Claim) -> tuple[bool, date, bool, str]:
    """The order in which claims of several towns stand; the greatest stands.

    A cancelled entry stands last. Otherwise the newest residence wins, whether the person still
    lives there or has left it again, so that an older deletion that arrives late changes nothing.
    On the same day a live residence comes before a removed one, and the code of the town decides
    the rest, so that the outcome does not depend on the order of arrival.

    Source: 住民基本台帳法 第30条の2, 第30条の3 (one code, one record); the order is our rule.
    """
    return (not claim.voided, claim.residence_since, claim.live, claim.municipality)


def standing(claims: Iterable[Claim]) -> Claim:
    """The claim that is the person's record; at most one per 住民票コード.

    Args:
        claims: the latest of each town, at least one.

    Source: 住民基本台帳法 第30条の2, 第30条の3.
    """
    return max(claims, key=rank)


def second_lives(claims: Iterable[Claim], stands: Claim) -> list[Claim]:
    """Towns that count the person as a resident beside the one whose record stands.

    Source: 住民基本台帳法 第30条の3 (a code belongs to one record); 第30条の8 (誤りの通報).
    """
    return [claim for claim in claims if claim.live and claim != stands]


def canonical_row(identity: Identity, municipality: str, residence_since: date) -> str:
    """The text whose keyed hash is compared between town, prefecture and nation.

    Every item in a fixed order, separated by a character that no item may hold.

    Source: 住民記録システム標準仕様書 v1.0 7.1.1.2 (整合性確認).
    """
    return _SEPARATOR.join(
        (
            municipality,
            residence_since.isoformat(),
            identity.juki_code,
            identity.my_number or "",
            identity.name,
            identity.kana,
            identity.birth_date,
            identity.sex,
            identity.postal_code,
            identity.address,
            identity.former_name or "",
            identity.former_kana or "",
            identity.alias or "",
            identity.alias_kana or "",
        )
    )


def bucket_of(code_hash: bytes) -> int:
    """The bucket of a row, from the first twelve bits of its code hash.

    >>> bucket_of(bytes([0x12, 0x3F]))
    291

    Source: 住民記録システム標準仕様書 v1.0 7.1.1.2; 4096 buckets are our rule.
    """
    return code_hash[0] << 4 | code_hash[1] >> 4
