"""Rules and lists of findings, for programs."""

from collections import Counter
from typing import Annotated, Any, Final

import anyio
from litestar import Request, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from jichitai.infra.outbox import Outbox
from jichitai.security.access import ANALYST
from jichitai.security.monitoring.api.bodies import (
    FindingsSent,
    FindingView,
    ListLooked,
    ListTaken,
    RuleGiven,
    RuleLine,
    RuleView,
    Switch,
    VerdictView,
    fault_view,
    finding_view,
    rule_line,
    rule_view,
)
from jichitai.security.monitoring.desk import Desk
from jichitai.security.monitoring.model.findings import LARGEST
from jichitai.security.monitoring.rules.samples import Verdict, examine, read_samples
from jichitai.security.monitoring.store import findings as finding_store
from jichitai.web.inject import Db, Given, LawClock, NodeSettings, Who

AnyRequest = Request[Any, Any, Any]
SourceName = Annotated[
    str, QueryParameter(min_length=1, max_length=80, description="who made the list")
]
_TAGS: Final = ["security"]
_PATH: Final = "/api/v1/security/monitoring/rules"
_ONE: Final = _PATH + "/{name:str}"
_FINDINGS: Final = "/api/v1/security/monitoring/findings"
_OPT: Final[dict[str, Any]] = {"roles": ANALYST}


@get(_PATH, opt=_OPT, summary="Detection rules", tags=_TAGS)
async def list_rules(
    principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox], settings: NodeSettings
) -> list[RuleLine]:
    """Packaged ones first, then the prefecture's own."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction(read_only=True) as tx:
        return [rule_line(one) for one in await desk.rules.all(tx, principal.body_prefecture())]


@get(_ONE, opt=_OPT, summary="One rule file", tags=_TAGS)
async def show_rule(
    name: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> RuleView:
    """With its Sigma text and its samples."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction(read_only=True) as tx:
        return rule_view(await desk.rules.get(tx, principal.body_prefecture(), name))


@put(_ONE, opt=_OPT, status_code=200, summary="Add or replace an own rule file", tags=_TAGS)
async def put_rule(
    name: FromPath[str],
    data: JSONBody[RuleGiven],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> list[VerdictView]:
    """Refused unless its samples come out right."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        verdicts = await desk.rules.put(tx, name, data.text, data.samples, by=principal)
    return [_verdict(one) for one in verdicts]


@post(_ONE + "/switch", opt=_OPT, status_code=200, summary="Switch a rule on or off", tags=_TAGS)
async def switch_rule(
    name: FromPath[str],
    data: JSONBody[Switch],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> RuleLine:
    """Switching off needs a reason."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        await desk.rules.switch(tx, name, enabled=data.enabled, reason=data.reason, by=principal)
        return rule_line(await desk.rules.get(tx, principal.body_prefecture(), name))


@post(_ONE + "/test", opt=_OPT, status_code=200, summary="Run a rule's samples", tags=_TAGS)
async def test_rule(
    name: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
) -> list[VerdictView]:
    """Each sample by itself, apart from real logs."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction(read_only=True) as tx:
        kept = await desk.rules.get(tx, principal.body_prefecture(), name)
    samples = read_samples(kept.samples, name=name)
    verdicts = await anyio.to_thread.run_sync(examine, kept.file, samples)
    return [_verdict(one) for one in verdicts]


@get(_FINDINGS, opt=_OPT, summary="Weaknesses that somebody outside found", tags=_TAGS)
async def list_findings(
    principal: Who, db: Db, body_code: FromQuery[str | None] = None
) -> list[FindingView]:
    """Those that were not passed on come first; 500 at most."""
    wanted = body_code if body_code is None or body_code.isdigit() else ""
    async with db.transaction(read_only=True) as tx:
        found = await finding_store.listed(tx, principal.body_prefecture(), body=wanted)
    return [finding_view(one) for one in found]


@post(_FINDINGS + "/preview", opt=_OPT, status_code=200, request_max_body_size=LARGEST,
      summary="Look at a list without keeping it", tags=_TAGS)  # fmt: skip
async def look_at_list(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
    source: SourceName,
    body_code: FromQuery[str | None] = None,
) -> ListLooked:
    """The body of the request is the CSV file."""
    desk, data = Desk(db, clock, outbox, settings), await request.body()
    async with db.transaction(all_towns=True, read_only=True) as tx:
        found = await desk.findings.look(
            tx, data, source=source, body=_plain(body_code), by=principal
        )
    return ListLooked(
        rows=len(found.rows),
        repeated=found.repeated,
        bodies=dict(Counter(row.body for row in found.rows)),
        faults=[fault_view(one) for one in found.faults],
    )


@post(_FINDINGS, opt=_OPT, status_code=201, request_max_body_size=LARGEST,
      summary="Take a list in", tags=_TAGS)  # fmt: skip
async def take_list(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
    source: SourceName,
    body_code: FromQuery[str | None] = None,
) -> ListTaken:
    """The body of the request is the CSV file; with a fault nothing is kept."""
    desk, data = Desk(db, clock, outbox, settings), await request.body()
    async with db.transaction(all_towns=True) as tx:
        found, new = await desk.findings.take(
            tx, data, source=source, body=_plain(body_code), by=principal
        )
    return ListTaken(rows=len(found.rows), new=new)


@post(_FINDINGS + "/sending", opt=_OPT, status_code=200,
      summary="Pass findings on to the bodies concerned", tags=_TAGS)  # fmt: skip
async def send_findings(
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
    settings: NodeSettings,
    body_code: FromQuery[str | None] = None,
) -> FindingsSent:
    """Sends the message S04 to each body."""
    desk = Desk(db, clock, outbox, settings)
    async with db.transaction() as tx:
        sent = await desk.findings.send(tx, body=_plain(body_code), by=principal)
    return FindingsSent(findings=sent.findings, bodies=sent.bodies)


def _plain(body: str | None) -> str | None:
    return None if not body else body.replace("\x00", "")


def _verdict(one: Verdict) -> VerdictView:
    return VerdictView(title=one.title, expected=one.expected, found=one.found, events=one.events)


RULE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_rules,
    show_rule,
    put_rule,
    switch_rule,
    test_rule,
    list_findings,
    look_at_list,
    take_list,
    send_findings,
)
