"""SQL of the incident desk: who is told, what they were told, and what the cloud told us."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx
from jichitai.security.errors import UnknownDocumentError

DESK: Final = UUID(int=0)
"""Stands for whoever is in charge, where no member of the CSIRT is meant."""


class Duty(StrEnum):
    """A duty in the CSIRT.

    Source: ガイドライン 対策基準 1 (組織体制); the ranks after rules of towns.
    """

    CISO = "ciso"
    HEAD = "head"
    DEPUTY = "deputy"
    MANAGER = "manager"
    CONTACT = "contact"
    TRIAGE = "triage"
    HANDLING = "handling"

    @property
    def japanese(self) -> str:
        """In words."""
        return {
            "ciso": "CISO（最高情報セキュリティ責任者）",
            "head": "CSIRT責任者",
            "deputy": "CSIRT副責任者",
            "manager": "CSIRT管理者",
            "contact": "窓口（PoC）",
            "triage": "トリアージ担当",
            "handling": "対応担当",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of the CSIRT: a duty, an office and its address."""

    member_id: UUID
    duty: str
    name: str
    office: str
    mail: str
    telephone: str
    since: datetime


async def members(tx: Tx, municipality: str) -> list[Member]:
    """The CSIRT as it is now, by duty."""
    cursor = tx.cursor(row_factory=class_row(Member))
    await cursor.execute(
        "select member_id, duty, name, office, mail, telephone, since"
        "  from security.incident_member where municipality = %s and until is null"
        " order by array_position(%s::text[], duty), since, member_id",
        (municipality, [duty.value for duty in Duty]),
    )
    return await cursor.fetchall()


async def add_member(tx: Tx, municipality: str, member: Member) -> None:
    """Let somebody be told."""
    await tx.execute(
        "insert into security.incident_member"
        " (municipality, member_id, duty, name, office, mail, telephone, since)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            municipality,
            member.member_id,
            member.duty,
            member.name,
            member.office,
            member.mail,
            member.telephone,
            member.since,
        ),
    )


