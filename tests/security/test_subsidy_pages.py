"""The pages of the subsidy without script: from a call to a settlement that adds up."""

import io
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from jichitai.infra.keys import Keys
from jichitai.kernel.parties import Tier
from jichitai.security.cloud.routes import TEMPLATES as CLOUD_TEMPLATES
from jichitai.security.subsidy.routes import MINISTRY_ROUTES, PREFECTURE_ROUTES, TEMPLATES
from jichitai.security.subsidy.service.applicant import prefecture_handlers
from jichitai.security.subsidy.service.granting import ministry_handlers
from tests.conftest import Cluster
from tests.security.subsidy_builders import REQUIRED
from tests.security.upper_wires import Upper, officer, supervisor, upper

PLACE = "/security/subsidies"


@pytest.fixture(scope="module")
async def wires(cluster18: Cluster, keys: Keys) -> AsyncIterator[Upper]:
    async with upper(cluster18, keys) as wires:
        yield wires


class Pages:
    """One prefecture's officer and two of the ministry, with browsers."""

    def __init__(self, wires: Upper, own: Any, first: Any, second: Any) -> None:
        self.wires, self.own, self.first, self.second = wires, own, first, second
        self.kept: dict[str, httpx.Response] = {}

    async def flow(self) -> None:
        clock = self.wires.clock
        await self.wires.flow(
            {Tier.PREFECTURE: prefecture_handlers(clock), Tier.MINISTRY: ministry_handlers(clock)}
        )

    async def send(self, client: Any, path: str, fields: Any, status: int = 303) -> httpx.Response:
        """Post a form with what its page holds, changed by some fields."""
        page = await client.get(path)
        assert page.status_code == 200, page.text
        answer: httpx.Response = await client.post(path, data=typed(page.text) | fields)
        assert answer.status_code == status, answer.text
        await self.flow()
        return answer

    async def decide(self, case: str, kind: str, **fields: Any) -> None:
        """起案し、決裁する."""
        await self.send(self.first, f"{PLACE}/01/{case}/draft/{kind}", fields)
        page = (await self.second.get(f"{PLACE}/01/{case}")).text
        found = re.search(rf'action="({PLACE}/01/{case}/reviews/[^"]+)"', page)
        assert found is not None
        answer = await self.second.post(found[1], data={"deed": "approve"})
        assert answer.status_code == 303, answer.text
        await self.flow()


def typed(page: str) -> dict[str, Any]:
    """What the fields of a page hold."""
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name is None or value is None or 'name="_csrf' in tag:
            continue
        if 'type="checkbox"' in tag:
            if " checked" in tag:
                found.setdefault(name[1], []).append(value[1])
        else:
            found[name[1]] = value[1]
    found |= dict(re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)<', page))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        first = re.search(r'value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else first[1] if first else ""
    return found


@pytest.fixture
async def pages(wires: Upper) -> AsyncIterator[Pages]:
    templates = (CLOUD_TEMPLATES, TEMPLATES)
    own = wires.app(Tier.PREFECTURE, PREFECTURE_ROUTES, *templates)
    national = wires.app(Tier.MINISTRY, MINISTRY_ROUTES, *templates)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        yield Pages(
            wires,
            await enter(supervisor(own, html=True)),
            await enter(officer(national, html=True)),
            await enter(officer(national, html=True)),
        )


PLAN = {
    "purpose": "第3世代のセキュリティクラウドの構築",
    "key-0": "P1", "pname-0": "基盤の構築", "starts-0": "R9.1.4", "ends-0": "R9.12.28",
    "number-0": "1", "project-0": "P1", "code-0": "design", "item-0": "基本設計", "quantity-0": "1", "unit-0": "８０，０００，０００",
    "number-1": "2", "project-1": "P1", "code-1": "build", "item-1": "構築", "quantity-1": "2", "unit-1": "60000000",
    "functions": list(REQUIRED),
}  # fmt: skip


