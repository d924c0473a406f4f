"""Residents sign in to their own pages with the card, see their sign-ins, and end them."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from litestar import Litestar

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.jpki.signin import words, worker
from jichitai.jpki.signin.claims import Item
from jichitai.jpki.signin.provider import Provider
from jichitai.jpki.status.record import Roots
from jichitai.jpki.verifier.refusals import StatusUnreachableError
from jichitai.jukinet.pages.languages import Language
from jichitai.web import accounts
from jichitai.web.accounts import AccountState
from jichitai.web.rights import Kind, Role
from jichitai.web.sessions import instant
from tests.jpki.signin_world import (
    ISSUER,
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
from tests.web.client import signed_in as session

__all__ = ["app", "holder", "nation_database"]

pytestmark = pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning")


async def into_own_pages(app: Litestar, holder: Holder, path: str = "/sign-in/card") -> Visitor:
    visitor = Visitor(app)
    page = await visitor.open(path)
    assert "わたしの情報にサインインする" in page.text
    consent = await visitor.show_card(page, holder)
    opened = await visitor.decide(consent)
    assert opened.status_code == 303, opened.text
    visitor.client.headers["x-went-to"] = opened.headers["location"]
    return visitor


async def test_the_first_sign_in_makes_the_account_and_the_next_ones_find_it(
    app: Litestar, holder: Holder, nation_database: Database
) -> None:
    first = await into_own_pages(app, holder)
    assert first.client.headers["x-went-to"] == "/me"
    page = await first.client.get("/me/sign-ins")
    assert "カードでサインインした場所はありません" in page.text
    second = await into_own_pages(app, holder, "/sign-in/card?return=/me/sign-ins")
    assert second.client.headers["x-went-to"] == "/me/sign-ins"
    async with nation_database.transaction(read_only=True) as tx:
        found = await tx.execute(
            "select kind, roles, display from web.account where person_id = %s",
            (holder.person_id,),
        )
        rows = await found.fetchall()
        methods = await tx.execute(
            "select method from web.session s join web.account a using (account_id)"
            " where a.person_id = %s",
            (holder.person_id,),
        )
        assert {method for (method,) in await methods.fetchall()} == {"card"}
    assert rows == [("resident", ["resident"], "ご本人")]


async def test_the_link_on_the_sign_in_page_leads_to_the_card(app: Litestar) -> None:
    page = await Visitor(app).open("/sign-in?return=/me/sign-ins")
    assert "マイナンバーカードでサインインする" in page.text
    assert 'href="/sign-in/card?return=/me/sign-ins"' in page.text


async def test_a_path_of_another_site_is_not_returned_to(app: Litestar, holder: Holder) -> None:
    visitor = await into_own_pages(app, holder, "/sign-in/card?return=https://evil.example/")
    assert visitor.client.headers["x-went-to"] == "/me"


async def test_a_stopped_account_stays_outside(
    app: Litestar, holder: Holder, nation_database: Database
) -> None:
    await into_own_pages(app, holder)
    async with nation_database.transaction() as tx:
        found = await accounts.of_person(tx, holder.person_id)
        assert found is not None
        await accounts.set_state(tx, found.account_id, AccountState.SUSPENDED)
    visitor = Visitor(app)
    consent = await visitor.show_card(await visitor.open("/sign-in/card"), holder)
    refused = await visitor.decide(consent)
    assert refused.status_code == 403
    assert "利用を止めている" in refused.text


async def test_stopping_leads_back_to_the_sign_in_page(app: Litestar) -> None:
    visitor = Visitor(app)
    back = await visitor.decide(await visitor.open("/sign-in/card"), decision="stop")
    assert back.headers["location"] == "/sign-in"


async def test_the_sign_in_page_lets_forms_go_to_the_agent_and_says_who_asks(
    app: Litestar,
) -> None:
    page = await Visitor(app).open("/sign-in/card")
    policy = page.headers["content-security-policy"]
    assert "form-action 'self' http://127.0.0.1:35970;" in policy
    assert page.headers["referrer-policy"] == "origin"
    assert 'action="http://127.0.0.1:35970/sign"' in page.text
    asked = fields(page.text, "/sign")
    assert asked["return_url"] == f"{ORIGIN}/sign-in/card/answer"


async def test_a_person_sees_where_they_signed_in_and_ends_it(
    app: Litestar,
    holder: Holder,
    nation_database: Database,
    keys: Keys,
    clock: FixedClock,
) -> None:
    """The party is told by the back channel, with a token that its library can check."""
    backchannel = "https://library.example.jp/ended"
    await add_party(nation_database, backchannel_logout_uri=backchannel)
    site = Site(app)
    back = await signed_in(app, site, holder, Item.ADDRESS, scope="openid address")
    token = await site.exchange(back)
    kind: dict[str, Any] = {"person_id": holder.person_id, "kind": Kind.RESIDENT}
    async with session(app, [Role.RESIDENT], html=True, **kind) as client:
        page = await client.get("/me/sign-ins")
        assert "例示市立図書館" in page.text
        assert "住所" in page.text
        place = page.text.split('action="/me/sign-ins/')[1].split('"')[0]
        ended = await client.post(f"/me/sign-ins/{place}")
        assert ended.headers["location"] == "/me/sign-ins?ended=1"
        assert "終わりました" in (await client.get("/me/sign-ins")).text
    asked = {"token": token["access_token"]}
    assert (await site.post("introspection_endpoint", asked)).json() == {"active": False}

    got: list[httpx.Request] = []

    def party(request: httpx.Request) -> httpx.Response:
        got.append(request)
        return httpx.Response(200 if len(got) > 1 else 503)

    provider = Provider(origin=ORIGIN, keys=keys, clock=clock)
    transport = httpx.MockTransport(party)
    await worker.tell_parties(nation_database, provider, transport)
    await worker.tell_parties(nation_database, provider, transport)
    assert len(got) == 1  # put off after a failure
    async with nation_database.transaction() as tx:
        await tx.execute("update jpki.logout_notice set next_try = %s", (instant(),))
    await worker.tell_parties(nation_database, provider, transport)
    assert [str(request.url) for request in got] == [backchannel] * 2
    text = parse_qs(got[1].content.decode())["logout_token"][0]
    published = (await site.plain.get(site.metadata["jwks_uri"])).json()
    told = jwt.decode(text, KeySet.import_key_set(published), ["ES256"])
    assert told.header["typ"] == "logout+jwt"
    assert told.claims["iss"] == ISSUER
    assert told.claims["aud"] == "library"
    assert told.claims["sid"] == place.split("/")[0]
    assert "nonce" not in told.claims
    async with nation_database.transaction(read_only=True) as tx:
        left = await tx.execute("select count(*) from jpki.logout_notice")
        assert (await left.fetchone() or (1,))[0] == 0


async def test_nobody_ends_the_sign_in_of_another_person(
    app: Litestar, holder: Holder, nation_database: Database
) -> None:
    site = Site(app)
    token = await site.exchange(await signed_in(app, site, holder))
    async with nation_database.transaction(read_only=True) as tx:
        row = await tx.execute(
            "select sign_in_id from jpki.sign_in where person_id = %s", (holder.person_id,)
        )
        (sign_in_id,) = await row.fetchone() or (None,)
    stranger: dict[str, Any] = {"person_id": Holder.new().person_id, "kind": Kind.RESIDENT}
    async with session(app, [Role.RESIDENT], html=True, **stranger) as client:
        await client.post(f"/me/sign-ins/{sign_in_id}/end")
    asked = {"token": token["access_token"]}
    assert (await site.post("introspection_endpoint", asked)).json()["active"] is True


async def test_a_sign_in_ends_with_its_certificate(
    app: Litestar, holder: Holder, nation_database: Database
) -> None:
    site = Site(app)
    token = await site.exchange(await signed_in(app, site, holder))
    await worker.end_lapsed(nation_database)
    asked = {"token": token["access_token"]}
    assert (await site.post("introspection_endpoint", asked)).json()["active"] is True
    async with nation_database.transaction() as tx:
        await tx.execute(
            "update jpki.certificate set state = 'revoked' where person_id = %s",
            (holder.person_id,),
        )
    await worker.end_lapsed(nation_database)
    assert (await site.post("introspection_endpoint", asked)).json() == {"active": False}


async def test_what_has_ended_is_forgotten(
    app: Litestar, holder: Holder, nation_database: Database
) -> None:
    visitor = Visitor(app)
    await visitor.open(await Site(app).begin())
    async with nation_database.transaction() as tx:
        past = instant() - timedelta(hours=1)
        await tx.execute("update jpki.login set expires_at = %s", (past,))
    await worker.forget(nation_database)
    async with nation_database.transaction(read_only=True) as tx:
        rows = await tx.execute("select count(*) from jpki.login")
        assert (await rows.fetchone() or (1,))[0] == 0
        rows = await tx.execute("select count(*) from jpki.card_challenge")
        assert (await rows.fetchone() or (1,))[0] == 0


async def test_pages_speak_the_language_that_was_asked_for_and_keep_it(
    app: Litestar, holder: Holder
) -> None:
    site, visitor = Site(app), Visitor(app)
    page = await visitor.open(await site.begin(scope="openid address", ui_locales="fr en-US ja"))
    assert '<html lang="en">' in page.text
    assert 'Sign in to <span lang="ja">例示市立図書館</span>' in page.text
    consent = await visitor.show_card(await visitor.open(f"{page.url}?lang=plain"), holder)
    assert "しるしを つけてください" in consent.text
    assert '<html lang="ja">' in consent.text


def test_every_text_of_the_pages_is_there_in_every_language() -> None:
    japanese = words.words_in("ja").texts
    for language in Language:
        texts = words.words_in(language).texts
        assert texts.keys() == japanese.keys()
        for key, text in texts.items():
            assert text, (language, key)
            names = set(re.findall(r"{(\w+)}", text))
            assert names == set(re.findall(r"{(\w+)}", japanese[key])), (language, key)


async def test_without_an_authority_nobody_gets_in(nation_tx: Tx) -> None:
    with pytest.raises(StatusUnreachableError, match="認証局がまだ"):
        await Roots().trust(nation_tx)


# --- the operators' desk ------------------------------------------------------------------------


async def test_operators_see_parties_and_change_them_with_a_reason(
    app: Litestar, nation_database: Database
) -> None:
    await add_party(nation_database)
    place = "/network/relying-parties"
    async with session(app, [Role.NETWORK_OPERATOR], html=True) as client:
        assert "例示市立図書館" in (await client.get(place)).text
        page = await client.get(f"{place}/library")
        assert "利用中" in page.text
        without = await client.post(f"{place}/library/state", data={"state": "suspended"})
        assert without.status_code == 422
        assert "理由がないか" in without.text
        done = await client.post(
            f"{place}/library/state", data={"state": "suspended", "reason": "鍵の漏えいの疑い"}
        )
        assert done.status_code == 303
        assert "停止中" in (await client.get(f"{place}/library")).text
        again = await client.post(
            f"{place}/library/state", data={"state": "open", "reason": "確かめた"}
        )
        assert again.status_code == 422
        assert "接続試験で、まだ確かめていない" in again.text
        await client.post(f"{place}/library/state", data={"state": "rehearsal", "reason": "再試験"})
        planned = await client.post(f"{place}/library/fault", data={"fault": "wrong-nonce"})
        assert planned.status_code == 303
        assert (await client.get(f"{place}/nobody")).status_code == 404
    async with session(app, [Role.RESIDENT], html=True, kind=Kind.RESIDENT) as client:
        assert (await client.get(place)).status_code == 403
