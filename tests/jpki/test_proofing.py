"""A card handed over at the counter: read with 照合番号B, checked offline, compared, written down."""

import csv
import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding
from httpx import AsyncClient
from litestar import Litestar
from litestar.di import Provide
from PIL import Image

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jpki.authority.profiles import AuthorityKind
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.chip.errors import BrokenObjectError, ForgedObjectError
from jichitai.jpki.chip.layout import App
from jichitai.jpki.proofing import cli, evidence, methods, pages, service, worker
from jichitai.jpki.proofing.errors import (
    ExpiredCardError,
    MixedObjectsError,
    NoCardRootError,
    StaleReadingError,
    UnknownMethodError,
)
from jichitai.jpki.proofing.evidence import CheckedCard, card_roots, check_faces, demand_valid
from jichitai.jpki.proofing.service import Proofing
from jichitai.jpki.reader.agent_protocol import CardAnswer, CardRequest, Outcome, chip_challenge
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.errors import BlockedPinError, MalformedPinError, WrongPinError
from jichitai.jpki.reader.faces import FaceObjects, read_faces
from jichitai.jpki.reader.pins import Pin, PinKind
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.parties import Tier
from jichitai.register.pages.shell import town_shell
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.conftest import OTHER_TOWN, TOWN
from tests.jpki import faced_cards
from tests.jpki.faced_cards import FacedCard
from tests.jpki.phone_world import faced_card
from tests.jpki.pki import pki, rsa_key
from tests.web.client import browser, signed_in

__all__ = ["faced_card"]

CHALLENGE = b"drawn for this reading of a card"
ROOTS = faced_cards.card_roots()


def read(card: FacedCard, challenge: bytes = CHALLENGE, number_b: Pin | None = None) -> FaceObjects:
    with Chip(card.path) as chip:
        chip.power_on()
        client = CardClient(chip.transmit)
        return read_faces(client, number_b or faced_cards.NUMBER_B, challenge=challenge)


@pytest.fixture(scope="module")
def objects(faced_card: FacedCard) -> FaceObjects:
    return read(faced_card)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> FaceObjects:
    """Another person's card with the same number of the chip."""
    data = replace(faced_cards.DATA, name="例示　太郎", birth_date="1990-01-02")
    card = faced_cards.issue(tmp_path_factory.mktemp("other") / "taro.chip", data)
    return read(card, number_b=Pin(PinKind.NUMBER_B, data.number_b))


def checked(objects: FaceObjects, challenge: bytes = CHALLENGE) -> CheckedCard:
    return check_faces(objects, roots=ROOTS, challenge=challenge)


# --- what the card proves ---------------------------------------------------------------------


def test_a_genuine_card_is_read_offline(objects: FaceObjects) -> None:
    card = checked(objects)
    assert card.name == "見本　花子"
    assert card.birth_date == "1985-05-01"
    assert card.until == "2036-05-01"
    assert card.authority == "card-2"
    assert "花子" not in repr(card)
    with Image.open(BytesIO(evidence.draw_front(card))) as picture:
        assert picture.width > 400


def changed(objects: FaceObjects, **changes: Any) -> FaceObjects:
    return msgspec.structs.replace(objects, **changes)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda o: changed(o, front=flipped(o.front, len(o.front) - 300)), ForgedObjectError),
        (lambda o: changed(o, items=o.items.replace("花子".encode(), "花美".encode())),
         ForgedObjectError),
        (lambda o: changed(o, chip_number="1234567890129"), ForgedObjectError),
        (lambda o: changed(o, proof=flipped(o.proof, 5)), ForgedObjectError),
        (lambda o: changed(o, card_verifiable=flipped(o.card_verifiable, 60)), ForgedObjectError),
        (lambda o: changed(o, front=b""), BrokenObjectError),
        (lambda o: changed(o, items=o.items[:40]), BrokenObjectError),
        (lambda o: changed(o, challenge=b"another challenge, of yesterday"), StaleReadingError),
    ],
)  # fmt: skip
def test_a_changed_reading_is_refused_by_name(
    objects: FaceObjects,
    change: Callable[[FaceObjects], FaceObjects],
    refusal: type[JichitaiError],
) -> None:
    with pytest.raises(refusal):
        checked(change(objects))


def test_a_reading_for_an_earlier_request_is_refused(objects: FaceObjects) -> None:
    with pytest.raises(StaleReadingError):
        checked(objects, b"the challenge of another request!")


