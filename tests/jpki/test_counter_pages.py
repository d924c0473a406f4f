"""The counter's pages and the terminal's calls: journeys without script, and what they refuse."""

import base64
import re
from collections.abc import AsyncIterator, Mapping
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar

from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jpki.counter.api import API_ROUTES
from jichitai.jpki.counter.pages.routes import PAGE_ROUTES
from jichitai.jpki.counter.pages.routes import TEMPLATES as CARD_TEMPLATES
from jichitai.jpki.counter.pages.shell import card_shell
from jichitai.jpki.kinds import CertificateKind
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.parties import Tier
from jichitai.register.model.resident import Resident
from jichitai.register.pages.routes import ROUTES as PAGES
from jichitai.register.pages.routes import TEMPLATES
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests import builders
from tests.builders import OTHER_TOWN, TOWN
from tests.conftest import Cluster
from tests.jpki.card_wires import CardWires, card_network, keys_made
from tests.jpki.test_counter import picture
from tests.web.client import browser, signed_in

CLERK = frozenset({Role.CLERK})
GROWN_UPS = [builders.resident() for _ in range(8)]
CHILD = builders.resident(
    name=builders.name("見本　三奈", "ミホン　ミナ"), birth_date=UncertainDate.parse("2015-05-01")
)
NEXT = iter(GROWN_UPS)
CHIPS = count(9_000_000_000_001)


@pytest.fixture(scope="module")
async def wires(cluster18: Cluster, keys: Keys) -> AsyncIterator[CardWires]:
    async with card_network(cluster18, keys, *GROWN_UPS, CHILD) as wires:
        yield wires


@pytest.fixture
def person() -> Resident:
    return next(NEXT)


@pytest.fixture
def app(wires: CardWires) -> Litestar:
    return create_app(
        Tier.TOWN,
        Settings(tier=Tier.TOWN),
        controllers=[*PAGES, *PAGE_ROUTES, *API_ROUTES],
        templates=[TEMPLATES, CARD_TEMPLATES],
        shell=card_shell,
        db=wires.databases[Tier.TOWN],
        clock=wires.node.clock,
        keys=wires.keys,
    )


def clerk(app: Litestar, town: str = TOWN) -> Any:
    return signed_in(app, CLERK, municipality=town, html=True)


def form(**values: Any) -> dict[str, Any]:
    plain = {
        "chip_number": str(next(CHIPS)),
        "kinds": ["user-auth", "signing"],
        "card_until": "R18.5.1",
        "case": "holder",
        "documents": ["driver"],
    }
    return {name: value for name, value in (plain | values).items() if value is not None}


async def apply(
    client: httpx.AsyncClient, person: Resident, photo: bytes | None = None, **values: Any
) -> httpx.Response:
    content = picture() if photo is None else photo
    files = {"photo": ("face.jpg", content, "image/jpeg")} if content else None
    return await client.post(
        f"/counter/residents/{person.id}/card/new", data=form(**values), files=files
    )


async def opened(client: httpx.AsyncClient, person: Resident, **values: Any) -> str:
    """An application that was taken; the address of its page."""
    answer = await apply(client, person, **values)
    assert answer.status_code == 303, shown_errors(answer.text)
    return answer.headers["location"]


def shown_errors(page: str) -> list[str]:
    """The error summary of a page."""
    box = re.search(r"jc-errors.*?</ul>", page, re.DOTALL)
    return re.findall(r"<a[^>]*>(.*?)</a>", box[0]) if box else []


async def ticket(client: httpx.AsyncClient, address: str) -> tuple[str, httpx.Response]:
    answer = await client.post(f"{address}/ticket")
    assert answer.status_code == 200, answer.text
    found = re.search(r'name="ticket" value="([^"]+)"', answer.text)
    assert found is not None
    return found[1], answer


async def call(
    app: Litestar, method: str, path: str, secret: str | None, body: object = None
) -> httpx.Response:
    """One call of a terminal, which has no session."""
    headers = {"content-type": "application/json"}
    if secret is not None:
        headers["X-Writing-Ticket"] = secret
    content = None if body is None else msgspec.json.encode(body)
    async with browser(app) as terminal:
        return await terminal.request(
            method, f"/api/v1/jpki/writing/{path}", headers=headers, content=content
        )


