"""The card agent: whom it works for, what it shows, what it keeps to itself."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from structlog.testing import capture_logs

from jichitai.jpki.reader.agent.app import create_agent
from jichitai.jpki.reader.agent.desk import LIFETIME, Desk
from jichitai.jpki.reader.agent.sites import Site, Sites
from jichitai.jpki.reader.agent_protocol import (
    CardAnswer,
    CardRequest,
    Outcome,
    Purpose,
    base64url,
    from_base64url,
    origin_of,
    signed_bytes,
)
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.errors import BadAgentRequestError, StaleAgentRequestError
from jichitai.jpki.reader.faces import FaceObjects
from jichitai.jpki.reader.pins import Pin
from jichitai.jpki.reader.sources import ChipSource, ReaderSource
from tests.jpki import chips
from tests.jpki.cards import Card, ReaderService, enter, issue_card

OWN = "http://127.0.0.1:35970"
BANK, TOWN, EVIL = "https://id.example.jp", "https://town.example.jp", "https://evil.example"
CHALLENGE = base64url(bytes(range(32)))
NAVIGATION = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
SITES = Sites([Site(BANK, "本人確認サービス"), Site(TOWN, "例示市の窓口", counter=True)])


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return issue_card(tmp_path / "hanako.chip")


@pytest.fixture
def agent(card: Card) -> httpx.AsyncClient:
    return browser(card)


def browser(card: Card) -> httpx.AsyncClient:
    app = create_agent(ChipSource(card.path), SITES)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OWN)  # type: ignore[arg-type]


def fields(purpose: Purpose = Purpose.USER_AUTH, **changed: str) -> dict[str, str]:
    return {
        "purpose": purpose,
        "challenge": CHALLENGE,
        "return_url": f"{BANK}/sign-in/card/answer",
        "transaction": "T-1",
        "text": "本人確認サービスにサインインします。",
        **changed,
    }


async def ask(
    agent: httpx.AsyncClient, form: Mapping[str, str], *, origin: str | None = BANK, **more: str
) -> httpx.Response:
    headers = {**NAVIGATION, **more} | ({"origin": origin} if origin else {})
    return await agent.post("/sign", data=dict(form), headers=headers)


async def opened(agent: httpx.AsyncClient, form: Mapping[str, str], **more: Any) -> httpx.Response:
    """The page of a request that was accepted."""
    asked = await ask(agent, form, **more)
    assert asked.status_code == 303, asked.text
    return await agent.get(asked.headers["location"])


async def send(
    agent: httpx.AsyncClient, page: httpx.Response, *, own: bool = True, **typed: str
) -> httpx.Response:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    headers = {"sec-fetch-site": "same-origin" if own else "cross-site"}
    data = {"_csrf_token": token[1], "action": "go", **typed}
    return await agent.post(page.url.path, data=data, headers=headers)


def answer_of(page: httpx.Response) -> tuple[str, CardAnswer]:
    """Where the page's form goes, and what it carries."""
    form = re.search(r'<form[^>]*action="([^"]+)" data-send>(.*?)</form>', page.text, re.DOTALL)
    assert form is not None, page.text
    carried = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[2]))
    return form[1], CardAnswer.parse(carried)


def holds(answer: CardAnswer, signed: bytes) -> bool:
    certificate = x509.load_der_x509_certificate(from_base64url(answer.certificate))
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(from_base64url(answer.signature), signed, PKCS1v15(), SHA256())
    return True


async def test_the_card_signs_what_the_site_asked_and_the_browser_carries_it_back(
    agent: httpx.AsyncClient,
) -> None:
    page = await opened(agent, fields())
    assert "本人確認サービス" in page.text
    assert "あと3回" in page.text
    sent = await send(agent, page, pin=chips.USER_AUTH_PIN)
    target, answer = answer_of(sent)
    assert target == f"{BANK}/sign-in/card/answer"
    assert (answer.transaction, answer.outcome) == ("T-1", Outcome.DONE)
    text = "本人確認サービスにサインインします。"
    assert holds(answer, signed_bytes(Purpose.USER_AUTH, BANK, CHALLENGE, text))
    assert chips.USER_AUTH_PIN not in sent.text
    again = await agent.get(page.url.path)
    assert again.status_code == 409


async def test_a_signature_is_over_the_text_that_the_holder_saw(agent: httpx.AsyncClient) -> None:
    text = "私は例示市の証明書を請求します。\r\n受付 1-2-3"
    page = await opened(agent, fields(Purpose.SIGNATURE, text=text))
    assert "私は例示市の証明書を請求します。" in page.text
    _, answer = answer_of(await send(agent, page, pin=chips.SIGNING_PIN.lower()))
    assert holds(answer, signed_bytes(Purpose.SIGNATURE, BANK, CHALLENGE, text))
    assert b"\r" not in signed_bytes(Purpose.SIGNATURE, BANK, CHALLENGE, text)


