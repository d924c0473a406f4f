"""検知の一覧と1件: what waits, why it was found, and what is done about it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra.outbox import Outbox
from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import ConflictError, InvalidError, JichitaiError
from jichitai.security.access import ANALYST
from jichitai.security.monitoring.api.alerts import STATES
from jichitai.security.monitoring.desk import Desk
from jichitai.security.monitoring.errors import SuppressionRefusedError
from jichitai.security.monitoring.incidents import record_own
from jichitai.security.monitoring.model.alerts import Alert, AlertState, Decision, decisions
from jichitai.security.monitoring.pages import words
from jichitai.security.monitoring.service.alerts import Evidence
from jichitai.security.monitoring.service.places import members, own_body
from jichitai.security.monitoring.store import alerts as store
from jichitai.web.components import Column, DateInput, FieldErrors, Option, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, NodeSettings, Who
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
Outgoing = Given[Outbox]
_OPT: Final[dict[str, Any]] = {"roles": ANALYST}
_PLACE: Final = "/security/monitoring"
_ONE: Final = "/security/monitoring/alerts/{alert_id:uuid}"
_COLUMNS: Final = (
    Column("title", "検知", head=True, wide=True),
    Column("severity", "重大度"),
    Column("state", "状態"),
    Column("body", "団体"),
    Column("key", "対象", wide=True),
    Column("events", "件数", align="end"),
    Column("found", "検知した時と通知の目安", wide=True),
)
_VIEWS: Final = (
    Option("waiting", "判断を待つもの"),
    Option("open", "終わっていないもの"),
    Option("all", "すべて"),
)
_NOTHING: Final[Mapping[str, str]] = {}


@get(_PLACE, opt=_OPT, include_in_schema=False)
async def board(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
    show: FromQuery[str] = "waiting",
    body_code: FromQuery[str] = "",
) -> Template:
    """Alerts, the most urgent first."""
    prefecture, desk = principal.body_prefecture(), Desk(db, clock, outbox, settings).alerts
    view = show if show in STATES else "waiting"
    async with db.transaction(all_towns=True, read_only=True) as tx:
        names = await members(tx, prefecture)
        wanted = body_code if body_code in names else None
        found = await store.listed(tx, prefecture, states=STATES[view], body=wanted)
        counts = await store.counts(tx, prefecture)
    if view == "waiting":
        found.sort(key=lambda one: (-one.severity.rank, one.found_at))
    now = clock.now()
    late = [one for one in found if (due := desk.notice_due(one)) is not None and due < now]
    waiting = sum(counts.get(one, 0) for one in AlertState if one.waits)
    context = {
        "alerts": found,
        "columns": _COLUMNS,
        "names": names,
        "words": words,
        "late": late,
        "due": desk.notice_due,
        "now": now,
        "view": view,
        "views": _VIEWS,
        "body": wanted or "",
        "bodies": words.body_options(names),
        "tiles": [
            Tile(one.japanese, counts.get(one, 0))
            for one in (AlertState.NEW, AlertState.WORKING, AlertState.NOTIFIED, AlertState.FALSE)
        ],
        "tabs": words.tabs(request, waiting),
    }
    return page(request, "security_monitoring/board.html", context)


@get(_ONE, opt=_OPT, include_in_schema=False)
async def show_alert(
    request: AnyRequest,
    alert_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Template:
    """One alert."""
    return await _page(request, alert_id, principal, Desk(db, clock, outbox, settings))


@post(_ONE + "/lines", opt=_OPT, status_code=200, include_in_schema=False)
async def show_lines(
    request: AnyRequest,
    alert_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Template:
    """The same with the raw lines, whose reading is recorded."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        lines = await desk.alerts.evidence(tx, alert_id, by=principal)
    return await _page(request, alert_id, principal, desk, lines=lines)


