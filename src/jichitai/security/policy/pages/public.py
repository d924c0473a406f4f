"""Public pages: the policy in force, its history, the signed PDF, the canonical text."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Response, Template
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.security.access import own_body
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.policy.model.states import State
from jichitai.security.policy.model.text import Block, Form, Part, blocks, enactment, label
from jichitai.security.policy.pages.words import organs_word, status_of
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.store.policies import AdoptionRow, PolicyRow, VersionRow
from jichitai.web.frame import page
from jichitai.web.inject import Db
from jichitai.web.rights import PUBLIC

AnyRequest = Request[Any, Any, Any]
_OPT: Final = {"roles": PUBLIC}
_HEADERS: Final = {"cache-control": "public, max-age=60"}


class _Clause(Struct):
    number: int
    chapter: str
    title: str
    text: str


class _Text(Struct):
    """The canonical document as it was published."""

    name: str
    body: str
    form: str
    organs: list[str]
    designated: str
    clauses: list[_Clause]


@dataclass(frozen=True, slots=True)
class Shown:
    """A clause as the page prints it."""

    anchor: str
    label: str
    blocks: tuple[Block, ...]


def _unknown() -> UnknownDocumentError:
    return UnknownDocumentError(
        "このアドレスに、公表された方針はありません。アドレスを確かめるか、団体に問い合わせてください。"
    )


def _code(code: str) -> str:
    if len(code) != 6 or not (code.isascii() and code.isdecimal()):
        raise _unknown()
    return code


@get("/policies/{code:str}", opt=_OPT, include_in_schema=False)
async def body_policies(request: AnyRequest, code: FromPath[str], db: Db) -> Template:
    """All that a body has published."""
    async with db.transaction(town=_code(code), read_only=True) as tx:
        rows = await store.policies(tx, code)
        versions = await store.versions(tx, code)
        body = await own_body(tx, code) if rows else None
    found = []
    for row in rows:
        public = [v for v in versions if v.policy_id == row.policy_id and v.step.public]
        if public:
            found.append({"row": row, "version": _newest(public), "count": len(public)})
    if not found or body is None:
        raise _unknown()
    context = {"body": body, "found": found, "status": status_of, "organs": organs_word}
    return page(request, "security_policy/public_list.html", context, headers=_HEADERS)


@get("/policies/{code:str}/{slug:str}", opt=_OPT, include_in_schema=False)
async def policy_page(
    request: AnyRequest, code: FromPath[str], slug: FromPath[str], db: Db
) -> Template:
    """The version in force, or the one that will be next; a stable address."""
    async with db.transaction(town=_code(code), read_only=True) as tx:
        policy, public, body = await _published(tx, code, slug)
        in_force = [one for one in public if one.step in (State.IN_FORCE, State.REVIEW_DUE)]
        return await _page(request, tx, policy, public, _newest(in_force or public), body)


@get("/policies/{code:str}/{slug:str}/{version:int}", opt=_OPT, include_in_schema=False)
async def version_page(
    request: AnyRequest,
    code: FromPath[str],
    slug: FromPath[str],
    version: FromPath[int],
    db: Db,
) -> Template:
    """One version for good."""
    async with db.transaction(town=_code(code), read_only=True) as tx:
        policy, public, body = await _published(tx, code, slug)
        return await _page(request, tx, policy, public, _one(public, version), body)


@get("/policies/{code:str}/{slug:str}/{version:int}/document.pdf", opt=_OPT,
     include_in_schema=False, media_type="application/pdf")  # fmt: skip
async def signed_paper(
    code: FromPath[str], slug: FromPath[str], version: FromPath[int], db: Db
) -> Response[bytes]:
    """The paper with the body's signature."""
    content = await _file(db, code, slug, version, "paper")
    name = f"policy-{code}-{slug}-{version}.pdf"
    headers = {**_HEADERS, "content-disposition": f'inline; filename="{name}"'}
    return Response(content, media_type="application/pdf", headers=headers)


@get("/policies/{code:str}/{slug:str}/{version:int}/document.json", opt=_OPT,
     include_in_schema=False, media_type="application/json")  # fmt: skip
async def canonical_text(
    code: FromPath[str], slug: FromPath[str], version: FromPath[int], db: Db
) -> Response[bytes]:
    """The bytes whose SHA-256 the organs decided on."""
    content = await _file(db, code, slug, version, "document")
    return Response(content, media_type="application/json", headers=_HEADERS)


async def _file(db: Db, code: str, slug: str, version: int, name: str) -> bytes:
    async with db.transaction(town=_code(code), read_only=True) as tx:
        policy, public, _ = await _published(tx, code, slug)
        row = _one(public, version)
        files = await store.files(tx, code, policy.policy_id, row.version)
    content: bytes | None = getattr(files, name, None)
    if content is None:
        raise _unknown()
    return content


async def _published(tx: Tx, code: str, slug: str) -> tuple[PolicyRow, list[VersionRow], Body]:
    known = len(slug) <= 40 and slug.isascii() and slug.replace("-", "").isalnum()
    policy = await store.policy_at(tx, code, slug) if known else None
    if policy is None:
        raise _unknown()
    rows = await store.versions(tx, code, policy.policy_id)
    public = [one for one in rows if one.step.public]
    if not public:
        raise _unknown()
    return policy, public, await own_body(tx, code)


def _newest(rows: list[VersionRow]) -> VersionRow:
    return max(rows, key=lambda one: one.version)


def _one(rows: list[VersionRow], version: int) -> VersionRow:
    found = next((one for one in rows if one.version == version), None)
    if found is None:
        raise _unknown()
    return found


async def _page(
    request: AnyRequest,
    tx: Tx,
    policy: PolicyRow,
    public: list[VersionRow],
    row: VersionRow,
    body: Body,
) -> Template:
    files = await store.files(tx, row.municipality, row.policy_id, row.version)
    if files is None or files.document is None:
        raise _unknown()
    text = msgspec.json.decode(files.document, type=_Text)
    form = Form(text.form)
    adoptions: list[AdoptionRow] = [
        one
        for one in await store.adoptions(tx, row.municipality, row.policy_id, row.version)
        if one.round == row.round
    ]
    context = {
        "body": body,
        "policy": policy,
        "row": row,
        "name": text.name,
        "designated": text.designated,
        "clauses": [
            Shown(
                f"c{one.number}",
                label(form, one.number, one.title),
                blocks(one.text, form),
            )
            for one in text.clauses
        ],
        "supplement": enactment(Part.BASIC, row.effective_on),
        "adoptions": [
            {
                "organ": organs_word([one.organ], body),
                "number": one.decision_number,
                "day": one.decided_on,
            }
            for one in adoptions
        ],
        "history": public,
        "newest": _newest(public).version,
        "base": f"/policies/{row.municipality}/{policy.slug}",
        "organs": organs_word(text.organs, body),
        "status": status_of,
    }
    return page(request, "security_policy/public.html", context, headers=_HEADERS)


PUBLIC_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    body_policies,
    policy_page,
    version_page,
    signed_paper,
    canonical_text,
)