async def test_a_wrong_pin_says_what_is_left_and_the_last_one_goes_back_as_blocked(
    agent: httpx.AsyncClient,
) -> None:
    page = await opened(agent, fields())
    malformed = await send(agent, page, pin="12")
    assert malformed.status_code == 422
    assert "あと3回" in malformed.text
    for left in (2, 1):
        wrong = await send(agent, page, pin="0000")
        assert wrong.status_code == 422
        assert f"あと{left}回" in wrong.text
    blocked = await send(agent, page, pin="0000")
    assert blocked.status_code == 409
    token = re.search(r'name="_csrf_token" value="([^"]+)"', blocked.text)
    assert token is not None
    back = await agent.post(
        f"{page.url.path}/blocked",
        data={"_csrf_token": token[1]},
        headers={"sec-fetch-site": "same-origin"},
    )
    assert answer_of(back)[1].outcome is Outcome.BLOCKED


async def test_the_holder_may_stop(agent: httpx.AsyncClient) -> None:
    page = await opened(agent, fields())
    _, answer = answer_of(await send(agent, page, action="cancel"))
    assert answer.outcome is Outcome.CANCELLED
    assert answer.signature == answer.certificate == ""


async def test_a_missing_card_is_said_before_a_pin_is_typed(card: Card) -> None:
    agent = browser(replace(card, path=card.path.with_name("none.chip")))
    page = await opened(agent, fields())
    assert "カードを確かめてください" in page.text
    refused = await send(agent, page, pin=chips.USER_AUTH_PIN)
    assert refused.status_code == 422
    assert chips.USER_AUTH_PIN not in refused.text


@pytest.mark.parametrize("origin", [EVIL, "null", None, "http://id.example.jp", BANK + ":444"])
async def test_a_site_that_is_not_on_the_list_is_refused(
    agent: httpx.AsyncClient, origin: str | None
) -> None:
    refused = await ask(agent, fields(), origin=origin)
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers


async def test_an_answer_never_goes_to_another_site_than_the_one_that_asked(
    agent: httpx.AsyncClient,
) -> None:
    for elsewhere in (f"{EVIL}/x", f"{TOWN}/x", "http://id.example.jp/x"):
        refused = await ask(agent, fields(return_url=elsewhere))
        assert refused.status_code in {403, 422}, elsewhere


@pytest.mark.parametrize("host", ["evil.example:35970", "127.0.0.1", "localhost:1", "", "[::1]"])
async def test_another_name_of_this_computer_is_refused(
    agent: httpx.AsyncClient, host: str
) -> None:
    for path in ("/", "/status"):
        refused = await agent.get(path, headers={"host": host, "origin": BANK})
        assert refused.status_code == 421
        assert refused.headers["x-frame-options"] == "DENY"


async def test_scripts_and_frames_cannot_ask_for_a_signature(agent: httpx.AsyncClient) -> None:
    for way in ({"sec-fetch-mode": "cors"}, {"sec-fetch-dest": "iframe"}):
        assert (await ask(agent, fields(), **way)).status_code == 422


async def test_only_the_agents_own_page_in_the_same_browser_may_send_a_pin(
    agent: httpx.AsyncClient, card: Card
) -> None:
    page = await opened(agent, fields())
    forged = await send(agent, page, own=False, pin=chips.USER_AUTH_PIN)
    assert forged.status_code == 403
    wrong = await send(agent, page, pin=chips.USER_AUTH_PIN, _csrf_token="x")
    assert wrong.status_code == 403
    agent.cookies.clear()
    assert (await agent.get(page.url.path)).status_code == 409
    assert (await send(agent, page, pin=chips.USER_AUTH_PIN)).status_code == 409


