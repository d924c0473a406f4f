"""Letters: written with their cause, handed over once, refused and retried with a reason."""

import email
import email.policy
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from jichitai.infra import mail, smtp
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, Tx
from jichitai.infra.ports import HeldPort
from jichitai.infra.settings import BadSettingError
from jichitai.kernel.parties import Tier
from tests.conftest import TOWN, Cluster, fresh_database

DRAFT = mail.Draft(
    to="soumu@town.example.lg.jp",
    subject="調査への回答のお願い",
    text="期限は令和8年11月30日です。\n",
    purpose="security.reminder",
    reference=TOWN,
)


@dataclass
class Box:
    """What the test's server took, and what it answers."""

    taken: list[Any] = field(default_factory=list)
    answer: str = "250 OK"
    to_recipient: str = "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.taken.append(
                email.message_from_bytes(envelope.content, policy=email.policy.default)
            )
        return self.answer


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "mail.pem").write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "mail.key").write_bytes(private)
    return folder / "mail.pem", folder / "mail.key"


class TlsController(Controller):
    """A server that starts with TLS; its own first look at itself trusts its certificate."""

    def __init__(self, box: Box, port: int, context: ssl.SSLContext, trust: ssl.SSLContext) -> None:
        super().__init__(box, hostname="127.0.0.1", port=port, ssl_context=context)
        self._trust = trust

    def _trigger_server(self) -> None:
        with (
            socket.create_connection(("127.0.0.1", self.port), 5) as plain,
            self._trust.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped,
        ):
            wrapped.recv(1024)


@contextmanager
def listening(box: Box, **options: Any) -> Iterator[int]:
    with HeldPort() as held:
        port = held.port
    controller = Controller(box, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture(scope="module")
async def ministry(cluster: Cluster) -> AsyncIterator[Database]:
    async with fresh_database(cluster, Tier.MINISTRY) as database:
        yield database


@pytest.fixture
def office() -> str:
    """An office of its own for each test, so that they can share a database."""
    return str(uuid4())


def post(database: Database, clock: FixedClock, port: int, **options: Any) -> mail.Post:
    server = smtp.Server("127.0.0.1", port, "starttls")
    options = {"server": server, "sender": "no-reply@ministry.example.go.jp", **options}
    return mail.Post(database, clock, **options)


async def write(database: Database, office: str, clock: FixedClock, **changes: str) -> None:
    draft = mail.Draft(**{**{n: getattr(DRAFT, n) for n in DRAFT.__slots__}, **changes})
    async with database.transaction() as tx:
        await mail.write(tx, office=office, draft=draft, at=clock.now())


async def only(database: Database, office: str) -> mail.Letter:
    async with database.transaction() as tx:
        (letter,) = await mail.letters(tx, office=office)
    return letter


async def test_a_letter_is_handed_over_once_and_logged(
    ministry: Database, clock: FixedClock, office: str
) -> None:
    await write(ministry, office, clock)
    box = Box()
    with listening(box) as port:
        sender = post(ministry, clock, port)
        assert await sender.deliver()
        assert not await sender.deliver()
    (message,) = box.taken
    assert message["Subject"] == DRAFT.subject
    assert message["To"] == DRAFT.to
    assert message["From"] == "no-reply@ministry.example.go.jp"
    assert message["Date"].startswith("Fri, 20 Nov 2026 01:00:00")
    assert message.get_content() == DRAFT.text
    letter = await only(ministry, office)
    assert (letter.state, letter.attempts, letter.reason) == ("sent", 1, "")
    assert message["Message-ID"] == f"<{letter.letter_id}@ministry.example.go.jp>"
    async with ministry.transaction() as tx:
        (tried,) = await mail.attempts(tx, office=office, letter_id=letter.letter_id)
    assert (tried.attempt, tried.outcome) == (1, "sent")


async def test_a_refusal_for_good_is_kept_with_its_reason_and_may_be_tried_again_by_a_person(
    ministry: Database, clock: FixedClock, office: str
) -> None:
    await write(ministry, office, clock)
    with listening(Box(to_recipient="550 no such user soumu")) as port:
        await post(ministry, clock, port).deliver()
    letter = await only(ministry, office)
    assert (letter.state, letter.reason) == ("failed", "宛先が受け付けられませんでした（550）。")
    async with ministry.transaction() as tx:
        await mail.send_again(tx, office=office, letter_id=letter.letter_id, at=clock.now())
    with listening(box := Box()) as port:
        await post(ministry, clock, port).deliver()
    assert len(box.taken) == 1
    async with ministry.transaction() as tx:
        with pytest.raises(mail.LetterNotFailedError):
            await mail.send_again(tx, office=office, letter_id=letter.letter_id, at=clock.now())
        with pytest.raises(mail.UnknownLetterError):
            await mail.send_again(tx, office="other", letter_id=letter.letter_id, at=clock.now())


async def test_a_refusal_for_now_is_tried_at_growing_intervals_and_then_given_up(
    ministry: Database, clock: FixedClock, office: str
) -> None:
    await write(ministry, office, clock)
    box = Box(answer="451 try later")
    with listening(box) as port:
        sender = post(ministry, clock, port)
        for wait in mail.RETRY_AFTER:
            assert await sender.deliver()
            letter = await only(ministry, office)
            assert letter.next_at == clock.now() + wait
            assert not await sender.deliver()
            clock.instant += wait
        assert await sender.deliver()
    letter = await only(ministry, office)
    assert (letter.state, letter.attempts) == ("failed", len(mail.RETRY_AFTER) + 1)
    assert letter.reason == "メールサーバーが受け付けませんでした（451）。"


async def test_a_server_that_is_away_loses_nothing(
    ministry: Database, clock: FixedClock, office: str
) -> None:
    await write(ministry, office, clock)
    with listening(Box()) as port:
        pass
    assert await post(ministry, clock, port).deliver()
    letter = await only(ministry, office)
    assert (letter.state, letter.reason) == ("waiting", "メールサーバーにつながりません。")
    clock.instant += timedelta(days=3)
    await post(ministry, clock, port).deliver()


async def test_without_a_server_letters_wait(
    ministry: Database, clock: FixedClock, office: str
) -> None:
    await write(ministry, office, clock)
    assert not await mail.Post(ministry, clock, server=None, sender="").deliver()
    assert (await only(ministry, office)).attempts == 0
    with listening(Box()) as port:
        await post(ministry, clock, port).deliver()


async def test_the_letter_travels_under_tls_and_a_login(
    ministry: Database, clock: FixedClock, office: str, tmp_path: Path
) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    trust = ssl.create_default_context(cafile=str(certificate))

    def login(*arguments: Any) -> AuthResult:
        data = arguments[-1]
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login, data.password) == (b"u@x", b"p/w"), handled=False)

    await write(ministry, office, clock)
    with listening(
        box := Box(), tls_context=context, require_starttls=True, authenticator=login
    ) as port:
        wrong = mail.server_of(f"smtp://u%40x:bad@127.0.0.1:{port}")
        await post(ministry, clock, port, server=wrong, trust=trust).deliver()
        letter = await only(ministry, office)
        assert letter.reason == "メールサーバーにサインインできません。"
        assert not box.taken
        clock.instant += timedelta(minutes=1)
        right = mail.server_of(f"smtp://u%40x:p%2Fw@127.0.0.1:{port}")
        await post(ministry, clock, port, server=right, trust=trust).deliver()
    assert len(box.taken) == 1
    assert "p/w" not in repr(right)