def test_a_card_of_an_unknown_centre_is_refused(objects: FaceObjects) -> None:
    with pytest.raises(ForgedObjectError):
        check_faces(objects, roots={"card-9": rsa_key("x").public_key()}, challenge=CHALLENGE)
    with pytest.raises(ForgedObjectError):
        check_faces(objects, roots={"card-2": rsa_key("x").public_key()}, challenge=CHALLENGE)


def test_texts_and_pictures_of_two_persons_do_not_pass(
    objects: FaceObjects, other: FaceObjects
) -> None:
    mixed = changed(objects, items=other.items, authentication=other.authentication)
    with pytest.raises(MixedObjectsError):
        checked(mixed)


def test_the_last_day_of_a_card_counts(objects: FaceObjects) -> None:
    card = checked(objects)
    demand_valid(card, date(2036, 5, 1))
    with pytest.raises(ExpiredCardError):
        demand_valid(card, date(2036, 5, 2))


def test_roots_are_read_from_named_files(tmp_path: Path) -> None:
    with pytest.raises(NoCardRootError):
        card_roots(tmp_path)
    root = pki().authority(AuthorityKind.CARD).certificate
    (tmp_path / "card-2.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (tmp_path / "signing-2.pem").write_bytes(root.public_bytes(Encoding.PEM))
    assert list(card_roots(tmp_path)) == ["card-2"]
    (tmp_path / "card-3.cer").write_bytes(b"junk")
    with pytest.raises(NoCardRootError):
        card_roots(tmp_path)


# --- 照合番号B -------------------------------------------------------------------------------


def test_a_wrong_number_costs_a_try_and_says_how_many_are_left(tmp_path: Path) -> None:
    card = faced_cards.issue(tmp_path / "tries.chip")
    wrong = Pin(PinKind.NUMBER_B, "85050120360000")
    with pytest.raises(MalformedPinError):
        Pin.parse(PinKind.NUMBER_B, "850501")
    for left in range(9, 0, -1):
        with pytest.raises(WrongPinError) as caught:
            read(card, number_b=wrong)
        assert caught.value.facts["left"] == left
    assert checked(read(card)).name == "見本　花子"
    for _ in range(9):
        with pytest.raises(WrongPinError):
            read(card, number_b=wrong)
    with pytest.raises(BlockedPinError):
        read(card, number_b=wrong)
    with pytest.raises(BlockedPinError):
        read(card)
    with Chip(card.path) as chip:
        chip.power_on()
        assert CardClient(chip.transmit).tries(PinKind.NUMBER_B, application=App.FACE) == 0


# --- methods ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "day", "letter"),
    [
        ("crime-jpki", "2025-06-23", "ワ"),
        ("crime-jpki", "2025-06-24", "カ"),
        ("crime-jpki", "2027-03-31", "カ"),
        ("crime-jpki", "2027-04-01", "ヌ"),
        ("crime-chip-face", "2027-03-31", "ヘ"),
        ("crime-chip-face", "2027-04-01", "ハ"),
        ("crime-phone", "2027-03-31", "ル"),
        ("crime-phone", "2027-04-01", "ト"),
        ("crime-accredited", "2027-04-01", "リ"),
        ("crime-chip-inquiry", "2027-04-01", "ニ"),
        ("crime-jpki-certified", "2027-04-01", "ル"),
    ],
)
def test_a_method_has_the_letter_of_its_day(name: str, day: str, letter: str) -> None:
    assert methods.method(name, date.fromisoformat(day)).letter == letter


def test_images_are_no_method_from_april_2027() -> None:
    assert methods.method("crime-image-face", date(2027, 3, 31)).letter == "ホ"
    with pytest.raises(UnknownMethodError):
        methods.method("crime-image-face", date(2027, 4, 1))
    with pytest.raises(UnknownMethodError):
        methods.method("crime-phone", date(2025, 6, 23))


def test_versions_of_a_method_follow_each_other_without_gap() -> None:
    by_id: dict[str, list[methods.Method]] = {}
    for row in methods.rows():
        by_id.setdefault(row.id, []).append(row)
    for found in by_id.values():
        for earlier, later in itertools.pairwise(found):
            assert earlier.valid_to is not None
            assert later.valid_from == earlier.valid_to + timedelta(days=1)
    text = (Path(methods.__file__).parents[2] / "data" / "proofing_methods.csv").read_text()
    assert all(row["basis"] for row in csv.DictReader(StringIO(text)))


def test_records_are_kept_to_the_day_seven_years_later() -> None:
    crime = methods.method("crime-jpki", date(2028, 2, 29))
    assert crime.keep_until(date(2028, 2, 29)) == date(2035, 2, 28)
    assert methods.method("juki-counter", date(2026, 11, 20)).keep_until(date(2026, 11, 20)) is None


