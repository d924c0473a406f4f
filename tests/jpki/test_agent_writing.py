"""A card written at a counter: through the agent's pages and the command, against a town's answers."""

import asyncio
import base64
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding

from jichitai.jpki.chip import issuing, portraits, reading, rsa, verifiable
from jichitai.jpki.chip.contents import ChosenPins
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.chip.layout import App
from jichitai.jpki.counter.bodies import (
    TICKET_HEADER,
    CardFace,
    KeysMade,
    WritingAnswer,
    WritingDone,
    WritingOrder,
    WritingState,
)
from jichitai.jpki.counter.model import Stage as Counter
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.messages import Issued, KeyRequest
from jichitai.jpki.reader import cli
from jichitai.jpki.reader.agent.app import create_agent
from jichitai.jpki.reader.agent.counter import chosen
from jichitai.jpki.reader.agent.sites import Site, Sites
from jichitai.jpki.reader.agent_protocol import WriteRequest
from jichitai.jpki.reader.client import CardClient, Transmit
from jichitai.jpki.reader.faces import read_faces
from jichitai.jpki.reader.pins import Pin, PinKind
from jichitai.jpki.reader.sources import ChipSource
from jichitai.jpki.reader.writing import Stage, Writing, card_data
from jichitai.jpki.reader.writing_api import WritingApi
from jichitai.kernel.identifiers import JukiCode, MyNumber
from tests.jpki import chips
from tests.jpki.cards import KINDS
from tests.jpki.faced_cards import DATA, card_roots
from tests.jpki.pki import pki, rsa_key

TOWN = "https://town.example.jp"
OWN = "http://127.0.0.1:35970"
SECRET = "s" * 32
REQUEST = UUID("0b0c7f5e-0000-4000-8000-00000000000a")
TICKET = f"{REQUEST}.{SECRET}"
BACK = f"{TOWN}/counter/cards/{REQUEST}"
FIELDS = {"ticket": TICKET, "return_url": BACK}
PHOTO = portraits.portrait("test")
PINS = {"signing": "ABC123", "signing_again": "abc123", "four": "1234", "four_again": "１２３４"}