async def call_and_begin(pages: Pages) -> tuple[str, str]:
    """A call is opened and an application begun; the case and the address of its editor."""
    await pages.send(
        pages.first, f"{PLACE}/calls/new", {"name": "令和8年度の補助金", "closes_on": "R8.12.25"}
    )
    page = (await pages.own.get(PLACE)).text
    call_id = re.search(r'name="call_id" value="([^"]+)"', page)
    assert call_id is not None
    begun = await pages.own.post(PLACE, data={"call_id": call_id[1]})
    address = begun.headers["location"]
    return address.split("/")[3], address


async def through(pages: Pages) -> str:
    """One case on its whole way, keeping the pages on which it stops."""
    case, editor = await call_and_begin(pages)
    kept, own, first = pages.kept, pages.own, pages.first
    kept["subsidy-call-error"] = await pages.send(first, f"{PLACE}/calls/new", {"name": "", "budget": "たくさん"}, 422)  # fmt: skip
    kept["subsidy-plan-blank"] = await own.get(editor)
    wrong = PLAN | {"functions": list(REQUIRED)[1:], "code-1": "licence", "deed": "submit"}
    kept["subsidy-plan-error"] = await pages.send(own, editor, wrong, 422)
    kept["subsidy-plan-unread"] = await pages.send(own, editor, {"starts-0": "きのう"}, 422)
    await pages.send(own, editor, PLAN | {"deed": "save"})
    assert "100,000,000円" in (await own.get(editor)).text
    await pages.send(own, editor, {"deed": "submit"})
    kept["subsidy-review"] = await first.get(f"{PLACE}/01/{case}")
    await pages.send(first, f"{PLACE}/01/{case}/draft/decision", {"review_note": "審査済み"})
    kept["subsidy-waiting"] = await pages.second.get(f"{PLACE}/01/{case}")
    found = re.search(rf'action="({PLACE}/01/{case}/reviews/[^"]+)"', kept["subsidy-waiting"].text)
    assert found is not None
    mine = await first.post(found[1], data={"deed": "approve"})
    assert (mine.status_code, "起案した人は" in mine.text) == (409, True)
    assert (await pages.second.post(found[1], data={"deed": "approve"})).status_code == 303
    await pages.flow()
    await pages.send(own, f"{PLACE}/{case}/new/status", {"percent-P1": "30", "spent-P1": "1,000"})
    kept["subsidy-status-error"] = await pages.send(own, f"{PLACE}/{case}/new/status", {"percent-P1": "130"}, 422)  # fmt: skip
    kept["subsidy-payment-error"] = await pages.send(own, f"{PLACE}/{case}/new/payment-request", {"amount": "100,000,001"}, 422)  # fmt: skip
    await pages.send(own, f"{PLACE}/{case}/new/payment-request", {"amount": "50,000,000"})
    await pages.decide(case, "payment")
    await settle(pages, case)
    await pages.decide(case, "fixing")
    await pages.send(own, f"{PLACE}/{case}/new/payment-request", {})
    await pages.decide(case, "payment")
    return case


async def settle(pages: Pages, case: str) -> None:
    """A settlement that is refused until its split adds up."""
    editor = f"{PLACE}/{case}/edit/settlement"
    paid = {
        f"{name}-{number}": value
        for number, amount in ((1, "80,000,000"), (2, "120,000,000"))
        for name, value in (
            ("contractor", "株式会社みほん"),
            ("contracted", "R8.11.1"),
            ("contract", amount),
            ("paid", amount),
            ("paidon", "R8.11.18"),
        )
    }
    asset = {"aname-0": "終端装置", "akind-0": "server", "aprice-0": "5,000,000", "acquired-0": "R8.11.1"}  # fmt: skip
    pages.kept["subsidy-settlement-error"] = await pages.send(
        pages.own, editor, paid | asset | {"deed": "submit"}, 422
    )
    assert "内訳がありません" in pages.kept["subsidy-settlement-error"].text
    await pages.send(pages.own, editor, {"deed": "split"})
    filled = typed((await pages.own.get(editor)).text)
    assert (filled["cost-P1-work"], filled["grant-P1-work"]) == ("200000000", "100000000")
    off = await pages.send(pages.own, editor, {"grant-P1-work": "99999999", "deed": "submit"}, 422)
    assert "1円違います" in off.text
    await pages.send(pages.own, editor, {"grant-P1-work": "100000000", "deed": "submit"})


