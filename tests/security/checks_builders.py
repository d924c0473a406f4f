"""Builders of checks, corrections, exceptions and risks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from jichitai.infra.audit import Actor
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.security.checks.model.answers import Answer, Given
from jichitai.security.checks.model.corrections import Planned
from jichitai.security.checks.model.exceptions import Application
from jichitai.security.checks.model.risks import Assessed, Treatment
from jichitai.security.checks.model.rounds import Plan, Sort
from jichitai.security.checks.service.answers import Answers, Reply
from jichitai.security.checks.service.corrections import Corrections
from jichitai.security.checks.service.evidence import Evidence
from jichitai.security.checks.service.exceptions import Exceptions
from jichitai.security.checks.service.risks import Risks
from jichitai.security.checks.service.rounds import Rounds
from jichitai.security.checks.store import rounds
from jichitai.security.checks.store.rounds import Line
from jichitai.security.messages import Finding

TODAY = date(2026, 11, 20)


def actor(name: str, *roles: str) -> Actor:
    return Actor("staff", name, f"担当 {name}", frozenset(roles))


OFFICER = actor("officer-1", "security-officer")
SECOND = actor("officer-2", "security-officer")
CISO = actor("ciso", "policy-adopter")
AUDITOR = actor("auditor", "security-auditor")


def planned(**values: Any) -> Planned:
    plain: dict[str, Any] = {
        "title": "バックアップを別の建物にも置く",
        "owner": "情報政策課",
        "due_on": TODAY + timedelta(days=60),
    }
    return Planned(**(plain | values))


def application(**values: Any) -> Application:
    plain: dict[str, Any] = {
        "title": "保守用端末の多要素認証",
        "items": ("gl-p2-2-6.2.1.1",),
        "reason": "機器が対応していない",
        "risk": "なりすまし",
        "compensating": "入室を記録し、2人で作業する",
        "until": TODAY + timedelta(days=180),
    }
    return Application(**(plain | values))


def assessed(**values: Any) -> Assessed:
    plain: dict[str, Any] = {
        "asset": "住民記録システム",
        "threat": "ランサムウェア",
        "weakness": "バックアップが同じネットワークにある",
        "likelihood": 3,
        "impact": 5,
        "treatment": Treatment.REDUCE,
        "plan": "切り離した場所に置く",
        "owner": "情報政策課",
        "review_on": TODAY + timedelta(days=300),
    }
    return Assessed(**(plain | values))


@dataclass
class Desk:
    """All services of one body, in one transaction."""

    tx: Tx
    body: str
    clock: FixedClock
    outbox: Outbox

    @property
    def rounds(self) -> Rounds:
        return Rounds(self.clock, self.outbox)

    @property
    def answers(self) -> Answers:
        return Answers(self.clock)

    @property
    def corrections(self) -> Corrections:
        return Corrections(self.clock)

    @property
    def exceptions(self) -> Exceptions:
        return Exceptions(self.clock)

    @property
    def risks(self) -> Risks:
        return Risks(self.clock)

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.clock)

    async def open(
        self, *, sort: Sort = Sort.SELF_CHECK, by: Actor | None = None, **values: Any
    ) -> UUID:
        plain: dict[str, Any] = {"fiscal_year": 2026, "cloud": False}
        plan = Plan(sort=sort, **(plain | values))
        asked_by = by or (AUDITOR if sort.audit else OFFICER)
        return (await self.rounds.open(self.tx, self.body, plan, by=asked_by)).round_id

    async def lines(self, round_id: UUID) -> list[Line]:
        return await rounds.lines(self.tx, self.body, round_id, self.clock.today())

    async def answer_all(
        self,
        round_id: UUID,
        lines: Sequence[Line],
        answer: Answer = Answer.MET,
        *,
        by: Actor = OFFICER,
        **values: Any,
    ) -> None:
        reason = "" if answer is Answer.MET else "まだ決めていない"
        given = Given(**({"answer": answer, "reason": reason} | values))
        replies = [
            Reply(
                target_id=line.target_id,
                item_id=line.item_id,
                given=given,
                version=line.version or 0,
            )
            for line in lines
        ]
        await self.answers.answer(self.tx, self.body, round_id, replies, by=by)


def finding(**values: Any) -> Finding:
    plain: dict[str, Any] = {
        "finding_id": uuid4(),
        "source": "地方版ASM",
        "title": "公開しているサーバのソフトウェアが古い",
        "reference": "CVE-2026-0001",
        "target": "www.example.lg.jp",
        "severity": "high",
        "found_on": TODAY - timedelta(days=60),
        "due_on": None,
        "advice": "更新してください",
    }
    return Finding(**(plain | values))
