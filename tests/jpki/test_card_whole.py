"""A card from the application at the counter to its first signature: town, nation, agent and chip."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from litestar import Litestar

from jichitai.infra.keys import Keys
from jichitai.jpki.authority.authorities import Authorities, CardCentre, trust_anchors
from jichitai.jpki.chip import reading, verifiable
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.items import CertifiedItems
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader.agent.app import create_agent
from jichitai.jpki.reader.agent.sites import Site, Sites
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.faces import read_faces
from jichitai.jpki.reader.pins import Pin, PinKind
from jichitai.jpki.reader.sources import ChipSource
from jichitai.kernel.parties import Tier
from tests import builders
from tests.conftest import Cluster
from tests.jpki.card_wires import CardWires, card_network
from tests.jpki.test_agent_writing import OWN
from tests.jpki.test_counter_pages import app, call, clerk, opened, ticket
from tests.web.client import ORIGIN

__all__ = ["app"]

PERSON = builders.resident()
NUMBER = "9200000000001"
PINS = {"signing": "ABC123", "signing_again": "ABC123", "four": "1234", "four_again": "1234"}
CHECKED = {"received_by": "holder", "face_compared": "1", "contents_confirmed": "1"}


@pytest.fixture(scope="module")
async def wires(cluster18: Cluster, keys: Keys) -> AsyncIterator[CardWires]:
    async with card_network(cluster18, keys, PERSON) as wires:
        yield wires


class Bridge(httpx.BaseTransport):
    """The agent's way to the town, from its thread to the tests' loop; messages flow meanwhile."""

    def __init__(self, app: Litestar, wires: CardWires) -> None:
        self._loop = asyncio.get_running_loop()
        self._town = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        self._wires = wires

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run_coroutine_threadsafe(self._ask(request), self._loop).result(60)

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/answer"):
            await self._wires.flow()
        passed = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.read()
        )
        answer = await self._town.handle_async_request(passed)
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=await answer.aread()
        )


async def written(agent: httpx.AsyncClient, text: str, back: str) -> str:
    """The holder chooses the PINs; the last page of the writing."""
    fields = {"ticket": text, "return_url": back}
    came = await agent.post("/write", data=fields, headers={"origin": ORIGIN})
    assert came.status_code == 303, came.text
    place = came.headers["location"]
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await agent.get(place)).text)
    assert token is not None
    data = {"_csrf_token": token[1], "action": "go", **PINS}
    begun = await agent.post(place, data=data, headers={"sec-fetch-site": "same-origin"})
    assert begun.status_code == 303, begun.text
    for _ in range(600):
        page = await agent.get(place, headers={"x-fragment": "1"})
        if "data-poll-done" in page.text:
            break
        await asyncio.sleep(0.05)
    return page.text


async def centre_of(wires: CardWires) -> CardCentre:
    async with wires.databases[Tier.NATION].transaction() as tx:
        return (await Authorities.load(tx, wires.vault)).card_centre()


async def test_a_card_is_applied_for_written_handed_over_and_signs(
    app: Litestar, wires: CardWires, tmp_path: Path
) -> None:
    centre = await centre_of(wires)
    public = centre.writer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    chip = tmp_path / "new.chip"
    Chip.make_blank(chip, NUMBER, public).close()
    sites = Sites([Site(ORIGIN, "窓口", counter=True)])
    agent = httpx.AsyncClient(
        transport=httpx.ASGITransport(
            create_agent(ChipSource(chip), sites, transport=Bridge(app, wires))  # type: ignore[arg-type]
        ),
        base_url=OWN,
    )
    async with clerk(app) as client:
        address = await opened(client, PERSON, chip_number=NUMBER)
        text, page = await ticket(client, address)
        back = re.search(r'name="return_url" value="([^"]+)"', page.text)
        assert back is not None
        request_id, _, secret = text.partition(".")
        order = (await call(app, "GET", request_id, secret)).json()
        assert "書き込みました" in await written(agent, text, back[1])
        assert (await client.post(f"{address}/hand-over", data=CHECKED)).status_code == 303
    with ChipSource(chip).connected() as transmit:
        card = CardClient(transmit)
        await check_certificates(card, wires)
        check_faces(card, centre, order["face"]["security_code"])


async def check_certificates(card: CardClient, wires: CardWires) -> None:
    pins = {
        CertificateKind.SIGNING: Pin(PinKind.SIGNING, "ABC123"),
        CertificateKind.USER_AUTH: Pin(PinKind.USER_AUTH, "1234"),
    }
    for kind, pin in pins.items():
        card.verify(pin)
        certificate = x509.load_der_x509_certificate(card.certificate(kind))
        key = certificate.public_key()
        assert isinstance(key, RSAPublicKey)
        key.verify(card.sign(kind, b"text"), b"text", PKCS1v15(), SHA256())
        async with wires.databases[Tier.NATION].transaction() as tx:
            roots = await trust_anchors(tx, kind)
        own = x509.load_der_x509_certificate(card.authority_certificate(kind))
        assert own in roots
        certificate.verify_directly_issued_by(own)
        if kind is CertificateKind.SIGNING:
            assert CertifiedItems.of(certificate).name == PERSON.name.text


def check_faces(card: CardClient, centre: CardCentre, code: str) -> None:
    """What the nation signed for this chip is what the town wrote into it."""
    number_b = Pin(PinKind.NUMBER_B, f"{PERSON.birth_date.sort_key:%y%m%d}2036{code}")
    found = read_faces(card, number_b, challenge=b"c" * 32)
    root = centre.authority.certificate.public_key()
    assert isinstance(root, RSAPublicKey)
    issuer = verifiable.check_cv(found.card_verifiable, {centre.authority.id: root})
    front = reading.front(found.front)
    reading.check_face(issuer.public_key, front, chip=NUMBER)
    items = reading.items(found.items)
    key = reading.authentication(found.authentication)
    reading.check_items(issuer.public_key, items, key, chip=NUMBER)
    assert items.name == PERSON.name.text
    verifiable.check_chip(front.chip_key, number=NUMBER, challenge=b"c" * 32, answer=found.proof)
