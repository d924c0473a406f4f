"""The workshop's pages in a browser: accessible, and inside the window, at every step."""

import re
from asyncio import to_thread
from datetime import datetime
from pathlib import Path

import pytest

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.keys import Keys
from tests.browser.support import CHROMIUM, inspect_pages
from tests.conftest import Cluster
from tests.security.policy_web import (
    API,
    PAGES,
    adopter,
    approved,
    drafted,
    good,
    officer,
    published,
    workshop,
)
from tests.security.test_policy_web import REGULATION
from tests.web.client import browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


async def test_the_workshop_at_every_step(cluster18: Cluster, keys: Keys, tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 2, 20, 10, 0, tzinfo=JST))
    pages: dict[str, str] = {}
    async with workshop(cluster18, keys, clock, tmp_path) as app:
        async with officer(app, html=True) as client, officer(app) as program:
            stale = await drafted(program)
            clock.instant = datetime(2026, 11, 20, 10, 0, tzinfo=JST)
            text = f"{PAGES}/{stale}/versions/1/text"
            shown = (await client.get(f"{text}?show=stale")).text
            pages["policy-text-stale"] = shown
            link = re.search(r'href="([^"]+/clauses/[0-9a-f-]{36})"', shown)
            assert link is not None
            refused = await client.post(link[1], data={"deed": "confirm", "edition": "1"})
            pages["policy-clause-error"] = refused.text
            pages["policy-problems"] = (await client.get(f"{PAGES}/{stale}")).text
            policy = await drafted(program, cloud="low")
            base = f"{PAGES}/{policy}"
            pages["policy-questions-error"] = (
                await client.post(f"{base}/questions?group=5", data={"logs": "x"})
            ).text
            clause = (await good(await program.get(f"{API}/{policy}/versions/1")))["clauses"][2]
            address = f"{base}/versions/1/clauses/{clause['clause_id']}"
            words = {"edition": "1", "title": clause["title"], "items": clause["items"]}
            await client.post(address, data=words | {"body": clause["body"] + "\n（6）その他"})
            both = await client.post(
                address, data=words | {"body": "今の脅威を想定する。\n" + clause["body"]}
            )
            pages["policy-clause-rival"] = both.text
            rival = re.search(r'name="rival" value="([^"]+)"', both.text)
            assert rival is not None
            merged = words | {
                "deed": "merge",
                "rival": rival[1],
                "edition": "2",
                "body": "一つの文。",
            }
            assert (await client.post(address, data=merged)).status_code == 303
            pages["policy-import-error"] = (await client.post(f"{base}/versions/1/import")).text
            taken = await client.post(
                f"{base}/versions/1/import", files={"document": ("規程.txt", REGULATION.encode())}
            )
            pages["policy-matches"] = (await client.get(taken.headers["location"])).text
            await approved(program, policy)
            async with adopter(app, "head", html=True) as head:
                pages["policy-adopt-error"] = (
                    await head.post(f"{base}/versions/1/adoptions", data={})
                ).text
            other = await drafted(program)
            row = await published(app, program, other)
            refused = await client.post(f"{PAGES}/{other}/versions/1/steps/repeal", data={})
            assert refused.status_code == 422
            pages["policy-published"] = refused.text
        async with browser(app, html=True) as anybody:
            path = row["address"].removeprefix("http://127.0.0.1:8100")
            pages["policy-public"] = (await anybody.get(path)).text
    assert await to_thread(inspect_pages, pages) == []
