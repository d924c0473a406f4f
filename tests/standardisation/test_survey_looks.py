"""Pages of bodies and prefectures in the survey, in a browser: accessible, and inside the window."""

from asyncio import to_thread
from datetime import timedelta

import pytest

from jichitai.infra.keys import Keys
from tests.browser.support import CHROMIUM, inspect_pages
from tests.conftest import Cluster
from tests.standardisation.survey_builders import edited, put
from tests.standardisation.survey_wires import SAPPORO, wired

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
ANSWERS, CHECKS = "/standardisation/answers", "/standardisation/checks"
TYPED = {
    "done": "1-24、26",
    "working": "25、27-30",
    "late": "yes",
    "deadline_class": "late",
    "reason_class": "4",
    "target_on": "令和9年9月30日",
    "vendor": "例示システム株式会社",
    "risks": "事業者の技術者が足りない",
}


async def test_answering_and_checking(cluster18: Cluster, keys: Keys) -> None:
    pages: dict[str, str] = {}
    async with wired(cluster18, keys) as wires, wires.town(html=True) as town:
        pages["answers-empty"] = (await town.get(ANSWERS)).text
        round_id = await wires.ask()
        here = f"{ANSWERS}/{round_id}"
        pages["answers"] = (await town.get(ANSWERS)).text
        pages["answer-new"] = (await town.get(here)).text
        pages["answer-nothing"] = (await town.post(here, data={})).text
        form = f"{here}/systems/residents"
        pages["system-new"] = (await town.get(form)).text
        wrong = TYPED | {"working": "24-30", "target_on": "令和9年13月1日", "late": "no"}
        pages["system-error"] = (await town.post(form, data=wrong)).text
        assert (await town.post(form, data=TYPED)).status_code == 303
        pages["costs"] = (await town.get(f"{here}/costs")).text
        pages["costs-error"] = (await town.post(f"{here}/costs", data={"after_cloud": "多い"})).text
        spent = {"before_year": "2018", "before_basis": "actual", "before_cloud": "120000000"}
        await town.post(f"{here}/costs", data=spent)
        sheet = (await town.get(f"{here}/form.xlsx")).content
        spoilt = edited(sheet, put("code", "11002", row=7))
        answer = await town.post(f"{here}/upload", files={"file": ("a.xlsx", spoilt)})
        pages["answer-sheet-fault"] = answer.text
        assert (await town.post(here, data={})).status_code == 303
        await wires.flow()
        pages["answer-sent"] = (await town.get(f"{here}?done=sent")).text
        async with wires.checker(html=True) as checker:
            pages["check-first"] = (await checker.get(f"{CHECKS}/{round_id}/{SAPPORO}")).text
            later = TYPED | {"done": "1-20", "reason": "検証で不具合が見つかった"}
            later |= {
                "working": "25",
                "target_on": "令和10年3月31日",
                "target_reason": "再検証のため",
            }
            assert (await town.post(form, data=later)).status_code == 303
            sent = await town.post(here, data={"reason": "検証の結果を反映した"})
            assert sent.status_code == 303
            await wires.flow()
            pages["checks"] = (await checker.get(CHECKS)).text
            pages["check-members"] = (await checker.get(f"{CHECKS}/{round_id}")).text
            one = f"{CHECKS}/{round_id}/{SAPPORO}"
            pages["check-changes"] = (await checker.get(one)).text
            found = {"revision": "2", "checks": "0", "state": "returned"}
            pages["check-error"] = (await checker.post(one, data=found)).text
            back = await checker.post(
                one, data=found | {"reason": "移行目標日を確かめてください。"}
            )
            assert back.status_code == 303
            pages["check-done"] = (await checker.get(f"{CHECKS}/{round_id}?done=checked")).text
            pages["check-missing"] = (await checker.get(f"{CHECKS}/{round_id}?show=missing")).text
        await wires.flow()
        pages["answer-returned"] = (await town.get(here)).text
        wires.clock.instant += timedelta(days=60)
        pages["answers-late"] = (await town.get(ANSWERS)).text
    assert await to_thread(inspect_pages, pages) == []
