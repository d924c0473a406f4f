"""J01 is answered with certificates, or with the reason why there are none."""

from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.jpki.authority.keys import spki
from jichitai.jpki.chip.verifiable import ObjectKind, check_cv, check_object
from jichitai.jpki.items import CertifiedItems
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.lifecycle.issuing import Issuer
from jichitai.jpki.lifecycle.watching import Watcher
from jichitai.jpki.messages import J01, J02, KeyRequest, ObjectHashes
from jichitai.jukinet.errors import WrongOriginError
from jichitai.jukinet.network import service
from jichitai.jukinet.node import Node
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import Party
from tests.jpki.certified import states
from tests.jpki.pki import MemoryVault, rsa_key, set_up_nation
from tests.jukinet.network_builders import A, C, code, identity, notice, received, rows

SIGNING, USER_AUTH = CertificateKind.SIGNING, CertificateKind.USER_AUTH
BOTH = (USER_AUTH, SIGNING)
VALID = ("valid", None)
CHIP = "1234567890128"
HASH = sha256(b"object").digest()
HASHES = ObjectHashes(number=HASH, items=HASH, birth=HASH, front=HASH, back=HASH)
CHALLENGE = b"0123456789abcdef"


def key_request(kind: CertificateKind, request_id: UUID, name: str = "") -> KeyRequest:
    key = rsa_key(f"holder-{kind}{name}")
    public = spki(key.public_key())
    proof = key.sign(request_id.bytes + public, PKCS1v15(), SHA256())
    return KeyRequest(kind=kind, public_key=public, proof=proof)


def request(*kinds: CertificateKind, name: str = "", **values: Any) -> J01:
    request_id = values.pop("request_id", None) or uuid4()
    fields: dict[str, Any] = {
        "municipality": A,
        "juki_code": code(1),
        "chip_number": CHIP,
        "card_until": "2036-05-01",
        "keys": tuple(key_request(kind, request_id, name) for kind in kinds or BOTH),
        "objects": HASHES,
        "chip_challenge": CHALLENGE,
    }
    return J01(request_id=request_id, **(fields | values))


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


@pytest.fixture
async def issuer(nation_tx: Tx, keys: Keys, clock: FixedClock, vault: MemoryVault) -> Issuer:
    await set_up_nation(nation_tx, keys, vault=vault)
    await resident(nation_tx, keys, clock)
    return Issuer(node(keys, clock), vault)


def node(keys: Keys, clock: FixedClock) -> Node:
    plain = Node(keys, Outbox(keys.network, clock), clock)
    return Node(keys, plain.outbox, clock, watchers=(Watcher(plain),))


async def resident(tx: Tx, keys: Keys, clock: FixedClock, serial: int = 1, **items: Any) -> None:
    who = identity(serial, **items)
    said = notice(A, serial, who=who)
    await service.receive_notices(tx, node(keys, clock), [received(said, origin=Party.town(A))])


def later(vault: MemoryVault, keys: Keys, day: date) -> Issuer:
    clock = FixedClock(datetime(day.year, day.month, day.day, 10, tzinfo=JST))
    return Issuer(node(keys, clock), vault)


def certificates(answer: J02) -> dict[CertificateKind, x509.Certificate]:
    assert answer.refusal == "", answer.detail
    return {one.kind: x509.load_der_x509_certificate(one.certificate) for one in answer.issued}


def last_day(certificate: x509.Certificate) -> date:
    return certificate.not_valid_after_utc.astimezone(JST).date()


async def test_a_resident_gets_both_certificates_with_the_items_of_the_nations_record(
    nation_tx: Tx, issuer: Issuer
) -> None:
    asked = request()
    made = certificates(await issuer.answer(nation_tx, asked))
    assert set(made) == set(BOTH)
    items = CertifiedItems.of(made[SIGNING])
    assert items.name == identity().name
    assert items.address == "北海道札幌市北一条西二丁目1番"
    assert {last_day(one) for one in made.values()} == {date(2031, 5, 1)}
    assert await states(nation_tx) == {"signing": VALID, "user-auth": VALID}


async def test_the_card_centre_signs_the_objects_and_permits_one_writing(
    nation_tx: Tx, issuer: Issuer, vault: MemoryVault, keys: Keys
) -> None:
    answer = await issuer.answer(nation_tx, request())
    assert answer.signatures is not None
    assert answer.signatures.number is not None
    authorities = await issuer.authorities(nation_tx)
    centre = authorities.card_centre()
    message = b"jichitai-chip-write" + CHIP.encode() + CHALLENGE
    centre.writer.public_key().verify(answer.permit, message)
    root = centre.authority.certificate.public_key()
    checked = check_cv(answer.signatures.card_verifiable, {"card-1": root})  # type: ignore[dict-item]
    check_object(
        checked.public_key,
        ObjectKind.NUMBER,
        number=CHIP,
        digest=HASH,
        signature=answer.signatures.number,
    )


