"""日次集計 of the counter: cards that were handed over, town by town.

Source: 公的個人認証法 第3条第4項, 第22条第4項 (住所地市町村長を経由した発行).
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from jichitai.infra.database import Tx
from jichitai.infra.figures import Measure, Row, Sort
from jichitai.kernel.parties import Tier

_HANDED_OVER: Final = """
select (closed_at at time zone 'Asia/Tokyo')::date as day, municipality,
       case when renewal then 'renewal' else 'new' end, count(*)
  from jpki.writing
 where state = 'handed-over'
   and closed_at >= %(first)s::timestamp at time zone 'Asia/Tokyo'
   and closed_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
 group by 1, 2, 3
 order by 1, 2, 3
"""


async def handed_over(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Cards handed over by day, town, and whether only their certificates were renewed."""
    cursor = await tx.execute(_HANDED_OVER, {"first": first, "last": last})
    return [Row(row[0], (row[1], row[2]), row[3]) for row in await cursor.fetchall()]


MEASURES: Final = (
    Measure(
        key="jpki.handed_over",
        title="窓口でカードを渡した件数",
        unit="件",
        sort=Sort.FLOW,
        tier=Tier.TOWN,
        dimensions=("municipality", "writing"),
        basis="交付窓口の記録のうち、電子証明書を書き込んだカードを渡したもの。渡した日で数える",
        count=handed_over,
    ),
)
"""What a town counts of its counter."""