@post(_ONE, opt=_OPT, include_in_schema=False)
async def act(
    request: AnyRequest,
    alert_id: FromPath[UUID],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    settings: NodeSettings,
) -> Template | Redirect:
    """Judge it, tell the body, make an incident of it, or suppress its like."""
    desk, deed = Desk(db, clock, outbox, settings), data.get("deed", "")
    fields = {"decide": "reason", "notify": "advice", "suppress": "why"}
    try:
        await _act(desk, alert_id, deed, data, principal)
    except (InvalidError, ConflictError) as refusal:
        status = 409 if isinstance(refusal, ConflictError) else 422
        errors = _errors(refusal, fields.get(deed, "reason"))
        return await _page(
            request, alert_id, principal, desk, errors=errors, typed=data, status=status
        )
    return Redirect(f"/security/monitoring/alerts/{alert_id}", status_code=303)


async def _act(
    desk: Desk, alert_id: UUID, deed: str, data: Mapping[str, str], by: Principal
) -> None:
    town = own_body(by.body_prefecture()) if deed == "incident" else None
    async with desk.database.transaction(town=town) as tx:
        match deed:
            case "notify":
                await desk.alerts.notify(tx, alert_id, _clean(data, "advice"), by=by)
            case "incident":
                await record_own(tx, desk.alerts, alert_id, by=by)
            case "suppress":
                await desk.alerts.suppress(
                    tx,
                    alert_id,
                    field=data.get("field", ""),
                    all_bodies=data.get("all_bodies") == "1",
                    until=_day(data),
                    reason=_clean(data, "why"),
                    by=by,
                )
            case _:
                chosen = data.get("decision", "")
                decision = Decision(chosen) if chosen in set(Decision) else Decision.TAKE
                await desk.alerts.decide(tx, alert_id, decision, _clean(data, "reason"), by=by)


def _clean(data: Mapping[str, str], name: str) -> str:
    return data.get(name, "").replace("\0", "")[:4000]


def _day(data: Mapping[str, str]) -> Any:
    try:
        return parse_date(DateInput.of_form(data, "until").text)
    except InvalidError as error:
        raise SuppressionRefusedError(error.detail, field="until") from None


def _errors(refusal: JichitaiError, otherwise: str) -> FieldErrors:
    field = str(refusal.facts.get("field") or otherwise)
    return FieldErrors.of(
        {"why" if field == "reason" and otherwise == "why" else field: refusal.detail}
    )


async def _page(
    request: AnyRequest,
    alert_id: UUID,
    principal: Principal,
    desk: Desk,
    *,
    lines: list[Evidence] | None = None,
    errors: FieldErrors | None = None,
    typed: Mapping[str, str] = _NOTHING,
    status: int = 200,
) -> Template:
    prefecture = principal.body_prefecture()
    async with desk.database.transaction(all_towns=True, read_only=True) as tx:
        alert = await store.get(tx, prefecture, alert_id)
        steps = await store.steps(tx, alert)
        advice = await desk.alerts.advice(tx, desk.rules, alert)
        names = await members(tx, prefecture)
        others = await store.listed(tx, prefecture, body=alert.body, most=6)
    context = {
        "alert": alert,
        "names": names,
        "words": words,
        "steps": steps,
        "others": [one for one in others if one.alert_id != alert_id][:5],
        "lines": lines,
        "advice": typed.get("advice", advice),
        "due": desk.alerts.notice_due(alert),
        "now": desk.clock.now(),
        "own": alert.body == own_body(prefecture),
        "decisions": [Option(one.value, one.japanese) for one in decisions(alert.state)],
        "tellable": _tellable(alert),
        "fields": [Option(name, f"{words.column(name)} {v}") for name, v in alert.key.items()],
        "until": DateInput.of_form(typed, "until"),
        "errors": errors or FieldErrors(),
        "typed": typed,
    }
    return page(request, "security_monitoring/alert.html", context, status=status)


def _tellable(alert: Alert) -> bool:
    return alert.state in {AlertState.NEW, AlertState.WORKING, AlertState.NOTIFIED}
