"""SQL of organs and joint bodies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, BodyKind
from jichitai.security.organs import Organ


@dataclass(frozen=True, slots=True)
class Statement:
    """What a body last said about one of its organs."""

    organ: str
    established: bool
    reason: str
    said_at: datetime


_STATEMENTS = """
select distinct on (organ) organ, established, reason, said_at
  from security.body_organ
 where municipality = %s
 order by organ, line desc
"""

_SAY = """
insert into security.body_organ
       (municipality, organ, line, established, reason, said_by, said_at)
select %(body)s, %(organ)s,
       coalesce((select max(line) from security.body_organ
                  where municipality = %(body)s and organ = %(organ)s), 0) + 1,
       %(established)s, %(reason)s, %(by)s, %(at)s
"""


async def statements(tx: Tx, body: str) -> list[Statement]:
    """The newest statement about each organ that the body said anything of."""
    cursor = tx.cursor(row_factory=class_row(Statement))
    return await (await cursor.execute(_STATEMENTS, (body,))).fetchall()


async def say(
    tx: Tx, body: str, organ: Organ, *, established: bool, reason: str, by: str, at: datetime
) -> None:
    """Add a statement; earlier ones stay."""
    values = {
        "body": body,
        "organ": str(organ),
        "established": established,
        "reason": reason,
        "by": by,
        "at": at,
    }
    await tx.execute(_SAY, values)


async def save_joint(tx: Tx, body: Body, at: datetime) -> None:
    """Register a joint body, or change its name and members."""
    await tx.execute(
        "insert into security.joint_body (municipality, name, kind, members, registered_at)"
        " values (%s, %s, %s, %s, %s)"
        " on conflict (municipality) do update"
        " set name = excluded.name, kind = excluded.kind, members = excluded.members,"
        "     registered_at = excluded.registered_at",
        (body.code, body.name, str(body.kind), list(body.members), at),
    )


@dataclass(frozen=True, slots=True)
class _Joint:
    municipality: str
    name: str
    kind: str
    members: Sequence[str]


async def joint_bodies(tx: Tx) -> list[Body]:
    """The joint bodies that are registered here (and that this transaction may see), by code."""
    cursor = tx.cursor(row_factory=class_row(_Joint))
    query = "select municipality, name, kind, members from security.joint_body order by 1"
    return [
        Body.joint(
            row.municipality, kind=BodyKind(row.kind), name=row.name, members=tuple(row.members)
        )
        for row in await (await cursor.execute(query)).fetchall()
    ]
