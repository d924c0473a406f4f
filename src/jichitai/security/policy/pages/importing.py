"""今の規程を取り込む: choose a file, confirm what each article answers, make clauses of it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.infra.database import Database
from jichitai.kernel.errors import JichitaiError, NotFoundError
from jichitai.security.access import OFFICER, body_code
from jichitai.security.importing.matching import Strength
from jichitai.security.policy.errors import WrongStepError
from jichitai.security.policy.model.states import State, expect
from jichitai.security.policy.model.text import Part
from jichitai.security.policy.pages import words
from jichitai.security.policy.pages.shelf import BASE
from jichitai.security.policy.service import importing
from jichitai.security.policy.service.desk import Desk, policy_of, version_of
from jichitai.security.policy.service.importing import LARGEST, Choice, Reading
from jichitai.security.policy.wiring import Outgoing
from jichitai.web.components import Colour, Column, Option, Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
_OPT: Final[dict[str, Any]] = {"roles": OFFICER}
_VERSION: Final = f"{BASE}/{{policy_id:uuid}}/versions/{{version:int}}"
_LIMITS: Final = (
    f"Word（.docx）、文字の入ったPDF、テキスト。{LARGEST // 1024**2}MBまで。"
    "マクロの付いたファイル、画像だけのPDFは取り込めません。"
)
_PLACES: Final = (
    *(Option(one.value, one.japanese) for one in Part),
    Option("none", "取り込まない"),
)
_STRENGTHS: Final[Mapping[Strength, Colour]] = {
    Strength.SURE: "green",
    Strength.LIKELY: "blue",
    Strength.ASK: "yellow",
}
_GAP_COLUMNS: Final = (
    Column("heading", "ガイドラインの項目", head=True, wide=True),
    Column("chapter", "章", wide=True),
    Column("near", "近い条", wide=True),
)


@get(f"{_VERSION}/import", opt=_OPT, include_in_schema=False)
async def choose(
    request: AnyRequest, policy_id: FromPath[UUID], version: FromPath[int], principal: Who, db: Db
) -> Template:
    """Choose a file."""
    return await _choose(request, policy_id, version, principal, db, {})


@post(f"{_VERSION}/import", opt=_OPT, include_in_schema=False,
      request_max_body_size=LARGEST + 1024 * 1024)  # fmt: skip
async def take(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """Read it; nothing of the version changes yet."""
    code = body_code(principal)
    sent = (await request.form()).get("document")
    content = await sent.read() if isinstance(sent, UploadFile) else b""
    if not isinstance(sent, UploadFile) or not content:
        problems = {"document": "ファイルが選ばれていません。今の規程のファイルを選んでください。"}
        return await _choose(request, policy_id, version, principal, db, problems)
    try:
        async with db.transaction(town=code) as tx:
            source_id = await importing.take(
                Desk(clock, outbox), tx, (code, policy_id, version), content, sent.filename,
                by=principal.actor,
            )  # fmt: skip
    except (NotFoundError, WrongStepError):
        raise
    except JichitaiError as refusal:
        found = {"document": f"{refusal.title}。{refusal.detail}"}
        return await _choose(request, policy_id, version, principal, db, found)
    return Redirect(f"{BASE}/{policy_id}/versions/{version}/import/{source_id}", status_code=303)


async def _choose(
    request: AnyRequest,
    policy_id: UUID,
    version: int,
    principal: Principal,
    db: Database,
    problems: Mapping[str, str],
) -> Template:
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        policy = await policy_of(tx, code, policy_id)
        row = await version_of(tx, code, policy_id, version)
    expect(row.step, State.DRAFTING)
    context = {
        "policy": policy,
        "row": row,
        "base": f"{BASE}/{policy_id}",
        "limits": _LIMITS,
        "errors": words.errors_of(problems),
    }
    status = 422 if problems else 200
    return page(request, "security_policy/import.html", context, status=status)


@get(f"{_VERSION}/import/{{source_id:uuid}}", opt=_OPT, include_in_schema=False)
async def matches(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    source_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template:
    """Each article with the items it seems to answer, and what no article answers."""
    desk, place = Desk(clock, outbox), (body_code(principal), policy_id, version)
    return await _matches(request, desk, db, place, source_id, {})


@post(f"{_VERSION}/import/{{source_id:uuid}}", opt=_OPT, include_in_schema=False)
async def use(
    request: AnyRequest,
    policy_id: FromPath[UUID],
    version: FromPath[int],
    source_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Template | Redirect:
    """取り込む, as it was confirmed."""
    place, desk = (body_code(principal), policy_id, version), Desk(clock, outbox)
    sent = await request.form()
    try:
        async with db.transaction(town=place[0]) as tx:
            found = await importing.read(desk, tx, place, source_id)
            choices = {}
            for article in found.document.articles:
                where = str(sent.get(f"part-{article.position}", ""))
                items = sent.getall(f"items-{article.position}", [])
                if where in {one.value for one in _PLACES}:
                    choices[article.position] = Choice(
                        article=article.position,
                        part=None if where == "none" else Part(where),
                        items=tuple(str(one) for one in items),
                    )
            await importing.use(
                desk, tx, place, source_id, choices,
                designate=sent.get("designate") == "1", by=principal.actor,
            )  # fmt: skip
    except JichitaiError as refusal:
        if "fields" not in refusal.facts:
            raise
        return await _matches(request, desk, db, place, source_id, words.fields_of(refusal))
    return Redirect(f"{BASE}/{policy_id}/versions/{version}/text?show=gaps", status_code=303)


async def _matches(
    request: AnyRequest,
    desk: Desk,
    db: Database,
    place: tuple[str, UUID, int],
    source_id: UUID,
    problems: Mapping[str, str],
) -> Template:
    code, policy_id, version = place
    async with db.transaction(town=code, read_only=True) as tx:
        policy = await policy_of(tx, code, policy_id)
        row = await version_of(tx, code, policy_id, version)
        found = await importing.read(desk, tx, place, source_id)
    context = {
        "policy": policy,
        "row": row,
        "base": f"{BASE}/{policy_id}",
        "found": found,
        "places": _PLACES,
        "articles": [_article(found, one.position) for one in found.document.articles],
        "gaps": found.assessment.gaps,
        "gap_columns": _GAP_COLUMNS,
        "unmatched": len(found.assessment.unmatched),
        "errors": words.errors_of(problems),
    }
    status = 422 if problems else 200
    return page(request, "security_policy/matches.html", context, status=status)


def _article(found: Reading, position: int) -> dict[str, Any]:
    proposed = set(found.proposed(position))
    return {
        "row": found.document.articles[position],
        "part": found.part_of(position).value,
        "matches": [
            {
                "item": found.current.item(one.item_id),
                "checked": one.item_id in proposed,
                "why": one.why,
                "status": Status(one.strength.japanese, _STRENGTHS[one.strength]),
            }
            for one in found.assessment.of_article(position)
        ],
    }


IMPORT_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (choose, take, matches, use)
