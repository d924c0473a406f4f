"""Residents who look at who looked at them, and check the proofs without trusting us."""

from dataclasses import dataclass, field
from uuid import UUID

from jichitai.infra.database import Database
from jichitai.infra.transparency.verifier import check_proof
from jichitai.rehearsal.driver import cast
from jichitai.rehearsal.driver.visitor import Visitor
from jichitai.rehearsal.heroes import Hero
from jichitai.web.accounts import Account

_FIND = """
select person_id
  from jukinet.person
 where state = 'live' and municipality = %s and name = %s and birth_date = %s
"""


@dataclass(slots=True)
class Seen:
    """What one resident saw.

    Attributes:
        records: records of provision on the resident's page.
        proofs: of them, those whose proof the stand-alone verifier accepted.
    """

    hero: Hero
    person_id: UUID
    records: int = 0
    proofs: int = 0
    bodies: list[str] = field(default_factory=list)


async def find(database: Database, heroes: list[Hero]) -> list[Seen]:
    """The people of the story as the nation knows them."""
    found = []
    async with database.transaction(read_only=True) as tx:
        for hero in heroes:
            row = await (await tx.execute(_FIND, (hero.town, hero.name, hero.birth))).fetchone()
            if row is not None:
                found.append(Seen(hero, row[0]))
    return found


def personas(seen: list[Seen]) -> list[Account]:
    """Personas of these residents; the display never shows the legal name."""
    return [
        cast.resident(one.person_id, f"住民（{one.hero.title}）", one.hero.story) for one in seen
    ]


async def look(visitor: Visitor, seen: Seen) -> None:
    """Open the own records as the resident, and check every proof.

    Raises:
        RefusedError: a proof does not hold.
    """
    key = (await visitor.download("/api/v1/log/key")).decode()
    page = await visitor.call("GET", "/api/v1/me/provisions")
    for record in page["provisions"]:
        seen.records += 1
        seen.bodies.append(record["organ_name"])
        receipt = record["receipt"]
        content = await visitor.download(f"/api/v1/me/provisions/{receipt}/proof")
        check_proof(content, key)
        seen.proofs += 1
