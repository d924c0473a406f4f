"""The subsidy between a prefecture and the ministry: both keep the same file and matching books."""

import io
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar
from openpyxl import load_workbook

from jichitai.infra.keys import Keys
from jichitai.kernel.bodies import prefecture_body
from jichitai.kernel.parties import Tier
from jichitai.security.subsidy.handed_in import Application, Settlement
from jichitai.security.subsidy.papers import text_of
from jichitai.security.subsidy.routes import MINISTRY_ROUTES, PREFECTURE_ROUTES
from jichitai.security.subsidy.service.applicant import prefecture_handlers
from jichitai.security.subsidy.service.granting import ministry_handlers
from jichitai.security.subsidy.todos import todos
from jichitai.web.rights import Role
from tests.conftest import Cluster
from tests.security.subsidy_builders import plan, settled
from tests.security.upper_wires import HOKKAIDO, TOKYO, Upper, officer, supervisor, upper
from tests.web.client import signed_in

API = "/api/v1/security/subsidies"
CALL = {
    "name": "令和8年度 サイバーセキュリティ対策事業費補助金",
    "fiscal_year": 2026,
    "generation": 3,
    "budget": 200_000_000,
    "opens_on": "2026-11-01",
    "closes_on": "2026-12-25",
}


@pytest.fixture(scope="module")
async def wires(cluster18: Cluster, keys: Keys) -> AsyncIterator[Upper]:
    async with upper(cluster18, keys) as wires:
        yield wires


class Desk:
    """One prefecture's officer and two of the ministry."""

    def __init__(self, wires: Upper, own: Any, first: Any, second: Any, prefecture: str) -> None:
        self.wires, self.own, self.first, self.second = wires, own, first, second
        self.prefecture = prefecture
        self.case = ""

    async def flow(self) -> int:
        clock = self.wires.clock
        return await self.wires.flow(
            {Tier.PREFECTURE: prefecture_handlers(clock), Tier.MINISTRY: ministry_handlers(clock)}
        )

    async def call(self, **values: Any) -> str:
        answer = await self.first.post(f"{API}/calls", json=CALL | values)
        assert answer.status_code == 201, answer.text
        await self.flow()
        found: str = answer.json()["call"]["call_id"]
        return found

    async def apply(self, call_id: str, **values: Any) -> Application:
        draft = (await self.own.post(API, json={"call_id": call_id})).json()
        self.case = draft["case_id"]
        made = plan(**values)
        made = msgspec.structs.replace(made, call_id=call_id)
        saved = await self.own.put(
            f"{API}/{self.case}/draft", json={"revision": 1, "content": content(made)}
        )
        assert saved.status_code == 200, saved.text
        assert saved.json()["faults"] == []
        sent = await self.own.post(f"{API}/{self.case}/drafts/application/submit")
        assert sent.status_code == 201, sent.text
        await self.flow()
        return made

    async def hand_in(self, **body: Any) -> Any:
        answer = await self.own.post(f"{API}/{self.case}/papers", json=body)
        assert answer.status_code == 201, answer.text
        await self.flow()
        return answer.json()

    async def propose(self, **body: Any) -> httpx.Response:
        path = f"{API}/{self.prefecture}/{self.case}/reviews"
        answer: httpx.Response = await self.first.post(path, json={"content": body})
        return answer

    async def issue(self, **body: Any) -> Any:
        review = await self.propose(**body)
        assert review.status_code == 201, review.text
        path = f"{API}/reviews/{review.json()['review_id']}/approve"
        answer = await self.second.post(path)
        assert answer.status_code == 200, answer.text
        await self.flow()
        return answer.json()

    async def balances(self) -> dict[str, int]:
        """Accounts of the prefecture that do not stand at zero."""
        rows = (await self.own.get(f"{API}/ledger")).json()["rows"]
        return {row["account"]: row["balance"] for row in rows if row["balance"]}

    async def accounts(self) -> tuple[Counter[str], Counter[str]]:
        """Balances of the ministry's and of the prefecture's books, which balance."""
        found = []
        for client in (self.first, self.own):
            ledger = (await client.get(f"{API}/ledger")).json()
            assert ledger["debit"] == ledger["credit"]
            found.append(Counter({row["account"]: row["balance"] for row in ledger["rows"]}))
        return found[0], found[1]

    async def both(self) -> tuple[Any, Any]:
        """The case as the prefecture and as the ministry sees it."""
        own = (await self.own.get(f"{API}/{self.case}")).json()
        theirs = (await self.first.get(f"{API}/{self.prefecture}/{self.case}")).json()["case"]
        return own, theirs


