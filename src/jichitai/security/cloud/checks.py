"""What must hold of a cloud's state. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, TypeAlias

from jichitai.security.cloud import catalogue
from jichitai.security.cloud.errors import CloudRefusedError
from jichitai.security.cloud.model import SKIPPABLE, Cloud, Move, Step

_YEARS: Final = range(2010, 2101)


def _day_faults(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """Days that no cloud can have: they were typed wrongly."""
    days: list[tuple[str, date | None]] = [
        ("contract_from", cloud.contract_from),
        ("contract_until", cloud.contract_until),
        *((f"step-{one.step}", one.planned_on) for one in cloud.steps),
        *((f"step-{one.step}", one.done_on) for one in cloud.steps),
        *((f"member-{one.code}", one.moved_on) for one in cloud.members),
    ]
    for field, day in days:
        if day is not None and day.year not in _YEARS:
            yield field, f"{day.year}年はあり得ない年です。日付を確かめて入れ直してください。"


def check(cloud: Cloud, *, on: date) -> Cloud:
    """Refuse a state that contradicts itself.

    Args:
        cloud: the state.
        on: the day it is entered; nothing can be done later than that.

    Raises:
        CloudRefusedError: with each field and its message.

    Source: 標準要件 (必須要件 are met before the cloud is in use).
    """
    found = [
        *_day_faults(cloud),
        *_step_faults(cloud, on),
        *_function_faults(cloud),
        *_member_faults(cloud, on),
        *_level_faults(cloud, on),
        *_cost_faults(cloud),
        *_contract_faults(cloud),
    ]
    if found:
        raise CloudRefusedError(found)
    return cloud


Faults: TypeAlias = Iterator[tuple[str, str]]


def _step_faults(cloud: Cloud, on: date) -> Faults:
    if len({one.step for one in cloud.steps}) < len(cloud.steps):
        yield "steps", "同じ段階が二つあります。一つにまとめてください。"
    last: date | None = None
    for step in Step:
        done = cloud.dates_of(step).done_on
        if done is None:
            later = any(cloud.dates_of(one).done_on for one in _after(step))
            if later and step not in SKIPPABLE:
                word = step.japanese
                yield (
                    f"step-{step}",
                    f"「{word}」の日がないまま、先の段階が終わっています。日を入れてください。",
                )
            continue
        if done > on:
            yield f"step-{step}", f"「{step.japanese}」の日が未来です。終わった日を入れてください。"
        if last is not None and done < last:
            yield (
                f"step-{step}",
                f"「{step.japanese}」の日が前の段階より前です。日を確かめてください。",
            )
        last = done
    if cloud.live_on is not None:
        yield from _live_faults(cloud, on)


def _after(step: Step) -> Sequence[Step]:
    every = list(Step)
    return every[every.index(step) + 1 :]


def _live_faults(cloud: Cloud, on: date) -> Faults:
    missing = cloud.missing(on)
    if missing:
        names = "、".join(one.name for one in missing[:5])
        yield (
            "step-live",
            (
                f"必須の機能のうち{len(missing)}件を満たしていないため、運用開始にできません（{names}）。"
                "機能の状況を直すか、運用開始の日を空にしてください。"
            ),
        )
    waiting = [one for one in cloud.joining if one.move is not Move.MIGRATED]
    if waiting:
        yield (
            "step-live",
            (
                f"移行していない参加団体が{len(waiting)}団体あるため、運用開始にできません。"
                "移行の状況を直すか、段階を移行中のままにしてください。"
            ),
        )


def _function_faults(cloud: Cloud) -> Faults:
    codes = [one.code for one in cloud.functions]
    known = catalogue.codes()
    if unknown := sorted(set(codes) - known):
        yield (
            "functions",
            f"一覧にない機能の記号です（{'、'.join(unknown[:5])}）。一覧の記号を使ってください。",
        )
    if len(set(codes)) < len(codes):
        yield "functions", "同じ機能が二つあります。一つにまとめてください。"


def _member_faults(cloud: Cloud, on: date) -> Faults:
    codes = [one.code for one in cloud.members]
    if len(set(codes)) < len(codes):
        yield "members", "同じ団体が二つあります。一つにまとめてください。"
    allowed = {cloud.prefecture, *cloud.shared_with}
    for one in cloud.members:
        if one.code[:2] not in allowed:
            yield (
                f"member-{one.code}",
                (
                    f"団体コード{one.code}はこの都道府県の団体ではありません。"
                    "共同で整備した都道府県の団体なら、先にその都道府県を登録してください。"
                ),
            )
        if one.move is Move.MIGRATED and one.moved_on is None:
            yield f"member-{one.code}", "移行した日がありません。移行した日を入れてください。"
        if one.moved_on is not None and one.moved_on > on:
            yield f"member-{one.code}", "移行した日が未来です。移行が終わってから入れてください。"
        if one.move is Move.STAYS_OUT and not one.reason.strip():
            yield f"member-{one.code}", "参加しない理由がありません。理由を入れてください。"


def _level_faults(cloud: Cloud, on: date) -> Faults:
    named = {one.metric for one in cloud.promises} | {one.metric for one in cloud.measured}
    if unknown := sorted(named - catalogue.metrics().keys()):
        yield "metric", f"知らない指標です（{'、'.join(unknown[:5])}）。一覧から選んでください。"
    seen: set[tuple[str, str]] = set()
    for one in cloud.measured:
        if one.month > f"{on:%Y-%m}":
            yield "month", f"{one.month}は未来の月です。測り終えた月を入れてください。"
        if not one.value.is_finite() or not 0 <= one.value <= 10**6:
            yield "value", "測定値は0から1,000,000までの数で入れてください。"
        if (one.metric, one.month) in seen:
            yield "month", f"{one.month}の同じ指標が二つあります。一つにまとめてください。"
        seen.add((one.metric, one.month))


def _cost_faults(cloud: Cloud) -> Faults:
    for one in cloud.costs:
        borne = one.subsidy + one.prefecture + one.members
        if borne != one.total:
            yield (
                f"cost-{one.fiscal_year}-{one.sort}",
                (
                    f"{one.fiscal_year}年度の費用{one.total:,}円と、補助金・都道府県・参加団体の負担の合計"
                    f"{borne:,}円が合いません。内訳を直してください。"
                ),
            )
    keys = [(one.fiscal_year, one.sort) for one in cloud.costs]
    if len(set(keys)) < len(keys):
        yield "costs", "同じ年度の同じ費用が二つあります。一つにまとめてください。"


def _contract_faults(cloud: Cloud) -> Faults:
    if cloud.prefecture in cloud.shared_with:
        yield (
            "shared_with",
            "共同で整備した相手に自分の都道府県が入っています。相手だけを入れてください。",
        )
    begin, end = cloud.contract_from, cloud.contract_until
    if begin is not None and end is not None and end < begin:
        yield "contract_until", "契約の終わりが始まりより前です。日を確かめてください。"
