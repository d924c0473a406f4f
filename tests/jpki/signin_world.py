"""The nation's application with the OpenID provider, a site that uses it, people with cards."""

import html
import re
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey
from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock, FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader.agent_protocol import CardRequest, base64url
from jichitai.jpki.signin import routes
from jichitai.jpki.signin.claims import Item
from jichitai.jpki.signin.parties import PartyState, RelyingParty
from jichitai.jpki.signin.provider import AGENT, Provider
from jichitai.jpki.signin.registration import Registration
from jichitai.jpki.signin.service import registry
from jichitai.jpki.signin.store import parties as party_store
from jichitai.jukinet.pages.places import nation_shell
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from jichitai.web.sessions import instant
from tests.conftest import Cluster
from tests.jpki.pki import Leaf, pki
from tests.jpki.status_world import MemoryVault, enter, found_authorities, issued
from tests.web.client import HTML, ORIGIN

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from authlib.integrations.httpx_client import AsyncOAuth2Client
    from authlib.oauth2.rfc7523 import PrivateKeyJWT

ISSUER = f"{ORIGIN}/openid"
SITE = "https://library.example.jp"
CALLBACK = f"{SITE}/callback"
OPERATOR = Actor("operator", "shell:test")
CLIENT_KEY = ECKey.generate_key("P-256", {"kid": "site-1", "use": "sig", "alg": "ES256"})


def document(client_id: str = "library", **changes: Any) -> dict[str, Any]:
    """A registration document."""
    return {
        "client_id": client_id,
        "client_name": "例示市立図書館",
        "organisation": "例示市",
        "purpose": "利用者登録をした人が本人であることを確かめるため",
        "policy_uri": f"{SITE}/privacy",
        "contact": "library@example.jp",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [f"{SITE}/bye"],
        "items": ["name", "birthdate", "gender", "address"],
        "jwks": {"keys": [dict(CLIENT_KEY.as_dict(private=False))]},
    } | changes


async def add_party(
    db: Database, *, state: PartyState = PartyState.OPEN, client_id: str = "library", **changes: Any
) -> RelyingParty:
    """Register a site, in use unless said otherwise."""
    made = msgspec.convert(document(client_id, **changes), Registration)
    async with db.transaction() as tx:
        party = await registry.register(tx, made, days=365, now=instant(), by=OPERATOR)
        if state is not PartyState.REHEARSAL:
            party = replace(party, state=state)
            await party_store.save(tx, party, now=instant())
    return party


@dataclass
class Holder:
    """A person with a card."""

    signing: Leaf
    user_auth: Leaf
    person_id: UUID = field(default_factory=uuid4)

    @classmethod
    def new(cls) -> "Holder":
        return cls(pki().leaf(CertificateKind.SIGNING), pki().leaf(CertificateKind.USER_AUTH))

    async def settle(self, db: Database) -> None:
        """Make the certificates known to the authority's records."""
        async with db.transaction() as tx:
            await enter(
                tx,
                issued(self.signing, CertificateKind.SIGNING, self.person_id),
                issued(self.user_auth, CertificateKind.USER_AUTH, self.person_id),
            )

    def answer(
        self, question: Mapping[str, str], *, leaf: Leaf | None = None, **changes: str
    ) -> dict[str, str]:
        """What the card agent posts for a question, as the agreement of both says."""
        request = CardRequest.parse(question)
        chosen = leaf or (self.signing if request.purpose == "signature" else self.user_auth)
        assert isinstance(chosen.key, RSAPrivateKey)
        signature = chosen.key.sign(request.signed, PKCS1v15(), SHA256())
        fields = {
            "transaction": request.transaction,
            "purpose": str(request.purpose),
            "outcome": "done",
            "certificate": base64url(chosen.certificate.public_bytes(Encoding.DER)),
            "signature": base64url(signature),
        }
        return fields | changes


_app: list[Litestar] = []
_now: dict[str, Provider] = {}


def provider_app(db: Database, keys: Keys, clock: Clock, **given: Any) -> Litestar:
    """The nation's application with the provider's routes.

    Made once a process, as it takes a while, and pointed at the database of each test; with
    settings or an agent of its own it is made anew.
    """
    agent = given.pop("agent", AGENT)
    chosen = Settings(tier=Tier.NATION, rate_limit=0, **given)
    provider = Provider(origin=chosen.origin, keys=keys, clock=clock, agent=agent)
    if given or agent != AGENT:
        return _made(chosen, db, keys, clock, lambda: provider)
    _now["provider"] = provider
    if not _app:
        _app.append(_made(chosen, db, keys, clock, lambda: _now["provider"]))
    app = _app[0]
    app.state.db, app.state.clock = db, clock
    return app


def _made(
    settings: Settings, db: Database, keys: Keys, clock: Clock, given: Callable[[], Provider]
) -> Litestar:
    made = create_app(
        Tier.NATION,
        settings,
        controllers=[*routes.ROUTES],
        db=db,
        clock=clock,
        keys=keys,
        shell=nation_shell,
        templates=[routes.TEMPLATES],
        dependencies={"openid": Provide(given, sync_to_thread=False)},
    )
    made.state.sign_in_ways = (routes.WAY,)
    return made


_databases: dict[int, str] = {}


