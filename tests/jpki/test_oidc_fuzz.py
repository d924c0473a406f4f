"""No input of a stranger makes the provider fail: every answer is a refusal, never a fault."""

import base64
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar

from tests.jpki.signin_world import ISSUER, Site, app, holder, nation_database
from tests.web.client import HTML, ORIGIN

__all__ = ["app", "holder", "nation_database"]

TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["library", "openid", "code", "S256", "\x00", "\ud800", "x" * 3000, "[[[[", "{}"]
    ),
)
NAMES = st.sampled_from(
    [
        "client_id", "redirect_uri", "request_uri", "state", "scope", "claims", "response_type",
        "code_challenge", "code_challenge_method", "prompt", "acr_values", "client_assertion",
        "grant_type", "code", "token", "id_token_hint", "post_logout_redirect_uri", "transaction",
        "purpose", "outcome", "certificate", "signature", "decision", "items", "nonce",
    ]
)  # fmt: skip
FORMS = st.dictionaries(NAMES, TEXT, max_size=8)
PLACES = (
    "/openid/par", "/openid/token", "/openid/introspect", "/openid/revoke", "/openid/logout",
    "/openid/authorize", "/sign-in/card/answer",
    "/sign-in/card/00000000-0000-4000-8000-000000000000",
)  # fmt: skip
QUICK = settings(
    max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def encodable(form: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode("utf-8", "surrogatepass") for name, text in form.items()}


def assertion(claims: dict[str, Any]) -> str:
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "ES256", "kid": "site-1"}, claims)
    )
    return f"{head}.{body}.AAAA"


@pytest.mark.parametrize("place", PLACES)
@QUICK
@given(form=FORMS)
async def test_no_form_makes_a_server_error(
    app: Litestar, place: str, form: dict[str, str]
) -> None:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=HTML) as client:
        answer = await client.post(place, data=encodable(form))
        assert answer.status_code < 500, answer.text
        if place in {"/openid/authorize", "/openid/logout"}:
            answer = await client.get(place, params=encodable(form))
            assert answer.status_code < 500, answer.text


@QUICK
@given(
    claims=st.dictionaries(
        st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti"]),
        st.one_of(TEXT, st.integers(), st.floats(), st.none(), st.lists(TEXT, max_size=2)),
    )
)
async def test_no_assertion_makes_a_server_error(app: Litestar, claims: dict[str, Any]) -> None:
    site = Site(app)
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    data = {
        "client_assertion_type": kind,
        "client_assertion": assertion({"sub": "library"} | claims),
    }
    answer = await site.plain.post("/openid/token", data=data)
    assert answer.status_code in {400, 401}, answer.text


@QUICK
@given(
    token=st.text(alphabet=st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=50)
)
async def test_no_access_token_makes_a_server_error(app: Litestar, token: str) -> None:
    site = Site(app)
    header = {"authorization": b"Bearer " + token.encode("latin-1")}
    answer = await site.plain.get(f"{ISSUER}/userinfo", headers=header)  # type: ignore[arg-type]
    assert answer.status_code == 401
