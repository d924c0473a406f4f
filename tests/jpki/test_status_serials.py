"""Verifiers ask about certificates: now, again later, the successor, the counterpart."""

import time
from datetime import timedelta
from typing import Any

import httpx
import pytest

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.jpki.authority import service as authority
from jichitai.jpki.kinds import Cause, CertificateKind, Medium, Reason
from jichitai.jpki.status import verifiers
from jichitai.jpki.status.verifiers import Body, BodyState, UnfitOriginError
from jichitai.kernel.parties import NATION
from jichitai.web.oauth import model as oauth
from jichitai.web.oauth import service as programs
from tests.jpki import consent_world
from tests.jpki.consent_world import (
    BANK,
    HOLDER,
    SHOP,
    SIGNING,
    USER_AUTH,
    Town,
    consented,
    name_of,
)
from tests.jpki.pki import NOW, Leaf, pki
from tests.jpki.status_world import enter, issued
from tests.web.client import ORIGIN, browser
from tests.web.test_oauth import program

town = consent_world.town
ASK = "/api/v1/jpki/certificates"


async def told(client: httpx.AsyncClient, path: str, body: Any) -> tuple[int, Any]:
    answer = await client.post(f"{ASK}/{path}", json=body)
    said = answer.json()
    if answer.status_code != 200:
        return answer.status_code, said["type"].removeprefix("/problems/")
    return 200, said


async def end(town: Town, leaf: Leaf, kind: CertificateKind, reason: Reason, cause: Cause) -> None:
    async with town.database.transaction() as tx:
        serial = leaf.certificate.serial_number
        await authority.revoke(tx, f"{kind}-2", serial, reason, cause, NOW)


async def add(
    town: Town, kind: CertificateKind, medium: Medium = Medium.CARD, replaces: Leaf | None = None
) -> Leaf:
    leaf = pki().leaf(kind, medium=medium)
    old = replaces.certificate.serial_number if replaces else None
    async with town.database.transaction() as tx:
        made = issued(leaf, kind, HOLDER.person_id, medium=medium, replaces=old)
        await enter(tx, made)
    return leaf


async def test_a_certificate_is_confirmed_and_asked_about_again(
    town: Town, clock: FixedClock
) -> None:
    name = name_of(town.user_auth, USER_AUTH)
    async with town.body(SHOP.body_id) as shop:
        assert await told(shop, "standings", {"certificates": [name]}) == (
            403, "jpki.not-asked-before",
        )  # fmt: skip
        _, first = await told(shop, "confirm", name)
        assert first | {"at": ""} == name | {
            "state": "valid", "reason": None, "ended_at": None, "at": "",
        }  # fmt: skip
        await end(town, town.user_auth, USER_AUTH, Reason.CESSATION, Cause.DELETED)
        _, later = await told(shop, "standings", {"certificates": [name]})
        [one] = later["certificates"]
        assert (one["state"], one["reason"], one["ended_at"][:19]) == (
            "revoked", "cessationOfOperation", "2026-11-20T01:00:00",
        )  # fmt: skip
    async with town.body() as bank:
        assert await told(bank, "standings", {"certificates": [name]}) == (
            403, "jpki.not-asked-before",
        )  # fmt: skip


async def test_a_hold_and_an_expiry_have_words_of_their_own(town: Town, clock: FixedClock) -> None:
    async with town.body() as bank:
        await end(town, town.signing, SIGNING, Reason.HOLD, Cause.LOSS)
        _, held = await told(bank, "confirm", name_of(town.signing, SIGNING))
        assert (held["state"], held["reason"]) == ("held", "certificateHold")
        clock.instant = town.user_auth.certificate.not_valid_after_utc + timedelta(seconds=1)
        _, over = await told(bank, "confirm", name_of(town.user_auth, USER_AUTH))
        assert (over["state"], over["reason"]) == ("expired", None)


async def test_what_is_not_valid_is_not_remembered(town: Town) -> None:
    name = name_of(town.user_auth, USER_AUTH)
    await end(town, town.user_auth, USER_AUTH, Reason.HOLD, Cause.LOSS)
    async with town.body() as bank:
        assert (await told(bank, "confirm", name))[0] == 200
        assert (await told(bank, "standings", {"certificates": [name]}))[0] == 403


async def test_unknown_certificates_and_kinds_not_notified_are_refused(town: Town) -> None:
    stranger = name_of(pki().leaf(USER_AUTH), USER_AUTH)
    async with town.body(SHOP.body_id) as shop:
        assert await told(shop, "confirm", stranger) == (404, "jpki.unknown-certificate")
        signing = name_of(town.signing, SIGNING)
        assert await told(shop, "confirm", signing) == (403, "jpki.not-verifier")
        crossed = name_of(town.user_auth, USER_AUTH) | {"authority": "user-auth-1"}
        assert await told(shop, "confirm", crossed) == (404, "jpki.unknown-certificate")
        malformed = await shop.post(f"{ASK}/confirm", json={"authority": "x", "serial": "ZZ"})
        assert malformed.status_code == 422


