"""SQL of relying parties, their keys and the steps of their rehearsal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx
from jichitai.jpki.signin.claims import Item
from jichitai.jpki.signin.parties import NAME, Fault, PartyKey, PartyState, RelyingParty

_COLUMNS: Final = (
    "client_id, display, organisation, purpose, policy_url, contact, state, sector, redirect_urls,"
    " logout_urls, backchannel_url, items, pushed_only, id_token_alg, not_after, rehearsed_from,"
    " fault,"
    " (select coalesce(jsonb_agg(jsonb_build_array(kid, jwk, not_after) order by not_after, kid),"
    "         '[]') from jpki.relying_party_key k where k.client_id = p.client_id)"
)

_SAVE = """
insert into jpki.relying_party
       (client_id, display, organisation, purpose, policy_url, contact, state, sector,
        redirect_urls, logout_urls, backchannel_url, items, pushed_only, id_token_alg, not_after,
        rehearsed_from, fault, registered_at)
values (%(client_id)s, %(display)s, %(organisation)s, %(purpose)s, %(policy_url)s, %(contact)s,
        %(state)s, %(sector)s, %(redirect_urls)s, %(logout_urls)s, %(backchannel_url)s, %(items)s,
        %(pushed_only)s, %(id_token_alg)s, %(not_after)s, %(rehearsed_from)s, %(fault)s, %(now)s)
on conflict (client_id) do update
   set display = excluded.display, organisation = excluded.organisation,
       purpose = excluded.purpose, policy_url = excluded.policy_url, contact = excluded.contact,
       state = excluded.state, sector = excluded.sector, redirect_urls = excluded.redirect_urls,
       logout_urls = excluded.logout_urls, backchannel_url = excluded.backchannel_url,
       items = excluded.items, pushed_only = excluded.pushed_only,
       id_token_alg = excluded.id_token_alg, not_after = excluded.not_after,
       rehearsed_from = excluded.rehearsed_from, fault = excluded.fault
"""

_KEY = """
insert into jpki.relying_party_key (client_id, kid, jwk, not_after, added_at)
values (%s, %s, %s, %s, %s)
"""


async def find(tx: Tx, client_id: str, *, lock: bool = False) -> RelyingParty | None:
    """One party with its keys, or None."""
    if not NAME.fullmatch(client_id):
        return None
    query = f"select {_COLUMNS} from jpki.relying_party p where client_id = %s"
    row = await (
        await tx.execute(f"{query} for update" if lock else query, (client_id,))
    ).fetchone()
    return None if row is None else _party(row)


async def everyone(tx: Tx) -> list[RelyingParty]:
    """All parties with their keys, by name."""
    rows = await tx.execute(f"select {_COLUMNS} from jpki.relying_party p order by client_id")
    return [_party(row) for row in await rows.fetchall()]


async def sharing(tx: Tx, sector: str) -> list[str]:
    """The bodies whose parties have this sector."""
    rows = await tx.execute(
        "select distinct organisation from jpki.relying_party where sector = %s", (sector,)
    )
    return [name for (name,) in await rows.fetchall()]


async def save(tx: Tx, party: RelyingParty, *, now: datetime) -> None:
    """Add a party or bring it up to date, with exactly its keys."""
    await tx.execute(
        _SAVE,
        {
            "client_id": party.client_id,
            "display": party.display,
            "organisation": party.organisation,
            "purpose": party.purpose,
            "policy_url": party.policy_url,
            "contact": party.contact,
            "state": str(party.state),
            "sector": party.sector,
            "redirect_urls": list(party.redirect_urls),
            "logout_urls": list(party.logout_urls),
            "backchannel_url": party.backchannel_url,
            "items": sorted(map(str, party.items)),
            "pushed_only": party.pushed_only,
            "id_token_alg": party.id_token_alg,
            "not_after": party.not_after,
            "rehearsed_from": party.rehearsed_from,
            "fault": party.fault and str(party.fault),
            "now": now,
        },
    )
    await tx.execute("delete from jpki.relying_party_key where client_id = %s", (party.client_id,))
    for key in party.keys:
        values = (party.client_id, key.kid, Jsonb(dict(key.jwk)), key.not_after, now)
        await tx.execute(_KEY, values)


async def set_fault(tx: Tx, client_id: str, fault: Fault | None) -> None:
    """Say what the next answer of a rehearsal has wrong."""
    await tx.execute(
        "update jpki.relying_party set fault = %s where client_id = %s",
        (fault and str(fault), client_id),
    )


async def take_fault(tx: Tx, client_id: str) -> Fault | None:
    """Take out what the next answer has wrong; the answer after it is in order again."""
    row = await (
        await tx.execute(
            "select fault from jpki.relying_party where client_id = %s for update", (client_id,)
        )
    ).fetchone()
    if row is None or row[0] is None:
        return None
    await set_fault(tx, client_id, None)
    return Fault(row[0])


async def add_step(tx: Tx, client_id: str, step: str, now: datetime) -> None:
    """Remember what a party under rehearsal did."""
    await tx.execute(
        "insert into jpki.rehearsal_step (client_id, step, seen_at) values (%s, %s, %s)"
        " on conflict do nothing",
        (client_id, step, now),
    )


async def steps(tx: Tx, client_id: str, since: datetime) -> list[tuple[str, datetime]]:
    """What a party was seen to do in its rehearsal, oldest first."""
    rows = await tx.execute(
        "select step, seen_at from jpki.rehearsal_step"
        " where client_id = %s and seen_at >= %s order by seen_at",
        (client_id, since),
    )
    return [(step, seen_at) for step, seen_at in await rows.fetchall()]


def _party(row: Sequence[Any]) -> RelyingParty:
    return RelyingParty(
        client_id=row[0],
        display=row[1],
        organisation=row[2],
        purpose=row[3],
        policy_url=row[4],
        contact=row[5],
        state=PartyState(row[6]),
        sector=row[7],
        redirect_urls=tuple(row[8]),
        logout_urls=tuple(row[9]),
        backchannel_url=row[10],
        items=frozenset(Item(item) for item in row[11]),
        pushed_only=row[12],
        id_token_alg=row[13],
        not_after=row[14],
        rehearsed_from=row[15],
        fault=Fault(row[16]) if row[16] else None,
        keys=tuple(
            PartyKey(kid=kid, jwk=jwk, not_after=datetime.fromisoformat(end))
            for kid, jwk, end in row[17]
        ),
    )