def content(body: Application | Settlement) -> Any:
    return msgspec.json.decode(text_of(body))


def decision(amount: int = 150_000_000, base: int = 300_000_999) -> dict[str, Any]:
    return {
        "kind": "decision",
        "amount": amount,
        "base": base,
        "conditions": ["必須の機能をすべて備えること。"],
        "withdraw_until": "2026-12-10",
        "settle_by": "2028-04-10",
    }


@pytest.fixture
async def apps(wires: Upper) -> tuple[Litestar, Litestar]:
    return (
        wires.app(Tier.PREFECTURE, PREFECTURE_ROUTES),
        wires.app(Tier.MINISTRY, MINISTRY_ROUTES),
    )


@pytest.fixture
async def desk(wires: Upper, apps: tuple[Litestar, Litestar]) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        yield Desk(
            wires,
            await enter(supervisor(apps[0])),
            await enter(officer(apps[1])),
            await enter(officer(apps[1])),
            HOKKAIDO,
        )


async def test_a_case_goes_its_whole_way_and_both_sides_keep_the_same_file(desk: Desk) -> None:
    before, own_before = await desk.accounts()
    call_id = await desk.call()
    made = await desk.apply(call_id)
    await desk.issue(**decision())
    rows = [{"project": key, "percent": 30, "spent": 1_000} for key in ("P1", "P2")]
    await desk.hand_in(kind="status", as_of="2026-11-20", projects=rows)
    await desk.hand_in(kind="payment-request", amount=150_000_000, reason="前払のため")
    await desk.issue(kind="payment", amount=150_000_000, paid_on="2026-11-20")
    report = settled(made, 150_000_000, 80_000_000, 100_000_000, 70_000_000)
    wrong = msgspec.structs.replace(report, splits=())
    refused = await desk.own.post(f"{API}/{desk.case}/papers", json=content(wrong))
    assert refused.status_code == 422
    assert "内訳がありません" in refused.json()["detail"]
    await desk.hand_in(**content(report))
    due: dict[str, Any] = {"return_due": 25_000_000, "return_by": "2026-12-20"}
    await desk.issue(kind="fixing", amount=125_000_000, **due)
    await desk.hand_in(kind="return-notice", amount=25_000_000, surcharge=0, paid_on="2026-11-20")
    await desk.issue(kind="return-receipt", amount=25_000_000, received_on="2026-11-20")
    own, theirs = await desk.both()
    assert (own["state"], own["paid"], own["returned"], own["fixed"]) == (
        "closed",
        150_000_000,
        25_000_000,
        125_000_000,
    )
    assert own == theirs
    assert all(one["document_same"] for one in own["papers"])
    numbers = [one["number"] for one in own["papers"] if one["side"] == "prefecture"]
    first = int(numbers[0].removeprefix("R8-01-"))
    assert numbers == [f"R8-01-{n:04}" for n in range(first, first + 5)]
    ministry, ours = await desk.accounts()
    ministry.subtract(before)
    ours.subtract(own_before)
    assert ministry["treasury"] == -125_000_000 == -ours["cash"]
    assert (ministry["available"], ministry["executed"]) == (-75_000_000, -125_000_000)
    assert ours["cost"] == 250_000_000
    assert desk.wires.refused == 0
    assert await waiting(desk) == []


async def waiting(desk: Desk) -> list[str]:
    """What waits on the officer's first page for the case of this desk."""
    async with desk.wires.databases[Tier.PREFECTURE].transaction() as tx:
        found = await todos(tx, prefecture_body(HOKKAIDO), date(2026, 11, 20))
    return [one.label for one in found if desk.case in one.href]


