"""Builders of the subsidy: plans, settlements, papers."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from jichitai.security.cloud import catalogue
from jichitai.security.subsidy import checks
from jichitai.security.subsidy.case import Case
from jichitai.security.subsidy.handed_in import (
    Application,
    Asset,
    SettledLine,
    Settlement,
)
from jichitai.security.subsidy.issued import Call, Decision
from jichitai.security.subsidy.papers import Body, Paper
from jichitai.security.subsidy.parts import CostLine, Project

TODAY = date(2026, 11, 20)
FAR = TODAY + timedelta(days=30)
CALL_ID = UUID("00000000-0000-4000-8000-000000000001")
REQUIRED = tuple(one.code for one in catalogue.functions(TODAY) if one.required)


def call(**values: Any) -> Call:
    plain: dict[str, Any] = {
        "call_id": CALL_ID,
        "number": "R8-国-0001",
        "name": "令和8年度 サイバーセキュリティ対策事業費補助金",
        "fiscal_year": 2026,
        "generation": 3,
        "budget": 2_940_000_000,
        "opens_on": date(2026, 11, 1),
        "closes_on": date(2026, 12, 25),
    }
    return Call(**(plain | values))


def line(number: int, amount: int, project: str = "P1", code: str = "build", **v: Any) -> CostLine:
    plain: dict[str, Any] = {
        "number": number,
        "project": project,
        "code": code,
        "item": f"作業{number}",
        "unit_price": amount,
        "amount": amount,
    }
    return CostLine(**(plain | v))


def plan(*lines: CostLine, **values: Any) -> Application:
    """An application that may be handed in."""
    rows = lines or (
        line(1, 80_000_000, "P1", "design"),
        line(2, 150_000_999, "P1", "build"),
        line(3, 70_000_000, "P2", "server"),
    )
    keys = dict.fromkeys(one.project for one in rows)
    plain: dict[str, Any] = {
        "call_id": CALL_ID,
        "fiscal_year": 2026,
        "generation": 3,
        "purpose": "第3世代のセキュリティクラウドの構築",
        "projects": tuple(
            Project(
                key=key,
                name=f"事業{key}",
                starts_on=date(2027, 1, 4),
                ends_on=date(2027, 12, 28),
            )
            for key in keys
        ),
        "lines": rows,
        "functions": REQUIRED,
        "was_on_premises": True,
        "must_stay": True,
        "hardware_reason": "閉域の回線を終端する装置を庁内に置くため",
        "renewal_ends_on": date(2027, 12, 28),
    }
    made = Application(**(plain | values))
    if "amount" in values:
        return made
    return msgspec.structs.replace(made, amount=checks.grant_of(made, TODAY))


def decision(made: Application, amount: int | None = None) -> Decision:
    return Decision(
        amount=checks.grant_of(made, TODAY) if amount is None else amount,
        base=checks.base_of(made, TODAY),
        withdraw_until=FAR,
        settle_by=date(2028, 4, 10),
    )


def settled(made: Application, granted: int, *paid: int, **values: Any) -> Settlement:
    """A settlement that adds up, with what was paid line by line (as planned when left out)."""
    amounts = paid or tuple(one.amount for one in made.lines)
    rows = tuple(
        SettledLine(
            number=one.number,
            project=one.project,
            code=one.code,
            item=one.item,
            contractor="株式会社みほん",
            contracted_on=date(2026, 11, 1),
            contract_amount=amount,
            paid=amount,
            paid_on=date(2026, 11, 18),
        )
        for one, amount in zip(made.lines, amounts, strict=True)
    )
    assets = (
        Asset(number=1, name="終端装置", kind="server", unit_price=35_000_000, quantity=2,
              acquired_on=date(2026, 11, 1), place="本庁"),
        Asset(number=2, name="棚", kind="server", unit_price=80_000, acquired_on=date(2026, 11, 1)),
    )  # fmt: skip
    made_of = Settlement(finished_on=date(2026, 11, 19), lines=rows, assets=assets)
    splits = checks.suggested_splits(made_of, granted, TODAY)
    plain: dict[str, Any] = {
        "splits": splits,
        "total_cost": sum(one.cost for one in splits),
        "total_grant": sum(one.grant for one in splits),
    }
    return msgspec.structs.replace(made_of, **(plain | values))


def paper(case: Case, body: Body, on: date = TODAY) -> Paper:
    """The next paper of a case."""
    return Paper(
        prefecture=case.prefecture,
        case_id=case.case_id,
        paper_id=uuid4(),
        number=f"試-{case.papers + 1}",
        after=case.head,
        on=on,
        body=body,
    )
