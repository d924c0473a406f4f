"""日次集計 of certificates: issued, revoked, in force, used to sign in.

Source: 公的個人認証法 第3条, 第22条 (発行), 第15条, 第34条 (失効).
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from jichitai.infra.database import Tx
from jichitai.infra.figures import Measure, Row, Sort
from jichitai.kernel.parties import Tier

_ISSUED: Final = """
select (issued_at at time zone 'Asia/Tokyo')::date as day, kind, medium, count(*)
  from jpki.certificate
 where issued_at >= %(first)s::timestamp at time zone 'Asia/Tokyo'
   and issued_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
 group by 1, 2, 3
 order by 1, 2, 3
"""

_REVOKED: Final = """
select (gone.revoked_at at time zone 'Asia/Tokyo')::date as day, issuer.kind, gone.reason, count(*)
  from jpki.revocation as gone
  join jpki.authority as issuer on issuer.authority = gone.authority
 where gone.revoked_at >= %(first)s::timestamp at time zone 'Asia/Tokyo'
   and gone.revoked_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
 group by 1, 2, 3
 order by 1, 2, 3
"""

# What came and what went, day by day; days before the first are one sum. A certificate that
# expires within a day is not in force at its end; an end is written once and never moved.
_IN_FORCE: Final = """
select greatest(moved.day, %(first)s::date) as day, moved.kind, moved.medium, sum(moved.change)
  from (select (issued_at at time zone 'Asia/Tokyo')::date as day, kind, medium,
               count(*) as change
          from jpki.certificate
         where issued_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
         group by 1, 2, 3
        union all
        select (least(ended_at, not_after) at time zone 'Asia/Tokyo')::date, kind, medium,
               -count(*)
          from jpki.certificate
         where issued_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
           and least(ended_at, not_after)
               < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
         group by 1, 2, 3) as moved
 group by 1, 2, 3
 order by 1, 2, 3
"""

_SIGNED_IN: Final = """
select (signed_in_at at time zone 'Asia/Tokyo')::date as day, client_id, kind, count(*)
  from jpki.sign_in
 where not rehearsal
   and signed_in_at >= %(first)s::timestamp at time zone 'Asia/Tokyo'
   and signed_in_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
 group by 1, 2, 3
 order by 1, 2, 3
"""


async def issued(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Certificates issued by day, kind and medium."""
    return await _counted(tx, _ISSUED, first, last)


async def revoked(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Entries of the lists of revocations by day, kind and reason."""
    return await _counted(tx, _REVOKED, first, last)


async def signed_in(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Sign-ins by day, relying party and kind of certificate."""
    return await _counted(tx, _SIGNED_IN, first, last)


async def in_force(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Certificates in force at the end of each day, by kind and medium."""
    cursor = await tx.execute(_IN_FORCE, {"first": first, "last": last})
    changes: dict[date, list[tuple[tuple[str, ...], int]]] = {}
    for day, kind, medium, change in await cursor.fetchall():
        changes.setdefault(day, []).append(((kind, medium), int(change)))
    standing: Counter[tuple[str, ...]] = Counter()
    found: list[Row] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        standing.update(dict(changes.get(day, ())))
        found += [Row(day, parts, value) for parts, value in sorted(standing.items()) if value]
    return found


async def _counted(tx: Tx, query: str, first: date, last: date) -> list[Row]:
    cursor = await tx.execute(query, {"first": first, "last": last})
    rows: list[tuple[Any, ...]] = await cursor.fetchall()
    return [Row(row[0], (row[1], row[2]), row[3]) for row in rows]


MEASURES: Final = (
    Measure(
        key="jpki.issued",
        title="電子証明書の発行枚数",
        unit="枚",
        sort=Sort.FLOW,
        tier=Tier.NATION,
        dimensions=("kind", "medium"),
        basis="発行した証明書。署名用・利用者証明用の別と、カード・移動端末の別",
        count=issued,
    ),
    Measure(
        key="jpki.revoked",
        title="電子証明書の失効件数",
        unit="件",
        sort=Sort.FLOW,
        tier=Tier.NATION,
        dimensions=("kind", "reason"),
        basis="失効情報の記録。一時停止（certificateHold）も1件と数える。満了は含まない",
        count=revoked,
    ),
    Measure(
        key="jpki.in_force",
        title="有効な電子証明書の枚数",
        unit="枚",
        sort=Sort.STOCK,
        tier=Tier.NATION,
        dimensions=("kind", "medium"),
        basis="日の終わりに、発行済みで、失効も一時停止も満了もしていない証明書",
        count=in_force,
    ),
    Measure(
        key="jpki.signed_in",
        title="電子証明書によるサインインの件数",
        unit="件",
        sort=Sort.FLOW,
        tier=Tier.NATION,
        dimensions=("client", "kind"),
        basis="相手先へのサインインの記録（接続試験中のものを除く）",
        count=signed_in,
    ),
)
"""What the nation counts of certificates."""
