"""切断: which parties' links are cut. Receivers hold their messages, dispatchers stop."""

from dataclasses import dataclass
from datetime import datetime

from jichitai.infra.database import Tx
from jichitai.kernel.parties import Party


@dataclass(frozen=True, slots=True)
class Link:
    """The state of a party's link."""

    party: str
    state: str
    since: datetime
    reason: str
    asked_by: str
    confirmed_by: str

    @property
    def is_cut(self) -> bool:
        """Whether messages are held back."""
        return self.state == "cut"


async def set_state(tx: Tx, link: Link) -> None:
    """Write the state; everybody who reads the table follows at once."""
    await tx.execute(
        "insert into infra.link (party, state, since, reason, asked_by, confirmed_by)"
        " values (%s, %s, %s, %s, %s, %s)"
        " on conflict (party) do update set state = excluded.state, since = excluded.since,"
        "    reason = excluded.reason, asked_by = excluded.asked_by,"
        "    confirmed_by = excluded.confirmed_by",
        (link.party, link.state, link.since, link.reason, link.asked_by, link.confirmed_by),
    )


async def state_of(tx: Tx, party: Party) -> Link | None:
    """The link of a party; None when it was never cut."""
    cursor = await tx.execute(
        "select party, state, since, reason, asked_by, confirmed_by from infra.link"
        " where party = %s",
        (str(party),),
    )
    row = await cursor.fetchone()
    return None if row is None else Link(*row)


async def receivers_with_held(tx: Tx) -> list[Party]:
    """Receivers that hold messages whose link is open again; give them to `Receiver.release`."""
    cursor = await tx.execute(
        "select distinct receiver from infra.held where not exists ("
        "       select 1 from infra.link where state = 'cut'"
        "          and party in (held.origin, held.sender)) order by receiver"
    )
    return [Party.parse(row[0]) for row in await cursor.fetchall()]