async def test_a_script_of_a_listed_site_learns_that_an_agent_is_there_and_no_more(
    agent: httpx.AsyncClient,
) -> None:
    heard = await agent.get("/status", headers={"origin": BANK})
    assert heard.json() == {"agent": "jichitai", "version": 1}
    assert heard.headers["access-control-allow-origin"] == BANK
    strange = await agent.get("/status", headers={"origin": EVIL})
    assert strange.status_code == 403
    assert "access-control-allow-origin" not in strange.headers


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "withdraw"},
        {"challenge": base64url(b"short")},
        {"challenge": "not base64!" * 4},
        {"transaction": "a b"},
        {"transaction": ""},
        {"text": "字" * 4001},
        {"text": "ab\u202ecd"},
        {"purpose": "signature", "text": " "},
        {"return_url": "javascript:alert(1)"},
        {"return_url": "https://user@id.example.jp/"},
        {"return_url": "http://id.example.jp/"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_a_request_of_another_form_is_refused(
    agent: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    assert (await ask(agent, fields() | wrong)).status_code == 422


async def test_doubled_and_oversized_forms_are_refused(agent: httpx.AsyncClient) -> None:
    headers = {**NAVIGATION, "origin": BANK, "content-type": "application/x-www-form-urlencoded"}
    doubled = await agent.post("/sign", content="purpose=read&purpose=read", headers=headers)
    assert doubled.status_code == 422
    large = await agent.post("/sign", content="a=" + "b" * 100_000, headers=headers)
    assert large.status_code == 413
    assert "カードには何も送っていません" in large.text


async def test_only_a_counter_reads_faces(agent: httpx.AsyncClient) -> None:
    refused = await ask(agent, fields(Purpose.READ))
    assert refused.status_code == 403
    form = fields(Purpose.READ, return_url=f"{TOWN}/proofing/answer")
    page = await opened(agent, form, origin=TOWN)
    wrong = await send(agent, page, pin="1" * 14)
    assert "あと9回" in wrong.text


async def test_a_fault_tells_the_pin_neither_to_the_page_nor_to_the_log(
    agent: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(client: CardClient, pin: Pin) -> None:
        raise RuntimeError(f"cannot verify {pin.reveal()} with {client}")

    page = await opened(agent, fields())
    monkeypatch.setattr(CardClient, "verify", broken)
    with capture_logs() as logged:
        answer = await send(agent, page, pin="9753")
    assert answer.status_code == 500
    assert [line["event"] for line in logged] == ["agent.unexpected"]
    assert "9753" not in answer.text + str(logged)


@pytest.mark.cards
async def test_the_card_on_a_reader_answers_as_one_in_a_file_does(
    reader_service: ReaderService, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(reader_service, monkeypatch)
    app = create_agent(ReaderSource("Virtual"), SITES)
    agent = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OWN)  # type: ignore[arg-type]
    empty = await opened(agent, fields())
    assert "リーダーにカードがありません" in empty.text
    with reader_service.holding(card.path):
        page = await opened(agent, fields())
        assert "あと3回" in page.text
        wrong = await send(agent, page, pin="0000")
        assert "あと2回" in wrong.text
        _, answer = answer_of(await send(agent, page, pin=chips.USER_AUTH_PIN))
    assert holds(answer, signed_bytes(Purpose.USER_AUTH, BANK, CHALLENGE, fields()["text"]))


def test_faces_travel_whole() -> None:
    objects = FaceObjects(
        chip_number=chips.NUMBER,
        front=b"front",
        items=b"items",
        authentication=b"key",
        card_verifiable=b"cv",
        challenge=b"c" * 32,
        proof=b"proof",
    )
    assert FaceObjects.unpack(objects.packed()) == objects
    assert "front" not in repr(objects)
    for broken in ("", "e30", "!"):
        with pytest.raises(BadAgentRequestError):
            FaceObjects.unpack(broken)


def test_a_request_waits_some_minutes_for_one_browser() -> None:
    hour = [0.0]
    desk = Desk(lambda: hour[0])
    site = Site(BANK, "本人確認サービス")
    pending = desk.put(site, CardRequest.parse(fields()))
    assert desk.get(pending.id, pending.cookie) is pending
    for name, cookie in ((pending.id, None), (pending.id, "x"), ("x", pending.cookie)):
        with pytest.raises(StaleAgentRequestError):
            desk.get(name, cookie)
    hour[0] = LIFETIME + 1
    with pytest.raises(StaleAgentRequestError):
        desk.get(pending.id, pending.cookie)
    for _ in range(100):
        last = desk.put(site, CardRequest.parse(fields()))
    assert desk.get(last.id, last.cookie) is last


@pytest.mark.parametrize("text", ["https://a.example/path", "ftp://a.example", "http://a.example"])
def test_a_site_is_named_by_its_origin(text: str) -> None:
    with pytest.raises(BadAgentRequestError):
        Site.parse(text)


def test_origins_are_compared_in_one_form() -> None:
    assert origin_of("https://ID.example.jp:443/a?b#c") == BANK
    assert origin_of("http://localhost:8103/x") == "http://localhost:8103"
    assert Site.parse("http://127.0.0.1:8103").origin == "http://127.0.0.1:8103"