async def test_nobody_approves_their_own_draft_and_the_budget_has_an_end(desk: Desk) -> None:
    call_id = await desk.call(budget=100_000_000)
    await desk.apply(call_id)
    beyond = await desk.propose(**decision())
    assert (beyond.status_code, beyond.json()["left"]) == (409, 100_000_000)
    review = (await desk.propose(**decision(90_000_000))).json()
    path = f"{API}/reviews/{review['review_id']}"
    own = await desk.first.post(f"{path}/approve")
    assert own.json()["type"].endswith("security.subsidy-same-person")
    again = await desk.propose(**decision(80_000_000))
    assert again.json()["type"].endswith("security.subsidy-file-changed")
    assert (await desk.second.post(f"{path}/decline", json={"reason": "額を見直す"})).status_code == 204  # fmt: skip
    assert (await desk.second.post(f"{path}/approve")).status_code == 404
    assert await waiting(desk) == []
    done = await desk.issue(**decision(90_000_000))
    assert await waiting(desk) == ["補助事業の実績を報告する"]
    assert (done["state"], done["granted"]) == ("decided", 90_000_000)


async def test_papers_that_cross_on_their_way_end_in_the_same_file_and_books(desk: Desk) -> None:
    call_id = await desk.call()
    await desk.apply(call_id)
    before = await desk.balances()
    await desk.issue(**decision())
    assert await desk.balances() != before
    review = (await desk.propose(kind="cancellation", reason="虚偽の申請", return_due=0)).json()
    await desk.own.post(f"{API}/{desk.case}/papers", json={"kind": "withdrawal", "reason": "中止"})
    cancelled = await desk.second.post(f"{API}/reviews/{review['review_id']}/approve")
    assert cancelled.json()["state"] == "cancelled"
    await desk.flow()
    own, theirs = await desk.both()
    assert own["state"] == theirs["state"] == "cancelled"
    assert own["file_fingerprint"] == theirs["file_fingerprint"]
    for seen in (own, theirs):
        assert [one["kind"] for one in seen["papers"] if one["crossed"]] == ["withdrawal"]
    assert await desk.balances() == before


async def test_a_paper_that_came_in_meanwhile_stops_an_approval(desk: Desk) -> None:
    call_id = await desk.call()
    await desk.apply(call_id)
    await desk.issue(**decision())
    review = (await desk.propose(kind="cancellation", reason="虚偽の申請", return_due=0)).json()
    await desk.hand_in(kind="payment-request", amount=1_000)
    answer = await desk.second.post(f"{API}/reviews/{review['review_id']}/approve")
    assert answer.json()["type"].endswith("security.subsidy-file-changed")


async def test_what_breaks_a_rule_does_not_leave(desk: Desk) -> None:
    call_id = await desk.call()
    draft = (await desk.own.post(API, json={"call_id": call_id})).json()
    desk.case = draft["case_id"]
    assert {one["field"] for one in draft["faults"]} >= {"functions", "lines", "amount"}
    path = f"{API}/{desk.case}/drafts/application"
    assert (await desk.own.post(f"{path}/submit")).status_code == 422
    stale = {"revision": 7, "content": draft["content"]}
    assert (await desk.own.put(f"{API}/{desk.case}/draft", json=stale)).status_code == 409
    assert (await desk.own.get(f"{API}/{desk.case}/drafts/change")).status_code == 404
    assert (await desk.own.get(f"{API}/{desk.case}/drafts/nothing")).status_code == 404
    early = await desk.own.post(f"{API}/{desk.case}/papers", json={"kind": "payment-request", "amount": 1})  # fmt: skip
    assert early.status_code == 404
    for unknown in ({"kind": "nothing"}, {"kind": "payment", "amount": 1}, {"amount": 1}):
        answer = await desk.own.post(f"{API}/{desk.case}/papers", json=unknown)
        assert answer.status_code == 422
    late = await desk.call(opens_on="2026-10-01", closes_on="2026-10-31")
    made = msgspec.structs.replace(plan(), call_id=late)
    over = await desk.own.post(f"{API}/{uuid4()}/papers", json=content(made))
    assert over.status_code == 422
    assert "受付は" in over.json()["detail"]
    backwards = await desk.first.post(f"{API}/calls", json=CALL | {"closes_on": "2026-10-01"})
    assert backwards.status_code == 422


