"""A version of the guideline as OSCAL, for programs and to take away."""

from typing import Any, Final

import anyio.to_thread
from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from jichitai.kernel.errors import NotFoundError
from jichitai.security.guideline import service
from jichitai.security.guideline.access import READERS, office_of
from jichitai.security.guideline.model import Catalogue
from jichitai.security.oscal.bundle import guideline_files
from jichitai.security.oscal.folder import zipped
from jichitai.security.oscal.parts import Node, to_bytes
from jichitai.web.inject import Db, Who

_OPT: Final[dict[str, Any]] = {"roles": READERS}
_TAGS: Final = ["security"]
_API: Final = "/api/v1/security/guideline/versions/{version:str}/oscal"


class UnknownOscalError(NotFoundError):
    """The version has no OSCAL document of this name."""

    type = "security.unknown-oscal"
    title = "この名前のOSCALの文書はありません"


class OscalNames(Struct, frozen=True, kw_only=True):
    """Names of the documents of a version; each is at this address, a slash and its name."""

    documents: tuple[str, ...]


@get(_API, opt=_OPT, summary="Names of a version's OSCAL documents", tags=_TAGS)
async def list_documents(version: FromPath[str], principal: Who, db: Db) -> OscalNames:
    """Catalogue, law, profiles, mapping, component definition."""
    found = guideline_files(await _catalogue(version, principal, db))
    return OscalNames(documents=tuple(sorted(found)))


@get(_API + "/{name:str}", opt=_OPT, summary="One OSCAL document of a version", tags=_TAGS)
async def get_document(
    version: FromPath[str], name: FromPath[str], principal: Who, db: Db
) -> Response[bytes]:
    """JSON, OSCAL 1.2.1."""
    found: dict[str, Node] = guideline_files(await _catalogue(version, principal, db))
    if name not in found:
        raise UnknownOscalError(
            "この版に、その名前のOSCALの文書はありません。文書の名前の一覧を確かめてください。"
        )
    return Response(to_bytes(found[name]), media_type="application/json")


@get(
    "/security/guideline/versions/{version:str}/oscal",
    opt=_OPT,
    include_in_schema=False,
)
async def download(version: FromPath[str], principal: Who, db: Db) -> Response[bytes]:
    """All documents of a version in one zip file."""
    found = await _catalogue(version, principal, db)
    data = await anyio.to_thread.run_sync(lambda: zipped(guideline_files(found)))
    name = f"guideline-{found.version}-oscal.zip"
    return Response(
        data,
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def _catalogue(version: str, principal: Who, db: Db) -> Catalogue:
    async with db.transaction(town=office_of(principal).town, read_only=True) as tx:
        return await service.catalogue(tx, version)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (list_documents, get_document, download)
"""At a town, a prefecture and the ministry."""
