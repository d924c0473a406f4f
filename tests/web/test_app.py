"""What every answer carries, and what no request gets past."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar import Litestar, Request, get, post
from litestar.params import JSONBody, URLEncodedBody
from litestar.response import Template
from structlog.testing import capture_logs

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.web import csrf
from jichitai.web.app import create_app
from jichitai.web.edge import content_security_policy
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeSettings, Who
from jichitai.web.limits import Rate
from jichitai.web.rendering import CONTENT_SECURITY_POLICY, manifest
from jichitai.web.rights import PUBLIC, Role
from tests.web.client import ORIGIN, browser, form_token, signed_in

CLERKS = {"roles": frozenset({Role.CLERK})}


@get("/api/v1/whoami", opt=CLERKS)
async def whoami(principal: Who, db: Db, clock: LawClock, settings: NodeSettings) -> dict[str, str]:
    async with db.transaction(town=principal.town()) as tx:
        await tx.execute("select 1")
    return {"town": principal.town(), "day": str(clock.today()), "tier": str(settings.tier)}


@post("/api/v1/change", opt=CLERKS)
async def change(data: JSONBody[dict[str, Any]]) -> dict[str, int]:
    return {"fields": len(data)}


@get("/notes", opt=CLERKS)
async def notes(request: Request[Any, Any, Any]) -> Template:
    return page(request, "pages/enrol.html")


@post("/notes", opt=CLERKS)
async def note(data: URLEncodedBody[dict[str, str]]) -> str:
    return data["text"]


@get("/api/v1/rare", opt={"roles": PUBLIC, "rate": Rate(2, 60)})
async def rare() -> str:
    return "ok"


CONTROLLERS = [whoami, change, notes, note, rare]


@pytest.fixture
def app(town_database: Database, clock: FixedClock) -> Litestar:
    settings = Settings(tier=Tier.TOWN, http_port=8100, body_limit=64 * 1024)
    return create_app(Tier.TOWN, settings, controllers=CONTROLLERS, db=town_database, clock=clock)


def bare(**changes: Any) -> Litestar:
    return create_app(Tier.TOWN, Settings(tier=Tier.TOWN, **changes), controllers=CONTROLLERS)


@pytest.mark.parametrize("path", ["/healthz", "/sign-in", "/nowhere", "/api/v1/whoami"])
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    async with browser(bare()) as client:
        answer = await client.get(path)
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "strict-transport-security" not in answer.headers
    assert len(answer.headers["x-request-id"]) == 36


async def test_over_tls_browsers_are_told_to_stay_there() -> None:
    origin = "https://town.example.jp"
    async with browser(bare(public_url=origin), origin=origin, html=True) as client:
        answer = await client.get("/sign-in")
    assert "max-age=63072000" in answer.headers["strict-transport-security"]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-jichitai-town-visit=")
    assert all(flag in cookie for flag in ("; Secure", "; HttpOnly", "; SameSite=Strict", "Path=/"))
    assert "Domain" not in cookie


def test_one_page_may_add_to_the_policy_but_only_by_directives_we_know() -> None:
    assert "img-src 'self' data: blob:" in content_security_policy(img_src="blob:")
    with pytest.raises(KeyError):
        content_security_policy(worker_src="'self'")


async def test_built_files_may_be_kept_for_ever() -> None:
    async with browser(bare()) as client:
        answer = await client.get(f"/static/{manifest()['jc.css']}")
        escape = await client.get("/static/../app.py")
        hidden = await client.get("/static/..%2Fapp.py")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert escape.status_code == hidden.status_code == 404


async def test_a_signed_in_clerk_is_given_what_handlers_ask_for(app: Litestar) -> None:
    async with signed_in(app, municipality="011002") as client:
        answer = await client.get("/api/v1/whoami")
    assert answer.json() == {"town": "011002", "day": "2026-11-20", "tier": "town"}


async def test_a_program_without_a_session_is_told_to_sign_in_and_a_browser_is_led_there(
    app: Litestar,
) -> None:
    async with browser(app) as client:
        program = await client.get("/api/v1/whoami")
    async with browser(app, html=True) as client:
        person = await client.get("/notes")
    assert program.status_code == 401
    assert program.headers["www-authenticate"] == "Bearer"
    assert person.status_code == 303
    assert person.headers["location"] == "/sign-in?return=/notes"


async def test_another_role_is_refused(app: Litestar) -> None:
    async with signed_in(app, [Role.TOWN_OPERATOR], municipality="011002") as client:
        answer = await client.get("/api/v1/whoami")
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/web.wrong-role"


async def test_a_changing_call_needs_the_token_of_its_own_session(app: Litestar) -> None:
    async with signed_in(app) as client:
        token = client.headers.pop(csrf.HEADER)
        without = await client.post("/api/v1/change", json={"a": 1})
        forged = await client.post(
            "/api/v1/change", json={"a": 1}, headers={csrf.HEADER: csrf.token_for("another")}
        )
        good = await client.post("/api/v1/change", json={"a": 1}, headers={csrf.HEADER: token})
    assert [without.status_code, forged.status_code, good.status_code] == [403, 403, 201]
    assert without.json()["type"] == "/problems/web.forged-request"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
async def test_another_site_is_refused_even_with_the_token(
    app: Litestar, headers: dict[str, str]
) -> None:
    async with signed_in(app) as client:
        answer = await client.post("/api/v1/change", json={}, headers=headers)
        own = await client.post(
            "/api/v1/change", json={}, headers={"sec-fetch-site": "same-origin", "origin": ORIGIN}
        )
    assert (answer.status_code, own.status_code) == (403, 201)


async def test_a_form_carries_the_token_that_its_page_printed(app: Litestar) -> None:
    async with signed_in(app, html=True) as client:
        del client.headers[csrf.HEADER]
        token = form_token((await client.get("/notes")).text)
        good = await client.post("/notes", data={"text": "転入", csrf.FIELD: token})
        bad = await client.post("/notes", data={"text": "転入", csrf.FIELD: token[:-1] + "x"})
    assert good.text == "転入"
    assert bad.status_code == 403
    assert "画面の有効期限が切れました" in bad.text


async def test_a_body_of_10_mb_is_refused_and_changes_nothing(app: Litestar) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b"x" * 64 * 1024

    async with signed_in(app) as client:
        announced = await client.post("/api/v1/change", content=b"x" * 10_000_000)
        streamed = await client.post("/api/v1/change", content=pieces())
        form = await client.post(
            "/notes",
            content=b"text=" + b"x" * 10_000_000,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        bomb = await client.post(
            "/api/v1/change",
            content=gzip.compress(b'{"a":"' + b"x" * 10_000_000 + b'"}'),
            headers={"content-encoding": "gzip"},
        )
    for answer in (announced, streamed, form):
        assert answer.status_code == 413
        assert answer.json()["type"] == "/problems/web.body-too-large"
    assert bomb.status_code == 400


async def test_a_refused_body_is_read_to_its_end_so_that_the_sender_sees_the_answer() -> None:
    left = [b"x" * 64 * 1024] * 40

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(), "more_body": bool(left)}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append((message, len(left)))

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/sign-in/passkey",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"2621440")],
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8100),
        "scheme": "http",
        "root_path": "",
    }
    await bare()(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0][0]["status"] == 403
    assert {unread for _, unread in sent} == {0}


async def test_asking_for_the_methods_of_a_route_needs_no_right() -> None:
    async with browser(bare()) as client:
        answer = await client.options("/api/v1/whoami")
    assert answer.status_code == 204
    assert "GET" in answer.headers["allow"]


async def test_the_third_call_of_two_is_told_when_to_come_back() -> None:
    async with browser(bare()) as client:
        answers = [await client.get("/api/v1/rare") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "30"
    assert answers[2].json()["retry_after"] == 30


async def test_the_tier_limit_counts_one_caller_and_spares_health_checks() -> None:
    app = bare(rate_limit=5)
    async with browser(app, html=True) as client:
        statuses = [(await client.get("/sign-in")).status_code for _ in range(6)]
        health = [(await client.get("/healthz")).status_code for _ in range(10)]
    assert statuses == [200] * 5 + [429]
    assert set(health) == {200}


async def test_behind_a_trusted_proxy_callers_are_told_apart() -> None:
    app = bare(rate_limit=1, trusted_proxy=True)
    async with browser(app) as client:
        for address in ("192.0.2.1", "192.0.2.2"):
            answer = await client.get(
                "/sign-in", headers={"x-forwarded-for": f"9.9.9.9, {address}"}
            )
            assert answer.status_code == 200
        again = await client.get("/sign-in", headers={"x-forwarded-for": "8.8.8.8, 192.0.2.1"})
    assert again.status_code == 429


async def test_the_access_log_knows_the_pattern_but_no_path_query_or_name(app: Litestar) -> None:
    with capture_logs() as logs:
        async with signed_in(app, html=True, municipality="011002") as client:
            await client.get("/problems/123456789018?name=山田", headers={"user-agent": "Yamada"})
    line = next(line for line in logs if line["event"] == "http.request")
    assert (line["route"], line["kind"]) == ("/problems/{name}", "staff")
    assert not any(part in str(logs) for part in ("123456789018", "山田", "Yamada", "窓口 一郎"))


async def test_measurements_are_for_this_machine_only(app: Litestar) -> None:
    async with browser(app) as client:
        near = await client.get("/metrics")
        forwarded = await client.get("/metrics", headers={"x-forwarded-for": "203.0.113.5"})
    async with signed_in(app, [Role.TOWN_OPERATOR]) as client:
        operator = await client.get("/metrics", headers={"x-forwarded-for": "203.0.113.5"})
    assert "jichitai_http_request_seconds" in near.text
    assert forwarded.status_code == 404
    assert operator.status_code == 200


async def test_a_node_is_ready_when_its_parts_answer(app: Litestar) -> None:
    async def silent() -> None:
        raise TimeoutError("secret address")

    async with browser(app) as client:
        good = await client.get("/readyz")
        app.state.checks = {"broker": silent}
        bad = await client.get("/readyz")
    assert good.json() == {"status": "ok", "parts": {"database": "ok"}}
    assert bad.status_code == 503
    assert bad.json()["parts"]["broker"] == "TimeoutError"
    assert "secret" not in bad.text


@pytest.mark.parametrize("tier", list(Tier))
async def test_the_description_names_roles_refusals_and_ways_to_sign_in(tier: Tier) -> None:
    settings = Settings(tier=tier)
    app = create_app(tier, settings, controllers=[whoami, change])
    async with browser(app) as client:
        document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert str(tier) in document["info"]["title"]
    operation = document["paths"]["/api/v1/whoami"]["get"]
    assert operation["x-roles"] == ["clerk"]
    assert operation["security"] == [{"session": []}]
    assert operation["responses"]["default"] == {"$ref": "#/components/responses/Refused"}
    assert document["components"]["schemas"]["Problem"]["required"]
    assert ("organ" in document["components"]["securitySchemes"]) is (tier is Tier.NATION)
    assert "/sign-in" not in document["paths"]
