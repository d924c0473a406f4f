"""Carrying last year's answers over, and saying what went stale meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from jichitai.security.checks.model.answers import Answer, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """What happened between two rounds.

    Attributes:
        items: item -> what the newer version of the guideline changed in it.
        expired: evidence that is past its last day, or was withdrawn.
        conditions: the network's model or the use of cloud services is another one.
        exceptions: items whose 例外措置 ended meanwhile.
    """

    items: Mapping[str, str]
    expired: frozenset[UUID]
    conditions: bool
    exceptions: frozenset[str]


def stale_reasons(item_id: str, standing: Standing, between: Between) -> tuple[str, ...]:
    """Why a carried answer needs a new look; empty when only its confirmation is due.

    Args:
        item_id: the control item.
        standing: the answer as it stood when the earlier round ended.
        between: what happened since.

    Source: ガイドライン 対策基準 9.2(3) (自己点検結果の活用); which reasons count is ours.
    """
    found = []
    if changed := between.items.get(item_id):
        found.append(f"ガイドラインの項目が変わりました（{changed}）")
    expired = sum(one in between.expired for one in standing.given.evidence)
    if expired:
        found.append(f"根拠資料{expired}件の有効期限が過ぎています")
    if between.conditions and standing.given.answer is Answer.NOT_APPLICABLE:
        found.append(
            "ネットワークのモデルかクラウドの利用が前回と違います。対象外かを確かめてください"
        )
    if item_id in between.exceptions:
        found.append("この項目の例外措置が終わりました")
    if standing.given.answer.gap:
        found.append("前回は実施していませんでした。是正の結果を確かめてください")
    return tuple(found)


def expired(valid_until: date | None, *, withdrawn: bool, on: date) -> bool:
    """Whether evidence shows nothing any more.

    >>> expired(date(2026, 3, 31), withdrawn=False, on=date(2026, 4, 1))
    True

    Source: ガイドライン 対策基準 9.1(6) (監査の証拠の保管).
    """
    return withdrawn or (valid_until is not None and valid_until < on)
