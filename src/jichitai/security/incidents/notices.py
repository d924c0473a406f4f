"""Telling the CSIRT: in the system, and by e-mail to offices; never what happened to whom."""

from datetime import datetime
from typing import Final
from uuid import uuid4

from jichitai.infra import mail
from jichitai.infra.database import Tx
from jichitai.kernel.dates import JST
from jichitai.security.incidents import desk_store
from jichitai.security.incidents.desk_store import DESK, Duty, Member, Notice
from jichitai.security.incidents.model import Incident, drill_mark

_PURPOSE: Final = "security.incident"
_TEXT: Final = """{title}

受付番号　{number}
知った時　{known}

内容と期限は、情報セキュリティの画面（/security/incidents/{incident_id}）で確かめてください。
このメールには、事案の内容と個人に関する情報を書いていません。
"""
_DRILL: Final = "\nこれは訓練です。実際の事案ではありません。\n"


async def tell(tx: Tx, incident: Incident, *, cause: str, title: str, at: datetime) -> list[Member]:
    """Tell the desk and every member of the CSIRT, once for each cause.

    Args:
        tx: of the body, or of all bodies.
        incident: what it is about.
        cause: why now: `recorded`, `late:<clock>`, `soon:<clock>`.
        title: one line without personal data; the number and the mark of an exercise are added.
        at: the instant.

    Returns:
        The members who were told now.
    """
    head = drill_mark(f"{incident.number} {title}", drill=incident.drill)
    told = []
    desk = _notice(incident, cause, head, at, None)
    if not await desk_store.add_notice(tx, incident.municipality, desk):
        return []
    for member in await desk_store.members(tx, incident.municipality):
        notice = _notice(incident, cause, head, at, member)
        if not await desk_store.add_notice(tx, incident.municipality, notice):
            continue
        told.append(member)
        if member.mail:
            draft = _letter(incident, head, member)
            letter = await mail.write(tx, office=incident.municipality, draft=draft, at=at)
            await desk_store.set_letter(tx, incident.municipality, notice.notice_id, letter)
    return told


def duties(members: list[Member]) -> str:
    """Who was told, by duty; names of people stand in the list of the CSIRT only."""
    return "、".join(dict.fromkeys(Duty(member.duty).japanese for member in members))


def _notice(
    incident: Incident, cause: str, title: str, at: datetime, member: Member | None
) -> Notice:
    return Notice(
        notice_id=uuid4(),
        incident_id=incident.incident_id,
        cause=cause,
        member_id=member.member_id if member else DESK,
        duty=member.duty if member else "",
        title=title,
        made_at=at,
        letter_id=None,
        read_at=None,
        read_by="",
    )


def _letter(incident: Incident, head: str, member: Member) -> mail.Draft:
    known = incident.known_at.astimezone(JST).strftime("%Y-%m-%d %H:%M")
    text = _TEXT.format(
        title=head, number=incident.number, known=known, incident_id=incident.incident_id
    )
    return mail.Draft(
        to=member.mail,
        subject=head,
        text=text + (_DRILL if incident.drill else ""),
        purpose=_PURPOSE,
        reference=str(incident.incident_id),
    )
