"""CSIRT: who is told of incidents, and what the desk has not read."""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from jichitai.infra import audit, mail
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.security.incidents import desk_store
from jichitai.security.incidents.desk_store import Duty, Member
from jichitai.security.incidents.errors import BadReportError
from jichitai.security.incidents.texts import check_text

MOST: Final = 30
_ACTION: Final = "security.incident.csirt"


async def add(
    tx: Tx,
    municipality: str,
    *,
    duty: str,
    name: str,
    office: str = "",
    address: str = "",
    telephone: str = "",
    by: Actor,
    at: datetime,
) -> Member:
    """Let somebody be told of every incident from now on.

    Raises:
        BadReportError: duty, name or address are wrong, or there are too many; see `fields`.
        PersonsNumberError: a text holds a number of a person.
    """
    fields: dict[str, str] = {}
    if duty not in set(Duty):
        fields["duty"] = "役割が選ばれていません。だれに知らせるか決めるために選んでください。"
    if not name.strip() or len(name) > 80:
        fields["name"] = (
            "名前か職名がないか、長すぎます。80文字以内で、職名（例：総務課長）を書いてください。"
        )
    if len(await desk_store.members(tx, municipality)) >= MOST:
        fields["duty"] = f"連絡先は{MOST}件までです。使わない連絡先を外してから加えてください。"
    try:
        checked = mail.address(address) if address.strip() else ""
    except mail.BadAddressError as error:
        fields["mail"] = error.detail
        checked = ""
    if fields:
        raise BadReportError(" ".join(fields.values()), fields=fields)
    check_text(name, office, telephone)
    member = Member(
        member_id=uuid4(),
        duty=duty,
        name=name.strip(),
        office=office.strip()[:80],
        mail=checked,
        telephone=telephone.strip()[:40],
        since=at,
    )
    await desk_store.add_member(tx, municipality, member)
    facts = {"duty": duty, "change": "add"}
    await audit.record(tx, by=by, action=_ACTION, subject=str(member.member_id), facts=facts)
    return member


async def end(tx: Tx, municipality: str, member_id: UUID, *, by: Actor, at: datetime) -> None:
    """Let a member be told no longer.

    Raises:
        UnknownDocumentError: no such member.
    """
    await desk_store.end_member(tx, municipality, member_id, at)
    await audit.record(tx, by=by, action=_ACTION, subject=str(member_id), facts={"change": "end"})
