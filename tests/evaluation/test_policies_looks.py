"""Pages of policies and logic models in a browser: accessible, and inside the window."""

from asyncio import to_thread

import pytest

from jichitai.infra.keys import Keys
from tests.browser.support import CHROMIUM, inspect_pages
from tests.conftest import Cluster
from tests.evaluation.policy_wires import API, PAGES, officer, policies

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
SECURITY = f"{PAGES}/2026/models/security"


async def test_policies_and_models(cluster18: Cluster, keys: Keys) -> None:
    pages: dict[str, str] = {}
    async with policies(cluster18, keys) as app, officer(app, html=True) as client:
        pages["policies"] = (await client.get("/evaluation/policies")).text
        pages["policy-inherited"] = (await client.get(f"{PAGES}/2026")).text
        await client.post(f"{PAGES}/2026/start")
        pages["policy-form"] = (await client.get(f"{PAGES}/2026/edit")).text
        section = f"{PAGES}/2026/sections/security/edit"
        pages["section-form-error"] = (
            await client.post(section, data={"edition": "1", "directions": "・助言する"})
        ).text
        pages["node-new"] = (await client.get(f"{SECURITY}/nodes/new?column=output")).text
        typed = {
            "edition": "1",
            "text": "助言のための説明会の開催",
            "column": "activity",
            "link-adopted": "1",
            "grade-adopted": "D",
        }
        answer = await client.post(f"{SECURITY}/nodes/new", data=typed)
        assert answer.status_code == 303, answer.text
        late = await client.post(f"{SECURITY}/nodes/notice", data=typed | {"text": "通知"})
        assert late.status_code == 409
        pages["node-stale"] = late.text
        pages["node-error"] = (
            await client.post(f"{SECURITY}/nodes/notified", data={"link-notice": "1"})
        ).text
        pages["model-findings"] = (await client.get(f"{SECURITY}?saved=2")).text
        pages["history"] = (await client.get(f"{SECURITY}/history")).text
        await client.put(f"{API}/2026/models/card", json={"edition": 1, "nodes": [], "edges": []})
        pages["model-empty"] = (await client.get(f"{PAGES}/2026/models/card")).text
    assert await to_thread(inspect_pages, pages) == []