class Town:
    """The town's side of the writing API, with what the authority would answer."""

    def __init__(self, *, renewal: bool = False) -> None:
        self.state = Counter.OPEN
        self.renewal = renewal
        self.made: KeysMade | None = None
        self.done: WritingDone | None = None
        self.away: set[str] = set()
        self.refusal = ""
        self.asked = 0
        self.bodies: list[str] = []

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(f"/api/v1/jpki/writing/{REQUEST}")
        assert request.headers[TICKET_HEADER] == SECRET
        assert SECRET not in str(request.url)
        self.bodies.append(request.content.decode())
        if path in self.away:
            raise httpx.ConnectError("away")
        calls: dict[str, Callable[[bytes], object]] = {
            "": lambda _: self.order(),
            "/keys": self.keys,
            "/answer": lambda _: self.given(),
            "/done": self.end,
        }
        return httpx.Response(200, content=msgspec.json.encode(calls[path](request.content)))

    def order(self) -> WritingOrder:
        return WritingOrder(
            request_id=REQUEST,
            municipality="011002",
            municipality_name="札幌市",
            chip_number=chips.NUMBER,
            certificates=KINDS,
            renewal=self.renewal,
            state=self.state,
            expires_at=datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
            face=CardFace(
                my_number=MyNumber.from_body("00000000001").reveal(),
                juki_code=JukiCode.from_body("1000000001").reveal(),
                name=DATA.name,
                address=DATA.address,
                birth_date=DATA.birth_date,
                sex="2",
                until=DATA.until,
                certificate_until=None,
                foreign=False,
                security_code=DATA.security_code,
                photo=PHOTO,
            ),
        )

    def keys(self, body: bytes) -> WritingState:
        self.made = msgspec.json.decode(body, type=KeysMade)
        self.state = Counter.WAITING
        return WritingState(request_id=REQUEST, state=self.state)

    def given(self) -> WritingAnswer:
        self.asked += 1
        if self.refusal:
            self.state = Counter.REFUSED
            return WritingAnswer(request_id=REQUEST, state=Counter.REFUSED, detail=self.refusal)
        if self.asked < 3:
            return WritingAnswer(request_id=REQUEST, state=Counter.WAITING)
        assert self.made is not None
        self.state = Counter.ANSWERED
        return WritingAnswer(
            request_id=REQUEST,
            state=Counter.ANSWERED,
            issued=tuple(map(self._issue, self.made.keys)),
            signatures=verifiable.sign_objects(
                rsa_key("card-objects"),
                number=self.made.chip_number,
                hashes_=self.made.objects,
                card_verifiable=verifiable.make_cv(
                    issuer="card-2",
                    subject="card-objects",
                    public_key=rsa_key("card-objects").public_key(),
                    by=rsa_key("card-2"),
                ),
            ),
            permit=chips.permit(self.made.challenge),
        )

    def end(self, body: bytes) -> WritingState:
        self.done = msgspec.json.decode(body, type=WritingDone)
        self.state = Counter.WRITTEN if self.done.written else Counter.FAILED
        return WritingState(request_id=REQUEST, state=self.state)

    @staticmethod
    def _issue(request: KeyRequest) -> Issued:
        kind, public = request.kind, request.public_key
        holder = next(
            chips.private(index)
            for index in (1, 2, 3)
            if rsa.spki(rsa.modulus(chips.key(index))) == public
        )
        own = pki().leaf(kind, key=holder).certificate
        return Issued(
            kind=kind,
            certificate=own.public_bytes(Encoding.DER),
            authority=pki().authority(kind).certificate.public_bytes(Encoding.DER),
        )


class SharedKeys(ChipSource):
    """A chip's file whose keys come from the pool of the tests."""

    @contextmanager
    def connected(self, card: str = "") -> Iterator[Transmit]:
        with Chip(self._file(card), crafts=CRAFTS) as chip:
            chip.power_on()
            yield chip.transmit


CRAFTS = chips.crafts()


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "blank.chip"
    Chip.make_blank(path, chips.NUMBER, chips.WRITER_PUBLIC).close()
    return path


@pytest.fixture
def town() -> Town:
    return Town()


def writing(town: Town, chip: Path) -> Writing:
    api = WritingApi(WriteRequest.parse(FIELDS), town.transport)
    return Writing(api, SharedKeys(chip), api.order(), pause=lambda _: None)


def pins() -> ChosenPins:
    found, errors = chosen(PINS, signing=True)
    assert errors == []
    assert found is not None
    return found


def check_written(chip: Path) -> None:
    """The card holds what the order said, signed, and opens with the PINs that were chosen."""
    with ChipSource(chip).connected() as transmit:
        card = CardClient(transmit)
        for kind, pin in (
            (CertificateKind.SIGNING, Pin(PinKind.SIGNING, "ABC123")),
            (CertificateKind.USER_AUTH, Pin(PinKind.USER_AUTH, "1234")),
        ):
            card.verify(pin)
            assert len(card.sign(kind, b"text")) == 256
        card.verify(Pin(PinKind.JUKI, "1234"))
        number_b = Pin(PinKind.NUMBER_B, DATA.number_b)
        found = read_faces(card, number_b, challenge=b"c" * 32)
        assert card.tries(PinKind.NUMBER_B, application=App.FACE) == 10
    key = verifiable.check_cv(found.card_verifiable, card_roots()).public_key
    front = reading.front(found.front)
    reading.check_face(key, front, chip=found.chip_number)
    verifiable.check_chip(
        front.chip_key, number=found.chip_number, challenge=found.challenge, answer=found.proof
    )
    items = reading.items(found.items)
    reading.check_items(
        key, items, reading.authentication(found.authentication), chip=found.chip_number
    )
    assert items.name == DATA.name