async def test_a_card_is_issued_written_and_handed_over_without_script(
    app: Litestar, wires: CardWires, person: Resident
) -> None:
    async with clerk(app) as client:
        page = (await client.get(f"/counter/residents/{person.id}/card")).text
        assert "カードを交付・更新する" in page
        empty = (await client.get(f"/counter/residents/{person.id}/card/new")).text
        assert 'value="2036-05-01"' in empty
        chip = str(next(CHIPS))
        address = await opened(client, person, chip_number=chip)
        assert "書込みを始める" in (await client.get(address)).text
        text, given = await ticket(client, address)
        assert (
            "form-action 'self' http://127.0.0.1:35970" in given.headers["content-security-policy"]
        )
        assert given.headers["referrer-policy"] == "origin"
        assert given.headers["cache-control"] == "no-store"
        request_id, _, secret = text.partition(".")
        order = (await call(app, "GET", request_id, secret)).json()
        assert order["chip_number"] == chip
        assert order["certificates"] == ["user-auth", "signing"]
        assert base64.b64decode(order["face"]["photo"])[:2] == b"\xff\xd8"
        made = keys_made(UUID(request_id), chip_number=chip, name=chip)
        sent = await call(app, "POST", f"{request_id}/keys", secret, made)
        assert (sent.status_code, sent.json()["state"]) == (202, "waiting")
        waiting = await call(app, "GET", f"{request_id}/answer", secret)
        assert waiting.json()["state"] == "waiting"
        await wires.flow()
        answer = (await call(app, "GET", f"{request_id}/answer", secret)).json()
        assert {one["kind"] for one in answer["issued"]} == {"user-auth", "signing"}
        done = await call(app, "POST", f"{request_id}/done", secret, {"written": True})
        assert done.json()["state"] == "written"
        unchecked = await client.post(f"{address}/hand-over", data={"received_by": "holder"})
        assert unchecked.status_code == 422
        assert len(shown_errors(unchecked.text)) == 2
        checked = {"received_by": "holder", "face_compared": "1", "contents_confirmed": "1"}
        assert (await client.post(f"{address}/hand-over", data=checked)).status_code == 303
        assert "カードを渡しました" in (await client.get(address)).text
        page = (await client.get(f"/counter/residents/{person.id}/card")).text
        assert page.count("有効") >= 2
        assert "運用中" in page


async def test_nothing_that_opens_a_chip_or_names_a_number_is_on_a_page(
    app: Litestar, person: Resident
) -> None:
    async with clerk(app) as client:
        address = await opened(client, person)
        text, given = await ticket(client, address)
        pages = [
            (await client.get(path)).text
            for path in ("/counter/cards", address, f"/counter/residents/{person.id}/card")
        ]
    assert person.my_number is not None
    for page in [*pages, given.text]:
        assert person.juki_code.reveal() not in page
        assert person.my_number.reveal() not in page
        assert person.name.text not in re.search(r"<title>(.*?)</title>", page)[1]  # type: ignore[index]
    for page in pages:
        assert text.partition(".")[2] not in page


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"chip_number": "12"}, {"chip_number"}),
        ({"card_until": "R19.5.1"}, {"card_until"}),
        ({"card_until": "きのう"}, {"card_until"}),
        ({"kinds": None}, {"kinds"}),
        ({"case": None}, {"case"}),
        ({"documents": ["pension"]}, {"documents"}),
        ({"documents": ["juki-card"]}, {"documents"}),
        ({"case": "agent", "documents": ["driver", "passport"]}, {"agent_documents", "agent_reason"}),
        ({"kinds": None, "chip_number": "", "documents": None}, {"kinds", "chip_number", "documents"}),
    ],
)  # fmt: skip
async def test_a_form_with_errors_comes_back_with_what_was_typed(
    app: Litestar, values: Mapping[str, Any], fields: set[str]
) -> None:
    async with clerk(app) as client:
        answer = await apply(client, GROWN_UPS[-1], **values)
    assert answer.status_code == 422
    assert set(re.findall(r'href="#f-([a-z_]+)"', answer.text)) == fields
    if "chip_number" not in values:
        assert re.search(r'name="chip_number"[^>]*value="9\d{12}"', answer.text)