async def test_the_successor_of_a_login_certificate_is_linked(town: Town) -> None:
    name = name_of(town.user_auth, USER_AUTH)
    async with town.body(SHOP.body_id) as shop:
        await told(shop, "confirm", name)
        assert await told(shop, "successor", name) == (404, "jpki.no-successor")
        await end(town, town.user_auth, USER_AUTH, Reason.SUPERSEDED, Cause.RENEWED)
        assert await told(shop, "successor", name) == (404, "jpki.no-successor")
        new = await add(town, USER_AUTH, replaces=town.user_auth)
        _, found = await told(shop, "successor", name)
    assert (found["authority"], found["serial"]) == tuple(name_of(new, USER_AUTH).values())
    assert (found["kind"], found["medium"]) == ("user-auth", "card")


async def test_the_successor_of_a_signing_certificate_needs_a_consent(town: Town) -> None:
    name = name_of(town.signing, SIGNING)
    async with town.body() as bank, town.holder() as holder:
        await told(bank, "confirm", name)
        consent = await consented(bank, town.signing, "name")
        await end(town, town.signing, SIGNING, Reason.AFFILIATION_CHANGED, Cause.CHANGED)
        new = await add(town, SIGNING)
        _, found = await told(bank, "successor", name)
        assert found["serial"] == name_of(new, SIGNING)["serial"]
        await holder.post(f"/api/v1/me/consents/{consent['consent_id']}/withdrawal")
        assert await told(bank, "successor", name) == (403, "jpki.no-consent")


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ((USER_AUTH, Medium.CARD), (SIGNING, Medium.CARD)),
        ((SIGNING, Medium.CARD), (USER_AUTH, Medium.CARD)),
        ((SIGNING, Medium.CARD), (SIGNING, Medium.PHONE)),
        ((USER_AUTH, Medium.PHONE), (USER_AUTH, Medium.CARD)),
    ],
)
async def test_corresponding_certificates(
    town: Town,
    asked: tuple[CertificateKind, Medium],
    wanted: tuple[CertificateKind, Medium],
) -> None:
    leaves = {
        (SIGNING, Medium.CARD): town.signing,
        (USER_AUTH, Medium.CARD): town.user_auth,
        (SIGNING, Medium.PHONE): await add(town, SIGNING, Medium.PHONE),
        (USER_AUTH, Medium.PHONE): await add(town, USER_AUTH, Medium.PHONE),
    }
    name = name_of(leaves[asked], asked[0])
    async with town.body() as bank:
        await told(bank, "confirm", name)
        question = name | {"kind": wanted[0], "medium": wanted[1]}
        _, found = await told(bank, "corresponding", question)
    assert found["serial"] == name_of(leaves[wanted], wanted[0])["serial"]


async def test_other_pairs_and_missing_counterparts_are_refused(town: Town) -> None:
    name = name_of(town.user_auth, USER_AUTH)
    async with town.body() as bank:
        await told(bank, "confirm", name)
        crossed = name | {"kind": SIGNING, "medium": Medium.PHONE}
        assert await told(bank, "corresponding", crossed) == (422, "jpki.unfit-pair")
        missing = name | {"kind": USER_AUTH, "medium": Medium.PHONE}
        assert await told(bank, "corresponding", missing) == (404, "jpki.no-successor")
    async with town.body(SHOP.body_id) as shop:
        await told(shop, "confirm", name)
        signing = name | {"kind": SIGNING, "medium": Medium.CARD}
        assert await told(shop, "corresponding", signing) == (403, "jpki.not-verifier")


async def test_a_program_needs_the_scope_and_its_body_must_be_active(
    town: Town, keys: Keys
) -> None:
    name = name_of(town.user_auth, USER_AUTH)
    bank = program(organ_id=BANK.body_id, scopes=frozenset(oauth.SCOPES))
    async with town.database.transaction() as tx:
        await programs.register(tx, bank, by=SYSTEM)

    def token(*scopes: str) -> dict[str, str]:
        key = programs.token_key(keys.signer(NATION))
        access = oauth.issue(bank, frozenset(scopes), key=key, issuer=ORIGIN, now=time.time())
        return {"authorization": f"Bearer {access}"}

    async with browser(town.app) as client:
        good = await client.post(f"{ASK}/confirm", json=name, headers=token("jpki.status"))
        assert good.status_code == 200, good.text
        narrow = await client.post(f"{ASK}/confirm", json=name, headers=token("jpki.items"))
        assert narrow.status_code == 403
        async with town.database.transaction() as tx:
            stopped = Body(
                body_id=BANK.body_id, name=BANK.name, service=BANK.service,
                origin=BANK.origin, kinds=BANK.kinds, state=BodyState.SUSPENDED,
            )  # fmt: skip
            await verifiers.register(tx, stopped, by=SYSTEM, at=NOW, reason="届出の取下げ")
        late = await client.post(f"{ASK}/confirm", json=name, headers=token("jpki.status"))
        assert late.status_code == 403


@pytest.mark.parametrize(
    "origin",
    ["bank.example", "https://bank.example/", "ftp://bank.example", "https://a:b@bank.example"],
)
async def test_a_verifier_needs_an_origin(nation_tx: Tx, origin: str) -> None:
    body = Body(body_id="x", name="x", service="x", origin=origin, kinds=frozenset())
    with pytest.raises(UnfitOriginError):
        await verifiers.register(nation_tx, body, by=SYSTEM, at=NOW)
