"""Which messages an event of the register causes (event x message table), as pure functions."""

from collections.abc import Iterable
from typing import Final

from jichitai.jukinet.messages import M01, M02, Certificate, Change, Identity, Leaver
from jichitai.register.events import (
    ArrivalNotice,
    CertificatePerson,
    DepartureCertificate,
    EventKind,
    Fact,
    IdentityRecord,
    PersonChange,
)

_SILENT: Final = "-"
_GROUPS: Final[dict[Change, tuple[str, ...]]] = {
    "entry": ("N01", "N02", "N03"),
    "deletion": ("N04", "N05", "N06"),
    "correction": ("N07", "N08", "N09", "N10", "N11", "N12", "N13"),
}
_OTHERWISE: Final[dict[Change, str]] = {
    "entry": "N03",
    "deletion": "N06",
    "correction": "N08",
}


def identity_of(record: IdentityRecord) -> Identity:
    """本人確認情報 of a resident as it is sent.

    Source: 住民基本台帳法 第30条の6第1項.
    """
    former, alias = record.former_name, record.alias
    return Identity(
        juki_code=record.juki_code.reveal(),
        my_number=None if record.my_number is None else record.my_number.reveal(),
        name=record.name.text,
        kana=record.name.kana,
        birth_date=record.birth_date.code,
        sex=record.sex.value,
        postal_code=record.address.postal_code,
        address=record.address.text,
        former_name=None if former is None else former.text,
        former_kana=None if former is None else former.kana,
        alias=None if alias is None else alias.text,
        alias_kana=None if alias is None else alias.kana,
    )


def change_of(change: PersonChange) -> Change:
    """記載 (entry), 消除 (deletion) or 修正 (correction).

    Source: 住民基本台帳法 第30条の6第1項.
    """
    if change.before is None:
        return "entry"
    return "deletion" if change.after is None else "correction"


def net_reason(fact: Fact, change: Change) -> str:
    """異動事由 of the network: the event's own, or that of an ex officio change of this kind.

    One event may enter one person and correct another, whose reason is then not the event's.

    Source: 住民記録システム標準仕様書 v1.0 1.2.2; the codes are this project's.
    """
    return fact.net_reason if fact.net_reason in _GROUPS[change] else _OTHERWISE[change]


def notices_of(fact: Fact) -> list[tuple[PersonChange, M01]]:
    """本人確認情報通知 (M01) for every person whose identity data the event changed.

    Changes of household, head or 戸籍の表示 change no identity data, so that the register lists
    nobody here and nothing is sent. A cancellation sends reversing notices.

    Source: 住民基本台帳法 第30条の6第1項; 住民記録システム標準仕様書 v1.0 4.6, 7.1.1.1.
    """
    reversal = fact.kind is EventKind.CANCELLATION
    return [(change, _notice(fact, change, reversal=reversal)) for change in fact.changes]


def _notice(fact: Fact, change: PersonChange, *, reversal: bool) -> M01:
    what = change_of(change)
    record = change.after or change.before
    assert record is not None  # noqa: S101 - a change has one side at least
    renamed = (
        change.before is not None
        and change.after is not None
        and change.before.juki_code != change.after.juki_code
    )
    return M01(
        municipality=fact.municipality,
        event_number=fact.number,
        change=what,
        net_reason=net_reason(fact, what),
        changed_on=fact.occurred_on.code,
        residence_since=record.resident_since,
        recorded_at=fact.recorded_at,
        identity=identity_of(record),
        reversal=reversal,
        previous_code=change.before.juki_code.reveal() if renamed and change.before else None,
    )


def arrivals_of(fact: Fact) -> list[M02]:
    """転入通知 (M02) to the town that the people left.

    Source: 住民基本台帳法 第9条第1項.
    """
    previous = fact.previous_municipality or ""
    known = len(previous) == 6 and previous.isdigit() and previous != fact.municipality
    if fact.kind is not EventKind.MOVE_IN or not known:
        return []
    return [
        M02(
            municipality=fact.municipality,
            previous_municipality=previous,
            event_number=fact.number,
            juki_code=record.juki_code.reveal(),
            name=record.name.text,
            birth_date=record.birth_date.code,
            moved_in_on=fact.occurred_on.sort_key,
            reported_at=fact.recorded_at,
            postal_code=record.address.postal_code,
            address=record.address.text,
        )
        for record in entered(fact)
    ]


def entered(fact: Fact) -> Iterable[IdentityRecord]:
    """The people whom the event entered into the register.

    Source: 住民基本台帳法 第8条 (記載).
    """
    return [c.after for c in fact.changes if c.before is None and c.after is not None]


def sends_certificate(fact: Fact) -> bool:
    """Whether 転出証明書情報 (M07) goes to the destination at once.

    Source: 住民基本台帳法 第24条の2第4項; 住民記録システム標準仕様書 v1.0 4.1.3.0.4.
    """
    destination = fact.destination or ""
    return bool(
        fact.kind is EventKind.MOVE_OUT
        and fact.special
        and fact.departing
        and len(destination) == 6
        and destination != fact.municipality
    )


def arrival_notice(message: M02) -> ArrivalNotice:
    """What the register of the departure town is told.

    Source: 住民基本台帳法 第9条第1項.
    """
    return ArrivalNotice(
        juki_code=message.juki_code,
        municipality=message.municipality,
        address=message.address,
        moved_on=message.moved_in_on,
        told_at=message.reported_at,
    )


def certificate_body(certificate: DepartureCertificate) -> Certificate:
    """転出証明書情報 as it is sent.

    Source: 住民基本台帳法 第24条の2第4項.
    """
    return Certificate(
        municipality=certificate.municipality,
        number=certificate.number,
        planned_on=certificate.planned_on,
        destination=certificate.destination,
        destination_address=certificate.destination_address,
        address=certificate.address,
        head=certificate.head,
        people=tuple(
            Leaver(**{name: getattr(person, name) for name in Leaver.__struct_fields__})
            for person in certificate.people
        ),
    )


def certificate_of(body: Certificate) -> DepartureCertificate:
    """転出証明書情報 as the register keeps it.

    Source: 住民基本台帳法 第24条の2第4項.
    """
    return DepartureCertificate(
        municipality=body.municipality,
        number=body.number,
        planned_on=body.planned_on,
        destination=body.destination,
        destination_address=body.destination_address,
        address=body.address,
        head=body.head,
        people=tuple(
            CertificatePerson(
                **{name: getattr(person, name) for name in CertificatePerson.__struct_fields__}
            )
            for person in body.people
        ),
    )