@pytest.mark.parametrize(
    "photo",
    [b"GIF89a", picture(400, 400), picture(800, 600), b"\xff\xd8\xff" + b"x" * 100],
    ids=["gif", "small", "wide", "broken"],
)
async def test_a_photo_that_no_card_can_have_is_refused(app: Litestar, photo: bytes) -> None:
    async with clerk(app) as client:
        answer = await apply(client, GROWN_UPS[-1], photo=photo)
    assert answer.status_code == 422
    assert "顔写真" in shown_errors(answer.text)[0]


async def test_a_child_gets_a_signing_certificate_only_at_its_representatives_wish(
    app: Litestar,
) -> None:
    until: dict[str, Any] = {
        "card_until": "2031-05-01",
        "case": "representative",
        "agent_documents": ["driver"],
    }
    async with clerk(app) as client:
        page = (await client.get(f"/counter/residents/{CHILD.id}/card/new")).text
        assert 'value="2031-05-01"' in page
        refused = await apply(client, CHILD, **until)
        assert refused.status_code == 422
        assert "15歳未満" in shown_errors(refused.text)[0]
        await opened(client, CHILD, guardian="1", **until)


async def test_a_second_application_while_one_is_under_way_leads_to_the_first(
    app: Litestar, person: Resident
) -> None:
    async with clerk(app) as client:
        address = await opened(client, person)
        assert (await apply(client, person)).status_code == 409
        page = (await client.get(f"/counter/residents/{person.id}/card")).text
        assert address in page
        assert (await client.post(f"{address}/give-up", data={})).status_code == 422
        gone = await client.post(f"{address}/give-up", data={"reason": "来庁者の都合"})
        assert gone.status_code == 303
        assert "取りやめました" in (await client.get(address)).text
        await opened(client, person)


async def test_a_loss_by_telephone_suspends_and_a_wish_by_telephone_is_refused(
    app: Litestar, wires: CardWires, person: Resident
) -> None:
    path = f"/counter/residents/{person.id}/card/report"
    async with clerk(app) as client:
        assert (await client.get(path)).status_code == 200
        assert len(shown_errors((await client.post(path, data={})).text)) == 3
        wish = {"cause": "request", "reported_by": "telephone", "identity": "1"}
        refused = await client.post(path, data=wish | {"kinds": ["signing"]})
        assert refused.status_code == 422
        assert "窓口" in shown_errors(refused.text)[0]
        loss = {"cause": "loss", "reported_by": "telephone", "identity": "1"}
        sent = await client.post(path, data=loss)
        assert sent.status_code == 303
        assert "認証局に送りました" in (await client.get(sent.headers["location"])).text


async def test_a_terminal_without_its_ticket_learns_nothing(
    app: Litestar, person: Resident
) -> None:
    async with clerk(app) as client:
        address = await opened(client, person)
        text, _ = await ticket(client, address)
    request_id, _, secret = text.partition(".")
    made = keys_made(UUID(request_id), CertificateKind.SIGNING)
    for name, wrong in ((request_id, "x" * 40), (str(uuid4()), secret), (request_id, None)):
        for method, path, body in (
            ("GET", name, None),
            ("GET", f"{name}/answer", None),
            ("POST", f"{name}/keys", made),
            ("POST", f"{name}/done", {"written": True}),
        ):
            answer = await call(app, method, path, wrong, body)
            assert answer.status_code == (403 if wrong else 422), answer.text
            assert "見本" not in answer.text


async def test_other_roles_and_other_towns_are_kept_out(app: Litestar, person: Resident) -> None:
    async with clerk(app) as client:
        address = await opened(client, person)
    async with clerk(app, OTHER_TOWN) as stranger:
        assert (await stranger.get(address)).status_code == 404
        assert (await stranger.post(f"{address}/ticket")).status_code == 404
        assert (await stranger.get(f"/counter/residents/{person.id}/card")).status_code == 404
    async with signed_in(app, {Role.TOWN_OPERATOR}, municipality=TOWN, html=True) as operator:
        assert (await operator.get("/counter/cards")).status_code == 403
        assert (await operator.get(address)).status_code == 403
