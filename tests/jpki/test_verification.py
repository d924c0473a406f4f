"""The verification service: what a registered body's program is told, and what it is refused."""

import base64
from typing import Any

import pytest

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.jpki.authority import service as authority
from jichitai.jpki.kinds import Cause, Reason
from jichitai.jpki.status import serials
from jichitai.jpki.status.responder import Responder
from jichitai.jpki.status.serials import Name
from jichitai.jpki.status.signers import VaultSigners
from jichitai.jpki.verification import api
from tests.jpki import consent_world
from tests.jpki.consent_world import BANK, SHOP, SIGNING, USER_AUTH, Town
from tests.jpki.pki import NOW, pki
from tests.jpki.signing_pdf import append, blank, sign
from tests.jpki.status_world import MemoryVault, status_app
from tests.jpki.verifying import der, signed

lasting = consent_world.lasting
lasting_town = consent_world.lasting_town
VERIFY = "/api/v1/jpki/verify"


@pytest.fixture
def nation(lasting: Database, lasting_town: Town, keys: Keys) -> Town:
    """The nation with the routes of this part; its tables are shared, so only read."""
    vault, clock = MemoryVault(), FixedClock(NOW)
    responder = Responder(lasting, clock, VaultSigners(vault, clock))
    app = status_app(lasting, clock, keys, vault, responder, api.ROUTES)
    return lasting_town._replace(app=app)


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def ask(town: Town, path: str, body: dict[str, str], who: str = BANK.body_id) -> Any:
    """The answer, or (status, problem, check)."""
    async with town.body(who) as program:
        answer = await program.post(f"{VERIFY}/{path}", json=body)
    said = answer.json()
    if answer.status_code != 200:
        return answer.status_code, said["type"].removeprefix("/problems/"), said.get("check")
    return said


async def test_a_certificate_is_proved_and_remembered(nation: Town) -> None:
    certificate = nation.signing.certificate
    said = await ask(
        nation, "certificate", {"certificate": text(der(certificate)), "kind": "signing"}
    )
    assert said["authority"] == "signing-2"
    assert int(said["serial"], 16) == certificate.serial_number
    assert (said["source"], said["digest"]) == ("record", "")
    assert said["items"]["name"] == "辻　花子"
    assert said["items"]["birth_date"] == "1985-05-01"
    async with nation.database.transaction(read_only=True) as tx:
        name = Name("signing-2", certificate.serial_number)
        [told] = await serials.ask_again(tx, BANK, [name], at=NOW)
    assert told.word == "valid"


async def test_a_login_certificate_says_nothing_of_its_holder(nation: Town) -> None:
    body = {"certificate": text(der(nation.user_auth.certificate)), "kind": "user-auth"}
    assert (await ask(nation, "certificate", body, SHOP.body_id))["items"] is None


async def test_a_signature_is_proved(nation: Town) -> None:
    body = {
        "message": text("申請します".encode()),
        "signature": text(signed(nation.signing, "申請します".encode())),
        "certificate": text(der(nation.signing.certificate)),
    }
    said = await ask(nation, "signature", body)
    assert len(said["digest"]) == 64
    body["message"] = text(b"other")
    assert await ask(nation, "signature", body) == (422, "jpki.wrong-signature", "signature")


async def test_a_document_is_proved(nation: Town) -> None:
    document = sign(blank(), nation.signing)
    said = await ask(nation, "document", {"document": text(document)})
    assert said["items"]["name"] == "辻　花子"
    longer = {"document": text(append(document))}
    assert await ask(nation, "document", longer) == (422, "jpki.appended-content", "document")


async def test_refusals_name_the_check(nation: Town) -> None:
    login = {"certificate": text(der(nation.user_auth.certificate)), "kind": "signing"}
    assert await ask(nation, "certificate", login) == (422, "jpki.wrong-kind", "issuer")
    never_entered = pki().leaf(USER_AUTH).certificate
    unknown = {"certificate": text(der(never_entered)), "kind": "user-auth"}
    assert await ask(nation, "certificate", unknown) == (422, "jpki.unknown-status", "status")
    junk = {"certificate": text(b"junk"), "kind": "user-auth"}
    assert await ask(nation, "certificate", junk) == (422, "jpki.malformed-certificate", "form")
    odd = {"certificate": "A", "kind": "user-auth"}
    assert await ask(nation, "certificate", odd) == (422, "jpki.not-base64url", None)


async def test_only_a_registered_body_may_ask_about_its_kinds(nation: Town) -> None:
    signing = {"certificate": text(der(nation.signing.certificate)), "kind": "signing"}
    assert (await ask(nation, "certificate", signing, SHOP.body_id))[:2] == (
        403, "jpki.not-verifier",
    )  # fmt: skip
    assert (await ask(nation, "certificate", signing, "nobody"))[:2] == (403, "jpki.not-verifier")
    document = {"document": text(sign(blank(), nation.signing))}
    assert (await ask(nation, "document", document, SHOP.body_id))[0] == 403


async def test_a_revoked_certificate_is_refused_at_once(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> None:
    town = await consent_world.built(nation_database, keys, clock)
    vault = MemoryVault()
    responder = Responder(nation_database, clock, VaultSigners(vault, clock))
    town = town._replace(app=status_app(nation_database, clock, keys, vault, responder, api.ROUTES))
    body = {"certificate": text(der(town.signing.certificate)), "kind": "signing"}
    assert (await ask(town, "certificate", body))["serial"]
    async with town.database.transaction() as tx:
        serial = town.signing.certificate.serial_number
        reason, cause = Reason.AFFILIATION_CHANGED, Cause.CHANGED
        await authority.revoke(tx, f"{SIGNING}-2", serial, reason, cause, NOW)
    assert await ask(town, "certificate", body) == (422, "jpki.revoked", "status")
