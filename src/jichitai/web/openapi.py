"""OpenAPI 3.1 of one tier: Litestar's description, completed with rights and problems."""

import copy
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any, Final

import msgspec
from litestar import Litestar, MediaType, Request, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, License, Reference, SecurityScheme

from jichitai.kernel.parties import Tier
from jichitai.web.problem import MEDIA_TYPE
from jichitai.web.rights import PUBLIC, Role, RouteRights, table

PATH: Final = "/openapi.json"

_TITLES: Final[Mapping[Tier, str]] = {
    Tier.TOWN: "市区町村",
    Tier.PREFECTURE: "都道府県",
    Tier.NATION: "全国",
    Tier.MINISTRY: "府省",
}
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_REFUSED: Final[dict[str, Any]] = {
    "description": "断られたとき。programs get the problem document, browsers a page.",
    "content": {
        MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
        "text/html": {"schema": {"type": "string"}},
    },
}
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})


class _Description(OpenAPIRenderPlugin):
    """The one route of the description; Litestar's pages and its catch-all path are left out."""

    def __init__(self) -> None:
        super().__init__(path=PATH, media_type=MediaType.JSON)
        self._bytes: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The description as JSON, made once."""
        if self._bytes is None:
            self._bytes = msgspec.json.encode(document(request.app, openapi_schema))
        return self._bytes

    def receive_router(self, router: Router) -> None:
        """Keep our own route only."""
        router.routes[:] = [route for route in router.routes if route.path == PATH]


def config(tier: Tier, *, session_cookie: str) -> OpenAPIConfig:
    """How Litestar describes the tier."""
    schemes: dict[str, SecurityScheme | Reference] = {
        "session": SecurityScheme(
            type="apiKey",
            name=session_cookie,
            security_scheme_in="cookie",
            description="人のサインイン。変更する要求には X-CSRF-Token も付ける。",
        )
    }
    if tier is Tier.NATION:
        schemes["organ"] = SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="JWT",
            description="利用機関のシステム。POST /oauth/token で得る（RFC 6749, 7523）。",
        )
    return OpenAPIConfig(
        title=f"Jichitai {_TITLES[tier]}（{tier}）",
        version=version("jichitai"),
        summary="住民記録と、そのネットワーク",
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        components=Components(security_schemes=schemes),
        use_handler_docstrings=True,
        openapi_router=Router(
            "/", route_handlers=[], opt={"roles": PUBLIC}, include_in_schema=False
        ),
        render_plugins=[_Description()],
    )


def document(app: Litestar, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """The description of an application, with rights and refusals on every operation.

    Args:
        app: the application.
        schema: what Litestar made of it; asked for when left out.
    """
    schema = copy.deepcopy(app.openapi_schema.to_schema() if schema is None else schema)
    schema["openapi"] = "3.1.0"
    components = schema.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    components.setdefault("responses", {})["Refused"] = _REFUSED
    rights = {(row.path, row.method.lower()): row for row in table(app)}
    schemes = frozenset(components.get("securitySchemes", {}))
    for path, method, operation in _operations(schema):
        _complete(operation, rights.get((path, method)), schemes)
    return schema


def _operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in schema.get("paths", {}).items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, method, operation


def _complete(operation: dict[str, Any], row: RouteRights | None, schemes: frozenset[str]) -> None:
    responses = operation.setdefault("responses", {})
    if "400" in responses and "Validation" in responses["400"].get("description", "x"):
        del responses["400"]
    responses.setdefault("default", {"$ref": "#/components/responses/Refused"})
    if row is None:
        return
    operation["x-roles"] = list(row.roles)
    if PUBLIC & set(row.roles):
        operation["security"] = []
        return
    wanted: list[dict[str, list[str]]] = []
    if set(row.roles) - {Role.ORGAN_CLIENT}:
        wanted.append({"session": []})
    if Role.ORGAN_CLIENT in row.roles and "organ" in schemes:
        wanted.append({"organ": []})
    operation["security"] = wanted