@pytest.fixture
async def nation_database(cluster: Cluster) -> AsyncIterator[Database]:
    """One database for all tests of sign-in: each brings people and parties of its own."""
    fresh = id(cluster) not in _databases
    name = _databases.setdefault(id(cluster), cluster.copy_of(Tier.NATION) if fresh else "")
    database = await Database.open(cluster.dsn(name), size=4)
    if fresh:
        async with database.transaction() as tx:
            await found_authorities(tx, MemoryVault())
    yield database
    await database.close()


class Visitor:
    """A browser that shows pages and posts their forms, with somebody in front of it."""

    def __init__(self, app: Litestar, origin: str = ORIGIN) -> None:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url=origin, headers=HTML)
        self.origin = origin

    async def open(self, url: str) -> httpx.Response:
        """Go to an address and along its redirects, as long as they stay here."""
        answer = await self.client.get(url)
        while answer.is_redirect and answer.headers["location"].startswith(("/", self.origin)):
            answer = await self.client.get(answer.headers["location"])
        return answer

    async def bring(self, answer: Mapping[str, str]) -> httpx.Response:
        """Post the card agent's answer, as another site does: without cookies."""
        apart = httpx.AsyncClient(
            transport=self.client._transport, base_url=self.origin, headers=HTML
        )
        return await apart.post("/sign-in/card/answer", data=dict(answer))

    async def show_card(self, page: httpx.Response, holder: Holder) -> httpx.Response:
        """Press the button, enter the PIN, come back."""
        brought = await self.bring(holder.answer(fields(page.text, "/sign")))
        assert brought.status_code == 303, brought.text
        return await self.open(brought.headers["location"])

    async def decide(
        self, page: httpx.Response, *items: Item, decision: str = "agree"
    ) -> httpx.Response:
        """Send the form of the last page."""
        path = urlsplit(str(page.url)).path
        form = fields(page.text, path) | {"decision": decision}
        data: dict[str, Any] = {**form, "items": [str(item) for item in items]}
        return await self.client.post(path, data=data)


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form whose action ends so."""
    form = next(
        part for part in page.split("<form")[1:] if re.search(rf'action="[^"]*{action}"', part)
    ).partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


class Site:
    """A relying party made with Authlib, which knows nothing of us but the discovery document."""

    def __init__(self, app: Litestar, client_id: str = "library", key: ECKey = CLIENT_KEY) -> None:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        self.transport = transport
        self.client = AsyncOAuth2Client(
            client_id,
            key,
            token_endpoint_auth_method="private_key_jwt",
            scope="openid",
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
            transport=transport,
            base_url=ORIGIN,
        )
        self.plain = httpx.AsyncClient(transport=transport, base_url=ORIGIN)
        self.metadata: dict[str, Any] = {}
        self.verifier = "v" * 20 + uuid4().hex
        self.nonce = uuid4().hex
        self.state = ""

    async def discover(self) -> None:
        answer = await self.plain.get(f"{ISSUER}/.well-known/openid-configuration")
        self.metadata = answer.json()
        self.client.register_client_auth_method(
            PrivateKeyJWT(self.metadata["token_endpoint"], alg="ES256")
        )

    async def request(self, **extra: str) -> dict[str, str]:
        """The parameters of an authorization request."""
        if not self.metadata:
            await self.discover()
        url, self.state = self.client.create_authorization_url(
            self.metadata["authorization_endpoint"],
            code_verifier=self.verifier,
            nonce=self.nonce,
            **extra,
        )
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

    async def post(self, endpoint: str, data: Mapping[str, str]) -> httpx.Response:
        """Call an endpoint, proved by a signed assertion."""
        auth = self.client.client_auth(self.client.token_endpoint_auth_method)
        answer: httpx.Response = await self.client.request(
            "POST", self.metadata[endpoint], data=dict(data), auth=auth, withhold_token=True
        )
        return answer

    async def push(self, **extra: str) -> httpx.Response:
        """Push a request (RFC 9126)."""
        data = await self.request(**extra)
        return await self.post("pushed_authorization_request_endpoint", data)

    async def begin(self, **extra: str) -> str:
        """Where to send the browser."""
        pushed = await self.push(**extra)
        assert pushed.status_code == 201, pushed.text
        uri = pushed.json()["request_uri"]
        client_id = self.client.client_id
        return f"{self.metadata['authorization_endpoint']}?client_id={client_id}&request_uri={uri}"

    async def exchange(self, back: str, **extra: str) -> dict[str, Any]:
        """Change the code of the answer into tokens."""
        token: dict[str, Any] = await self.client.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=back,
            code_verifier=extra.pop("code_verifier", self.verifier),
            **extra,
        )
        return token

    async def redeem(self, code: str, /, **changes: str) -> httpx.Response:
        """The same by hand, to send what no library would."""
        data = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
        } | changes
        return await self.post("token_endpoint", data)


@pytest.fixture
async def holder(nation_database: Database) -> Holder:
    someone = Holder.new()
    await someone.settle(nation_database)
    return someone


@pytest.fixture
async def app(nation_database: Database, keys: Keys, clock: FixedClock, holder: Holder) -> Litestar:
    await add_party(nation_database)
    return provider_app(nation_database, keys, clock)


async def signed_in(app: Litestar, site: Site, holder: Holder, *items: Item, **extra: str) -> str:
    """Go through the pages; the address that the browser is sent back to."""
    visitor = Visitor(app)
    page = await visitor.open(await site.begin(**extra))
    assert page.status_code == 200, page.text
    consent = await visitor.show_card(page, holder)
    back = await visitor.decide(consent, *items)
    assert back.status_code == 303, back.text
    location: str = back.headers["location"]
    assert location.startswith(CALLBACK)
    return location
