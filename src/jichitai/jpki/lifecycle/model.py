"""What happens to certificates when the record of their holder changes; pure.

Two readings of the same notices: a signing certificate says who its holder is and ends when that is
no longer so; a user-authentication certificate says nothing of its holder and ends with the
residence. Notices are followed one by one against what the town last stood for (`Basis`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, assert_never

from jichitai.jpki import clocks
from jichitai.jpki.items import BasicItems
from jichitai.jpki.kinds import Cause, CertificateKind, CertificateState, Reason
from jichitai.jukinet.messages import M01, Identity
from jichitai.kernel.characters import reduce_text
from jichitai.kernel.dates import JST, DatePattern, UncertainDate
from jichitai.kernel.municipalities import municipality
from jichitai.kernel.persons import Sex

_MOVED_OUT: Final = "N04"
_MINOR: Final = "N09"
_AHEAD: Final = timedelta(days=366)
"""A move is planned within a year."""


class Turn(StrEnum):
    """What became of a residence."""

    ENTERED = "entered"
    MOVED_OUT = "moved-out"
    DELETED = "deleted"
    CORRECTED = "corrected"
    CORRECTED_MINOR = "corrected-minor"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of the standing record.

    Attributes:
        turn: what kind.
        municipality: where the record stands.
        items: the four items as the record holds them after it.
        on: the day of the change; of a move-out 転出予定年月日.
    """

    turn: Turn
    municipality: str
    items: BasicItems
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the certificate rests on.

    Attributes:
        municipality: of the residence.
        certified: the items at the issue.
        current: the items after changes that revoke nothing.
    """

    municipality: str
    certified: BasicItems
    current: BasicItems


@dataclass(frozen=True, slots=True)
class End:
    """How a certificate ends."""

    state: CertificateState
    reason: Reason
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A certificate that follows its holder's record.

    Attributes:
        kind: which of the two.
        basis: what it rests on.
        lapse_on: last day of the 30 days after 転出予定年月日, while no arrival is known.
        end: set once it has ended; later steps change nothing.
    """

    kind: CertificateKind
    basis: Basis
    lapse_on: date | None = None
    end: End | None = None


MOVED_OUT: Final = End(CertificateState.REVOKED, Reason.AFFILIATION_CHANGED, Cause.MOVED_OUT)
CHANGED: Final = End(CertificateState.REVOKED, Reason.AFFILIATION_CHANGED, Cause.CHANGED)
DELETED: Final = End(CertificateState.REVOKED, Reason.CESSATION, Cause.DELETED)
NOT_MOVED_IN: Final = End(CertificateState.REVOKED, Reason.CESSATION, Cause.NOT_MOVED_IN)
RENEWED: Final = End(CertificateState.REVOKED, Reason.SUPERSEDED, Cause.RENEWED)

_REPORTED: Final = {
    Cause.REQUEST: End(CertificateState.REVOKED, Reason.CESSATION, Cause.REQUEST),
    Cause.KEY_LEAK: End(CertificateState.REVOKED, Reason.KEY_COMPROMISE, Cause.KEY_LEAK),
    Cause.LOSS: End(CertificateState.HELD, Reason.HOLD, Cause.LOSS),
    Cause.NOT_HANDED_OVER: End(CertificateState.REVOKED, Reason.UNSPECIFIED, Cause.NOT_HANDED_OVER),
    Cause.CARD_LAPSED: End(CertificateState.REVOKED, Reason.CESSATION, Cause.CARD_LAPSED),
    Cause.RECORDING_ERROR: End(
        CertificateState.REVOKED, Reason.AFFILIATION_CHANGED, Cause.RECORDING_ERROR
    ),
}


def reported_end(cause: Cause) -> End | None:
    """How certificates end that a town reports, or None for a cause that no town may report.

    A loss suspends (一時停止); the suspension is never lifted.

    Source: 公的個人認証法 第9条, 第10条, 第13条, 第28条, 第29条, 第32条.
    """
    return _REPORTED.get(cause)


def items_of(identity: Identity, town: str) -> BasicItems:
    """基本4情報 as certificates write them.

    A 旧氏 stands in brackets after the family name, a 通称 in parentheses after the name; the
    address begins with the prefecture.

    Source: 公的個人認証法 第7条; 住民基本台帳法施行令 第30条の13, 第30条の16.
    """
    place = municipality(town)
    return BasicItems(
        name=certified_name(identity.name, identity.former_name, identity.alias),
        birth_date=identity.birth_date,
        sex=Sex(identity.sex),
        address=f"{place.prefecture}{place.county}{place.name}{identity.address}",
    )


def certified_name(name: str, former: str | None, alias: str | None) -> str:
    """氏名 with 旧氏 and 通称 where they are registered.

    >>> certified_name("見本　花子", "例示", None)
    '見本［例示］　花子'

    Source: 住民基本台帳法施行令 第30条の13 (旧氏), 第30条の16 (通称).
    """
    if former:
        family, space, given = name.partition("\u3000")
        name = f"{family}［{former}］{space}{given}"
    return f"{name}（{alias}）" if alias else name


