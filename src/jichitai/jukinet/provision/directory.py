"""Who may ask: registered bodies and operators, remembered for a few seconds, and their quotas."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeGuard

from jichitai.infra.database import Database
from jichitai.jukinet.provision.errors import (
    QuotaExhaustedError,
    UnknownOperatorError,
    UnknownOrganError,
)
from jichitai.jukinet.provision.model import Organ, State
from jichitai.jukinet.provision.store import organs

LIFE: Final = 3.0
"""Seconds that a registration is believed; a suspension takes effect within them."""


@dataclass(slots=True)
class _Known:
    read_at: float
    organ: Organ
    day: date
    asked: int


class Directory:
    """Reads registrations when they are needed and counts today's questions.

    Several processes may overrun a quota together by what they answer within `LIFE`.
    """

    def __init__(self, database: Database) -> None:
        """Read from the nation's database."""
        self._database = database
        self._organs: dict[str, _Known] = {}
        self._operators: dict[tuple[str, str], tuple[float, State]] = {}
        self._reading: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def find(self, organ_id: str, operator_id: str, day: date) -> tuple[Organ, State]:
        """A body and the state of one of its operators.

        Raises:
            UnknownOrganError: the body is not registered.
            UnknownOperatorError: the operator is not registered with it.
        """
        now = time.monotonic()
        known = self._organs.get(organ_id)
        operator = self._operators.get((organ_id, operator_id))
        if _is_fresh(known, day, now) and operator is not None and now - operator[0] <= LIFE:
            return known.organ, operator[1]
        async with self._reading[organ_id]:  # one question reads, the others that came with it wait
            return await self._find(organ_id, operator_id, day, time.monotonic())

    async def _find(
        self, organ_id: str, operator_id: str, day: date, now: float
    ) -> tuple[Organ, State]:
        known = self._organs.get(organ_id)
        if not _is_fresh(known, day, now):
            known = await self._read(organ_id, day, now)
        operator = self._operators.get((organ_id, operator_id))
        if operator is None or now - operator[0] > LIFE:
            operator = (now, await self._read_operator(organ_id, operator_id))
            self._operators[organ_id, operator_id] = operator
        return known.organ, operator[1]

    def reserve(self, organ_id: str, count: int) -> None:
        """Take questions out of today's quota.

        Raises:
            QuotaExhaustedError: not so many are left; nothing is taken.
        """
        known = self._organs[organ_id]
        left = known.organ.daily_quota - known.asked
        if count > left:
            raise QuotaExhaustedError(
                f"1日に照会できる件数の上限（{known.organ.daily_quota}件）を超えます。"
                f"今日の残りは{max(left, 0)}件です。明日以降に照会するか、機構に上限の変更を申し出てください。",
                organ=organ_id,
                quota=known.organ.daily_quota,
                left=max(left, 0),
            )
        known.asked += count

    def give_back(self, organ_id: str, count: int) -> None:
        """Return questions that were not answered after all."""
        known = self._organs.get(organ_id)
        if known is not None:
            known.asked -= count

    def forget(self) -> None:
        """Read every registration anew."""
        self._organs.clear()
        self._operators.clear()

    async def _read(self, organ_id: str, day: date, now: float) -> _Known:
        async with self._database.transaction(read_only=True) as tx:
            organ = await organs.organ(tx, organ_id)
            asked = await organs.asked_on(tx, organ_id, day)
        if organ is None:
            raise UnknownOrganError(
                "この利用機関は登録されていないため、照会できません。機構に登録を申し出てください。"
            )
        before = self._organs.get(organ_id)
        if before is not None and before.day == day:
            asked = max(asked, before.asked)
        known = _Known(now, organ, day, asked)
        self._organs[organ_id] = known
        return known

    async def _read_operator(self, organ_id: str, operator_id: str) -> State:
        async with self._database.transaction(read_only=True) as tx:
            state = await organs.operator_state(tx, organ_id, operator_id)
        if state is None:
            raise UnknownOperatorError(
                "この操作者番号は登録されていないため、照会できません。だれが照会したかを記録できないからです。"
                "貴機関の管理者に操作者の登録を依頼してください。",
                organ=organ_id,
            )
        return state


def _is_fresh(known: _Known | None, day: date, now: float) -> TypeGuard[_Known]:
    return known is not None and now - known.read_at <= LIFE and known.day == day