async def test_a_server_may_start_with_tls(
    ministry: Database, clock: FixedClock, office: str, tmp_path: Path
) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    trust = ssl.create_default_context(cafile=str(certificate))
    await write(ministry, office, clock)
    with HeldPort() as held:
        port = held.port
    controller = TlsController(box := Box(), port, context, trust)
    controller.start()
    try:
        server = mail.server_of(f"smtps://127.0.0.1:{port}")
        await post(ministry, clock, port, server=server, trust=trust).deliver()
    finally:
        controller.stop()
    assert len(box.taken) == 1


async def test_an_unknown_certificate_is_not_trusted(
    ministry: Database, clock: FixedClock, office: str, tmp_path: Path
) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    await write(ministry, office, clock)
    with listening(box := Box(), tls_context=context) as port:
        await post(ministry, clock, port).deliver()
    assert not box.taken
    assert (await only(ministry, office)).reason == "メールサーバーの証明書を確かめられません。"
    clock.instant += timedelta(days=3)
    with listening(Box()) as port:
        await post(ministry, clock, port).deliver()


async def test_an_office_sees_its_own_letters_only(town_tx: Tx, clock: FixedClock) -> None:
    await mail.write(town_tx, office=TOWN, draft=DRAFT, at=clock.now())
    assert len(await mail.letters(town_tx, office=TOWN, purpose="security.reminder")) == 1
    assert not await mail.letters(town_tx, office=TOWN, state="sent")
    assert not await mail.letters(town_tx, office="131016")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"to": "soumu@town"}, mail.BadAddressError),
        ({"to": "a@town.example\r\nBcc: b@x.example"}, mail.BadAddressError),
        ({"to": "a@x.example, b@x.example"}, mail.BadAddressError),
        ({"subject": "一行目\n二行目"}, mail.BadLetterError),
        ({"subject": "番号 1234 5678 9012"}, mail.BadLetterError),
        ({"subject": "番号 １２３４５６７８９０１"}, mail.BadLetterError),
        ({"subject": "長" * 121}, mail.BadLetterError),
        ({"text": " "}, mail.BadLetterError),
        ({"text": "長" * 20_001}, mail.BadLetterError),
    ],
)
async def test_what_may_not_leave_is_refused(
    town_tx: Tx, clock: FixedClock, changes: dict[str, str], refusal: type[Exception]
) -> None:
    draft = mail.Draft(**{**{n: getattr(DRAFT, n) for n in DRAFT.__slots__}, **changes})
    with pytest.raises(refusal):
        await mail.write(town_tx, office=TOWN, draft=draft, at=clock.now())


def test_the_url_says_how_to_reach_the_server() -> None:
    assert mail.server_of("") is None
    assert mail.server_of("smtps://mail.example.jp") == smtp.Server(
        "mail.example.jp", 465, "implicit"
    )
    assert mail.server_of("smtp://u:p@mail.example.jp") == smtp.Server(
        "mail.example.jp", 587, "starttls", "u", "p"
    )
    assert not smtp.Server("mail.example.jp", 587, "starttls").here
    for bad in ("http://x", "smtp://", "smtp://x:99999", "smtp://[x", "smtp://x/path"):
        with pytest.raises(BadSettingError):
            mail.server_of(bad)


async def test_a_server_needs_an_address_to_send_from(
    ministry: Database, clock: FixedClock
) -> None:
    with pytest.raises(BadSettingError):
        post(ministry, clock, 25, sender="")
