"""内訳: systems by vendor, cloud, deadline, reason and target year."""

from collections.abc import Sequence
from typing import Final

from litestar.response import Template

from jichitai.kernel.dates import wareki
from jichitai.standardisation.progress import groups as grouping
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.facts import Fact, Group, Reason
from jichitai.standardisation.views.asking import AnyRequest, Asked, chosen
from jichitai.standardisation.views.pages.setting import asked_at, crumbs, setting
from jichitai.standardisation.views.places import Place, address
from jichitai.standardisation.views.words import DASH, confidence
from jichitai.web.components import Column, Crumb, NavItem
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock

_COLUMNS: Final = (
    Column("text", "値", head=True, wide=True),
    Column("systems", "システム", align="end"),
    Column("complete", "全工程が終わったもの", align="end"),
    Column("late", "間に合わないもの", align="end"),
    Column("bodies", "団体", align="end"),
)
_REASONS: Final = (
    Column("name", "区分", head=True),
    Column("meaning", "意味", wide=True),
    Column("systems", "システム", align="end"),
    Column("as_of", "時点"),
    Column("source", "出典", wide=True),
)
_PUBLIC: Final = (Fact.REASON, Fact.CLOUD, Fact.DEADLINE, Fact.TARGET_YEAR)
"""What anybody may see; who delivers a body's system stays between the body and the ministry."""


async def by_fact(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """Systems by one fact at a time."""
    place, asked = asked_at(request, clock.today())
    facts = (*_PUBLIC, Fact.VENDOR) if place.inside else _PUBLIC
    by = chosen("内訳", facts, request.query_params.get("by", "")) or Fact.REASON
    async with db.transaction(read_only=True) as tx:
        known = await service.datasets(tx, asked.known_at)
        found = await grouping.groups(tx, by=by, **asked.times)
    told = found[1] if found and any(one.value for one in found[1]) else ()
    reasons = grouping.reasons(as_of=asked.on, known_at=asked.known_at)
    context = {
        **setting(request, place, asked, known),
        "shown": _tabs(place, asked, facts, by),
        "caption": f"{by.japanese}ごとのシステム",
        "as_of_text": wareki(found[0].as_of) if found else DASH,
        "columns": _COLUMNS,
        "rows": [_row(one) for one in told],
        "reason_columns": _REASONS,
        "reasons": [_reason(one) for one in reasons] if by is Fact.REASON else [],
        "crumbs": crumbs(place, asked, Crumb("内訳")),
    }
    return page(request, "standardisation/groups.html", context)


def _tabs(place: Place, asked: Asked, facts: Sequence[Fact], by: Fact) -> list[NavItem]:
    return [
        NavItem(
            one.japanese,
            address(place.groups, {**asked.values, "by": str(one)}),
            current=one is by,
        )
        for one in facts
    ]


def _row(one: Group) -> dict[str, str]:
    return {
        "text": one.text,
        "systems": f"{one.systems:,}",
        "complete": f"{one.complete:,}",
        "late": f"{one.late:,}",
        "bodies": f"{one.bodies:,}",
    }


def _reason(one: Reason) -> dict[str, str]:
    return {
        "name": f"{one.number} {one.name}",
        "meaning": one.meaning,
        "systems": DASH if one.systems is None else f"{one.systems:,}",
        "as_of": wareki(one.as_of) if one.as_of else DASH,
        "source": f"{one.source}（{confidence(one.confidence).word}）",
    }
