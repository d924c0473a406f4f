"""The network: diagram, findings, links, segments and the model."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.response import Template

from jichitai.security.access import INSIDE, body_code
from jichitai.security.assets import store
from jichitai.security.assets.diagram import draw, sample
from jichitai.security.assets.model.drafts import ModelDraft
from jichitai.security.assets.model.kinds import Sanitising
from jichitai.security.assets.model.picture import Link, Picture, Segment
from jichitai.security.assets.pages.systems import writes
from jichitai.security.assets.rules.catalogue import Finding
from jichitai.security.assets.service import Assets, Looked
from jichitai.web.components import Column, Crumb, Fact, Status
from jichitai.web.formats import date_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

AnyRequest = Request[Any, Any, Any]
_READ: Final[dict[str, Any]] = {"roles": INSIDE}
HOME: Final = Crumb("情報セキュリティ", "/security")
NETWORK: Final = Crumb("構成図", "/security/network")
_VIOLATION: Final = Status("規則に合わない", "red")
_WARNING: Final = Status("確認が必要", "yellow")
_FINE: Final = Status("適合", "green")
_FINDINGS: Final = (
    Column("severity", "区分"),
    Column("rule", "規則と根拠", head=True, wide=True),
    Column("place", "場所"),
    Column("what", "見つかったこと", wide=True),
    Column("remedy", "どうする", wide=True),
)
_LINKS: Final = (
    Column("label", "番号", head=True),
    Column("status", "点検"),
    Column("ends", "つながるもの", wide=True),
    Column("purpose", "目的", wide=True),
    Column("way", "経路・限定・無害化・許可", wide=True),
)
_SEGMENTS: Final = (
    Column("name", "区画", head=True, wide=True),
    Column("area", "領域"),
    Column("use", "用途"),
    Column("systems", "システム", align="end"),
    Column("wireless", "無線LAN"),
    Column("range", "アドレスの範囲", wide=True),
)
_MODELS: Final = (
    Column("since", "いつから", head=True),
    Column("model", "モデル"),
    Column("audited", "外部監査"),
    Column("reported", "J-LISへの報告"),
    Column("reason", "理由", wide=True),
)


@get("/security/network", opt=_READ, include_in_schema=False)
async def network(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The picture of today: diagram, findings, tables."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        looked = await Assets(clock).look(tx, code)
        models = await store.models(tx, code)
    picture = looked.picture
    context = {
        "drawing": draw(picture, looked.findings),
        "empty": not (picture.systems or picture.segments),
        "legend": _LEGEND,
        "findings": [_finding(one, picture) for one in looked.findings],
        "finding_columns": _FINDINGS,
        "violations": looked.violations,
        "warnings": len(looked.findings) - looked.violations,
        "links": [_link(one, looked) for one in picture.links],
        "link_columns": _LINKS,
        "segments": [_segment(one, picture) for one in picture.segments],
        "segment_columns": _SEGMENTS,
        "model": _model_facts(picture.model),
        "models": [_model_row(one.draft) for one in models],
        "model_columns": _MODELS,
        "writes": writes(principal),
        "on": picture.on,
        "crumbs": [HOME, Crumb(NETWORK.label)],
    }
    return page(request, "assets/network.html", context)


_LEGEND: Final = (
    (sample("fine"), "適合"),
    (sample("clean"), "無害化を通す"),
    (sample("warning"), "確認が必要（！）"),
    (sample("violation"), "規則に合わない（✕）"),
)


def _finding(one: Finding, picture: Picture) -> dict[str, Any]:
    place, href = "モデル", "/security/network/model"
    if one.link_id:
        place, href = f"L{one.link}", f"/security/network/links/{one.link_id}"
    elif one.system_id:
        number = next(s.number for s in picture.systems if s.id == one.system_id)
        place, href = f"S{number}", f"/security/systems/{one.system_id}"
    elif one.segment_id:
        place, href = "区画", f"/security/network/segments/{one.segment_id}"
    return {
        "severity": _VIOLATION if one.violation else _WARNING,
        "rule": f"{one.rule.code} {one.rule.title}",
        "place": place,
        "href": href,
        "what": one.what,
        "remedy": one.rule.remedy,
        "basis": one.rule.source,
        "unread": one.rule.confidence != "read",
    }


def _link(one: Link, looked: Looked) -> dict[str, Any]:
    picture, draft = looked.picture, one.draft
    own = [finding for finding in looked.findings if finding.link_id == one.id]
    status = _FINE if not own else _VIOLATION if any(f.violation for f in own) else _WARNING
    limits = "・".join(limit.japanese for limit in draft.limits)
    until = f"（{date_text(draft.until, short=True)}まで）" if draft.until else ""
    way = (
        draft.route.japanese,
        f"{limits}で限定" if limits else "限定なし",
        f"無害化{draft.sanitising.japanese}"
        if draft.sanitising is Sanitising.NONE
        else draft.sanitising.japanese,
        f"許可 {draft.approval}{until}" if draft.approval else "許可の記録なし",
    )
    return {
        "label": one.label,
        "href": f"/security/network/links/{one.id}",
        "ends": f"{picture.name(draft.one)} ⇄ {picture.name(draft.other)}",
        "purpose": draft.purpose,
        "way": "、".join(way),
        "status": status,
    }


def _segment(one: Segment, picture: Picture) -> dict[str, Any]:
    draft = one.draft
    return {
        "name": draft.name,
        "href": f"/security/network/segments/{one.id}",
        "area": draft.area.japanese,
        "use": draft.use.japanese,
        "systems": sum(1 for s in picture.systems if s.draft.segment_id == one.id),
        "wireless": "あり" if draft.wireless else "なし",
        "range": draft.range,
    }


def _model_facts(model: ModelDraft | None) -> list[Fact]:
    if model is None:
        return []
    return [
        Fact("モデル", model.model.japanese, "/security/network/model"),
        Fact("いつから", date_text(model.since)),
        Fact("外部監査", date_text(model.audited_on) if model.audited_on else "登録なし"),
        Fact("J-LISへの報告", date_text(model.reported_on) if model.reported_on else "登録なし"),
    ]


def _model_row(model: ModelDraft) -> dict[str, Any]:
    def day(value: Any) -> str:
        return str(date_text(value, short=True)) if value else "—"

    return {
        "since": day(model.since),
        "model": model.model.japanese,
        "audited": day(model.audited_on),
        "reported": day(model.reported_on),
        "reason": model.reason,
    }


@get("/security/network.svg", opt=_READ, include_in_schema=False)
async def network_file(principal: Who, db: Db, clock: LawClock) -> Response[str]:
    """The diagram as a file."""
    code = body_code(principal)
    async with db.transaction(town=code, read_only=True) as tx:
        looked = await Assets(clock).look(tx, code)
    headers = {"content-disposition": f'attachment; filename="network-{code}.svg"'}
    drawn = str(draw(looked.picture, looked.findings))
    return Response(drawn, media_type="image/svg+xml", headers=headers)
