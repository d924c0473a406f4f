"""The clerk's calls for issuing a card, and what they refuse."""

import base64
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jpki.counter.api import API_ROUTES
from jichitai.jpki.counter.bodies import WritingDone
from jichitai.jpki.counter.desk_api import DESK_ROUTES
from jichitai.jpki.counter.service.terminal import Terminal
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests import builders
from tests.builders import OTHER_TOWN, TOWN
from tests.conftest import Cluster
from tests.jpki.card_wires import CHIP, CardWires, card_network, keys_made
from tests.jpki.test_counter import picture
from tests.web.client import signed_in

PERSON = builders.resident()


@pytest.fixture(scope="module")
async def wires(cluster18: Cluster, keys: Keys) -> AsyncIterator[CardWires]:
    async with card_network(cluster18, keys, PERSON) as wires:
        yield wires


@pytest.fixture(scope="module")
def app(wires: CardWires) -> Litestar:
    return create_app(
        Tier.TOWN,
        Settings(tier=Tier.TOWN),
        controllers=[*API_ROUTES, *DESK_ROUTES],
        db=wires.databases[Tier.TOWN],
        clock=wires.node.clock,
        keys=wires.keys,
    )


def clerk(app: Litestar, town: str = TOWN, role: Role = Role.CLERK) -> Any:
    return signed_in(app, frozenset({role}), municipality=town)


def application(**values: Any) -> dict[str, Any]:
    plain = {
        "resident_id": str(PERSON.id),
        "chip_number": CHIP,
        "kinds": ["user-auth", "signing"],
        "case": "holder",
        "documents": ["driver"],
        "photo": base64.b64encode(picture()).decode(),
    }
    return {name: value for name, value in (plain | values).items() if value is not None}


async def refused(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["type"].endswith(kind)
    return problem


async def test_an_application_with_errors_opens_nothing(app: Litestar) -> None:
    async with clerk(app) as client:
        for wrong, field in (
            ({"photo": None}, "photo"),
            ({"documents": ["student"]}, "documents"),
            ({"case": "agent"}, "agent_reason"),
            ({"card_until": "2100-01-01"}, "card_until"),
        ):
            answer = await client.post("/api/v1/jpki/cards", json=application(**wrong))
            problem = await refused(answer, 422, "jpki.application-refused")
            assert field in problem["fields"]
        answer = await client.post("/api/v1/jpki/cards", json=application(photo="AAAA"))
        await refused(answer, 422, "jpki.unusable-photo")
        stranger = application(resident_id=str(uuid4()))
        assert (await client.post("/api/v1/jpki/cards", json=stranger)).status_code == 404
    async with clerk(app, role=Role.TOWN_OPERATOR) as other:
        assert (await other.post("/api/v1/jpki/cards", json=application())).status_code == 403


async def test_a_card_is_handed_over_after_the_checks_only(app: Litestar, wires: CardWires) -> None:
    async with clerk(app) as client:
        opened = await client.post("/api/v1/jpki/cards", json=application())
        assert opened.status_code == 201, opened.text
        assert opened.json()["state"] == "open"
        place = f"/api/v1/jpki/cards/{opened.json()['request_id']}"
        handed = {"received_by": "holder", "face_compared": True, "contents_confirmed": True}
        early = await client.post(f"{place}/hand-over", json=handed)
        await refused(early, 409, "jpki.wrong-stage")
        given = (await client.post(f"{place}/ticket")).json()["ticket"]
        await write(wires, *given.split("."))
        assert (await client.get(place)).json()["state"] == "written"
        for wrong in ({"face_compared": False}, {"contents_confirmed": False},
                      {"received_by": "agent"}):  # fmt: skip
            answer = await client.post(f"{place}/hand-over", json=handed | wrong)
            problem = await refused(answer, 422, "jpki.application-refused")
            assert list(problem["fields"]) == list(wrong)
        async with clerk(app, OTHER_TOWN) as stranger:
            assert (await stranger.get(place)).status_code == 404
            assert (await stranger.post(f"{place}/ticket")).status_code == 404
            assert (await stranger.post(f"{place}/hand-over", json=handed)).status_code == 404
        done = await client.post(f"{place}/hand-over", json=handed)
        assert done.json()["state"] == "handed-over"
        assert (await client.get(place)).json()["state"] == "handed-over"


async def write(wires: CardWires, request_id: str, secret: str) -> None:
    """What a terminal does with a ticket."""
    writing, terminal = UUID(request_id), Terminal(wires.writings)
    town = wires.databases[Tier.TOWN]
    async with town.transaction(town=TOWN) as tx:
        await terminal.take_keys(tx, TOWN, writing, secret, keys_made(writing, name="desk"))
    await wires.flow()
    async with town.transaction(town=TOWN) as tx:
        await terminal.done(tx, TOWN, writing, secret, WritingDone(written=True))
