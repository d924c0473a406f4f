"""Pages of monitoring in a browser: accessible, and inside the window."""

from asyncio import to_thread

import pytest
from litestar import Litestar

from jichitai.security.monitoring.desk import Desk
from tests.browser.support import CHROMIUM, inspect_pages
from tests.security.monitoring_builders import BODY
from tests.security.test_monitoring_pages import (
    LIST,
    PAGES,
    analyst,
    app,
    attacked,
    database,
    desk,
    register,
    send,
    work,
)

__all__ = ["app", "database", "desk"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


async def test_the_pages_of_monitoring(app: Litestar, desk: Desk) -> None:
    alert = await attacked(app, desk)
    one = f"{PAGES}/alerts/{alert['alert_id']}"
    async with analyst(app) as client:
        source = await register(client, format="squid", function="PRX", name="本庁プロキシ")
        await send(app, source, b"nonsense\n" * 3)
        await work(desk)
    pages = {}
    async with analyst(app, html=True) as client:
        pages["monitoring-alert"] = await client.post(f"{one}/lines")
        suppress = {"deed": "suppress", "field": "user", "until_year": "20.1.1", "why": "x"}
        pages["monitoring-suppress-error"] = await client.post(one, data=suppress)
        limits = {"deed": "suppress", "field": "user", "until_year": "R8.12.1", "why": "整理の作業"}
        await client.post(one, data=limits)
        pages["monitoring-board"] = await client.get(f"{PAGES}?show=open")
        for name in ("rules", "rules/new", "sources", "suppressions", "trial"):
            pages["monitoring-" + name.replace("/", "-")] = await client.get(f"{PAGES}/{name}")
        pages["monitoring-rule-test"] = await client.post(f"{PAGES}/rules/mass_rename/test")
        source_page = f"{PAGES}/sources/{source['source_id']}"
        pages["monitoring-source"] = await client.post(f"{source_page}/token")
        for name, row in {
            "preview": f"{BODY},www.example.jp,古いTLSを使っています,CVE-2014-3566,高,R8.11.1,R8.12.1,止める",
            "faults": "131016,x,,,とても高い,先月,,",
        }.items():
            csv = (LIST + row + "\n").encode()
            pages[f"monitoring-findings-{name}"] = await client.post(
                f"{PAGES}/findings",
                data={"source": "地方版ASM"},
                files={"file": ("a.csv", csv, "text/csv")},
            )
    texts = {name: page.text for name, page in pages.items()}
    assert await to_thread(inspect_pages, texts) == []