async def end_member(tx: Tx, municipality: str, member_id: UUID, at: datetime) -> None:
    """Let a member be told no longer; what was told stays.

    Raises:
        UnknownDocumentError: no such member.
    """
    cursor = await tx.execute(
        "update security.incident_member set until = %s"
        " where municipality = %s and member_id = %s and until is null",
        (at, municipality, member_id),
    )
    if cursor.rowcount == 0:
        raise UnknownDocumentError("この連絡先は登録されていません。一覧を開き直してください。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What was told to whom; its title holds no personal data."""

    notice_id: UUID
    incident_id: UUID
    cause: str
    member_id: UUID
    duty: str
    title: str
    made_at: datetime
    letter_id: UUID | None
    read_at: datetime | None
    read_by: str


_NOTICES: Final = """
select notice_id, incident_id, cause, member_id, duty, title, made_at, letter_id, read_at, read_by
  from security.incident_notice
"""


async def add_notice(tx: Tx, municipality: str, notice: Notice) -> bool:
    """Keep a notice; False when the same was told before."""
    cursor = await tx.execute(
        "insert into security.incident_notice (municipality, notice_id, incident_id, cause,"
        " member_id, duty, title, made_at) values (%s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (municipality, incident_id, cause, member_id) do nothing",
        (
            municipality,
            notice.notice_id,
            notice.incident_id,
            notice.cause,
            notice.member_id,
            notice.duty,
            notice.title,
            notice.made_at,
        ),
    )
    return cursor.rowcount == 1


async def set_letter(tx: Tx, municipality: str, notice_id: UUID, letter_id: UUID) -> None:
    """Say which e-mail carries a notice."""
    await tx.execute(
        "update security.incident_notice set letter_id = %s"
        " where municipality = %s and notice_id = %s",
        (letter_id, municipality, notice_id),
    )


async def causes_told(tx: Tx, incident_ids: Sequence[UUID]) -> set[tuple[UUID, str]]:
    """Which (incident, cause) the desk was told of already."""
    cursor = await tx.execute(
        "select incident_id, cause from security.incident_notice"
        " where incident_id = any(%s) and member_id = %s",
        (list(incident_ids), DESK),
    )
    return {(incident_id, cause) for incident_id, cause in await cursor.fetchall()}


async def unread(tx: Tx, municipality: str, *, limit: int = 50) -> list[Notice]:
    """What the desk has not read, newest first."""
    cursor = tx.cursor(row_factory=class_row(Notice))
    await cursor.execute(
        _NOTICES + " where municipality = %s and member_id = %s and read_at is null"
        " order by made_at desc, notice_id limit %s",
        (municipality, DESK, limit),
    )
    return await cursor.fetchall()


async def notices_of(tx: Tx, municipality: str, incident_id: UUID) -> list[Notice]:
    """All notices of one incident, oldest first."""
    cursor = tx.cursor(row_factory=class_row(Notice))
    await cursor.execute(
        _NOTICES + " where municipality = %s and incident_id = %s"
        " order by made_at, array_position(%s::text[], duty), notice_id",
        (municipality, incident_id, ["", *(duty.value for duty in Duty)]),
    )
    return await cursor.fetchall()


async def mark_read(tx: Tx, municipality: str, incident_id: UUID, by: str, at: datetime) -> None:
    """The desk has seen everything about an incident."""
    await tx.execute(
        "update security.incident_notice set read_at = %s, read_by = %s"
        " where municipality = %s and incident_id = %s and read_at is null and member_id = %s",
        (at, by, municipality, incident_id, DESK),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """検知の通知: what the security cloud saw, and what was decided about it."""

    municipality: str
    alert_id: UUID
    rule_id: str
    rule_title: str
    severity: str
    area: str
    first_seen: datetime
    last_seen: datetime
    events: int
    context: Mapping[str, Any]
    advice: str
    sent_at: datetime
    received_at: datetime
    state: str
    incident_id: UUID | None
    decided_by: str
    decided_at: datetime | None
    reason: str


_ALERTS: Final = """
select municipality, alert_id, rule_id, rule_title, severity, area, first_seen, last_seen, events,
       context, advice, sent_at, received_at, state, incident_id, decided_by, decided_at, reason
  from security.incident_alert
"""


async def take_alerts(tx: Tx, alerts: Sequence[Alert]) -> None:
    """Keep alerts; a repeated one moves the counts of one that was not decided on."""
    rows = [
        (
            one.municipality,
            one.alert_id,
            one.rule_id,
            one.rule_title,
            one.severity,
            one.area,
            one.first_seen,
            one.last_seen,
            one.events,
            Jsonb(dict(one.context)),
            one.advice,
            one.sent_at,
            one.received_at,
        )
        for one in alerts
    ]
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "insert into security.incident_alert (municipality, alert_id, rule_id, rule_title,"
            " severity, area, first_seen, last_seen, events, context, advice, sent_at, received_at,"
            " state) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'new')"
            " on conflict (municipality, alert_id) do update"
            "    set last_seen = excluded.last_seen, events = excluded.events,"
            "        severity = excluded.severity, context = excluded.context"
            "  where incident_alert.state = 'new'",
            rows,
        )


async def alerts(
    tx: Tx, municipality: str, *, state: str | None = None, limit: int = 100
) -> list[Alert]:
    """A body's alerts, newest first."""
    cursor = tx.cursor(row_factory=class_row(Alert))
    await cursor.execute(
        _ALERTS + " where municipality = %s and (%s::text is null or state = %s)"
        " order by last_seen desc, alert_id limit %s",
        (municipality, state, state, limit),
    )
    return await cursor.fetchall()


async def alert(tx: Tx, municipality: str, alert_id: UUID, *, lock: bool = False) -> Alert:
    """One alert of a body.

    Raises:
        UnknownDocumentError: there is none.
    """
    cursor = tx.cursor(row_factory=class_row(Alert))
    query = _ALERTS + " where municipality = %s and alert_id = %s"
    await cursor.execute(query + (" for update" if lock else ""), (municipality, alert_id))
    row = await cursor.fetchone()
    if row is None:
        raise UnknownDocumentError(
            "この検知の通知は、あなたの団体に届いていません。一覧から開き直してください。"
        )
    return row


async def decide_alert(
    tx: Tx,
    municipality: str,
    alert_id: UUID,
    *,
    state: str,
    incident_id: UUID | None,
    by: str,
    at: datetime,
    reason: str,
) -> None:
    """Keep what was decided about an alert."""
    await tx.execute(
        "update security.incident_alert set state = %s, incident_id = %s, decided_by = %s,"
        " decided_at = %s, reason = %s where municipality = %s and alert_id = %s",
        (state, incident_id, by, at, reason, municipality, alert_id),
    )
