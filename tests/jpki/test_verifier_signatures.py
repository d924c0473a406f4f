"""Signatures and sign-ins: the one encoding that passes, and each challenge once."""

import asyncio
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, Hash

from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader import agent_protocol
from jichitai.jpki.verifier.challenge import MemoryChallenges, OnlyChallenge, Statement
from jichitai.jpki.verifier.refusals import (
    ChallengeExpiredError,
    ChallengeReplayedError,
    MalformedChallengeError,
    WrongAudienceError,
    WrongSignatureError,
    WrongUsageError,
)
from jichitai.jpki.verifier.verify import (
    check_signature,
    verify_login,
    verify_signature,
)
from tests.jpki.pki import NOW, ec_key, pki, rsa_key
from tests.jpki.verifying import (
    SIGNING,
    USER_AUTH,
    Good,
    der,
    refused,
    refused_at_once,
    signed,
    trust,
)

SITE = "https://example.jp"


async def test_a_signature_is_proved() -> None:
    leaf = pki().leaf(SIGNING)
    proof = await verify_signature(
        b"text", signed(leaf, b"text"), der(leaf.certificate),
        trust=trust(), status=Good(), at=NOW,
    )  # fmt: skip
    assert proof.by.authority == "signing-2"
    digest = Hash(SHA256())
    digest.update(b"text")
    assert proof.digest == digest.finalize()


PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def encoded(digest_info: bytes, *, filling: bytes | None = None, tail: bytes = b"") -> bytes:
    """What RSA is applied to: 00 01 FF… 00, a DigestInfo, and perhaps a tail."""
    length = 256 - 3 - len(digest_info) - len(tail)
    return b"\0\1" + (filling or b"\xff" * length) + b"\0" + digest_info + tail


def raw_signature(key: rsa.RSAPrivateKey, block: bytes) -> bytes:
    numbers = key.private_numbers()
    value = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n)
    return value.to_bytes(256, "big")


def digest_of(message: bytes) -> bytes:
    digest = Hash(SHA256())
    digest.update(message)
    return digest.finalize()


def test_only_the_one_encoding_of_a_signature_passes() -> None:
    key, message = rsa_key("holder-signing"), b"text"
    digest = digest_of(message)
    right = encoded(PREFIX + digest)
    check_signature(key.public_key(), raw_signature(key, right), message)
    no_null = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + digest
    long_form = bytes.fromhex("308131300d060960864801650304020105000420") + digest
    for block in (
        encoded(no_null),
        encoded(long_form),
        encoded(PREFIX + digest, filling=b"\xff" * 8, tail=b"\xaa" * 194),
        encoded(PREFIX + digest, filling=b"\xff" * 201 + b"\xfe"),
        b"\0\2" + right[2:],
        b"\0\0" + right[2:],
    ):
        assert len(block) == 256
        refused_at_once(
            WrongSignatureError,
            lambda block=block: check_signature(  # type: ignore[misc]
                key.public_key(), raw_signature(key, block), message
            ),
        )


def test_other_schemes_and_lengths_are_no_signature() -> None:
    key, message = rsa_key("holder-signing"), b"text"
    good = key.sign(message, PKCS1v15(), SHA256())
    modulus = key.public_key().public_numbers().n
    larger = int.from_bytes(good, "big") + modulus
    for bad in (
        b"",
        good[:-1],
        good + b"\0",
        b"\0" + good,
        good[1:] + good[:1],
        key.sign(message, PSS(MGF1(SHA256()), 32), SHA256()),
        key.sign(message, PKCS1v15(), SHA1()),  # noqa: S303
        key.sign(message, PKCS1v15(), SHA384()),
        larger.to_bytes(257, "big"),
        rsa_key("stranger").sign(message, PKCS1v15(), SHA256()),
        ec_key("stranger").sign(message, ec.ECDSA(SHA256())),
    ):
        refused_at_once(
            WrongSignatureError,
            lambda bad=bad: check_signature(key.public_key(), bad, message),  # type: ignore[misc]
        )
    refused_at_once(
        WrongSignatureError, lambda: check_signature(key.public_key(), good, b"other text")
    )


# sign-in


def statement(challenge: str, kind: CertificateKind = USER_AUTH, site: str = SITE) -> bytes:
    return Statement(kind=kind, audience=site, challenge=challenge).signed


async def login(
    message: bytes, challenges: MemoryChallenges | OnlyChallenge, kind: CertificateKind = USER_AUTH
) -> object:
    leaf = pki().leaf(kind)
    return await verify_login(
        message, signed(leaf, message), der(leaf.certificate),
        audience=SITE, challenges=challenges, kind=kind,
        trust=trust(), status=Good(), at=NOW,
    )  # fmt: skip


