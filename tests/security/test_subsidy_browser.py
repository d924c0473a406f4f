"""The pages of the security cloud and of the subsidy in a browser: accessible, inside the window."""

from asyncio import to_thread
from collections.abc import AsyncIterator

import pytest

from jichitai.infra.keys import Keys
from jichitai.kernel.parties import Tier
from jichitai.security.cloud.routes import MINISTRY_ROUTES, PREFECTURE_ROUTES, TEMPLATES
from jichitai.security.cloud.service import ministry_handlers
from tests.browser.support import CHROMIUM, inspect_pages
from tests.conftest import Cluster
from tests.security.test_cloud import API, REQUIRED
from tests.security.test_subsidy_pages import PLACE, Pages, pages, through
from tests.security.upper_wires import Upper, officer, supervisor, upper

__all__ = ["pages"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


KANAGAWA = "14"
_KEPT = (
    "subsidy-plan-error",
    "subsidy-payment-error",
    "subsidy-settlement-error",
    "subsidy-waiting",
)


@pytest.fixture(scope="module")
async def wires(cluster18: Cluster, keys: Keys) -> AsyncIterator[Upper]:
    async with upper(cluster18, keys) as wires:
        yield wires


async def cloud_pages(wires: Upper) -> dict[str, str]:
    """A cloud that is being built, as its prefecture and as the ministry sees it."""
    own = wires.app(Tier.PREFECTURE, PREFECTURE_ROUTES, TEMPLATES)
    national = wires.app(Tier.MINISTRY, MINISTRY_ROUTES, TEMPLATES)
    found: dict[str, str] = {}
    async with supervisor(own, KANAGAWA, html=True) as client:
        await client.post(API, json={"generation": 3})
        changes = {
            "name": "みほんの雲",
            "functions": [{"code": code, "have": "met"} for code in REQUIRED[2:]],
            "steps": [
                {"step": "planning", "done_on": "2026-05-01"},
                {"step": "budgeted", "done_on": "2026-07-01"},
                {"step": "building", "planned_on": "2026-10-01"},
            ],
            "members": [{"code": "141003", "move": "migrated", "moved_on": "2026-11-01"}],
            "measured": [{"metric": "availability", "month": "2026-10", "value": "99.5"}],
            "costs": [
                {"fiscal_year": 2026, "sort": "build", "total": 9, "prefecture": 4, "members": 5}
            ],
        }
        await client.patch(f"{API}/3", json={"revision": 1, "changes": changes})
        await client.post(f"{API}/3/report")
        found["cloud"] = (await client.get("/security/cloud/3?reported=1")).text
        found["cloud-functions"] = (await client.get("/security/cloud/3/functions")).text
        wrong = {"revision": "2", "move-141003": "migrated", "on-141003": "きのう"}
        found["cloud-members-error"] = (
            await client.post("/security/cloud/3/members", data=wrong)
        ).text
    await wires.flow({Tier.MINISTRY: ministry_handlers(wires.clock)})
    async with officer(national, html=True) as client:
        found["clouds-map"] = (await client.get("/security/clouds?show=budgeted")).text
    return found


async def test_the_pages_of_cloud_and_subsidy(wires: Upper, pages: Pages) -> None:
    texts = await cloud_pages(wires)
    case = await through(pages)
    texts |= {name: pages.kept[name].text for name in _KEPT}
    for name, client, path in (
        ("subsidy-own", pages.own, PLACE),
        ("subsidy-case", pages.own, f"{PLACE}/{case}"),
        ("subsidy-all", pages.first, PLACE),
    ):
        texts[name] = (await client.get(path)).text
    assert await to_thread(inspect_pages, texts) == []
