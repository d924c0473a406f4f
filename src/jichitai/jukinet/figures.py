"""日次集計 of the network: provisions of identity information, by body and affair.

Source: 住民基本台帳法 第30条の16 (what the nation publishes of its provisions); the definitions are
those of data/provision_measures.csv.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from jichitai.infra.database import Tx
from jichitai.infra.figures import Measure, Row, Sort
from jichitai.jukinet import affairs
from jichitai.jukinet.provision.model import Result
from jichitai.kernel.parties import Tier

# Groups are named in the order of time, so that their bounds lead to the blocks of the days; no join,
# for a log that has just grown has no statistics to choose one by.
_PROVIDED: Final = """
with came as materialized (
    select group_id
      from jukinet.provision_group
     where month between date_trunc('month', %(first)s::date)::date and %(last)s::date
       and at >= %(first)s::timestamp at time zone 'Asia/Tokyo'
       and at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
)
select (at at time zone 'Asia/Tokyo')::date as day, organ_id, affair_id, result, count(*)
  from jukinet.provision
 where month between date_trunc('month', %(first)s::date)::date and %(last)s::date
   and group_id >= (select group_id from came order by group_id limit 1)
   and group_id <= (select group_id from came order by group_id desc limit 1)
   and at >= %(first)s::timestamp at time zone 'Asia/Tokyo'
   and at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
   and (%(affairs)s::text[] is null or affair_id = any(%(affairs)s::text[]))
   and (%(result)s::text is null or result = %(result)s::text)
 group by 1, 2, 3, 4
 order by 1, 2, 3, 4
"""

_REFUSED: Final = """
select (at at time zone 'Asia/Tokyo')::date as day, organ_id, type, count(*)
  from jukinet.provision_refusal
 where at >= %(first)s::timestamp at time zone 'Asia/Tokyo'
   and at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
 group by 1, 2, 3
 order by 1, 2, 3
"""


async def provided(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Answers by day, body, affair and result."""
    rows = await _rows(tx, _PROVIDED, {**_days(first, last), "affairs": None, "result": None})
    return [Row(row[0], (row[1], row[2], row[3]), row[4]) for row in rows]


async def attachments_saved(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Answers that took the place of a paper copy, by day, body and affair."""
    instead = [one.id for one in affairs.affairs().values() if one.replaces_copy]
    values = {**_days(first, last), "affairs": instead, "result": str(Result.HIT)}
    return [Row(row[0], (row[1], row[2]), row[4]) for row in await _rows(tx, _PROVIDED, values)]


async def refused(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Refused questions by day, body and kind of refusal."""
    rows = await _rows(tx, _REFUSED, _days(first, last))
    return [Row(row[0], (row[1], row[2]), row[3]) for row in rows]


def _days(first: date, last: date) -> dict[str, object]:
    return {"first": first, "last": last}


async def _rows(tx: Tx, query: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
    return await (await tx.execute(query, values)).fetchall()


MEASURES: Final = (
    Measure(
        key="jukinet.provided",
        title="本人確認情報の提供件数",
        unit="件",
        sort=Sort.FLOW,
        tier=Tier.NATION,
        dimensions=("organ", "affair", "result"),
        basis="提供の記録のうち、回答した照会。該当あり・なしを問わない（拒否したものを除く）",
        count=provided,
    ),
    Measure(
        key="jukinet.attachments_saved",
        title="住民票の写しの添付を省略できた件数",
        unit="件",
        sort=Sort.FLOW,
        tier=Tier.NATION,
        dimensions=("organ", "affair"),
        basis="写しに代わる事務への提供のうち、該当ありと答えた件数。1件が写し1通に代わるとみなす",
        count=attachments_saved,
    ),
    Measure(
        key="jukinet.refused",
        title="提供を断った照会の件数",
        unit="件",
        sort=Sort.FLOW,
        tier=Tier.NATION,
        dimensions=("organ", "type"),
        basis="断った照会の記録。利用機関と理由の種類で分ける",
        count=refused,
    ),
)
"""What the nation counts of the network."""
