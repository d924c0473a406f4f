"""全件確認: whether the rows kept here are still those that the towns sent.

Digests compare the hashes that were computed at intake; this reads every row of a town, opens its
numbers and computes the hash again, so that a row changed behind the program's back is found.
"""

from typing import Final
from uuid import UUID, uuid4

from jichitai.infra.crypto import UnreadableSealError
from jichitai.infra.database import Tx
from jichitai.jukinet import hashing
from jichitai.jukinet.digest import cases, service
from jichitai.jukinet.digest.cases import NewCase
from jichitai.jukinet.messages import Identity
from jichitai.jukinet.network.notice import open_numbers
from jichitai.jukinet.network.scope import Scope
from jichitai.jukinet.network.store import PersonRow
from jichitai.jukinet.node import Node

_PAGE: Final = 2_000

_ROWS: Final = f"""
select {", ".join(PersonRow._fields)} from jukinet.person
 where {{w}}municipality = %(town)s and state = 'live' and person_id > %(after)s
 order by person_id
 limit {_PAGE}
"""


async def verify_rows(tx: Tx, scope: Scope, node: Node, municipality: str) -> int:
    """Check every live row of a town; each that was altered becomes a case and is reported.

    Args:
        tx: of prefecture or nation.
        scope: whose tables.
        node: this process.
        municipality: the town.

    Returns:
        How many rows were altered.

    Source: 住民記録システム標準仕様書 v1.0 7.1.1.2 (整合性確認); 住民基本台帳法 第30条の8.
    """
    check_id, at, after = uuid4(), node.clock.now(), UUID(int=0)
    found: list[NewCase] = []
    while True:
        cursor = await tx.execute(scope.sql(_ROWS), scope.values(town=municipality, after=after))
        rows = [PersonRow(*row) for row in await cursor.fetchall()]
        found += [
            NewCase(municipality, "altered", row.code_hash, str(scope.party), check_id)
            for row in rows
            if not _is_sound(node, row)
        ]
        if len(rows) < _PAGE:
            break
        after = rows[-1].person_id
    opened = await cases.open_cases(tx, scope, found, at)
    await service.report(tx, node, scope.party, opened, at)
    await cases.settle_unseen(tx, scope, municipality, check_id, at, kinds=("altered",))
    return len(found)


def _is_sound(node: Node, row: PersonRow) -> bool:
    try:
        code, number = open_numbers(node.keys.columns, row.sealed, row.person_id)
    except UnreadableSealError:
        return False
    blind = node.keys.network_blind
    identity = Identity(
        juki_code=code,
        my_number=number,
        name=row.name,
        kana=row.kana,
        birth_date=row.birth_date,
        sex=row.sex,  # type: ignore[arg-type]  # the table holds what a message held
        postal_code=row.postal_code,
        address=row.address,
        former_name=row.former_name,
        former_kana=row.former_kana,
        alias=row.alias,
        alias_kana=row.alias_kana,
    )
    expected = hashing.row_hash(blind, identity, row.municipality, row.residence_since)
    numbered = None if number is None else hashing.number_hash(blind, number)
    return (expected, hashing.code_hash(blind, code), numbered) == (
        row.row_hash,
        row.code_hash,
        row.number_hash,
    )