async def test_a_sign_in_is_proved_once() -> None:
    challenges = MemoryChallenges()
    challenge = challenges.give()
    message = statement(challenge)
    leaf = pki().leaf(USER_AUTH)
    proof = await verify_login(
        message, signed(leaf, message), der(leaf.certificate),
        audience=SITE, challenges=challenges, trust=trust(), status=Good(), at=NOW,
    )  # fmt: skip
    assert proof.by.serial == leaf.certificate.serial_number
    assert (proof.audience, proof.challenge) == (SITE, challenge)
    await refused(ChallengeReplayedError, login(message, challenges))


async def test_a_challenge_is_used_up_even_when_the_answer_is_wrong() -> None:
    challenges = MemoryChallenges()
    message = statement(challenges.give())
    leaf = pki().leaf(USER_AUTH)
    wrong_answer = verify_login(
        message, b"\0" * 256, der(leaf.certificate),
        audience=SITE, challenges=challenges, trust=trust(), status=Good(), at=NOW,
    )  # fmt: skip
    await refused(WrongSignatureError, wrong_answer)
    await refused(ChallengeReplayedError, login(message, challenges))


async def test_a_challenge_that_was_never_given_is_refused() -> None:
    await refused(ChallengeReplayedError, login(statement("made-up"), MemoryChallenges()))


async def test_a_late_answer_is_refused() -> None:
    seconds = [0.0]
    challenges = MemoryChallenges(life=300, clock=lambda: seconds[0])
    message = statement(challenges.give())
    seconds[0] = 300.1
    await refused(ChallengeExpiredError, login(message, challenges))


async def test_the_oldest_challenges_make_room() -> None:
    challenges = MemoryChallenges(most=1)
    first, second = challenges.give(), challenges.give()
    await refused(ChallengeReplayedError, login(statement(first), challenges))
    assert await login(statement(second), challenges)


async def test_a_challenge_of_another_site_is_refused() -> None:
    challenges = MemoryChallenges()
    passed_on = statement(challenges.give(), site="https://evil.example")
    await refused(WrongAudienceError, login(passed_on, challenges))


async def test_a_sign_in_is_no_signature_of_the_other_kind() -> None:
    challenges = MemoryChallenges()
    message = statement(challenges.give(), SIGNING)
    await refused(WrongUsageError, login(message, challenges, USER_AUTH))


async def test_the_one_challenge_of_a_transaction_serves_once() -> None:
    only = OnlyChallenge("abc")
    assert await login(statement("abc"), only)
    await refused(ChallengeReplayedError, login(statement("abc"), only))
    await refused(ChallengeReplayedError, login(statement("abd"), OnlyChallenge("abc")))


@pytest.mark.parametrize(
    "message",
    [
        b"", b"\xff", b"jichitai-card/1\nuser-auth\nhttps://example.jp\nabc",
        b"jichitai-card/2\nuser-auth\nhttps://example.jp\nabc\n",
        b"jichitai-card/1\nread\nhttps://example.jp\nabc\n",
        b"jichitai-card/1\nuser-auth\n\nabc\n",
    ],
)  # fmt: skip
async def test_a_message_of_another_form_is_no_answer(message: bytes) -> None:
    await refused(MalformedChallengeError, login(message, OnlyChallenge("abc")))


@pytest.mark.parametrize("kind", CertificateKind)
def test_the_card_agent_signs_what_is_read_here(kind: CertificateKind) -> None:
    purposes = {
        USER_AUTH: agent_protocol.Purpose.USER_AUTH,
        SIGNING: agent_protocol.Purpose.SIGNATURE,
    }
    text = "一行目\n二行目"
    made = agent_protocol.signed_bytes(purposes[kind], SITE, "abc", text)
    told = Statement.parse(made)
    assert told == Statement(kind=kind, audience=SITE, challenge="abc", text=text)
    assert told.signed == made


def test_a_core_verifies_more_than_four_hundred_sign_ins_a_second() -> None:
    leaf = pki().leaf(USER_AUTH)
    certificate, count = der(leaf.certificate), 60
    challenges = MemoryChallenges()
    messages = [statement(challenges.give()) for _ in range(count)]
    answers = [(message, signed(leaf, message)) for message in messages]

    async def all_of_them() -> None:
        for message, signature in answers:
            await verify_login(
                message, signature, certificate, audience=SITE, challenges=challenges,
                trust=trust(), status=Good(), at=NOW,
            )  # fmt: skip

    started = time.process_time()
    asyncio.run(all_of_them())
    assert count / (time.process_time() - started) > 400
