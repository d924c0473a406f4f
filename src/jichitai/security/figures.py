"""日次集計 of 情報セキュリティ: policies, security clouds, subsidies, the guideline.

Source: 地方自治法 第244条の6; 総務省 政策評価（電子自治体の推進）の指標.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from jichitai.infra.database import Tx
from jichitai.infra.figures import Count, Measure, Row, Sort
from jichitai.kernel.parties import Tier
from jichitai.security.cloud.model import Cloud, cloud_of
from jichitai.security.guideline import builtin
from jichitai.security.obligations.model import Denominator
from jichitai.security.oversight.model.standing import Progress
from jichitai.security.oversight.service.daily import standings_by_day

Parts = tuple[str, ...]
Standing = Counter[Parts]

_DENOMINATORS: Final = ("denominator", "prefecture", "kind")


# --- policies ------------------------------------------------------------------------------------


async def policy_bodies(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """What rates of policies are counted on, at the end of each day, by denominator."""
    return await _policies(tx, first, last, Progress.NONE)


async def policies_adopted(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Adopted policies at the end of each day, by denominator."""
    return await _policies(tx, first, last, Progress.ADOPTED)


async def policies_published(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Adopted policies that were found at their published address, by denominator."""
    return await _policies(tx, first, last, Progress.COUNTED)


async def _policies(tx: Tx, first: date, last: date, least: Progress) -> list[Row]:
    """Bodies by their head's policy, and pairs of body and organ, from the first report on."""
    found: list[Row] = []
    total: Standing = Counter()
    told: dict[str, Standing] = {}
    async for day, changed in standings_by_day(tx, first, last, silent=least is Progress.NONE):
        for one in changed:
            own = Denominator.JOINT if one.body.kind.joint else Denominator.ALL_1788
            place = (one.body.prefecture_code, str(one.body.kind))
            now: Standing = Counter()
            now[str(own), *place] = int(one.head >= least)
            pairs = sum(step >= least for step in one.organs.values())
            now[str(Denominator.ORGAN_PAIRS), *place] = pairs
            total.subtract(told.get(one.body.code, Counter()))
            total.update(now)
            told[one.body.code] = now
        found += _rows(day, total)
    return found


# --- security clouds -----------------------------------------------------------------------------

_REPORTS: Final = """
select prefecture, generation, content,
       greatest((received_at at time zone 'Asia/Tokyo')::date, %(first)s::date) as day
  from security.cloud_report
 where received_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
 order by prefecture, number
"""

_VERSIONS: Final = """
select prefecture, generation, content,
       greatest((changed_at at time zone 'Asia/Tokyo')::date, %(first)s::date) as day
  from security.cloud_version
 where changed_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
 order by prefecture, generation, revision
"""


async def clouds(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Prefectures by the step of their security cloud, at the end of each day, as reported."""
    return await _clouds(tx, _REPORTS, first, last, _step)


async def cloud_members(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Members of a prefecture's security cloud by their move, at the end of each day."""
    return await _clouds(tx, _VERSIONS, first, last, _moves)


def _step(prefecture: str, generation: str, cloud: Cloud) -> Standing:
    return Counter({(generation, prefecture, str(cloud.step)): 1})


def _moves(prefecture: str, generation: str, cloud: Cloud) -> Standing:
    return Counter((prefecture, generation, str(one.move)) for one in cloud.members)


async def _clouds(
    tx: Tx, query: str, first: date, last: date, told: Callable[[str, str, Cloud], Standing]
) -> list[Row]:
    """What the newest state of each prefecture and generation tells, at the end of each day."""
    cursor = await tx.execute(query, {"first": first, "last": last})
    changes: dict[date, dict[tuple[str, str], str]] = {}
    for prefecture, generation, content, day in await cursor.fetchall():
        changes.setdefault(day, {})[prefecture, str(generation)] = content
    states: dict[tuple[str, str], Standing] = {}
    found: list[Row] = []
    for day in _days(first, last):
        for (prefecture, generation), content in changes.get(day, {}).items():
            states[prefecture, generation] = told(prefecture, generation, cloud_of(content))
        total: Standing = Counter()
        for state in states.values():
            total.update(state)
        found += _rows(day, total)
    return found


# --- monitoring ----------------------------------------------------------------------------------

_ALERTS: Final = """
select (found_at at time zone 'Asia/Tokyo')::date as day, prefecture, severity, count(*)
  from security.monitoring_alert
 where found_at >= %(first)s::timestamp at time zone 'Asia/Tokyo'
   and found_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Tokyo'
 group by 1, 2, 3
 order by 1, 2, 3
"""


async def alerts(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Alerts of a prefecture's security cloud by day and severity."""
    cursor = await tx.execute(_ALERTS, {"first": first, "last": last})
    return [Row(row[0], (row[1], row[2]), row[3]) for row in await cursor.fetchall()]


# --- subsidies -----------------------------------------------------------------------------------

_DECIDED: Final = """
select entry.posted_on, entry.prefecture, count(distinct entry.paper_id),
       sum(entry.amount)::bigint
  from security.subsidy_transfer as entry
  join security.subsidy_paper as paper
    on paper.prefecture = entry.prefecture and paper.case_id = entry.case_id
   and paper.paper_id = entry.paper_id
 where paper.kind = 'decision' and entry.debit = 'committed' and not entry.reverses
   and entry.posted_on between %(first)s and %(last)s
 group by 1, 2
 order by 1, 2
"""

# 交付決定額: what is committed and what of it was settled; a reversal stands in the books as well.
_GRANTED: Final = """
select greatest(moved.posted_on, %(first)s::date) as day, moved.prefecture,
       sum(moved.amount)::bigint
  from (select posted_on, prefecture, amount from security.subsidy_transfer
         where debit in ('committed', 'executed') and posted_on <= %(last)s
        union all
        select posted_on, prefecture, -amount from security.subsidy_transfer
         where credit in ('committed', 'executed') and posted_on <= %(last)s) as moved
 group by 1, 2
 order by 1, 2
"""


async def subsidies_decided(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Decisions to grant, by day and prefecture."""
    cursor = await tx.execute(_DECIDED, {"first": first, "last": last})
    return [Row(day, (prefecture,), count) for day, prefecture, count, _ in await cursor.fetchall()]


async def subsidies_decided_yen(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Amounts of decisions to grant, by day and prefecture, in yen."""
    cursor = await tx.execute(_DECIDED, {"first": first, "last": last})
    return [Row(day, (prefecture,), yen) for day, prefecture, _, yen in await cursor.fetchall()]


async def subsidies_granted_yen(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """交付決定額 as it stands at the end of each day, by prefecture, in yen."""
    cursor = await tx.execute(_GRANTED, {"first": first, "last": last})
    changes: dict[date, dict[Parts, int]] = {}
    for day, prefecture, yen in await cursor.fetchall():
        changes.setdefault(day, {})[(prefecture,)] = yen
    standing: Standing = Counter()
    found: list[Row] = []
    for day in _days(first, last):
        standing.update(changes.get(day, {}))
        found += _rows(day, standing)
    return found


# --- the guideline -------------------------------------------------------------------------------

_PUBLISHED: Final = """
select version, published_on from security.guideline_published
 where municipality = 'ministry' and official and published_on between %(first)s and %(last)s
"""


async def guideline_revisions(tx: Tx, first: date, last: date) -> Sequence[Row]:
    """Revisions of the minister's guideline, by their day: known ones, and those published here."""
    cursor = await tx.execute(_PUBLISHED, {"first": first, "last": last})
    known = {one.version: one.published_on for one in builtin.history()}
    dated: Mapping[str, date] = dict(await cursor.fetchall()) | known
    return [
        Row(day, (version,), 1)
        for version, day in sorted(dated.items(), key=lambda one: (one[1], one[0]))
        if first <= day <= last
    ]


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _rows(day: date, standing: Mapping[Parts, int]) -> list[Row]:
    return [Row(day, parts, value) for parts, value in sorted(standing.items()) if value]


def _measure(
    key: str,
    title: str,
    unit: str,
    dimensions: tuple[str, ...],
    count: Count,
    *,
    basis: str,
    sort: Sort = Sort.STOCK,
    tier: Tier = Tier.MINISTRY,
) -> Measure:
    return Measure(
        key=f"security.{key}",
        title=title,
        unit=unit,
        sort=sort,
        tier=tier,
        dimensions=dimensions,
        basis=basis,
        count=count,
    )


_HEADS: Final = (
    "団体は長の方針で、団体と機関の組は機関ごとに数える。1,788団体・組合・組は別の分母で、足さない。"
    "最初の報告が届いた日から数える"
)

MEASURES: Final = (
    _measure(
        "policy_bodies",
        "サイバーセキュリティ方針の分母の数",
        "団体（組）",
        _DENOMINATORS,
        policy_bodies,
        basis=f"方針を定める義務のある団体、または団体と機関の組。{_HEADS}",
    ),
    _measure(
        "policies_adopted",
        "サイバーセキュリティ方針を策定した数",
        "団体（組）",
        _DENOMINATORS,
        policies_adopted,
        basis=f"届いた報告のうち、決裁が済んだもの。{_HEADS}",
    ),
    _measure(
        "policies_published",
        "サイバーセキュリティ方針を策定・公表した数",
        "団体（組）",
        _DENOMINATORS,
        policies_published,
        basis=f"届いた報告のうち、決裁が済み、公表の場所で文書を確かめたもの。{_HEADS}",
    ),
    _measure(
        "clouds",
        "セキュリティクラウドの段階ごとの都道府県の数",
        "都道府県",
        ("generation", "prefecture", "step"),
        clouds,
        basis="都道府県の報告のうち、日の終わりに最も新しいもの。報告がない都道府県は数えない",
    ),
    _measure(
        "cloud_members",
        "セキュリティクラウドの参加団体の数",
        "団体",
        ("prefecture", "generation", "move"),
        cloud_members,
        basis="都道府県が記録した参加団体と、その移行の状況",
        tier=Tier.PREFECTURE,
    ),
    _measure(
        "alerts",
        "セキュリティクラウドの検知件数",
        "件",
        ("prefecture", "severity"),
        alerts,
        basis="監視で見つけた検知の記録。見つけた日で数える",
        sort=Sort.FLOW,
        tier=Tier.PREFECTURE,
    ),
    _measure(
        "subsidies_decided",
        "補助金の交付決定の件数",
        "件",
        ("prefecture",),
        subsidies_decided,
        basis="帳簿に記された交付決定。変更・取下げ・取消しでは減らさない",
        sort=Sort.FLOW,
    ),
    _measure(
        "subsidies_decided_yen",
        "補助金の交付決定の額",
        "円",
        ("prefecture",),
        subsidies_decided_yen,
        basis="帳簿に記された交付決定の額。変更・取下げ・取消しでは減らさない",
        sort=Sort.FLOW,
    ),
    _measure(
        "subsidies_granted_yen",
        "補助金の交付決定額の現在額",
        "円",
        ("prefecture",),
        subsidies_granted_yen,
        basis="帳簿の交付決定額（確定前）と執行済みの予算の残高。変更・取下げ・取消し・額の確定を反映する",
    ),
    _measure(
        "guideline_revisions",
        "情報セキュリティポリシーガイドラインの改定回数",
        "回",
        ("version",),
        guideline_revisions,
        basis="ガイドラインの版の一覧と、この製品で公表した公式の版。公表の日で数える",
        sort=Sort.FLOW,
    ),
)
"""What prefectures and the ministry count of 情報セキュリティ."""
