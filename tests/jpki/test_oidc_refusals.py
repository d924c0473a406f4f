"""What the provider refuses: each attack ends without a code, a token or an item."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import time_machine
from joserfc.jwk import ECKey
from litestar import Litestar

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader.agent_protocol import CardRequest
from jichitai.jpki.signin.claims import Item
from jichitai.jpki.signin.parties import PartyState
from tests.jpki.pki import pki
from tests.jpki.signin_world import (
    CALLBACK,
    Holder,
    Site,
    Visitor,
    add_party,
    app,
    fields,
    holder,
    nation_database,
    signed_in,
)
from tests.web.client import ORIGIN

__all__ = ["app", "holder", "nation_database"]

pytestmark = pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning")


def code_of(location: str) -> str:
    return parse_qs(urlsplit(location).query)["code"][0]


def refused(answer: httpx.Response, error: str, status: int = 400) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text


async def question(app: Litestar, **extra: str) -> tuple[Visitor, dict[str, str]]:
    """A visitor at the page, and what the card is asked to sign."""
    visitor = Visitor(app)
    page = await visitor.open(await Site(app).begin(**extra))
    return visitor, fields(page.text, "/sign")


async def shown(visitor: Visitor, brought: httpx.Response) -> str:
    """The page after an answer."""
    assert brought.status_code == 303, brought.text
    return (await visitor.open(brought.headers["location"])).text


# --- the card ---------------------------------------------------------------------------------


async def test_an_answer_of_the_card_counts_once(app: Litestar, holder: Holder) -> None:
    visitor, asked = await question(app)
    answer = holder.answer(asked)
    assert (await visitor.bring(answer)).status_code == 303
    again = await visitor.bring(answer)
    assert again.status_code == 409
    assert "一度使われた" in again.text


async def test_a_wrong_answer_uses_the_question_up_too(app: Litestar, holder: Holder) -> None:
    visitor, asked = await question(app)
    wrong = await visitor.bring(holder.answer(asked, signature="AAAA"))
    assert "電子署名が合いません" in await shown(visitor, wrong)
    assert (await visitor.bring(holder.answer(asked))).status_code == 409


async def test_a_question_waits_five_minutes(app: Litestar, holder: Holder) -> None:
    visitor, asked = await question(app)
    with time_machine.travel(time.time() + 301, tick=False):
        assert (await visitor.bring(holder.answer(asked))).status_code == 409


async def test_a_page_that_is_opened_again_asks_the_same_until_the_question_is_old(
    app: Litestar, holder: Holder
) -> None:
    visitor = Visitor(app)
    page = await visitor.open(await Site(app).begin())
    asked = fields(page.text, "/sign")
    assert fields((await visitor.open(str(page.url))).text, "/sign") == asked
    with time_machine.travel(time.time() + 241, tick=False):
        anew = fields((await visitor.open(str(page.url))).text, "/sign")
        assert anew["challenge"] != asked["challenge"]
        assert (await visitor.bring(holder.answer(asked))).status_code == 409
        assert (await visitor.bring(holder.answer(anew))).status_code == 303


async def test_an_answer_made_for_another_site_is_refused(app: Litestar, holder: Holder) -> None:
    visitor, asked = await question(app)
    elsewhere = asked | {"return_url": "https://evil.example/answer"}
    page = await shown(visitor, await visitor.bring(holder.answer(elsewhere)))
    assert "電子署名が合いません" in page
    assert "カードで確かめました" not in page


async def test_the_text_that_was_shown_is_part_of_what_is_signed(
    app: Litestar, holder: Holder
) -> None:
    visitor, asked = await question(app, scope="openid address")
    other = asked | {"text": "懸賞に応募します。"}
    page = await shown(visitor, await visitor.bring(holder.answer(other)))
    assert "電子署名が合いません" in page


@pytest.mark.parametrize(
    ("scope", "kind"),
    [("openid", CertificateKind.SIGNING), ("openid profile", CertificateKind.USER_AUTH)],
)
async def test_the_other_certificate_is_refused(
    app: Litestar, holder: Holder, scope: str, kind: CertificateKind
) -> None:
    visitor, asked = await question(app, scope=scope)
    leaf = holder.signing if kind is CertificateKind.SIGNING else holder.user_auth
    page = await shown(visitor, await visitor.bring(holder.answer(asked, leaf=leaf)))
    assert "エラー" in page
    assert "カードで確かめました" not in page
    purpose = "signature" if asked["purpose"] == "user-auth" else "user-auth"
    visitor, asked = await question(app, scope=scope)
    page = await shown(visitor, await visitor.bring(holder.answer(asked, purpose=purpose)))
    assert "求めた電子証明書と違う種類の回答です" in page


@pytest.mark.parametrize(
    ("state", "words"), [("revoked", "失効した電子証明書"), ("held", "一時停止")]
)
async def test_a_certificate_that_has_ended_is_refused(
    app: Litestar, holder: Holder, nation_database: Database, state: str, words: str
) -> None:
    async with nation_database.transaction() as tx:
        await tx.execute(
            "update jpki.certificate set state = %s, reason = 'cessationOfOperation'"
            " where person_id = %s",
            (state, holder.person_id),
        )
    visitor, asked = await question(app)
    assert words in await shown(visitor, await visitor.bring(holder.answer(asked)))


async def test_a_certificate_that_nobody_recorded_is_refused(app: Litestar, holder: Holder) -> None:
    visitor, asked = await question(app)
    stranger = pki().leaf(CertificateKind.USER_AUTH)
    page = await shown(visitor, await visitor.bring(holder.answer(asked, leaf=stranger)))
    assert "発行を確認できない" in page


async def test_a_certificate_whose_time_is_over_is_refused(
    app: Litestar, holder: Holder, clock: FixedClock
) -> None:
    visitor, asked = await question(app)
    clock.instant = holder.user_auth.certificate.not_valid_after_utc.replace(year=2033)
    page = await shown(visitor, await visitor.bring(holder.answer(asked)))
    assert "カードで確かめました" not in page


async def test_a_cancelled_or_blocked_card_says_so_and_may_try_again(
    app: Litestar, holder: Holder
) -> None:
    visitor, asked = await question(app)
    for outcome, words in (("cancelled", "取りやめた"), ("blocked", "ロックされました")):
        given = {"transaction": asked["transaction"], "purpose": "user-auth", "outcome": outcome}
        page = await shown(visitor, await visitor.bring(given))
        assert words in page
        asked = fields(page, "/sign")
    assert "カードで確かめました" in await shown(visitor, await visitor.bring(holder.answer(asked)))


# --- browsers ---------------------------------------------------------------------------------


async def test_the_outcome_opens_nothing_in_another_browser(app: Litestar, holder: Holder) -> None:
    visitor, asked = await question(app)
    brought = await visitor.bring(holder.answer(asked))
    other = Visitor(app)
    answer = await other.open(brought.headers["location"])
    assert answer.status_code == 403
    assert "別のブラウザーで始めた" in answer.text


async def test_who_lets_somebody_else_show_their_card_gains_nothing(
    app: Litestar, holder: Holder
) -> None:
    """The attacker's browser has the cookie, the victim's the ticket: neither has both."""
    attacker, asked = await question(app)
    victim_got = await Visitor(app).bring(holder.answer(asked))
    here = urlsplit(victim_got.headers["location"]).path
    page = await attacker.open(here)
    assert "別のブラウザーから回答が届きました" in page.text
    assert "カードで確かめました" not in page.text
    forged = await attacker.open(f"{here}?ticket=guess")
    assert "カードで確かめました" not in forged.text
    late = await attacker.open(victim_got.headers["location"])
    assert "カードで確かめました" not in late.text


async def test_a_decision_needs_the_page_that_we_printed(app: Litestar, holder: Holder) -> None:
    visitor, asked = await question(app)
    await shown(visitor, brought := await visitor.bring(holder.answer(asked)))
    path = urlsplit(brought.headers["location"]).path
    forged = await visitor.client.post(path, data={"decision": "agree"})
    assert forged.status_code == 403
    foreign = {"sec-fetch-site": "cross-site"}
    page = await visitor.open(path)
    forged = await visitor.client.post(
        path, data=fields(page.text, path) | {"decision": "agree"}, headers=foreign
    )
    assert forged.status_code == 403


async def test_nobody_agrees_before_the_card_was_shown(app: Litestar) -> None:
    visitor = Visitor(app)
    page = await visitor.open(await Site(app).begin())
    answer = await visitor.decide(page)
    assert answer.status_code == 404


async def test_a_decision_counts_once(app: Litestar, holder: Holder) -> None:
    visitor = Visitor(app)
    page = await visitor.open(await Site(app).begin())
    consent = await visitor.show_card(page, holder)
    assert (await visitor.decide(consent)).status_code == 303
    assert (await visitor.decide(consent)).status_code in {403, 404}


# --- requests ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "error"),
    [
        ({"redirect_uri": "https://evil.example/callback"}, "invalid_request"),
        ({"redirect_uri": f"{CALLBACK}/"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"request": "ey.ey.ey"}, "request_not_supported"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"claims": "[[["}, "invalid_request"),
        ({"claims": '{"id_token":{"acr":{"essential":true,"value":"urn:other"}}}'}, "invalid_request"),
        ({"client_id": "clinic"}, "invalid_client"),
    ],
)  # fmt: skip
async def test_a_request_that_is_not_good_is_refused(
    app: Litestar, extra: dict[str, str], error: str
) -> None:
    site = Site(app)
    data = await site.request() | extra
    answer = await site.post("pushed_authorization_request_endpoint", data)
    refused(answer, error, 401 if error == "invalid_client" else 400)


@pytest.mark.parametrize("missing", ["code_challenge", "code_challenge_method", "scope"])
async def test_a_request_without_pkce_is_refused(app: Litestar, missing: str) -> None:
    site = Site(app)
    data = await site.request()
    del data[missing]
    refused(await site.post("pushed_authorization_request_endpoint", data), "invalid_request")


async def test_a_party_gets_no_items_that_it_is_not_registered_for(
    app: Litestar, nation_database: Database
) -> None:
    await add_party(nation_database, client_id="club", items=["name"])
    refused(await Site(app, "club").push(scope="openid address"), "invalid_scope")


async def test_a_pushed_request_is_used_once_and_by_its_own_party(
    app: Litestar, nation_database: Database
) -> None:
    await add_party(nation_database, client_id="club")
    url = await Site(app).begin()
    stolen = await Visitor(app).open(url.replace("client_id=library", "client_id=club"))
    assert stolen.status_code == 422
    assert (await Visitor(app).open(url)).status_code == 200
    assert (await Visitor(app).open(url)).status_code == 422
    altered = await Visitor(app).open(f"{await Site(app).begin()}x")
    assert altered.status_code == 422


async def test_parameters_beside_a_pushed_request_change_nothing(
    app: Litestar, holder: Holder
) -> None:
    site, visitor = Site(app), Visitor(app)
    url = f"{await site.begin()}&redirect_uri=https://evil.example/&scope=openid+profile+address"
    page = await visitor.open(url)
    assert "氏名" not in page.text
    consent = await visitor.show_card(page, holder)
    back = await visitor.decide(consent, Item.NAME)
    assert back.headers["location"].startswith(CALLBACK)


async def test_a_party_that_pushes_is_refused_without(app: Litestar) -> None:
    site = Site(app)
    await site.discover()
    url, _ = site.client.create_authorization_url(
        site.metadata["authorization_endpoint"], code_verifier=site.verifier
    )
    answer = await Visitor(app).client.get(url)
    assert answer.status_code == 303
    assert "error=invalid_request" in answer.headers["location"]
    strange = await Visitor(app).client.get(url.replace("library.example.jp", "evil.example"))
    assert strange.status_code == 422
    unknown = await Visitor(app).client.get(url.replace("client_id=library", "client_id=none"))
    assert unknown.status_code == 404


# --- tokens -----------------------------------------------------------------------------------


async def test_a_code_is_used_once_and_its_tokens_end_with_a_second_try(
    app: Litestar, holder: Holder
) -> None:
    site = Site(app)
    back = await signed_in(app, site, holder)
    token = await site.exchange(back)
    refused(await site.redeem(code_of(back)), "invalid_grant")
    told = await site.plain.get(
        site.metadata["userinfo_endpoint"],
        headers={"authorization": f"Bearer {token['access_token']}"},
    )
    refused(told, "invalid_token", 401)
    assert "Bearer" in told.headers["www-authenticate"]


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 50},
        {"code_verifier": ""},
        {"redirect_uri": "https://library.example.jp/other"},
        {"code": "unknown"},
        {"grant_type": "client_credentials"},
    ],
)
async def test_a_code_needs_its_verifier_and_its_address(
    app: Litestar, holder: Holder, changes: dict[str, str]
) -> None:
    site = Site(app)
    back = await signed_in(app, site, holder)
    error = "unsupported_grant_type" if "grant_type" in changes else "invalid_grant"
    refused(await site.redeem(code_of(back), **changes), error)
    if error == "invalid_grant" and "code" not in changes:
        refused(await site.redeem(code_of(back)), "invalid_grant")


async def test_a_code_ends_after_a_minute(app: Litestar, holder: Holder) -> None:
    site = Site(app)
    back = await signed_in(app, site, holder)
    with time_machine.travel(time.time() + 61, tick=False):
        refused(await site.redeem(code_of(back)), "invalid_grant")


async def test_another_party_cannot_use_a_code_or_ask_about_a_token(
    app: Litestar, holder: Holder, nation_database: Database
) -> None:
    await add_party(nation_database, client_id="club")
    club, site = Site(app, "club"), Site(app)
    await club.discover()
    back = await signed_in(app, site, holder)
    refused(await club.redeem(code_of(back), code_verifier=site.verifier), "invalid_grant")
    token = await site.exchange(await signed_in(app, site, holder))
    asked = {"token": token["access_token"]}
    assert (await club.post("introspection_endpoint", asked)).json() == {"active": False}
    await club.post("revocation_endpoint", asked)
    assert (await site.post("introspection_endpoint", asked)).json()["active"] is True


async def test_a_party_proves_itself_with_its_own_key(app: Litestar) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": "site-1"})
    refused(await Site(app, key=stranger).push(), "invalid_client", 401)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"client_id": "library", "client_secret": "x"},
        {"client_assertion_type": "x", "client_assertion": "y"},
        {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "ey.ey.ey",
        },
    ],
)
async def test_nobody_gets_in_without_an_assertion(app: Litestar, form: dict[str, str]) -> None:
    site = Site(app)
    answer = await site.plain.post(
        "/openid/token", data={"grant_type": "authorization_code"} | form
    )
    proper = "jwt-bearer" in form.get("client_assertion_type", "")
    refused(answer, *(("invalid_client", 401) if proper else ("invalid_request", 400)))


async def test_an_assertion_is_for_us_and_counts_once(app: Litestar) -> None:
    from authlib.oauth2.rfc7523 import PrivateKeyJWT

    site = Site(app)
    data = await site.request()
    site.client.register_client_auth_method(PrivateKeyJWT("https://other.example", alg="ES256"))
    refused(await site.post("pushed_authorization_request_endpoint", data), "invalid_client", 401)
    claims: dict[str, Any] = {"jti": "the-same-again"}
    endpoint = site.metadata["token_endpoint"]
    site.client.register_client_auth_method(PrivateKeyJWT(endpoint, claims, alg="ES256"))
    assert (await site.post("pushed_authorization_request_endpoint", data)).status_code == 201
    refused(await site.post("pushed_authorization_request_endpoint", data), "invalid_client", 401)


@pytest.mark.parametrize("state", [PartyState.SUSPENDED, PartyState.CLOSED])
async def test_a_party_that_was_stopped_gets_nothing_more(
    app: Litestar, holder: Holder, nation_database: Database, state: PartyState
) -> None:
    site = Site(app)
    visitor = Visitor(app)
    page = await visitor.open(await site.begin())
    consent = await visitor.show_card(page, holder)
    back = await signed_in(app, site, holder)
    token = await site.exchange(back)
    await add_party(nation_database, state=state)
    assert (await visitor.decide(consent)).status_code == 404
    refused(await site.push(), "invalid_client", 401)
    told = await site.plain.get(
        "/openid/userinfo", headers={"authorization": f"Bearer {token['access_token']}"}
    )
    refused(told, "invalid_token", 401)


async def test_a_logout_needs_a_token_of_ours(app: Litestar) -> None:
    site = Site(app)
    await site.discover()
    url = site.metadata["end_session_endpoint"]
    assert (await site.plain.get(f"{url}?id_token_hint=ey.ey.ey")).status_code == 422
    bare = await Visitor(app).client.get(f"{url}?post_logout_redirect_uri=https://evil.example/")
    assert bare.status_code == 200
    assert "サインアウトしました" in bare.text


async def test_what_the_card_signs_names_our_origin(app: Litestar) -> None:
    _, asked = await question(app)
    assert CardRequest.parse(asked).signed.decode().splitlines()[2] == ORIGIN


async def test_the_tables_hold_no_name_in_the_clear(
    app: Litestar, holder: Holder, nation_database: Database, keys: Keys
) -> None:
    site = Site(app)
    back = await signed_in(
        app, site, holder, Item.NAME, Item.ADDRESS, scope="openid profile address"
    )
    await site.exchange(back)
    async with nation_database.transaction(read_only=True) as tx:
        for table in ("sign_in", "authorization_code", "access_token", "login", "card_challenge"):
            rows = await tx.execute(f"select * from jpki.{table}")
            text = "".join(
                bytes(cell).decode("utf-8", "ignore") if isinstance(cell, bytes) else str(cell)
                for row in await rows.fetchall()
                for cell in row
            )
            assert "花子" not in text, table
            assert "札幌市" not in text, table
