"""Relying parties: registration, rehearsal with faults, keys, warnings; and our own keys."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey
from litestar import Litestar

from jichitai.infra.crypto import BlindIndex
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.jpki.items import CertifiedItems
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.signin import claims, parties, registration, requests
from jichitai.jpki.signin.claims import Item
from jichitai.jpki.signin.errors import (
    BadGrantError,
    BadRegistrationError,
    NotRehearsedError,
    SectorTakenError,
)
from jichitai.jpki.signin.parties import Fault, PartyState, Step
from jichitai.jpki.signin.registration import Registration
from jichitai.jpki.signin.service import keys as signing_keys
from jichitai.jpki.signin.service import registry
from jichitai.jpki.signin.store import keys as key_store
from jichitai.jpki.signin.store import parties as party_store
from jichitai.kernel.persons import Sex
from jichitai.web.sessions import instant
from tests.jpki.pki import pki
from tests.jpki.signin_world import (
    CLIENT_KEY,
    OPERATOR,
    Holder,
    Site,
    Visitor,
    add_party,
    app,
    document,
    holder,
    nation_database,
    signed_in,
)

__all__ = ["app", "holder", "nation_database"]

pytestmark = pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning")

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def made(**changes: Any) -> parties.RelyingParty:
    return registration.register(
        msgspec.convert(document(**changes), Registration), now=NOW, days=365
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": ["http://library.example.jp/cb"]},
        {"redirect_uris": ["https://library.example.jp/cb#part"]},
        {"redirect_uris": ["https://user@library.example.jp/cb"]},
        {"redirect_uris": ["https://library.example.jp/cb; script-src *"]},
        {"redirect_uris": ["https://a.example/cb", "https://b.example/cb"]},
        {"redirect_uris": []},
        {"backchannel_logout_uri": "ftp://library.example.jp/"},
        {"client_id": "a/b"},
        {"client_name": " "},
        {"purpose": "x" * 121},
        {"policy_uri": "http://library.example.jp/privacy"},
        {"id_token_signed_response_alg": "none"},
        {"jwks": {"keys": []}},
        {"jwks": {"keys": [dict(CLIENT_KEY.as_dict(private=True))]}},
        {"jwks": {"keys": [dict(OctKey.generate_key(256, {"kid": "x"}).as_dict(private=True))]}},
        {"jwks": {"keys": [{"kty": "EC", "kid": "x"}]}},
        {"jwks": {"keys": [dict(CLIENT_KEY.as_dict(private=False))] * 2}},
    ],
)
def test_a_registration_that_is_not_good_is_refused(changes: Mapping[str, Any]) -> None:
    with pytest.raises(BadRegistrationError):
        made(**changes)


def test_a_sector_is_the_one_host_or_what_the_document_names() -> None:
    assert made().sector == "library.example.jp"
    two = ["https://a.example/cb", "https://b.example/cb"]
    assert made(redirect_uris=two, sector_identifier="Both.Example").sector == "both.example"


def test_a_key_with_a_certificate_ends_with_it() -> None:
    leaf = pki().leaf(CertificateKind.USER_AUTH, not_after=NOW + timedelta(days=20))
    der = base64.b64encode(leaf.certificate.public_bytes(Encoding.DER)).decode()
    key = dict(CLIENT_KEY.as_dict(private=False)) | {"x5c": [der]}
    found = registration.party_keys({"keys": [key]}, now=NOW)
    assert found[0].not_after == leaf.certificate.not_valid_after_utc
    bad = key | {"x5c": ["AAAA"]}
    with pytest.raises(BadRegistrationError):
        registration.party_keys({"keys": [bad]}, now=NOW)


@pytest.mark.parametrize(
    ("left", "urgency"), [(91, None), (90, "90"), (31, "90"), (30, "30"), (7, "7"), (-1, "over")]
)
def test_operators_are_warned_at_90_30_and_7_days(left: int, urgency: str | None) -> None:
    party = made()
    at = party.not_after - timedelta(days=left)
    found = parties.endings([party], at)
    assert {one.urgency for one in found} == ({urgency} if urgency else set())
    assert {one.what for one in found} == ({"registration", "site-1"} if urgency else set())


def test_a_key_that_a_later_one_replaces_is_not_warned_about() -> None:
    new = ECKey.generate_key("P-256", {"kid": "site-2"})
    both = [dict(key.as_dict(private=False)) for key in (CLIENT_KEY, new)]
    party = made(jwks={"keys": both})
    older = parties.PartyKey(kid="site-1", jwk=both[0], not_after=NOW + timedelta(days=3))
    later = parties.PartyKey(kid="site-2", jwk=both[1], not_after=NOW + timedelta(days=300))
    assert parties.endings([replace(party, keys=(older, later))], NOW) == []
    closed = replace(party, keys=(older,), state=PartyState.CLOSED)
    assert parties.endings([closed], NOW) == []


def test_a_rehearsal_ends_when_every_fault_was_refused_since_the_last_mistake() -> None:
    at = [NOW + timedelta(minutes=minute) for minute in range(20)]
    steps = [(str(Step.SIGNED_IN), at[0]), (str(Step.EXCHANGED), at[1])]
    steps += [(f"served:{fault}", at[2]) for fault in Fault]
    assert parties.rehearsal_of(steps).missing == []
    fell = [*steps, (f"fell-for:{Fault.NONCE}", at[3])]
    assert parties.rehearsal_of(fell).fell_for == {Fault.NONCE}
    assert len(parties.rehearsal_of(fell).missing) == 1
    assert parties.rehearsal_of([*fell, (f"served:{Fault.NONCE}", at[4])]).missing == []


async def test_a_party_is_opened_only_after_its_rehearsal(
    app: Litestar, nation_database: Database, holder: Holder
) -> None:
    """A careless site asks for the user info after every ID token; a careful one does not."""
    await add_party(nation_database, state=PartyState.REHEARSAL, client_id="careful")

    async def exchange(fault: Fault | None, *, careless: bool) -> None:
        async with nation_database.transaction() as tx:
            await registry.plan_fault(tx, "careful", fault, by=OPERATOR)
        site = Site(app, "careful")
        await site.exchange(await signed_in(app, site, holder))
        if careless or fault is None:
            assert (await site.client.get(site.metadata["userinfo_endpoint"])).status_code == 200

    async def state(new: PartyState) -> None:
        async with nation_database.transaction() as tx:
            await registry.set_state(tx, "careful", new, now=instant(), by=OPERATOR, reason="試験")

    with pytest.raises(NotRehearsedError, match="サインインした人が相手先に戻った"):
        await state(PartyState.OPEN)
    await exchange(None, careless=False)
    for fault in Fault:
        await exchange(fault, careless=fault is Fault.NONCE)
    with pytest.raises(NotRehearsedError, match="nonce が違うIDトークンを断る"):
        await state(PartyState.OPEN)
    await exchange(Fault.NONCE, careless=False)
    await state(PartyState.OPEN)
    with pytest.raises(BadRegistrationError):
        async with nation_database.transaction() as tx:
            await registry.plan_fault(tx, "careful", Fault.NONCE, by=OPERATOR)


async def test_nobody_who_was_told_of_a_rehearsal_gives_real_items(
    app: Litestar, nation_database: Database, holder: Holder
) -> None:
    await add_party(nation_database, state=PartyState.REHEARSAL, client_id="hasty")
    visitor, site = Visitor(app), Site(app, "hasty")
    page = await visitor.open(await site.begin(scope="openid profile"))
    consent = await visitor.show_card(page, holder)
    assert "下の情報は架空の人のものです" in consent.text
    async with nation_database.transaction() as tx:
        for fault in Fault:
            await party_store.add_step(tx, "hasty", f"served:{fault}", instant())
        for step in Step:
            await party_store.add_step(tx, "hasty", str(step), instant())
        await registry.set_state(
            tx, "hasty", PartyState.OPEN, now=instant(), by=OPERATOR, reason="試験"
        )
    assert (await visitor.decide(consent, Item.NAME)).status_code == 404


async def test_addresses_of_this_computer_are_for_rehearsals_only(
    nation_database: Database,
) -> None:
    local = ["http://127.0.0.1:9000/callback"]
    party = await add_party(
        nation_database, state=PartyState.REHEARSAL, client_id="local", redirect_uris=local
    )
    assert party.state is PartyState.REHEARSAL
    async with nation_database.transaction() as tx:
        with pytest.raises(NotRehearsedError, match="https"):
            await registry.set_state(
                tx, "local", PartyState.OPEN, now=NOW, by=OPERATOR, reason="試験"
            )
    with pytest.raises(NotRehearsedError):
        await add_party(nation_database)
        await add_party(
            nation_database, redirect_uris=local, sector_identifier="library.example.jp"
        )


async def test_a_sector_belongs_to_one_body_and_stays(nation_database: Database) -> None:
    await add_party(nation_database)
    with pytest.raises(SectorTakenError):
        await add_party(nation_database, client_id="other", organisation="別の団体")
    with pytest.raises(BadRegistrationError, match="セクター"):
        await add_party(nation_database, sector_identifier="elsewhere.example")
    with pytest.raises(BadRegistrationError, match="別の団体"):
        await add_party(nation_database, organisation="別の団体")


@given(st.uuids(), st.text(max_size=20), st.text(max_size=20))
def test_names_of_a_person_differ_by_sector_and_in_a_rehearsal(
    person: UUID, one: str, other: str
) -> None:
    blind = BlindIndex(b"k" * 32)
    name = claims.pairwise(blind, sector=one, person_id=person, rehearsal=False)
    assert name == claims.pairwise(blind, sector=one, person_id=person, rehearsal=False)
    assert name != claims.pairwise(blind, sector=one, person_id=person, rehearsal=True)
    if one != other:
        assert name != claims.pairwise(blind, sector=other, person_id=person, rehearsal=False)
    assert str(person) not in name


def test_a_birth_date_that_is_not_certain_is_left_out() -> None:
    items = CertifiedItems(
        name="見本　花子",
        name_replaced="00000",
        birth_code="000000000",
        sex=Sex.UNKNOWN,
        address="例示市",
        address_replaced="000",
    )
    assert claims.claims_of(items, [Item.BIRTH_DATE]) == {}
    assert claims.claims_of(items, [Item.SEX]) == {"gender": "unknown"}
    assert "花子" not in repr(items)


def test_pkce_follows_the_example_of_its_standard() -> None:
    """RFC 7636, appendix B."""
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    requests.verify_code(challenge, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    for wrong in (None, "", "short", "x" * 43, ["a"], "é" * 43):
        with pytest.raises(BadGrantError):
            requests.verify_code(challenge, wrong)


# --- our own keys -----------------------------------------------------------------------------


async def test_a_new_key_is_published_a_day_before_it_signs(nation_tx: Tx, keys: Keys) -> None:
    sealer = keys.columns
    assert await signing_keys.tend(nation_tx, sealer, NOW)
    assert not await signing_keys.tend(nation_tx, sealer, NOW)
    first = await signing_keys.signer(nation_tx, sealer, "ES256", NOW)
    due = NOW + signing_keys.SIGNS_FOR - signing_keys.LEAD
    assert await signing_keys.tend(nation_tx, sealer, due)
    assert not await signing_keys.tend(nation_tx, sealer, due)
    published = (await signing_keys.jwks(nation_tx, sealer, due))["keys"]
    assert len(published) == 4
    assert all("d" not in key for key in published)
    assert (await signing_keys.signer(nation_tx, sealer, "ES256", due)).kid == first.kid
    after = due + signing_keys.LEAD
    second = await signing_keys.signer(nation_tx, sealer, "ES256", after)
    assert second.kid != first.kid
    assert len((await signing_keys.jwks(nation_tx, sealer, after))["keys"]) == 4
    gone = after + signing_keys.AFTERLIFE
    assert len((await signing_keys.jwks(nation_tx, sealer, gone))["keys"]) == 2
    await signing_keys.tend(nation_tx, sealer, gone)
    assert len(await key_store.published(nation_tx, NOW)) == 2  # destroyed, not only hidden


async def test_a_leaked_key_is_gone_at_once(nation_tx: Tx, keys: Keys) -> None:
    sealer = keys.columns
    await signing_keys.tend(nation_tx, sealer, NOW)
    old = {key["kid"] for key in (await signing_keys.jwks(nation_tx, sealer, NOW))["keys"]}
    made_now = await signing_keys.rotate(nation_tx, sealer, NOW, leaked=True, by=OPERATOR)
    published = {key["kid"] for key in (await signing_keys.jwks(nation_tx, sealer, NOW))["keys"]}
    assert published == set(made_now)
    assert not published & old