# --- at the counter --------------------------------------------------------------------------

START = {"method": "juki-counter", "purpose": "転居届", "reference": "R8-11-0231"}


@pytest.fixture
async def town(town_database: Database, keys: Keys, clock: FixedClock) -> Litestar:
    app = _app()
    app.state.update({"db": town_database, "clock": clock, "keys": keys})
    _DESK[:] = [
        Proofing(keys=keys, clock=clock, origin="http://127.0.0.1:8101", roots=lambda: ROOTS)
    ]
    return app


_DESK: list[Proofing] = []


@cache
def _app() -> Litestar:
    """One application for all tests, because its templates take long to compile."""
    return create_app(
        Tier.TOWN,
        Settings(tier=Tier.TOWN, demo=True, public_url="http://127.0.0.1:8101"),
        controllers=[*pages.ROUTES],
        shell=town_shell,
        templates=[pages.TEMPLATES],
        dependencies={"proofing": Provide(lambda: _DESK[0], sync_to_thread=False)},
    )


def clerk(town: Litestar, municipality: str = TOWN) -> Any:
    return signed_in(town, [Role.CLERK], html=True, municipality=municipality)


async def begun(client: AsyncClient, form: dict[str, str] | None = None) -> tuple[str, CardRequest]:
    """Start a reading; its page and what goes to the agent."""
    sent = await client.post("/proofing", data=form or START)
    assert sent.status_code == 303, sent.text
    place: str = sent.headers["location"]
    page = await client.get(place)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    assert page.headers["referrer-policy"] == "origin"
    assert "http://127.0.0.1:35970" in page.headers["content-security-policy"]
    return place, CardRequest.parse(fields)


def answer(
    asked: CardRequest, card: FacedCard | None, outcome: Outcome = Outcome.DONE
) -> CardAnswer:
    found = read(card, chip_challenge(asked)).packed() if card else ""
    return CardAnswer(
        transaction=asked.transaction, purpose=asked.purpose, outcome=outcome, objects=found
    )


async def bring(town: Litestar, given: CardAnswer) -> int:
    """Post the answer as the agent's page does: from another site, without cookies."""
    async with browser(town, html=True, origin="http://127.0.0.1:8101") as agent:
        agent.headers["sec-fetch-site"] = "cross-site"
        sent = await agent.post(service.ANSWER_PATH, data=given.fields())
        assert "花子" not in sent.text
        return sent.status_code


async def test_a_card_is_read_compared_and_written_down(
    town: Litestar, town_database: Database, faced_card: FacedCard
) -> None:
    async with clerk(town) as client:
        place, asked = await begun(client)
        assert await bring(town, answer(asked, faced_card)) == 200
        seen = await client.get(place)
        assert "見本　花子" in seen.text
        assert "昭和60年5月1日" in seen.text
        picture = await client.get(f"{place}/chip.png")
        assert picture.headers["content-type"] == "image/png"
        missing = await client.post(f"{place}/record", data={})
        assert missing.status_code == 422
        sent = await client.post(f"{place}/record", data={"result": "match"})
        assert sent.status_code == 303, sent.text
        record = await client.get(sent.headers["location"])
        for word in ("一致", "住民基本台帳法 第27条第3項", "平成20年5月1日施行", "R8-11-0231"):
            assert word in record.text
        assert "花子" not in record.text
        assert (await client.get(place)).status_code == 404
        assert (await client.get(f"{place}/chip.png")).status_code == 404
        assert "転居届" in (await client.get("/proofing")).text
    async with town_database.transaction(town=TOWN) as tx:
        left = await (await tx.execute("select count(*) from jpki.proofing_reading")).fetchone()
        kept = await (await tx.execute("select r::text from jpki.proofing_record r")).fetchone()
    assert left == (0,)
    assert kept is not None
    assert "見本" not in kept[0]
    assert "1985" not in kept[0]


async def test_a_picture_of_the_printed_card_stands_beside_the_chips(
    town: Litestar, faced_card: FacedCard
) -> None:
    out = BytesIO()
    Image.new("RGB", (1600, 1000), "white").save(out, "JPEG")
    async with clerk(town) as client:
        place, asked = await begun(client)
        await bring(town, answer(asked, faced_card))
        assert (await client.get(f"{place}/printed.png")).status_code == 404
        sent = await client.post(f"{place}/printed", files={"picture": ("a.jpg", out.getvalue())})
        assert sent.status_code == 303, sent.text
        assert f"{place}/printed.png" in (await client.get(place)).text
        with Image.open(BytesIO((await client.get(f"{place}/printed.png")).content)) as shown:
            assert shown.size == (1000, 625)
        junk = await client.post(f"{place}/printed", files={"picture": ("a.jpg", b"junk")})
        assert junk.status_code == 422


