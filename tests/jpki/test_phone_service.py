"""From the card to the phone to a verifier, over HTTP, with every refusal on the way."""

import re
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from jichitai.jpki.chip.device import Chip
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.phone import authority, openid4vp, presenting, store, wallet, worker
from jichitai.jpki.phone.elements import (
    NAME,
    NUMBER,
    OVER_20,
    Query,
)
from jichitai.jpki.phone.mdoc import StatusEntry, security_object
from jichitai.jpki.phone.openid4vp import Request
from jichitai.jpki.phone.presenting import CHECK_PATH
from jichitai.jpki.phone.refusals import (
    ChallengeSpentError,
    DeviceProofError,
    RevokedCredentialError,
    StatusUnavailableError,
    UntrustedReaderError,
    WalletError,
)
from jichitai.jpki.phone.status_list import FetchedStatus, StatusList
from jichitai.jpki.phone.wallet import AnsweredRefusalError, Wallet
from jichitai.jpki.reader.client import CardClient
from jichitai.kernel.secrets import Secret
from tests.jpki import faced_cards
from tests.jpki.phone_world import HANAKO, ORIGIN, World, faced_card, lapse, world
from tests.web.client import form_token

__all__ = ["faced_card", "world"]

PIN = Secret("123456")


class Browser:
    """Somebody at the verifier's page."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = world.client()
        self.client.headers["accept"] = "text/html"

    async def begin(self, query: Query = Query.OVER_20) -> str:
        """Ask; the link for the wallet."""
        page = await self.client.get(CHECK_PATH)
        form = {"query": query.value, "_csrf_token": form_token(page.text)}
        sent = await self.client.post(CHECK_PATH, data=form)
        assert sent.status_code == 303, sent.text
        self.place = sent.headers["location"]
        shown = await self.client.get(self.place)
        found = re.search(r'href="(openid4vp://[^"]+)"', shown.text)
        assert found is not None, shown.text
        return found[1].replace("&amp;", "&")

    @property
    def number(self) -> UUID:
        return UUID(self.place.rpartition("/")[2])

    async def see(self, onward: str) -> str:
        return (await self.client.get(onward)).text


@pytest.fixture
async def phone(world: World) -> Wallet:
    return await world.ask()


async def fetched(world: World, phone: Wallet, link: str) -> Request:
    async with world.client() as http:
        return await wallet.fetch_request(http, phone, link, world.clock.now())


async def answered(world: World, phone: Wallet, link: str) -> str:
    request = await fetched(world, phone, link)
    async with world.client() as http:
        return await wallet.send(http, request, phone.respond(request, request.elements))


async def refused(world: World, request: Request, response: str) -> AnsweredRefusalError:
    async with world.client() as http:
        with pytest.raises(AnsweredRefusalError) as caught:
            await wallet.send(http, request, response)
    return caught.value


async def test_a_phone_proves_over_20_and_the_verifier_learns_nothing_else(
    world: World, phone: Wallet
) -> None:
    browser = Browser(world)
    onward = await answered(world, phone, await browser.begin())
    page = await browser.see(onward)
    assert "20歳以上です" in page
    for hidden in ("見本", "札幌", "1985", HANAKO.number):
        assert hidden not in page
    async with world.database.transaction() as tx:
        row = await store.presentation(tx, browser.number)
    assert row is not None
    assert row.shown is not None
    opened = world.desk.keys.columns.open(row.shown, browser.number.bytes)
    assert b"age_over_20" in opened
    assert "見本".encode() not in opened


async def test_identity_comes_with_the_photo_of_the_very_card(world: World) -> None:
    phone = await world.ask(number_b=faced_cards.NUMBER_B)
    browser = Browser(world)
    page = await browser.see(await answered(world, phone, await browser.begin(Query.IDENTITY)))
    assert "見本　花子" in page
    assert "北海道札幌市中央区北一条西二丁目1番地" in page
    assert "data:image/png;base64," in page
    assert HANAKO.number not in page


async def test_a_credential_without_a_photo_says_what_it_lacks_and_sends_nothing(
    world: World, phone: Wallet
) -> None:
    request = await fetched(world, phone, await Browser(world).begin(Query.IDENTITY))
    with pytest.raises(Exception, match="顔写真"):
        phone.respond(request, request.elements)


async def test_the_credential_never_outlives_the_cards_certificate(
    world: World, phone: Wallet
) -> None:
    certificate = world.card.leaves[CertificateKind.SIGNING].certificate
    assert phone.content.valid_until <= certificate.not_valid_after_utc
    async with world.database.transaction() as tx:
        made = await authority.PhoneAuthority.load(tx, world.desk.vault)
    assert phone.content.valid_until <= made.signer.certificate.not_valid_after_utc


async def test_my_number_goes_in_only_when_the_holder_asks_for_it(world: World) -> None:
    assert NUMBER not in (await world.ask()).elements()
    assert (await world.ask(with_number=True)).elements()[NUMBER] == HANAKO.number


async def test_a_new_credential_ends_the_earlier_one(world: World, phone: Wallet) -> None:
    await world.ask()
    request = await fetched(world, phone, await Browser(world).begin())
    refusal = await refused(world, request, phone.respond(request, request.elements))
    assert refusal.facts["refusal"] == "/problems/jpki.phone-revoked"


@pytest.mark.parametrize("state", ["revoked", "held"])
async def test_the_credential_lapses_with_the_cards_certificate(
    world: World, phone: Wallet, state: str
) -> None:
    async with world.database.transaction() as tx:
        await lapse(tx, HANAKO, state)
    browser = Browser(world)
    request = await fetched(world, phone, await browser.begin())
    refusal = await refused(world, request, phone.respond(request, request.elements))
    assert refusal.facts["refusal"] == "/problems/jpki.phone-revoked"
    page = await browser.see(str(refusal.facts["redirect_uri"]))
    assert "証明を受け付けませんでした" in page
    assert "失効しています" in page


async def test_an_answer_is_taken_once(world: World, phone: Wallet) -> None:
    request = await fetched(world, phone, await Browser(world).begin())
    response = phone.respond(request, request.elements)
    async with world.client() as http:
        await wallet.send(http, request, response)
    again = await refused(world, request, response)
    assert again.facts["refusal"] == "/problems/jpki.phone-presentation-over"


async def test_an_answer_to_an_earlier_request_is_named_a_replay(
    world: World, phone: Wallet
) -> None:
    first = await fetched(world, phone, await Browser(world).begin())
    second = await fetched(world, phone, await Browser(world).begin())
    refusal = await refused(world, second, phone.respond(_mixed(first, second), [OVER_20]))
    assert refusal.facts["refusal"] == "/problems/jpki.phone-replayed-nonce"


def _mixed(first: Request, second: Request) -> Request:
    """The second request's envelope around an answer for the first one's session."""
    return Request(
        session=first.session,
        state=second.state,
        elements=second.elements,
        key=second.key,
        verifier=second.verifier,
        origin=second.origin,
    )


async def test_an_answer_with_the_wrong_key_or_state_is_not_opened(
    world: World, phone: Wallet
) -> None:
    for change in ("key", "kid", "state"):
        request = await fetched(world, phone, await Browser(world).begin())
        values: dict[str, Any] = {
            "session": request.session, "state": request.state, "elements": request.elements,
            "key": request.key, "verifier": request.verifier, "origin": request.origin,
        }  # fmt: skip
        if change == "state":
            values["state"] = "another"
        else:
            values["key"] = openid4vp.new_key(str(request.key.kid) if change == "key" else "other")
        refusal = await refused(world, request, phone.respond(Request(**values), [OVER_20]))
        assert refusal.facts["refusal"] == "/problems/jpki.phone-unreadable-response", change


async def test_a_result_is_shown_to_the_browser_that_asked_and_with_its_code_only(
    world: World, phone: Wallet
) -> None:
    browser = Browser(world)
    onward = await answered(world, phone, await browser.begin())
    assert (await Browser(world).client.get(onward)).status_code == 404
    without = await browser.see(browser.place)
    assert "20歳以上" not in without.split("確かめること")[0]
    assert "届いています" in without
    assert (await browser.client.get(f"{browser.place}?code=guess")).status_code == 404


async def test_what_was_shown_is_erased_in_time(
    world: World, phone: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(world)
    onward = await answered(world, phone, await browser.begin())
    later = presenting._now() + presenting.LIFE + timedelta(seconds=1)
    monkeypatch.setattr(presenting, "_now", lambda: later)
    assert (await browser.client.get(onward)).status_code == 404
    async with world.database.transaction() as tx:
        assert await presenting.sweep(tx) == 1


async def test_a_wallet_shows_nothing_to_somebody_it_cannot_make_sure_of(
    world: World, phone: Wallet
) -> None:
    link = await Browser(world).begin()
    for wrong in (
        link.replace("x509_hash%3A", "x509_hash%3AA"),
        link.replace("127.0.0.1%3A8103", "127.0.0.1%3A8199"),
    ):
        with pytest.raises((UntrustedReaderError, AnsweredRefusalError)):
            await fetched(world, phone, wrong)


async def application(world: World, **changes: Any) -> dict[str, Any]:
    """The body that a wallet would post, with changes."""
    sent: dict[str, Any] = {}

    def note(request: httpx.Request) -> httpx.Response:
        sent.update(msgspec.json.decode(request.content))
        return httpx.Response(409, json={"detail": "noted", "type": "noted"})

    with Chip(world.card.path) as chip:
        chip.power_on()
        card = CardClient(chip.transmit)
        card.verify(faced_cards.SIGNING_PIN)
        async with world.client() as real, httpx.AsyncClient() as http:
            given = await real.post(f"{ORIGIN}/api/v1/jpki/phone/challenges")

            def handle(request: httpx.Request) -> httpx.Response:
                if request.url.path.endswith("challenges"):
                    return httpx.Response(201, content=given.content)
                return note(request)

            http._transport = httpx.MockTransport(handle)
            with pytest.raises(AnsweredRefusalError):
                await wallet.ask(http, ORIGIN, card, world.clock.now)
    return sent | changes


async def posted(world: World, body: dict[str, Any]) -> tuple[int, str]:
    async with world.client() as http:
        answer = await http.post(f"{ORIGIN}/api/v1/jpki/phone/credentials", json=body)
    return answer.status_code, answer.json().get("type", "").rpartition("/")[2]


async def test_an_application_is_taken_once_whatever_came_of_it(world: World) -> None:
    body = await application(world)
    broken = body | {"signature": b64encode(bytes(256)).decode()}
    assert await posted(world, broken) == (422, "jpki.wrong-signature")
    assert await posted(world, body) == (409, ChallengeSpentError.type)


async def test_a_phone_must_hold_the_key_that_the_card_signed_for(world: World) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    body = await application(world)
    wrong = {"device_proof": b64encode(other.sign(b"x", ec.ECDSA(SHA256()))).decode()}
    assert await posted(world, body | wrong) == (403, DeviceProofError.type)


async def test_a_user_auth_certificate_cannot_ask(world: World) -> None:
    der = _der(world, CertificateKind.USER_AUTH)
    body = await application(world, certificate=b64encode(der).decode())
    assert await posted(world, body) == (422, "jpki.wrong-kind")


async def test_a_revoked_card_cannot_ask(world: World) -> None:
    async with world.database.transaction() as tx:
        await lapse(tx, HANAKO)
    with pytest.raises(AnsweredRefusalError) as caught:
        await world.ask()
    assert str(caught.value.facts["refusal"]).endswith("jpki.revoked")


async def test_a_person_who_was_removed_cannot_ask(world: World) -> None:
    async with world.database.transaction() as tx:
        await tx.execute("update jukinet.person set state = 'removed'")
    with pytest.raises(AnsweredRefusalError) as caught:
        await world.ask()
    assert str(caught.value.facts["refusal"]).endswith("jpki.phone-holder-not-live")


async def test_anybody_can_look_up_the_status_list(world: World, phone: Wallet) -> None:
    entry = _entry(phone)
    async with world.client() as http:
        status = FetchedStatus(client=http, roots=phone.roots, at=world.clock.now())
        await status(entry)
        async with world.database.transaction() as tx:
            await lapse(tx, HANAKO)
        with pytest.raises(RevokedCredentialError):
            await status(entry)
        with pytest.raises(StatusUnavailableError):
            await status(StatusEntry(f"{ORIGIN}/jpki/phone/status/100000", 1))
        stale = FetchedStatus(
            client=http, roots=phone.roots, at=world.clock.now() + timedelta(minutes=16)
        )
        with pytest.raises(StatusUnavailableError):
            await stale(entry)


async def test_a_status_list_for_another_address_is_not_believed(
    world: World, phone: Wallet
) -> None:
    async with world.database.transaction() as tx:
        token = await presenting.status_token(tx, world.desk, 0)
    uri = _entry(phone).uri
    StatusList.read(token, uri, roots=phone.roots, at=world.clock.now())
    for wrong in (uri + "1", uri.replace("status/0", "status/1")):
        with pytest.raises(StatusUnavailableError):
            StatusList.read(token, wrong, roots=phone.roots, at=world.clock.now())


async def test_the_wallets_file_opens_with_its_pin_only(phone: Wallet, tmp_path: Path) -> None:
    file = tmp_path / "phone.wallet"
    phone.save(file, PIN)
    assert file.stat().st_mode & 0o077 == 0
    assert "見本".encode() not in file.read_bytes()
    assert Wallet.open(file, PIN).elements()[NAME] == "見本　花子"
    with pytest.raises(WalletError):
        Wallet.open(file, Secret("654321"))
    with pytest.raises(WalletError):
        phone.save(file, Secret("12345"))


async def test_timed_work_renews_and_erases(world: World) -> None:
    database, vault, clock = world.database, world.desk.vault, world.clock
    assert not await worker.renew(database, vault, clock, ORIGIN)
    assert await worker.renew(database, vault, clock, "https://other.example")
    assert not await worker.sweep(database)
    async with database.transaction() as tx:
        await tx.execute("update jpki.presentation set expires_at = now() - interval '1 day'")
    assert not await worker.sweep(database)


async def test_the_authority_renews_its_leaves_and_keeps_its_roots(world: World) -> None:
    later = world.clock.now() + timedelta(days=400)
    async with world.database.transaction() as tx:
        again = await authority.prepare(tx, world.desk.vault, origin=ORIGIN, at=world.clock.now())
        made = await authority.prepare(tx, world.desk.vault, origin=ORIGIN, at=later)
        moved = await authority.prepare(
            tx, world.desk.vault, origin="https://jpki.example", at=world.clock.now()
        )
        roots = await authority.roots_of(tx)
    assert again == []
    assert made == ["signer-2", "reader-2"]
    assert moved == ["reader-3"]
    assert len(roots) == 1


def _entry(phone: Wallet) -> StatusEntry:
    listed = security_object(phone.issued.authority)["status"]["status_list"]
    return StatusEntry(listed["uri"], listed["idx"])


def _der(world: World, kind: CertificateKind) -> bytes:
    return world.card.leaves[kind].certificate.public_bytes(Encoding.DER)