async def test_the_same_request_gets_the_same_answer_and_no_second_certificate(
    nation_tx: Tx, issuer: Issuer
) -> None:
    asked = request()
    assert await issuer.answer(nation_tx, asked) == await issuer.answer(nation_tx, asked)
    assert len(await rows(nation_tx, "select * from jpki.certificate")) == 2
    with pytest.raises(WrongOriginError):
        await issuer.answer(nation_tx, request(request_id=asked.request_id, municipality=C))


async def test_a_second_certificate_is_refused_and_a_renewal_supersedes_with_a_link(
    nation_tx: Tx, issuer: Issuer
) -> None:
    first = certificates(await issuer.answer(nation_tx, request()))
    again = await issuer.answer(nation_tx, request(name="2"))
    assert again.refusal == "jpki.already-certified"
    renewed = certificates(await issuer.answer(nation_tx, request(name="2", renews=True)))
    found = await rows(
        nation_tx,
        "select kind, state, cause, serial, successor from jpki.certificate order by kind, state",
    )
    serial = {kind: one.serial_number.to_bytes(20).lstrip(b"\0") for kind, one in first.items()}
    new = {kind: one.serial_number.to_bytes(20).lstrip(b"\0") for kind, one in renewed.items()}
    assert found == [
        ("signing", "revoked", "renewed", serial[SIGNING], new[SIGNING]),
        ("signing", "valid", None, new[SIGNING], None),
        ("user-auth", "revoked", "renewed", serial[USER_AUTH], new[USER_AUTH]),
        ("user-auth", "valid", None, new[USER_AUTH], None),
    ]
    assert len(await rows(nation_tx, "select * from infra.outbox where kind = 'J04'")) == 2


async def test_an_expired_certificate_leaves_its_place_and_is_linked(
    nation_tx: Tx, issuer: Issuer, vault: MemoryVault, keys: Keys
) -> None:
    await issuer.answer(nation_tx, request(USER_AUTH))
    last = await later(vault, keys, date(2031, 5, 1)).answer(
        nation_tx, request(USER_AUTH, name="2")
    )
    assert last.refusal == "jpki.already-certified"
    after = later(vault, keys, date(2031, 5, 2))
    made = certificates(await after.answer(nation_tx, request(USER_AUTH, name="2")))
    assert last_day(made[USER_AUTH]) == date(2036, 5, 1)
    [(state, linked)] = await rows(
        nation_tx, "select state, successor is not null from jpki.certificate where successor <> ''"
    )
    assert (state, linked) == ("valid", True)


@pytest.mark.parametrize(
    ("day", "until"),
    [(date(2031, 2, 1), date(2035, 5, 1)), (date(2031, 2, 2), date(2036, 5, 1))],
)
async def test_a_renewal_in_the_last_three_months_loses_no_time(
    nation_tx: Tx, issuer: Issuer, vault: MemoryVault, keys: Keys, day: date, until: date
) -> None:
    await issuer.answer(nation_tx, request(USER_AUTH, card_until="2036-05-01"))
    renewed = request(USER_AUTH, name="2", renews=True, card_until="2036-05-01")
    made = certificates(await later(vault, keys, day).answer(nation_tx, renewed))
    assert last_day(made[USER_AUTH]) == until


async def test_a_signing_certificate_ends_with_the_other_and_both_with_the_card(
    nation_tx: Tx, issuer: Issuer, vault: MemoryVault, keys: Keys
) -> None:
    made = certificates(await issuer.answer(nation_tx, request(USER_AUTH, card_until="2030-03-31")))
    assert last_day(made[USER_AUTH]) == date(2030, 3, 31)
    made = certificates(await issuer.answer(nation_tx, request(SIGNING, card_until="2036-05-01")))
    assert last_day(made[SIGNING]) == date(2030, 3, 31)


@pytest.mark.parametrize(
    ("born", "guardian", "refusal"),
    [
        ("2011-11-20", False, ""),
        ("2011-11-21", False, "jpki.too-young"),
        ("2011-11-21", True, ""),
    ],
)
async def test_under_fifteen_only_a_representative_asks_for_a_signing_certificate(
    nation_tx: Tx,
    issuer: Issuer,
    keys: Keys,
    clock: FixedClock,
    born: str,
    *,
    guardian: bool,
    refusal: str,
) -> None:
    await resident(nation_tx, keys, clock, 2, birth_date=born)
    asked = request(juki_code=code(2), guardian=guardian, card_until="2031-11-20")
    assert (await issuer.answer(nation_tx, asked)).refusal == refusal