def test_a_blank_card_becomes_a_holders_card(town: Town, blank: Path) -> None:
    work = writing(town, blank)
    work.run(pins())
    assert (work.stage, work.problem) == (Stage.DONE, "")
    assert town.done == WritingDone(written=True)
    check_written(blank)


def test_no_pin_and_no_private_key_reaches_the_town(town: Town, blank: Path) -> None:
    writing(town, blank).run(pins())
    sent = "".join(town.bodies)
    assert "ABC123" not in sent
    assert '"1234"' not in sent
    for index in (1, 2, 3):
        assert base64.b64encode(chips.key(index)[60:300])[4:-4].decode() not in sent


def test_another_card_than_the_one_of_the_order_is_not_written(town: Town, tmp_path: Path) -> None:
    other = tmp_path / "other.chip"
    Chip.make_blank(other, "9999999999999", chips.WRITER_PUBLIC).close()
    work = writing(town, other)
    work.run(pins())
    assert work.stage is Stage.INTERRUPTED
    assert "割り当てたカードではありません" in work.problem
    assert town.made is None
    assert town.done is None


@pytest.mark.parametrize("where", ["/keys", "/answer", "/done"])
def test_a_writing_goes_on_where_the_network_broke_it(town: Town, blank: Path, where: str) -> None:
    town.away = {where}
    work = writing(town, blank)
    work.run(pins())
    assert work.stage is Stage.INTERRUPTED
    town.away = set()
    work.run(pins())
    assert (str(work.stage), work.problem) == ("done", "")
    check_written(blank)


def test_a_writing_goes_on_at_another_start_of_the_agent(town: Town, blank: Path) -> None:
    town.away = {"/answer"}
    writing(town, blank).run(pins())
    town.away = set()
    again = writing(town, blank)
    again.run(pins())
    assert again.stage is Stage.DONE
    check_written(blank)


def test_what_the_authority_refuses_is_told_and_the_card_stays_blank(
    town: Town, blank: Path
) -> None:
    town.refusal = "有効な電子証明書が既にあります。"
    work = writing(town, blank)
    work.run(pins())
    assert (work.stage, work.problem) == (Stage.FAILED, town.refusal)
    with ChipSource(blank).connected() as transmit:
        transmit(issuing.select())
        assert transmit(issuing.status())[:1] == b"\x00"


def test_a_permission_for_another_challenge_opens_nothing(
    town: Town, blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chips, "permit", lambda _: bytes(64))
    work = writing(town, blank)
    work.run(pins())
    assert work.stage is Stage.FAILED
    assert town.done == WritingDone(written=False, failure="chip-refused")


def test_a_renewal_writes_the_same_card_again(blank: Path) -> None:
    for renewal in (False, True):
        town = Town(renewal=renewal)
        work = writing(town, blank)
        work.run(pins())
        assert work.stage is Stage.DONE, work.problem
    check_written(blank)


def test_a_finished_ticket_writes_nothing_again(town: Town, blank: Path) -> None:
    writing(town, blank).run(pins())
    again = writing(town, blank)
    again.run(pins())
    assert again.stage is Stage.FAILED


def test_a_child_without_a_photo_gets_an_empty_field(town: Town) -> None:
    order = town.order()
    empty = msgspec.structs.replace(order.face, photo=None, my_number=None)
    data = card_data(msgspec.structs.replace(order, face=empty))
    assert data.my_number is None
    assert "見本" not in repr(data)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"signing": "abcdef"}, "signing"),
        ({"signing_again": "ABC124"}, "signing_again"),
        ({"four": "12345"}, "four"),
        ({"four_again": "4321"}, "four_again"),
        ({"juki": "12"}, "juki"),
        ({"input": "abcd"}, "input"),
    ],
)
def test_pins_that_do_not_fit_are_named_by_field(changed: dict[str, str], field: str) -> None:
    found, errors = chosen(PINS | changed, signing=True)
    assert found is None
    assert [error.field for error in errors] == [field]


