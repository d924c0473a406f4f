"""転出証明書情報: what the departure town tells the arrival town, made from the log."""

from collections.abc import Iterable

from jichitai.register.events import CertificatePerson, DepartureCertificate
from jichitai.register.model.resident import Change, Resident
from jichitai.register.store.log import Event


def certificate(
    event: Event, changes: Iterable[Change], present: Iterable[Resident]
) -> DepartureCertificate:
    """The certificate of a move-out.

    Args:
        event: the move-out in the log.
        changes: its rows.
        present: those who live in the household now, among them perhaps the head.

    Source: 住民基本台帳法施行令 第23条; 住民記録システム標準仕様書 4.1.3.0.3, 4.1.3.0.4.
    """
    leaving = [c.before for c in changes if c.before and c.after.departure]
    head = next((row for row in (*leaving, *present) if row.is_head), leaving[0])
    return DepartureCertificate(
        municipality=event.municipality,
        number=event.number,
        planned_on=event.planned_on or event.reported_on,
        destination=event.destination or "",
        destination_address=event.destination_address,
        address=leaving[0].address.text,
        head=head.name.text,
        people=tuple(_person(row) for row in leaving),
    )


def _person(row: Resident) -> CertificatePerson:
    former, alias = row.former_name, row.alias
    return CertificatePerson(
        juki_code=row.juki_code.reveal(),
        my_number=row.my_number.reveal() if row.my_number else "",
        name=row.name.text,
        kana=row.name.kana,
        kana_confirmed=row.kana_confirmed,
        former_name=former.text if former else "",
        former_kana=former.kana if former else "",
        alias=alias.text if alias else "",
        alias_kana=alias.kana if alias else "",
        birth_date=row.birth_date.code,
        sex=row.sex.value,
        relation=row.relation.text,
        honseki=row.honseki,
        hittosha=row.hittosha,
    )