def _bad_proof() -> J01:
    good = request(USER_AUTH)
    stolen = key_request(USER_AUTH, uuid4())
    return msgspec.structs.replace(good, keys=(stolen,))


def _doubled() -> J01:
    request_id = uuid4()
    one, two = (key_request(USER_AUTH, request_id, name) for name in ("", "2"))
    return request(request_id=request_id, keys=(one, two))


def _one_key_for_both() -> J01:
    request_id = uuid4()
    one = key_request(USER_AUTH, request_id)
    return request(request_id=request_id, keys=(one, msgspec.structs.replace(one, kind=SIGNING)))


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (request(juki_code=code(9)), "jpki.not-resident"),
        (request(municipality=C), "jpki.not-resident"),
        (request(card_until="2026-11-19"), "jpki.card-expired"),
        (request(card_until="2036-02-30"), "jukinet.invalid-message"),
        (_bad_proof(), "jpki.key-not-proved"),
        (_doubled(), "jpki.doubled-kind"),
        (_one_key_for_both(), "jpki.unusable-key"),
    ],
    ids=["nobody", "other town", "card expired", "no such day", "bad proof", "doubled", "one key"],
)
async def test_a_request_that_does_not_fit_is_refused_in_the_answer(
    nation_tx: Tx, issuer: Issuer, asked: J01, refusal: str
) -> None:
    answer = await issuer.answer(nation_tx, asked)
    assert (answer.refusal, answer.issued, answer.permit) == (refusal, (), b"")
    assert answer.detail
    assert await states(nation_tx) == {}


async def test_a_chip_that_holds_somebody_elses_certificates_is_refused_until_they_end(
    nation_tx: Tx, issuer: Issuer, keys: Keys, clock: FixedClock
) -> None:
    await resident(nation_tx, keys, clock, 2)
    await issuer.answer(nation_tx, request(USER_AUTH))
    other = request(USER_AUTH, juki_code=code(2), name="2")
    assert (await issuer.answer(nation_tx, other)).refusal == "jpki.chip-of-another-person"
    died = notice(A, 3, "deletion", net_reason="N05")
    await service.receive_notices(
        nation_tx, node(keys, clock), [received(died, origin=Party.town(A))]
    )
    again = request(USER_AUTH, juki_code=code(2), name="2")
    assert (await issuer.answer(nation_tx, again)).refusal == ""


async def test_a_key_is_certified_once_and_a_refusal_leaves_no_trace(
    nation_tx: Tx, issuer: Issuer, keys: Keys, clock: FixedClock
) -> None:
    await resident(nation_tx, keys, clock, 2)
    await issuer.answer(nation_tx, request())
    answer = await issuer.answer(nation_tx, request(juki_code=code(2), chip_number="9999999999999"))
    assert answer.refusal == "jpki.unusable-key"
    assert len(await rows(nation_tx, "select * from jpki.certificate")) == 2


async def test_who_has_moved_out_is_refused(
    nation_tx: Tx, issuer: Issuer, keys: Keys, clock: FixedClock
) -> None:
    gone = notice(A, 2, "deletion", changed_on="2026-11-20")
    await service.receive_notices(
        nation_tx, node(keys, clock), [received(gone, origin=Party.town(A))]
    )
    assert (await issuer.answer(nation_tx, request())).refusal == "jpki.not-resident"


async def test_a_town_asks_only_for_itself_and_is_answered_by_message(
    nation_tx: Tx, issuer: Issuer
) -> None:
    asked = request()
    with pytest.raises(WrongOriginError):
        await issuer.receive_requests(nation_tx, [received(asked, origin=Party.town(C))])
    await issuer.receive_requests(nation_tx, [received(asked, origin=Party.town(A))])
    assert await rows(nation_tx, "select receiver, kind from infra.outbox") == [
        (f"town-{A}", "J02")
    ]


async def test_before_the_ceremony_there_is_nobody_who_could_issue(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    await resident(nation_tx, keys, clock)
    answer = await Issuer(node(keys, clock), MemoryVault()).answer(nation_tx, request())
    assert answer.refusal == "jpki.no-authority"


async def test_a_certificate_that_was_issued_follows_the_record(
    nation_tx: Tx, issuer: Issuer, keys: Keys, clock: FixedClock
) -> None:
    await issuer.answer(nation_tx, request())
    moved = notice(A, 2, "correction", who=identity(address="南三条"), net_reason="N07")
    await service.receive_notices(
        nation_tx, node(keys, clock), [received(moved, origin=Party.town(A))]
    )
    assert await states(nation_tx) == {"signing": ("revoked", "changed"), "user-auth": VALID}