def test_different_numbers_may_be_chosen_for_each_application() -> None:
    found, _ = chosen(PINS | {"juki": "2222", "input": "3333"}, signing=False)
    assert found is not None
    assert found.signing is None
    told = (found.user_auth, found.register, found.input)
    assert [pin.reveal() for pin in told] == ["1234", "2222", "3333"]


# --- through the agent's pages --------------------------------------------------------------


def agent(town: Town, chip: Path, *, counter: bool = True) -> httpx.AsyncClient:
    sites = Sites([Site(TOWN, "例示市の窓口", counter=counter)])
    app = create_agent(SharedKeys(chip), sites, transport=town.transport)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OWN)  # type: ignore[arg-type]


async def test_the_holder_chooses_pins_on_the_agents_page(town: Town, blank: Path) -> None:
    client = agent(town, blank)
    came = await client.post("/write", data=FIELDS, headers={"origin": TOWN})
    assert came.status_code == 303, came.text
    place = came.headers["location"]
    page = await client.get(place)
    assert chips.NUMBER in page.text
    assert SECRET not in page.text + place
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    data = {"_csrf_token": token[1], "action": "go", **PINS}
    forged = await client.post(place, data=data, headers={"sec-fetch-site": "cross-site"})
    assert forged.status_code == 403
    own = {"sec-fetch-site": "same-origin"}
    wrong = await client.post(place, data={**data, "four_again": "9"}, headers=own)
    assert wrong.status_code == 422
    assert "2回の入力が違います" in wrong.text
    assert "abc123" not in wrong.text
    begun = await client.post(place, data=data, headers=own)
    assert begun.status_code == 303
    for _ in range(200):
        page = await client.get(place)
        if "data-poll-done" in page.text:
            break
        await asyncio.sleep(0.05)
    assert "書き込みました" in page.text
    assert BACK in page.text
    check_written(blank)


async def test_stopping_tells_the_town_and_goes_back(town: Town, blank: Path) -> None:
    client = agent(town, blank)
    came = await client.post("/write", data=FIELDS, headers={"origin": TOWN})
    place = came.headers["location"]
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await client.get(place)).text)
    assert token is not None
    data = {"_csrf_token": token[1], "action": "cancel"}
    back = await client.post(place, data=data, headers={"sec-fetch-site": "same-origin"})
    assert (back.status_code, back.headers["location"]) == (303, BACK)
    assert town.done == WritingDone(written=False, failure="abandoned")
    assert (await client.get(place)).status_code == 409


async def test_only_a_counter_on_the_list_writes(town: Town, blank: Path) -> None:
    plain = agent(town, blank, counter=False)
    for origin, status in ((TOWN, 403), ("https://evil.example", 403)):
        refused = await plain.post("/write", data=FIELDS, headers={"origin": origin})
        assert refused.status_code == status
    counter = agent(town, blank)
    for broken in ({"ticket": "x"}, {"return_url": "https://evil.example/"}):
        refused = await counter.post("/write", data=FIELDS | broken, headers={"origin": TOWN})
        assert refused.status_code in {403, 422}


def test_the_command_writes_a_card_at_a_counter_without_a_browser(
    town: Town, blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "WritingApi", lambda request: WritingApi(request, town.transport))
    monkeypatch.setattr(cli, "ChipSource", SharedKeys)
    typed = "\n".join(
        [TICKET, "abc123", "ABC123", "1234", "1234", "1234", "1234", "1234", "1234", ""]
    )
    words = ["write", "--town", TOWN, "--chip", str(blank)]
    done = CliRunner().invoke(cli.chip, words, input=typed)
    assert done.exit_code == 0, done.output
    assert SECRET not in done.output
    check_written(blank)
