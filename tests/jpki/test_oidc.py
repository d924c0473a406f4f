"""An independent OpenID Connect library (Authlib) signs people in, end to end."""

import warnings
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from litestar import Litestar

from jichitai.infra.database import Database
from jichitai.jpki.signin.claims import Item
from jichitai.jpki.signin.parties import PartyState
from tests.jpki.pki import ITEMS
from tests.jpki.signin_world import (
    ISSUER,
    SITE,
    Holder,
    Site,
    Visitor,
    add_party,
    app,
    holder,
    nation_database,
    signed_in,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from authlib.oidc.core import CodeIDToken

__all__ = ["app", "holder", "nation_database"]

pytestmark = pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning")


async def checked(site: Site, token: dict[str, Any], **options: Any) -> CodeIDToken:
    """The ID token's claims, checked by Authlib against the published keys."""
    published = (await site.plain.get(site.metadata["jwks_uri"])).json()
    decoded = jwt.decode(token["id_token"], KeySet.import_key_set(published), ["ES256", "RS256"])
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": ISSUER},
            "aud": {"essential": True, "value": site.client.client_id},
            "nonce": {"essential": True, "value": site.nonce},
        },
        params={"access_token": token["access_token"], "client_id": site.client.client_id},
    )
    claims.validate()
    return claims


async def test_authlib_signs_a_person_in_with_the_user_authentication_certificate(
    app: Litestar, holder: Holder
) -> None:
    site = Site(app)
    back = await signed_in(app, site, holder)
    assert parse_qs(urlsplit(back).query)["iss"] == [ISSUER]
    token = await site.exchange(back)
    claims = await checked(site, token)
    assert claims["acr"] == "urn:jichitai:acr:user-auth"
    assert claims["amr"] == ["sc", "pin", "mfa"]
    assert "name" not in claims
    told = (await site.client.get(site.metadata["userinfo_endpoint"])).json()
    assert told == {"sub": claims["sub"]}


async def test_the_four_items_come_from_the_signing_certificate_and_only_as_chosen(
    app: Litestar, holder: Holder
) -> None:
    site = Site(app)
    back = await signed_in(
        app, site, holder, Item.NAME, Item.BIRTH_DATE, scope="openid profile address"
    )
    token = await site.exchange(back)
    claims = await checked(site, token)
    assert claims["acr"] == "urn:jichitai:acr:signature"
    told = (await site.client.get(site.metadata["userinfo_endpoint"])).json()
    assert told == {
        "sub": claims["sub"],
        "name": "辻　花子",
        "birthdate": ITEMS.birth_date,
        "jichitai_replaced": {"name": "1000"},
    }


async def test_a_claims_request_puts_an_item_into_the_id_token(
    app: Litestar, holder: Holder
) -> None:
    site = Site(app)
    wish = '{"id_token": {"gender": {"essential": true}}}'
    back = await signed_in(app, site, holder, Item.SEX, claims=wish)
    claims = await checked(site, await site.exchange(back))
    assert claims["gender"] == "female"


async def test_two_sectors_know_a_person_under_two_names(
    app: Litestar, nation_database: Database, holder: Holder
) -> None:
    await add_party(
        nation_database,
        client_id="clinic",
        organisation="例示病院",
        sector_identifier="clinic.example.jp",
    )
    names = []
    for client_id in ("library", "library", "clinic"):
        site = Site(app, client_id)
        token = await site.exchange(await signed_in(app, site, holder))
        names.append((await checked(site, token))["sub"])
    assert names[0] == names[1] != names[2]
    assert str(holder.person_id) not in "".join(names)


async def test_introspection_revocation_and_logout_end_what_was_granted(
    app: Litestar, holder: Holder
) -> None:
    site = Site(app)
    token = await site.exchange(await signed_in(app, site, holder))
    access = {"token": token["access_token"]}
    seen = (await site.post("introspection_endpoint", access)).json()
    assert seen["active"] is True
    assert seen["client_id"] == "library"
    assert (await site.post("revocation_endpoint", access)).status_code == 200
    assert (await site.post("introspection_endpoint", access)).json() == {"active": False}

    token = await site.exchange(await signed_in(app, site, holder))
    url = f"{site.metadata['end_session_endpoint']}?id_token_hint={token['id_token']}"
    left = await site.plain.get(f"{url}&post_logout_redirect_uri={SITE}/bye&state=s1")
    assert left.status_code == 303
    assert left.headers["location"] == f"{SITE}/bye?state=s1"
    access = {"token": token["access_token"]}
    assert (await site.post("introspection_endpoint", access)).json() == {"active": False}
    elsewhere = await site.plain.get(f"{url}&post_logout_redirect_uri={SITE}/other")
    assert elsewhere.status_code == 422


async def test_who_takes_it_back_gives_nothing(app: Litestar, holder: Holder) -> None:
    site, visitor = Site(app), Visitor(app)
    page = await visitor.open(await site.begin(scope="openid profile"))
    consent = await visitor.show_card(page, holder)
    back = await visitor.decide(consent, decision="stop")
    answer = parse_qs(urlsplit(back.headers["location"]).query)
    assert answer["error"] == ["access_denied"]
    assert answer["state"] == [site.state]


async def test_a_party_without_pushed_requests_comes_with_its_parameters(
    app: Litestar, nation_database: Database, holder: Holder
) -> None:
    await add_party(
        nation_database, require_pushed_authorization_requests=False,
        id_token_signed_response_alg="RS256",
    )  # fmt: skip
    site, visitor = Site(app), Visitor(app)
    await site.discover()
    url, _ = site.client.create_authorization_url(
        site.metadata["authorization_endpoint"], code_verifier=site.verifier, nonce=site.nonce
    )
    consent = await visitor.show_card(await visitor.open(url), holder)
    back = await visitor.decide(consent)
    token = await site.exchange(back.headers["location"])
    assert (await checked(site, token)).header["alg"] == "RS256"


async def test_a_party_under_rehearsal_sees_an_invented_person(
    app: Litestar, nation_database: Database, holder: Holder
) -> None:
    await add_party(nation_database, client_id="new", state=PartyState.REHEARSAL)
    site = Site(app, "new")
    back = await signed_in(app, site, holder, Item.NAME, scope="openid profile")
    token = await site.exchange(back)
    claims = await checked(site, token)
    told = (await site.client.get(site.metadata["userinfo_endpoint"])).json()
    assert told["name"] == "試験　花子"
    real = Site(app)
    token = await real.exchange(await signed_in(app, real, holder))
    assert (await checked(real, token))["sub"] != claims["sub"]
