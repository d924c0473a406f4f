"""Is it alive, is it ready, what does it measure, what does a refusal mean, what is the API?"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from prometheus_client import CONTENT_TYPE_LATEST

from jichitai.infra.database import Database
from jichitai.infra.metrics import render
from jichitai.kernel.errors import JichitaiError, NotFoundError
from jichitai.web.inject import Db
from jichitai.web.problem import status_of
from jichitai.web.rights import PUBLIC

Check = Callable[[], Awaitable[None]]
"""Raises when something this process depends on does not answer."""

_MACHINE: Final[dict[str, Any]] = {"roles": PUBLIC, "rate": None, "access_log": False}


class NoSuchProblemError(NotFoundError):
    """種別なし: no refusal has this name."""

    type = "web.no-such-problem"
    title = "その種別のエラーはありません"


class Health(msgspec.Struct, frozen=True):
    """Whether the process works, and its parts by name."""

    status: str
    parts: dict[str, str] = {}


class ProblemType(msgspec.Struct, frozen=True):
    """What one kind of refusal means."""

    type: str
    title: str
    status: int
    meaning: str


@get("/healthz", opt=_MACHINE, summary="Alive", tags=["operations"])
async def alive() -> Health:
    """Answer as soon as the process can answer at all."""
    return Health("ok")


@get("/readyz", opt=_MACHINE, summary="Ready", tags=["operations"])
async def ready(request: Request[Any, Any, Any], db: Db) -> Response[Health]:
    """Ask the database and every other part, and answer 503 when one is away."""
    checks: Mapping[str, Check] = request.app.state.checks
    parts = {"database": await _state_of(lambda: _ask(db))}
    for name, check in checks.items():
        parts[name] = await _state_of(check)
    good = all(state == "ok" for state in parts.values())
    return Response(
        Health("ok" if good else "unavailable", parts), status_code=200 if good else 503
    )


async def _ask(db: Database) -> None:
    async with db.transaction(read_only=True) as tx:
        await tx.execute("select 1")


async def _state_of(check: Check) -> str:
    try:
        await check()
    except Exception as error:  # noqa: BLE001  # whatever is wrong, the part is not ready
        return type(error).__name__
    return "ok"


@get("/metrics", opt=_MACHINE | {"loopback": True}, include_in_schema=False, sync_to_thread=False)
def metrics() -> Response[bytes]:
    """Measurements for Prometheus; only for this machine, or for operators."""
    return Response(render(), headers={"content-type": CONTENT_TYPE_LATEST})


@get(
    "/problems/{name:str}",
    opt={"roles": PUBLIC},
    summary="What a refusal means",
    tags=["problems"],
    sync_to_thread=False,
)
def problem_type(name: FromPath[str]) -> ProblemType:
    """What the `type` of a problem document means.

    Source: RFC 9457, section 3.1.1.
    """
    for kind in problem_kinds():
        if kind.type == name:
            meaning = (kind.__doc__ or "").strip().partition("\n")[0]
            return ProblemType(name, kind.title, int(status_of(kind(""))), meaning)
    raise NoSuchProblemError(
        "その名前のエラー種別はありません。problem 文書の type にある名前をそのまま使ってください。"
    )


def problem_kinds() -> Iterator[type[JichitaiError]]:
    """All kinds of refusal that the running program knows."""
    seen: set[type[JichitaiError]] = set()
    waiting = [JichitaiError]
    while waiting:
        kind = waiting.pop()
        if kind not in seen:
            seen.add(kind)
            yield kind
            waiting += kind.__subclasses__()


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    alive,
    ready,
    metrics,
    problem_type,
)