def step_of(message: M01) -> Step:
    """What a 本人確認情報通知 means for certificates.

    Source: 公的個人認証法 第12条, 第31条; 同施行規則 第20条 (軽微な修正).
    """
    return Step(
        turn=_turn(message),
        municipality=message.municipality,
        items=items_of(message.identity, message.municipality),
        on=_day(message.changed_on, message.recorded_at.astimezone(JST).date()),
    )


def restored_step(
    *,
    municipality: str,
    live: bool,
    net_reason: str,
    changed_on: str,
    identity: Identity,
    heard_on: date,
) -> Step:
    """An earlier residence that came back, because a later one was cancelled.

    Args:
        municipality: of that residence.
        live: a resident there, or removed.
        net_reason: of the last notice about it.
        changed_on: its day, as the code of an uncertain date.
        identity: as it was then.
        heard_on: today.

    Source: 住民記録システム標準仕様書 4.6 (異動の取消し); 公的個人認証法 第12条, 第31条.
    """
    moved = Turn.MOVED_OUT if net_reason == _MOVED_OUT else Turn.DELETED
    return Step(
        turn=Turn.RESTORED if live else moved,
        municipality=municipality,
        items=items_of(identity, municipality),
        on=_day(changed_on, heard_on),
    )


def follow(certificate: Followed, steps: Iterable[Step]) -> Followed:
    """Follow the record of the holder, in order, until the certificate ends.

    Args:
        certificate: as it stands.
        steps: changes of the standing record, oldest first.

    Source: 公的個人認証法 第12条, 第15条 (署名用), 第31条, 第34条 (利用者証明用).
    """
    for step in steps:
        if certificate.end is not None:
            break
        certificate = (
            _follow_signing(certificate, step)
            if certificate.kind is CertificateKind.SIGNING
            else _follow_user_auth(certificate, step)
        )
    return certificate


def has_lapsed(lapse_on: date | None, today: date) -> bool:
    """Whether 30 days have passed after 転出予定年月日 without an arrival.

    Source: 公的個人認証法 第31条第2号.
    """
    return lapse_on is not None and today > lapse_on


def says_the_same(one: BasicItems, other: BasicItems) -> bool:
    """Whether two statements differ at most in the forms of characters.

    Source: 公的個人認証法施行規則 第20条 (文字の同定、常用の字形への修正).
    """
    return (one.birth_date, one.sex) == (other.birth_date, other.sex) and all(
        reduce_text(first) == reduce_text(second)
        for first, second in ((one.name, other.name), (one.address, other.address))
    )


def _turn(message: M01) -> Turn:
    match message.change:
        case "entry":
            return Turn.ENTERED
        case "deletion":
            moved = message.net_reason == _MOVED_OUT and not message.reversal
            return Turn.MOVED_OUT if moved else Turn.DELETED
        case "correction":
            minor = message.net_reason == _MINOR
            return Turn.CORRECTED_MINOR if minor else Turn.CORRECTED
    assert_never(message.change)


def _day(changed_on: str, known_on: date) -> date:
    """The day of the change; of an unknown or absurd one the day on which it became known."""
    day = UncertainDate.parse(changed_on)
    if day.pattern is DatePattern.UNKNOWN or day.sort_key > known_on + _AHEAD:
        return known_on
    return day.sort_key


def _follow_signing(certificate: Followed, step: Step) -> Followed:
    basis = certificate.basis
    match step.turn:
        case Turn.DELETED:
            return replace(certificate, end=DELETED)
        case Turn.MOVED_OUT:
            return replace(certificate, end=MOVED_OUT)
        case Turn.CORRECTED_MINOR:
            return replace(certificate, basis=replace(basis, current=step.items))
        case Turn.ENTERED | Turn.CORRECTED | Turn.RESTORED:
            if step.municipality != basis.municipality:
                return replace(certificate, end=MOVED_OUT)
            if _still_says(basis, step.items):
                return replace(certificate, basis=replace(basis, current=step.items))
            return replace(certificate, end=CHANGED)
    assert_never(step.turn)


def _still_says(basis: Basis, items: BasicItems) -> bool:
    return says_the_same(items, basis.current) or says_the_same(items, basis.certified)


def _follow_user_auth(certificate: Followed, step: Step) -> Followed:
    basis = replace(certificate.basis, municipality=step.municipality, current=step.items)
    match step.turn:
        case Turn.DELETED:
            return replace(certificate, end=DELETED)
        case Turn.MOVED_OUT:
            lapse_on = clocks.departure_lapse(step.on)
            return replace(certificate, basis=basis, lapse_on=lapse_on)
        case Turn.ENTERED | Turn.CORRECTED | Turn.CORRECTED_MINOR | Turn.RESTORED:
            return replace(certificate, basis=basis, lapse_on=None)
    assert_never(step.turn)
