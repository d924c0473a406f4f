"""Consents signed by the card: what is signed, what is refused, what may then be asked."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.jpki.authority import service as authority
from jichitai.jpki.kinds import Cause, Reason
from jichitai.jpki.status.consent import model, service, store
from jichitai.jpki.status.consent.model import Item
from jichitai.jpki.status.errors import UnfitConsentError
from tests.jpki import consent_world
from tests.jpki.consent_world import (
    BANK,
    HOLDER,
    OTHER,
    SHOP,
    SIGNING,
    USER_AUTH,
    Town,
    asked,
    consented,
    signed_by,
)
from tests.jpki.pki import NOW, pki, rsa_key

town, lasting, lasting_town = consent_world.town, consent_world.lasting, consent_world.lasting_town
CONSENTS = "/api/v1/jpki/consents"


def items_of(consent: dict[str, Any]) -> str:
    return f"{CONSENTS}/{consent['consent_id']}/items"


def problem(answer: Any) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


async def test_the_holder_reads_and_signs_every_word_that_binds(town: Town) -> None:
    async with town.body() as bank:
        question = await asked(bank, "address", "name")
    assert question["text"].splitlines() == [
        "最新の利用者情報の提供に同意します。",
        "受け取る者：見本銀行",
        "サービス：口座の見直し",
        "提供する項目：氏名、住所",
        "同意の日：令和8年（2026年）11月20日",
        "期限：令和18年（2036年）11月20日まで",
        "期限までの間、上の項目が変わったときも、新しい内容が提供されます。",
        "この同意は、いつでも取り消せます。",
    ]
    assert question["audience"] == BANK.origin


async def test_the_body_gets_the_items_as_they_are_now_and_only_those(
    town: Town, keys: Keys
) -> None:
    async with town.body() as bank:
        consent = await consented(bank, town.signing, "name", "address")
        first = (await bank.post(items_of(consent))).json()
        assert first["items"] == {
            "name": "見本\u3000花子",
            "address": "北海道札幌市中央区北一条西二丁目1番地",
        }
        assert first["record"] is True
        async with town.database.transaction() as tx:
            await tx.execute(
                "update jukinet.person set address = '南一条1番' where person_id = %s",
                (HOLDER.person_id,),
            )
        second = (await bank.post(items_of(consent))).json()
    assert second["items"]["address"] == "北海道札幌市南一条1番"
    async with town.database.transaction(read_only=True) as tx:
        [kept] = await store.of_holder(tx, HOLDER.person_id)
        signed = await service.evidence(tx, kept, keys=keys)
        assert len(await store.given(tx, kept)) == 2
    key = town.signing.key
    assert isinstance(key, rsa.RSAPrivateKey)
    key.public_key().verify(signed.signature, signed.statement, padding.PKCS1v15(), hashes.SHA256())
    assert "口座の見直し" in signed.statement.decode()


async def test_a_consent_outlives_the_certificate_that_signed_it(town: Town) -> None:
    async with town.body() as bank:
        consent = await consented(bank, town.signing)
        async with town.database.transaction() as tx:
            serial = town.signing.certificate.serial_number
            await authority.revoke(
                tx, "signing-2", serial, Reason.AFFILIATION_CHANGED, Cause.CHANGED, NOW
            )
        assert (await bank.post(items_of(consent))).status_code == 200


async def test_a_consent_ends_on_its_last_day(town: Town, clock: FixedClock) -> None:
    async with town.body() as bank:
        short = await consented(bank, town.signing, until="2026-12-31")
        clock.instant = clock.instant.replace(month=12, day=31, hour=14, minute=59)
        assert (await bank.post(items_of(short))).status_code == 200
        clock.instant += timedelta(minutes=1)
        late = await bank.post(items_of(short))
        assert (late.status_code, problem(late)) == (403, "jpki.no-consent")


async def test_a_withdrawn_consent_gives_nothing_any_more(town: Town) -> None:
    async with town.body() as bank, town.holder() as holder:
        consent = await consented(bank, town.signing)
        path = f"/api/v1/me/consents/{consent['consent_id']}/withdrawal"
        assert (await holder.post(path)).status_code == 204
        assert (await holder.post(path)).status_code == 204
        refused = await bank.post(items_of(consent))
        assert (refused.status_code, problem(refused)) == (403, "jpki.no-consent")
        [seen] = (await holder.get("/api/v1/me/consents")).json()
        assert (seen["state"], seen["body"], seen["service"]) == (
            "withdrawn", "見本銀行", "口座の見直し",
        )  # fmt: skip


async def test_the_body_may_give_a_consent_back(town: Town) -> None:
    async with town.body() as bank, town.holder() as holder:
        consent = await consented(bank, town.signing)
        done = await bank.post(f"{CONSENTS}/{consent['consent_id']}/return")
        assert done.status_code == 204
        assert (await bank.post(items_of(consent))).status_code == 403
        [seen] = (await holder.get("/api/v1/me/consents")).json()
        assert seen["state"] == "returned"


async def test_nobody_touches_the_consents_of_others(town: Town) -> None:
    async with town.body() as bank, town.holder(OTHER) as other:
        consent = await consented(bank, town.signing)
        assert (await other.get("/api/v1/me/consents")).json() == []
        path = f"/api/v1/me/consents/{consent['consent_id']}/withdrawal"
        assert (await other.post(path)).status_code == 404
    async with town.body(SHOP.body_id) as shop:
        refused = await shop.post(items_of(consent))
        assert (refused.status_code, problem(refused)) == (403, "jpki.no-consent")
        assert (await shop.post(f"{CONSENTS}/{consent['consent_id']}/return")).status_code == 404


async def test_an_address_withheld_from_everybody_is_left_out(
    town: Town, clock: FixedClock
) -> None:
    async with town.body() as bank:
        consent = await consented(bank, town.signing, "name", "address")
        async with town.database.transaction() as tx:
            await tx.execute(
                "insert into jukinet.protected_person values (%s, %s, null, 'town')",
                (HOLDER.person_id, clock.today()),
            )
        answer = (await bank.post(items_of(consent))).json()
    assert (answer["record"], answer["items"]) == (True, {"name": "見本\u3000花子"})


async def test_no_items_of_a_person_without_a_record(town: Town) -> None:
    async with town.body() as bank:
        consent = await consented(bank, town.signing)
        async with town.database.transaction() as tx:
            await tx.execute("update jukinet.person set state = 'removed'")
        answer = (await bank.post(items_of(consent))).json()
    assert (answer["record"], answer["items"]) == (False, {})


async def test_a_verifier_of_logins_only_may_ask_for_no_consent(town: Town) -> None:
    async with town.body(SHOP.body_id) as shop:
        refused = await shop.post(f"{CONSENTS}/requests", json={"items": ["name"]})
    assert (refused.status_code, problem(refused)) == (403, "jpki.not-verifier")


async def test_a_body_that_is_no_verifier_may_ask_nothing(town: Town) -> None:
    async with town.body("nobody") as nobody:
        for path, body in (
            (f"{CONSENTS}/requests", {"items": ["name"]}),
            (f"{CONSENTS}/{uuid4()}/items", None),
        ):
            refused = await nobody.post(path, json=body)
            assert (refused.status_code, problem(refused)) == (403, "jpki.not-verifier")


Attempt = Callable[[Town, dict[str, Any]], dict[str, Any]]


def _certificate(**changes: Any) -> Attempt:
    """An answer signed in order, by another certificate."""
    kind = changes.pop("kind", SIGNING)
    return lambda _, question: signed_by(pki().leaf(kind, **changes), question)


WRONG: dict[str, tuple[Attempt, str]] = {
    "another text": (
        lambda town, question: signed_by(town.signing, question, text="氏名だけに同意します。"),
        "jpki.wrong-signature",
    ),
    "another site": (
        lambda town, question: signed_by(town.signing, question, audience=SHOP.origin),
        "jpki.wrong-signature",
    ),
    "another challenge": (
        lambda town, question: signed_by(town.signing, question, challenge="x" * 43),
        "jpki.wrong-signature",
    ),
    "signed for a login": (
        lambda town, question: signed_by(town.signing, question, kind=USER_AUTH),
        "jpki.wrong-signature",
    ),
    "another key": (
        lambda town, question: signed_by(town.signing, question, key=rsa_key("stranger")),
        "jpki.wrong-signature",
    ),
    "a certificate for logins": (
        lambda town, question: signed_by(town.user_auth, question),
        "jpki.wrong-kind",
    ),
    "a certificate nobody issued": (_certificate(), "jpki.unknown-status"),
    "an expired certificate": (
        _certificate(not_before=NOW - timedelta(days=40), not_after=NOW - timedelta(seconds=1)),
        "jpki.expired",
    ),
    "no certificate": (
        lambda town, question: signed_by(town.signing, question) | {"certificate": "AAAA"},
        "jpki.malformed-certificate",
    ),
    "no base64": (
        lambda town, question: signed_by(town.signing, question) | {"signature": "A"},
        "jpki.unfit-consent",
    ),
}


@pytest.mark.parametrize("kind", list(WRONG))
async def test_a_consent_that_is_not_in_order_is_refused(lasting_town: Town, kind: str) -> None:
    town = lasting_town
    attempt, type_ = WRONG[kind]
    async with town.body() as bank:
        question = await asked(bank)
        refused = await bank.post(CONSENTS, json=attempt(town, question))
        assert (refused.status_code, problem(refused)) == (422, type_)
    async with town.database.transaction(read_only=True) as tx:
        assert await store.of_holder(tx, HOLDER.person_id) == []


@pytest.mark.parametrize(
    ("reason", "type_"),
    [(Reason.AFFILIATION_CHANGED, "jpki.revoked"), (Reason.HOLD, "jpki.held")],
)
async def test_a_certificate_that_ended_signs_no_consent(
    town: Town, reason: Reason, type_: str
) -> None:
    async with town.database.transaction() as tx:
        serial = town.signing.certificate.serial_number
        await authority.revoke(tx, "signing-2", serial, reason, Cause.LOSS, NOW)
    async with town.body() as bank:
        question = await asked(bank)
        refused = await bank.post(CONSENTS, json=signed_by(town.signing, question))
    assert (refused.status_code, problem(refused)) == (422, type_)


async def test_an_answer_is_taken_once(town: Town) -> None:
    async with town.body() as bank:
        question = await asked(bank)
        answer = signed_by(town.signing, question)
        assert (await bank.post(CONSENTS, json=answer)).status_code == 201
        again = await bank.post(CONSENTS, json=answer)
        assert (again.status_code, problem(again)) == (409, "jpki.used-consent")


async def test_a_challenge_is_used_up_by_an_attempt_that_fails(town: Town) -> None:
    async with town.body() as bank:
        question = await asked(bank)
        wrong = signed_by(town.signing, question, key=rsa_key("stranger"))
        assert (await bank.post(CONSENTS, json=wrong)).status_code == 422
        again = await bank.post(CONSENTS, json=signed_by(town.signing, question))
        assert (again.status_code, problem(again)) == (409, "jpki.used-consent")


async def test_a_challenge_of_another_body_is_none(town: Town) -> None:
    async with town.body() as bank:
        question = await asked(bank)
    async with town.body(SHOP.body_id) as shop:
        refused = await shop.post(CONSENTS, json=signed_by(town.signing, question))
        assert (refused.status_code, problem(refused)) == (409, "jpki.used-consent")
    async with town.body() as bank:
        taken = await bank.post(CONSENTS, json=signed_by(town.signing, question))
        assert taken.status_code == 201


async def test_a_challenge_that_waited_too_long_is_none(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "CHALLENGE_LIFE", timedelta(0))
    async with town.body() as bank:
        question = await asked(bank)
        late = await bank.post(CONSENTS, json=signed_by(town.signing, question))
        assert (late.status_code, problem(late)) == (409, "jpki.used-consent")


@pytest.mark.parametrize("until", ["2026-11-19", "2036-11-21"])
async def test_a_consent_ends_within_ten_years_and_not_before_it_begins(
    lasting_town: Town, until: str
) -> None:
    async with lasting_town.body() as bank:
        body = {"items": ["name"], "until": until}
        refused = await bank.post(f"{CONSENTS}/requests", json=body)
    assert (refused.status_code, problem(refused)) == (422, "jpki.unfit-consent")


def test_ten_years_end_on_the_same_day_or_the_last_of_february() -> None:
    assert model.last_day(date(2026, 11, 20)) == date(2036, 11, 20)
    assert model.last_day(date(2028, 2, 29)) == date(2038, 2, 28)
    with pytest.raises(UnfitConsentError):
        model.ordered([])
    assert model.ordered([Item.SEX, Item.NAME, Item.SEX]) == (Item.NAME, Item.SEX)


async def test_a_consent_is_asked_about_after_a_year_and_may_go_on(
    town: Town, clock: FixedClock
) -> None:
    async with town.body() as bank:
        consent = await consented(bank, town.signing)
    async with town.holder(html=True) as holder:
        path = f"/me/consents/{consent['consent_id']}"
        clock.instant += timedelta(days=364)
        assert "1年がたちました" not in (await holder.get("/me/consents")).text
        clock.instant += timedelta(days=1)
        assert "1年がたちました" in (await holder.get("/me/consents")).text
        done = await holder.post(f"{path}/continuation")
        assert (done.status_code, done.headers["location"]) == (303, "/me/consents?done=continued")
        page = await holder.get(done.headers["location"])
        assert "同意を続けます" in page.text
        assert "1年がたちました" not in page.text


async def test_the_holder_sees_and_withdraws_on_a_page(town: Town) -> None:
    async with town.body() as bank:
        consent = await consented(bank, town.signing, "address")
        await bank.post(items_of(consent))
    async with town.holder(html=True) as holder:
        listed = (await holder.get("/me/consents")).text
        assert "見本銀行" in listed
        path = f"/me/consents/{consent['consent_id']}"
        page = (await holder.get(path)).text
        assert "住所 を提供しました" in page
        assert HOLDER.address not in page
        done = await holder.post(f"{path}/withdrawal")
        assert (done.status_code, done.headers["location"]) == (303, "/me/consents?done=withdrawn")
        after = (await holder.get(path)).text
        assert "取り消しました" in after
        assert "/withdrawal" not in after
        assert (await holder.post(f"{path}/continuation")).status_code == 403
    async with town.holder(OTHER, html=True) as other:
        assert (await other.get(path)).status_code == 404


async def test_requests_that_nobody_answers_are_swept(
    nation_database: Database, town: Town, clock: FixedClock
) -> None:
    async with town.body() as bank:
        await asked(bank)
    async with nation_database.transaction() as tx:
        assert await store.sweep(tx, NOW + timedelta(days=3650)) == 1