async def test_books_and_cost_lines_are_spreadsheets_and_papers_are_pdf(desk: Desk) -> None:
    call_id = await desk.call()
    await desk.apply(call_id)
    await desk.issue(**decision())
    for client in (desk.own, desk.first):
        book = load_workbook(io.BytesIO((await client.get(f"{API}/ledger.xlsx")).content))
        total = [cell.value for cell in list(book["合計残高試算表"].rows)[-1]]
        assert total[0] == "合計"
        assert total[1] == total[2]
        assert total[3] == 0
    paper = (await desk.both())[0]["papers"][0]["paper_id"]
    own = await desk.own.get(f"{API}/{desk.case}/papers/{paper}")
    theirs = await desk.first.get(f"{API}/{HOKKAIDO}/{desk.case}/papers/{paper}")
    assert own.content == theirs.content
    assert own.content.startswith(b"%PDF")
    assert (await desk.own.get(f"{API}/{desk.case}/papers/{uuid4()}")).status_code == 404


async def test_a_prefecture_sees_its_own_cases_only_and_other_roles_nothing(
    desk: Desk, apps: tuple[Litestar, Litestar]
) -> None:
    call_id = await desk.call()
    await desk.apply(call_id)
    paper = (await desk.both())[0]["papers"][0]["paper_id"]
    async with supervisor(apps[0], TOKYO) as stranger:
        seen = (await stranger.get(API)).json()
        assert (seen["cases"], seen["drafts"]) == ([], [])
        assert (await stranger.get(f"{API}/ledger")).json()["rows"] == []
        for path in ("", "/drafts/application", f"/papers/{paper}", "/lines.xlsx"):
            assert (await stranger.get(f"{API}/{desk.case}{path}")).status_code == 404
        taken = await stranger.post(f"{API}/{desk.case}/papers", json={"kind": "withdrawal", "reason": "x"})  # fmt: skip
        assert taken.status_code == 404
    others = {Role.SOC_ANALYST, Role.PREFECTURE_OPERATOR, Role.SECURITY_OFFICER}
    for app, routes in zip(apps, (PREFECTURE_ROUTES, MINISTRY_ROUTES), strict=True):
        async with signed_in(app, others, prefecture=HOKKAIDO) as client:
            for method, path in calls(routes, desk.case):
                assert (await client.request(method, path)).status_code == 403, path


def calls(routes: Any, case_id: str) -> list[tuple[str, str]]:
    values = {"kind:str": "change", "prefecture:str": "01", "part:str": "plan"}
    found = []
    for route in routes:
        for template in route.paths:
            path = template
            for name in ("case_id", "paper_id", "review_id"):
                path = path.replace(f"{{{name}:uuid}}", case_id)
            for name, value in values.items():
                path = path.replace(f"{{{name}}}", value)
            found += [(str(method), path) for method in route.http_methods]
    return found


async def test_time_that_ran_out_is_told(desk: Desk) -> None:
    call_id = await desk.call()
    await desk.apply(call_id)
    await desk.issue(**(decision() | {"settle_by": "2026-12-31"}))
    assert (await desk.both())[0]["late"] is False
    clock = desk.wires.clock
    before = clock.instant
    clock.instant = before + timedelta(days=60)
    try:
        assert (await desk.both())[0]["late"] is True
    finally:
        clock.instant = before


async def test_days_and_letters_that_no_paper_can_carry_are_refused(desk: Desk) -> None:
    call_id = await desk.call()
    await desk.apply(call_id)
    await desk.issue(**decision())
    for body in (
        {"kind": "withdrawal", "reason": "\u0000"},
        {"kind": "status", "as_of": "0001-01-01", "projects": [{"project": "P1", "percent": 1}, {"project": "P2", "percent": 1}]},
        {"kind": "payment-request", "amount": 10**30},
    ):  # fmt: skip
        answer = await desk.own.post(f"{API}/{desk.case}/papers", json=body)
        assert answer.status_code == 422, body
    await desk.hand_in(kind="payment-request", amount=5)
    early = await desk.propose(kind="payment", amount=5, paid_on="0001-01-01")
    assert early.status_code == 422
    for place in ("99", "%00", "0"):
        for path in ("", f"/papers/{uuid4()}"):
            found = await desk.first.get(f"{API}/{place}/{desk.case}{path}")
            assert found.status_code == 404, place
    note = {"content": {"kind": "send-back", "reason": "x"}, "note": "\u0000"}
    refused = await desk.first.post(f"{API}/{HOKKAIDO}/{desk.case}/reviews", json=note)
    assert refused.status_code == 422