async def test_an_answer_is_taken_once_and_for_its_own_request(
    town: Litestar, faced_card: FacedCard
) -> None:
    async with clerk(town) as client:
        _, first = await begun(client)
        place, second = await begun(client)
        crossed = msgspec.structs.replace(answer(first, faced_card), transaction=second.transaction)
        assert await bring(town, crossed) == 200
        assert "jpki.stale-reading" in (await client.get(place)).text
        assert await bring(town, answer(second, faced_card)) == 409
        unknown = msgspec.structs.replace(answer(first, None), transaction=f"{TOWN}.guess")
        assert await bring(town, unknown) == 404


@pytest.mark.parametrize(
    ("outcome", "words"), [(Outcome.CANCELLED, "取りやめました"), (Outcome.BLOCKED, "照合番号B")]
)
async def test_a_reading_that_was_stopped_says_why(
    town: Litestar, outcome: Outcome, words: str
) -> None:
    async with clerk(town) as client:
        place, asked = await begun(client)
        await bring(town, answer(asked, None, outcome))
        assert words in (await client.get(place)).text
        refused = await client.post(f"{place}/record", data={"result": "match"})
        assert refused.status_code == 404


async def test_an_expired_card_proves_nobody(
    town: Litestar, clock: FixedClock, faced_card: FacedCard
) -> None:
    clock.instant = datetime(2036, 5, 1, 15, 0, tzinfo=UTC)  # the next day in Japan
    async with clerk(town) as client:
        place, asked = await begun(client)
        await bring(town, answer(asked, faced_card))
        assert "有効期限が過ぎています" in (await client.get(place)).text


async def test_a_reading_is_its_officers_own(town: Litestar, faced_card: FacedCard) -> None:
    async with clerk(town) as client:
        place, asked = await begun(client)
        await bring(town, answer(asked, faced_card))
        async with clerk(town) as colleague, clerk(town, OTHER_TOWN) as stranger:
            for person in (colleague, stranger):
                for path in (place, f"{place}/chip.png"):
                    assert (await person.get(path)).status_code == 404
                assert (await person.post(f"{place}/stop")).status_code == 404
        assert (await client.post(f"{place}/stop")).status_code == 303
        assert (await client.get(place)).status_code == 404


async def test_a_reading_that_nobody_concludes_is_erased(
    town: Litestar, town_database: Database, faced_card: FacedCard
) -> None:
    async with clerk(town) as client:
        place, asked = await begun(client)
        await bring(town, answer(asked, faced_card))
        assert not await worker.sweep(town_database)
        async with town_database.transaction(town=TOWN) as tx:
            await tx.execute(
                "update jpki.proofing_reading set expires_at = now() - interval '1 second'"
            )
        assert (await client.get(place)).status_code == 404
        assert await worker.sweep(town_database)


async def test_a_form_without_method_or_purpose_is_sent_back(town: Litestar) -> None:
    async with clerk(town) as client:
        sent = await client.post("/proofing", data={"reference": "見本花子"})
        assert sent.status_code == 422
        for words in (
            "方法が選ばれていません",
            "手続の名前がありません",
            "人の名前は入れないでください",
        ):
            assert words in sent.text
        old = await client.post("/proofing", data=START | {"method": "crime-x"})
        assert old.status_code == 422


# --- without a server ------------------------------------------------------------------------


def test_the_command_reads_a_card_and_asks_again_after_a_wrong_number(
    faced_card: FacedCard, tmp_path: Path
) -> None:
    root = pki().authority(AuthorityKind.CARD).certificate
    (tmp_path / "card-2.cer").write_bytes(root.public_bytes(Encoding.DER))
    picture = tmp_path / "front.png"
    command = ["read", "--roots", str(tmp_path), "--chip", str(faced_card.path), "--picture"]
    typed = f"123\n85050120360000\n{faced_cards.DATA.number_b}\n"
    done = CliRunner().invoke(cli.proofing, [*command, str(picture)], input=typed)
    assert done.exit_code == 0, done.output
    assert "残り回数は減っていません" in done.output
    assert "あと9回" in done.output
    assert "氏名\t見本　花子" in done.output
    assert picture.stat().st_mode & 0o077 == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_command_lists_methods_of_a_day() -> None:
    done = CliRunner().invoke(cli.proofing, ["methods", "--on", "2027-04-01"])
    assert done.exit_code == 0, done.output
    assert "犯収法施行規則 第6条第1項第1号ヌ" in done.output
    assert "本人確認書類の画像" not in done.output
