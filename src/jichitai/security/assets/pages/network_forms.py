"""Forms of the network: the model, segments and links."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.kernel.errors import ConflictError
from jichitai.security.access import OFFICER, body_code
from jichitai.security.assets import store
from jichitai.security.assets.errors import AssetRefusedError
from jichitai.security.assets.model.drafts import LinkDraft, ModelDraft, SegmentDraft
from jichitai.security.assets.model.picture import Link, Segment
from jichitai.security.assets.pages import forms
from jichitai.security.assets.pages.forms import revision_of
from jichitai.security.assets.pages.network import HOME, NETWORK
from jichitai.security.assets.rules.catalogue import Finding
from jichitai.security.assets.service import Assets
from jichitai.web.components import Crumb, FieldErrors
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
_WRITE: Final[dict[str, Any]] = {"roles": OFFICER}


@get("/security/network/model", opt=_WRITE, include_in_schema=False)
async def model_form(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The model in force, to be said anew."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        now = await store.model_on(tx, code, clock.today())
    typed = forms.fill(now) if now else {}
    typed["since"], typed["reason"] = "", ""
    return _model_page(request, typed, FieldErrors())


@post("/security/network/model", opt=_WRITE, include_in_schema=False)
async def say_model(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """モデルを登録する."""
    typed = await forms.typed_of(request)
    code = body_code(principal)
    try:
        draft = forms.model_of(typed)
        async with db.transaction(town=code) as tx:
            await Assets(clock).say_model(tx, code, draft, by=principal.actor)
    except AssetRefusedError as refusal:
        return _model_page(request, typed, forms.errors_of(refusal), status=422)
    return Redirect("/security/network", status_code=303)


def _model_page(
    request: AnyRequest, typed: forms.Typed, errors: FieldErrors, *, status: int = 200
) -> Template:
    context = {
        "typed": dict.fromkeys(ModelDraft.__struct_fields__, "") | forms.UNSEEN | typed,
        "errors": errors,
        "choices": forms.CHOICES,
        "crumbs": [HOME, NETWORK, Crumb("ネットワーク構成のモデル")],
    }
    return page(request, "assets/model.html", context, status=status)


@get("/security/network/segments/new", opt=_WRITE, include_in_schema=False)
async def new_segment(request: AnyRequest) -> Template:
    """An empty form."""
    return _segment_page(request, None, {}, FieldErrors())


@post("/security/network/segments/new", opt=_WRITE, include_in_schema=False)
async def add_segment(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """区画を登録する."""
    typed = await forms.typed_of(request)
    code = body_code(principal)
    try:
        draft = forms.segment_of(typed)
        async with db.transaction(town=code) as tx:
            await Assets(clock).enter_segment(tx, code, draft, by=principal.actor)
    except AssetRefusedError as refusal:
        return _segment_page(request, None, typed, forms.errors_of(refusal), status=422)
    return Redirect("/security/network", status_code=303)


@get("/security/network/segments/{segment_id:uuid}", opt=_WRITE, include_in_schema=False)
async def one_segment(
    request: AnyRequest, segment_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One segment."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        found = await Assets(clock).segment(tx, code, segment_id)
    return _segment_page(request, found, forms.fill(found.draft), FieldErrors())


@post("/security/network/segments/{segment_id:uuid}", opt=_WRITE, include_in_schema=False)
async def edit_segment(
    request: AnyRequest, segment_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """変更を保存する, or 削除する."""
    typed = await forms.typed_of(request)
    code, assets = body_code(principal), Assets(clock)
    async with db.transaction(town=code, read_only=True) as tx:
        found = await assets.segment(tx, code, segment_id)
    try:
        async with db.transaction(town=code) as tx:
            revision = revision_of(typed)
            if typed.get("deed") == "remove":
                await assets.remove_segment(tx, code, segment_id, revision, by=principal.actor)
            else:
                draft = forms.segment_of(typed)
                await assets.change_segment(
                    tx, code, segment_id, revision, draft, by=principal.actor
                )
    except AssetRefusedError as refusal:
        return _segment_page(request, found, typed, forms.errors_of(refusal), status=422)
    except ConflictError as refusal:
        errors = FieldErrors.of({"": refusal.detail})
        return _segment_page(request, found, typed, errors, status=409)
    return Redirect("/security/network", status_code=303)


def _segment_page(
    request: AnyRequest,
    found: Segment | None,
    typed: forms.Typed,
    errors: FieldErrors,
    *,
    status: int = 200,
) -> Template:
    name = found.draft.name if found else "新しい区画"
    context = {
        "segment": found,
        "typed": dict.fromkeys(SegmentDraft.__struct_fields__, "") | forms.UNSEEN | typed,
        "errors": errors,
        "choices": forms.CHOICES,
        "crumbs": [HOME, NETWORK, Crumb(name)],
    }
    return page(request, "assets/segment.html", context, status=status)


@get("/security/network/links/new", opt=_WRITE, include_in_schema=False)
async def new_link(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """An empty form."""
    return await _link_page(request, principal, db, clock, None, {}, FieldErrors())


@post("/security/network/links/new", opt=_WRITE, include_in_schema=False)
async def add_link(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """通信を登録する, after what it breaks was shown."""
    return await _save_link(request, principal, db, clock, None)


@get("/security/network/links/{link_id:uuid}", opt=_WRITE, include_in_schema=False)
async def one_link(
    request: AnyRequest, link_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One link."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        found = await Assets(clock).link(tx, code, link_id)
    typed = forms.fill(found.draft)
    return await _link_page(request, principal, db, clock, found, typed, FieldErrors())


@post("/security/network/links/{link_id:uuid}", opt=_WRITE, include_in_schema=False)
async def edit_link(
    request: AnyRequest, link_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """変更を保存する, or 削除する."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        found = await Assets(clock).link(tx, code, link_id)
    return await _save_link(request, principal, db, clock, found)


