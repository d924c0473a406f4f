"""Refusals as problem documents and pages; nothing inside ever leaks out."""

import json
from typing import Annotated, Any

import msgspec
import psycopg
import pytest
from litestar import Litestar, get, post
from litestar.params import JSONBody
from structlog.testing import capture_logs

from jichitai.infra.settings import Settings
from jichitai.kernel.errors import ConflictError, JichitaiError, TooManyError
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from jichitai.web.health import problem_kinds
from jichitai.web.problem import problem, status_of
from jichitai.web.rights import PUBLIC, Role
from tests.web.client import browser

SECRET = "山田 太郎 123456789018"


class MovedOutError(ConflictError):
    """転出済み."""

    type = "test.moved-out"
    title = "転出済みです"


class Move(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(max_length=10)]
    count: Annotated[int, msgspec.Meta(ge=1)]
    kind: Annotated[str, msgspec.Meta(pattern="^[a-z]+$")] = "a"


@get("/api/v1/refused", opt={"roles": PUBLIC}, sync_to_thread=False)
def refused() -> None:
    raise MovedOutError("既に転出しています。", resident="r-1")


@get(["/api/v1/broken", "/broken"], opt={"roles": PUBLIC}, sync_to_thread=False)
def broken() -> None:
    secret = SECRET
    try:
        dict[str, str]()[secret]
    except KeyError as error:
        raise ValueError(f"no such person: {secret}") from error


@get("/api/v1/away", opt={"roles": PUBLIC}, sync_to_thread=False)
def away() -> None:
    raise psycopg.OperationalError(f"connection of {SECRET} lost")


@get("/staff", opt={"roles": frozenset({Role.CLERK})}, sync_to_thread=False)
def staff() -> None:
    """For people who are signed in."""


@post("/api/v1/moves", opt={"roles": PUBLIC, "csrf": False}, sync_to_thread=False)
def move(data: JSONBody[Move]) -> Move:
    return data


@pytest.fixture(scope="module")
def app() -> Litestar:
    settings = Settings(tier=Tier.TOWN, rate_limit=0)
    return create_app(Tier.TOWN, settings, controllers=[staff, refused, broken, away, move])


def test_a_refusal_becomes_a_document_with_its_facts_beside_the_sentence() -> None:
    document = problem(MovedOutError("既に", resident="r-1", status="x"), instance="urn:x")
    assert document == {
        "type": "/problems/test.moved-out",
        "title": "転出済みです",
        "status": 409,
        "detail": "既に",
        "instance": "urn:x",
        "resident": "r-1",
    }


def test_every_kind_of_refusal_has_a_status_and_a_name_of_its_own() -> None:
    kinds = [kind for kind in problem_kinds() if not kind.__module__.startswith("tests")]
    own = [kind for kind in kinds if "type" in vars(kind)]
    assert all(status_of(kind.__new__(kind)) >= 400 for kind in kinds)
    assert len({kind.type for kind in own}) == len(own)


async def test_programs_get_the_document_and_browsers_the_page(app: Litestar) -> None:
    async with browser(app) as client:
        answer = await client.get("/api/v1/refused")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["resident"] == "r-1"
    assert answer.json()["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"
    async with browser(app, html=True) as client:
        assert (await client.get("/api/v1/refused")).headers["content-type"] == (
            "application/problem+json"
        )
        missing = await client.get("/nowhere")
    assert missing.status_code == 404
    assert "ページが見つかりません" in missing.text
    assert missing.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/api/v1/broken", "/broken"])
async def test_the_text_of_an_unexpected_error_reaches_neither_caller_nor_log(
    app: Litestar, path: str
) -> None:
    with capture_logs() as logs:
        async with browser(app, html=not path.startswith("/api")) as client:
            answer = await client.get(path, params={"name": SECRET})
    assert answer.status_code == 500
    said = json.dumps(logs, ensure_ascii=False, default=str) + answer.text + str(answer.headers)
    for part in SECRET.split():
        assert part not in said
    assert "Traceback" not in answer.text
    incident = next(line["incident"] for line in logs if line["event"] == "web.unexpected")
    assert incident in answer.text
    access = next(line for line in logs if line["event"] == "http.request")
    assert access["route"] == path
    assert set(access) == {
        "event", "log_level", "request_id", "method", "route", "status", "ms", "kind",
    }  # fmt: skip


async def test_a_dead_database_is_a_503_that_says_when_to_come_back(app: Litestar) -> None:
    with capture_logs() as logs:
        async with browser(app) as client:
            answer = await client.get("/api/v1/away")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["type"] == "/problems/web.database-away"
    assert "山田" not in answer.text + str(logs)


@pytest.mark.parametrize(
    ("body", "field", "part"),
    [
        ({"count": 1}, "name", "必須の項目"),
        ({"name": "x" * 11, "count": 1}, "name", "10文字"),
        ({"name": SECRET[:5], "count": 0}, "count", "1以上"),
        ({"name": "x", "count": "山田"}, "count", "数で入力"),
        ({"name": "x", "count": 1, "kind": "山田"}, "kind", "並びが決まって"),
        ({"name": "x", "count": 1, "山田": 1}, "", "仕様書にない項目"),
    ],
)
async def test_a_wrong_field_is_explained_in_japanese_without_its_value(
    app: Litestar, body: dict[str, Any], field: str, part: str
) -> None:
    async with browser(app) as client:
        answer = await client.post("/api/v1/moves", json=body)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert part in error["detail"]
    assert error["field"] in {field, ""}
    assert "山田" not in answer.text


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1,"])
async def test_an_unreadable_body_is_a_400(app: Litestar, body: bytes) -> None:
    async with browser(app) as client:
        answer = await client.post(
            "/api/v1/moves", content=body, headers={"content-type": "application/json"}
        )
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/web.unreadable"


async def test_a_wrong_method_names_the_right_ones(app: Litestar) -> None:
    async with browser(app) as client:
        answer = await client.delete("/api/v1/moves")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


async def test_the_name_of_a_refusal_can_be_looked_up(app: Litestar) -> None:
    async with browser(app) as client:
        known = await client.get("/problems/web.rate-limit")
        unknown = await client.get("/problems/nothing")
    assert known.json()["status"] == 429
    assert unknown.status_code == 404
    assert unknown.json()["type"] == "/problems/web.no-such-problem"


async def test_who_follows_another_sites_link_is_not_taken_for_signed_out(app: Litestar) -> None:
    elsewhere = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    async with browser(app, html=True) as client:
        came = await client.get("/staff?page=2&kind=a", headers=elsewhere)
        assert came.status_code == 200
        assert came.headers["refresh"] == "0; url=/staff?page=2&kind=a"
        again = await client.get("/staff", headers=elsewhere | {"sec-fetch-site": "same-origin"})
        assert (again.status_code, again.headers["location"]) == (303, "/sign-in?return=/staff")


def test_subclasses_of_a_kind_share_its_status() -> None:
    class SpecialError(TooManyError):
        """特別."""

    assert status_of(SpecialError("")) == 429
    assert status_of(JichitaiError("")) == 500
