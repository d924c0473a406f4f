"""Cases (不一致の案件): each difference has an owner, an age and an end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID, uuid4

from jichitai.infra.database import Tx
from jichitai.jukinet.errors import UnknownCaseError
from jichitai.jukinet.messages import M15
from jichitai.jukinet.network.scope import Scope

CaseKind: TypeAlias = Literal["missing-above", "missing-below", "differs", "second-live", "altered"]
DIGEST_KINDS: Final[tuple[CaseKind, ...]] = ("missing-above", "missing-below", "differs")

DETAIL: Final = {
    "missing-above": "下位の記録にある人が、ここの記録にありません。通知の再送で補ってください。",
    "missing-below": "ここの記録にある人が、下位の記録にありません。消除の通知が届いたかを確かめてください。",
    "differs": "記録の内容が下位と一致しません。通知の再送で揃えてください。",
    "altered": "ここの記録が、通知を受けた後に書き換わっています。通知の再送で元に戻し、原因を調べてください。",
    "second-live": "より新しい住所の記録が別の市区町村にあるのに、住民として記録されています。"
    "転出の処理が済んでいるかを確かめてください。",
}


@dataclass(frozen=True, slots=True)
class NewCase:
    """A difference that was found."""

    municipality: str
    kind: CaseKind
    code_hash: bytes
    owner: str
    digest_id: UUID | None = None


_OPEN: Final = """
insert into jukinet.digest_case
       ({p}case_id, municipality, kind, code_hash, owner, opened_at, detail, digest_id, state)
select {v}case_id, municipality, kind, code_hash, owner, %(at)s, detail, digest_id, 'open'
  from unnest(%(ids)s::uuid[], %(towns)s::text[], %(kinds)s::text[], %(hashes)s::bytea[],
              %(owners)s::text[], %(details)s::text[], %(digests)s::uuid[])
       as new (case_id, municipality, kind, code_hash, owner, detail, digest_id)
    on conflict ({p}municipality, kind, code_hash) where state = 'open' do update
       set digest_id = excluded.digest_id
returning case_id, municipality, kind, code_hash
"""

_SETTLE: Final = """
update jukinet.digest_case as found
   set state = 'explained', closed_at = %(at)s, closed_by = 'system', closing_note = %(note)s
  from unnest(%(towns)s::text[], %(hashes)s::bytea[]) as over (town, hash)
 where {w}found.municipality = over.town and found.code_hash = over.hash
   and found.kind = %(kind)s and found.state = 'open'
"""

_SETTLE_UNSEEN: Final = """
update jukinet.digest_case
   set state = 'explained', closed_at = %(at)s, closed_by = 'system', closing_note = %(note)s
 where {w}municipality = %(town)s and kind = any(%(kinds)s) and state = 'open'
   and digest_id is distinct from %(digest)s
"""

_CLOSE: Final = """
update jukinet.digest_case
   set state = 'closed', closed_at = %(at)s, closed_by = %(by)s, closing_note = %(note)s
 where {w}case_id = %(case)s and state = 'open'
"""

_COUNT_OPEN: Final = """
select count(*) from jukinet.digest_case
 where {w}municipality = %(town)s and kind = any(%(kinds)s) and state = 'open'
"""


async def open_cases(
    tx: Tx, scope: Scope, cases: Sequence[NewCase], at: datetime
) -> list[tuple[UUID, NewCase]]:
    """Open cases; one that is open already is only confirmed.

    Returns:
        Id and content of those that are new.
    """
    unique = {(case.municipality, case.kind, case.code_hash): case for case in cases}
    if not unique:
        return []
    ids = {uuid4(): case for case in unique.values()}
    values = scope.values(
        at=at,
        ids=list(ids),
        towns=[case.municipality for case in ids.values()],
        kinds=[case.kind for case in ids.values()],
        hashes=[case.code_hash for case in ids.values()],
        owners=[case.owner for case in ids.values()],
        details=[DETAIL[case.kind] for case in ids.values()],
        digests=[case.digest_id for case in ids.values()],
    )
    cursor = await tx.execute(scope.sql(_OPEN), values)
    return [(row[0], ids[row[0]]) for row in await cursor.fetchall() if row[0] in ids]


async def settle(
    tx: Tx, scope: Scope, pairs: Collection[tuple[str, bytes]], kind: str, at: datetime
) -> None:
    """End cases that a later message explained; pairs of town and code hash."""
    if not pairs:
        return
    towns, hashes = zip(*pairs, strict=True)
    values: dict[str, Any] = scope.values(
        at=at, towns=list(towns), hashes=list(hashes), kind=kind, note="後から届いた通知で解消"
    )
    await tx.execute(scope.sql(_SETTLE), values)


async def settle_unseen(
    tx: Tx,
    scope: Scope,
    municipality: str,
    digest_id: UUID | None,
    at: datetime,
    *,
    kinds: Sequence[CaseKind] = DIGEST_KINDS,
) -> None:
    """End the town's cases of these kinds that the comparison `digest_id` did not find again."""
    values = scope.values(
        at=at,
        town=municipality,
        kinds=list(kinds),
        digest=digest_id,
        note="次の整合性確認で一致",
    )
    await tx.execute(scope.sql(_SETTLE_UNSEEN), values)


async def close(tx: Tx, scope: Scope, case_id: UUID, *, by: str, note: str, at: datetime) -> None:
    """Close a case by hand.

    Raises:
        UnknownCaseError: no such case, or it is not open.
    """
    values = scope.values(case=case_id, by=by, note=note, at=at)
    cursor = await tx.execute(scope.sql(_CLOSE), values)
    if cursor.rowcount == 0:
        raise UnknownCaseError("この案件はないか、既に閉じられています。一覧を更新してください。")


async def count_open(tx: Tx, scope: Scope, municipality: str) -> int:
    """How many differences of a town are open."""
    values = scope.values(town=municipality, kinds=list(DIGEST_KINDS))
    row = await (await tx.execute(scope.sql(_COUNT_OPEN), values)).fetchone()
    return 0 if row is None else int(row[0])


def report_of(case_id: UUID, case: NewCase, at: datetime) -> M15:
    """誤り・脱漏の通報 of a case.

    Source: 住民基本台帳法 第30条の8, 第12条の5.
    """
    return M15(
        report_id=case_id,
        municipality=case.municipality,
        error=case.kind,
        juki_code=None,
        code_hash=case.code_hash,
        event_number=None,
        detail=DETAIL[case.kind],
        reported_at=at,
    )