async def _save_link(
    request: AnyRequest, principal: Principal, db: Database, clock: Clock, found: Link | None
) -> Template | Redirect:
    """Keep, change or remove a link; a link that breaks a rule is shown once before it is kept."""
    typed = await forms.typed_of(request, "limits")
    code, assets = body_code(principal), Assets(clock)
    try:
        async with db.transaction(town=code) as tx:
            if found and typed.get("deed") == "remove":
                await assets.remove_link(tx, code, found.id, revision_of(typed), by=principal.actor)
                return Redirect("/security/network", status_code=303)
            draft = forms.link_of(typed)
            broken = [one for one in await assets.preview(tx, code, draft) if one.violation]
            if not broken or typed.get("known") == "1":
                await _keep(assets, tx, code, found, revision_of(typed), draft, principal)
                return Redirect("/security/network", status_code=303)
    except AssetRefusedError as refusal:
        errors, status = forms.errors_of(refusal), 422
    except ConflictError as refusal:
        errors, status = FieldErrors.of({"": refusal.detail}), 409
    else:
        return await _link_page(
            request, principal, db, clock, found, typed, FieldErrors(), broken=broken, status=422
        )
    return await _link_page(request, principal, db, clock, found, typed, errors, status=status)


async def _keep(
    assets: Assets,
    tx: Tx,
    code: str,
    found: Link | None,
    revision: int,
    draft: LinkDraft,
    principal: Principal,
) -> None:
    if found is None:
        await assets.enter_link(tx, code, draft, by=principal.actor)
    else:
        await assets.change_link(tx, code, found.id, revision, draft, by=principal.actor)


async def _link_page(
    request: AnyRequest,
    principal: Principal,
    db: Database,
    clock: Clock,
    found: Link | None,
    typed: forms.Typed,
    errors: FieldErrors,
    *,
    broken: Sequence[Finding] = (),
    status: int = 200,
) -> Template:
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        picture = await store.picture(tx, code, clock.today())
    context: dict[str, Any] = {
        "link": found,
        "typed": dict.fromkeys(LinkDraft.__struct_fields__, "")
        | forms.UNSEEN
        | {"limits": []}
        | typed,
        "errors": errors,
        "broken": broken,
        "choices": forms.CHOICES,
        "ends": forms.ends(picture),
        "crumbs": [HOME, NETWORK, Crumb(found.label if found else "新しい通信")],
    }
    return page(request, "assets/link.html", context, status=status)