async def test_a_case_goes_its_way_on_the_pages(pages: Pages) -> None:
    case = await through(pages)
    shown = (await pages.own.get(f"{PLACE}/{case}")).text
    theirs = (await pages.first.get(f"{PLACE}/01/{case}")).text
    for text in (shown, theirs):
        assert "完了" in text
        assert "書類綴（9通）" in text
        assert "処分に承認が要る" in text
    prints = [re.search(r"SHA-256）：([0-9a-f]{16})", text) for text in (shown, theirs)]
    assert prints[0] is not None
    assert prints[0][1] == prints[1][1]  # type: ignore[index]
    for client in (pages.own, pages.first):
        ledger = (await client.get(f"{PLACE}/ledger")).text
        assert "<span>0円</span>" in ledger
    assert re.search(r"案件（\d+件）", (await pages.first.get(f"{PLACE}?show=all")).text)
    assert "合う案件はありません" in (await pages.first.get(f"{PLACE}?show=late")).text


async def test_cost_lines_go_out_as_a_spreadsheet_and_come_back(pages: Pages) -> None:
    case, editor = await call_and_begin(pages)
    await pages.send(pages.own, editor, PLAN | {"deed": "save"})
    file = (await pages.own.get(f"/api/v1{PLACE}/{case}/lines.xlsx")).content
    book = load_workbook(io.BytesIO(file))
    sheet = book["経費"]
    sheet.cell(3, 6).value = 90_000_000
    assert (await send_file(pages, case, book)).status_code == 303
    assert "105,000,000円" in (await pages.own.get(editor)).text
    sheet.cell(3, 6).value = "=1+1"
    refused = await send_file(pages, case, book)
    assert (refused.status_code, "F3：式は" in refused.text) == (422, True)
    garbage = await pages.own.post(f"{PLACE}/{case}/lines", files={"file": ("a.xlsx", b"PK", "")})
    assert garbage.status_code == 422
    assert (await pages.own.post(f"{PLACE}/{case}/lines", data={})).status_code == 422
    assert "105,000,000円" in (await pages.own.get(editor)).text


async def send_file(pages: Pages, case: str, book: Any) -> httpx.Response:
    out = io.BytesIO()
    book.save(out)
    files = {"file": ("lines.xlsx", out.getvalue(), "application/octet-stream")}
    answer: httpx.Response = await pages.own.post(f"{PLACE}/{case}/lines", files=files)
    return answer


async def test_two_people_editing_one_draft_do_not_overwrite_each_other(pages: Pages) -> None:
    _, editor = await call_and_begin(pages)
    opened = typed((await pages.own.get(editor)).text)
    await pages.send(pages.own, editor, PLAN | {"deed": "save"})
    late = await pages.own.post(editor, data=opened | {"purpose": "遅れた変更", "deed": "save"})
    assert late.status_code == 422
    assert "ほかの人が" in late.text
    assert "遅れた変更" in late.text
    assert "遅れた変更" not in (await pages.own.get(editor)).text


async def test_pages_out_of_turn_say_so(pages: Pages) -> None:
    case, editor = await call_and_begin(pages)
    await pages.send(pages.own, editor, PLAN | {"deed": "submit"})
    for path in (f"{case}/new/payment-request", f"{case}/edit/settlement", f"{case}/new/nothing"):
        assert (await pages.own.get(f"{PLACE}/{path}")).status_code in {404, 409}, path
    assert (await pages.own.get(f"{PLACE}/{case}/edit/nothing")).status_code == 404
    for kind in ("payment", "fixing", "application"):
        assert (await pages.first.get(f"{PLACE}/01/{case}/draft/{kind}")).status_code == 409
    back = f"{PLACE}/01/{case}/draft/send-back"
    assert "補正依頼書" in (await pages.first.get(back)).text
    assert (await pages.first.post(back, data={"reason": " "})).status_code == 422
    await pages.decide(case, "send-back", reason="見積書を付けてください")
    assert "見積書を付けてください" in (await pages.own.get(editor)).text
