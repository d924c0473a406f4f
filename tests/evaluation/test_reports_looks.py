"""Pages of reports in a browser: accessible, and inside the window."""

from asyncio import to_thread

import pytest

from jichitai.infra.keys import Keys
from jichitai.web.rights import Role
from tests.browser.support import CHROMIUM, inspect_pages
from tests.conftest import Cluster
from tests.evaluation.report_wires import PLACE, RESULT, ministry, person
from tests.web.client import browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


async def test_reports(cluster18: Cluster, keys: Keys) -> None:
    pages: dict[str, str] = {}
    async with (
        ministry(cluster18, keys) as place,
        person(place, html=True) as officer,
        person(place, Role.EVALUATION_APPROVER, html=True) as approver,
        person(place, Role.EVALUATION_EXPERT, html=True) as expert,
        browser(place.app, html=True) as public,
    ):
        pages["reports-empty"] = (await officer.get("/evaluation/reports")).text
        await officer.post("/evaluation/reports", data={"policy": "8", "fiscal_year": "2026"})
        text = f"{PLACE}/texts/result"
        pages["report-editor-error"] = (
            await officer.post(text, data={"content": "{{P8-4-99}}", "expected": "0"})
        ).text
        await officer.post(text, data={"content": RESULT, "expected": "0"})
        await expert.post(f"{PLACE}/remarks", data={"content": "分母を示すこと。"})
        pages["report-versions"] = (await officer.get(f"{text}/versions")).text
        refused = await officer.post(f"{PLACE}/steps", data={"deed": "submit", "as_of": "R8.11.20"})
        pages["report-draft-refused"] = refused.text
        answers = refused.text.split('action="')[1:]
        address = next(one.split('"')[0] for one in answers if "/answers" in one)
        await officer.post(address, data={"answer": "示した。"})
        await officer.post(f"{PLACE}/steps", data={"deed": "submit", "as_of": "R8.11.20"})
        pages["report-waiting"] = (await approver.get(PLACE)).text
        pages["report-preview"] = (await approver.get(f"{PLACE}/preview")).text
        await approver.post(f"{PLACE}/steps", data={"deed": "approve"})
        await approver.post(f"{PLACE}/steps", data={"deed": "publish"})
        pages["reports-public"] = (await public.get("/reports")).text
        pages["report-public"] = (await public.get("/reports/8/2026")).text
    assert await to_thread(inspect_pages, pages) == []
