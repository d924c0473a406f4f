"""The workshop's application over one database that keeps what is committed."""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.clock import FixedClock
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.security.policy.routes import ROUTES, TEMPLATES
from jichitai.web.app import create_app
from jichitai.web.components import Shell
from jichitai.web.rights import Role
from tests.conftest import TOWN, Cluster, fresh_database
from tests.web.client import signed_in

API = "/api/v1/security/policies"
PAGES = "/security/policies"


@asynccontextmanager
async def workshop(
    cluster: Cluster,
    keys: Keys,
    clock: FixedClock,
    folder: Path,
    *,
    tier: Tier = Tier.TOWN,
    origin: str = "",
) -> AsyncIterator[Litestar]:
    """The tier's application with the workshop alone."""
    outbox = Outbox(keys.network, clock)
    async with fresh_database(cluster, tier, keys) as database:
        yield create_app(  # noqa: S604 - the frame of pages is called shell too
            tier,
            Settings(tier=tier, demo=True, key_directory=folder, public_url=origin),
            controllers=ROUTES,
            templates=[TEMPLATES],
            shell=lambda _: Shell(system="情報セキュリティ", office="札幌市"),
            db=database,
            clock=clock,
            keys=keys,
            dependencies={"outbox": Provide(lambda: outbox, sync_to_thread=False)},
        )


def officer(
    app: Litestar, town: str = TOWN, *, html: bool = False
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    return signed_in(app, {Role.SECURITY_OFFICER}, municipality=town, html=html)


def adopter(
    app: Litestar, organ: str, town: str = TOWN, *, html: bool = False
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    return signed_in(app, {Role.POLICY_ADOPTER}, municipality=town, organ_id=organ, html=html)


async def good(answer: httpx.Response, status: int = 200) -> Any:
    """The answer's JSON, of the status that it must have."""
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def drafted(client: httpx.AsyncClient, **answers: Any) -> str:
    """A policy of assembly and head with its draft; its id."""
    made = await good(await client.post(API, json={"organs": ["assembly", "head"]}), 201)
    if answers:
        body = {"answers": answers}
        await good(await client.put(f"{API}/{made['policy_id']}/interview", json=body))
    await good(await client.post(f"{API}/{made['policy_id']}/draft"))
    return str(made["policy_id"])


async def approved(client: httpx.AsyncClient, policy: str, version: int = 1) -> str:
    """Passed by the committee; the hash of its text."""
    base = f"{API}/{policy}/versions/{version}"
    row = await good(await client.post(f"{base}/submit", json={}))
    result = {"number": "委-1", "held_on": "2026-11-20", "approved": True}
    await good(await client.post(f"{base}/committee", json=result))
    return str(row["document_hash"])


async def published(app: Litestar, client: httpx.AsyncClient, policy: str) -> dict[str, Any]:
    """Adopted by both organs and published."""
    base = f"{API}/{policy}/versions/1"
    text = await approved(client, policy)
    for organ in ("assembly", "head"):
        async with adopter(app, organ) as decider:
            body = {
                "decision_number": f"{organ}-7",
                "decided_on": "2026-11-20",
                "document_hash": text,
            }
            await good(await decider.post(f"{base}/adoptions", json=body), 201)
    found: dict[str, Any] = await good(await client.post(f"{base}/publish", json={}))
    return found


def shown_errors(page: str) -> list[str]:
    """The error summary of a page."""
    box = re.search(r"jc-errors.*?</ul>", page, re.DOTALL)
    return re.findall(r"<li>(?:<a[^>]*>)?(.*?)(?:</a>)?</li>", box[0]) if box else []
