"""紛失・失効の届出: one form, then the person's page."""

from collections.abc import Mapping
from typing import Any, Final, get_args
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.jpki.counter import model
from jichitai.jpki.counter.access import CLERKS, writings_of
from jichitai.jpki.counter.errors import NothingToReportError
from jichitai.jpki.counter.pages import words
from jichitai.jpki.counter.service.reporting import Reporter, Reports
from jichitai.jpki.kinds import Cause, CertificateKind
from jichitai.register.model.resident import Resident
from jichitai.register.service.people import People
from jichitai.web.components import Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, Who

AnyRequest = Request[Any, Any, Any]
_OPT: Final = {"roles": CLERKS}
_CAUSES: Final = tuple(Option(cause.value, text) for cause, text in model.AT_COUNTER.items())
_REPORTERS: Final = (
    Option("holder", "本人（窓口）"),
    Option("representative", "法定代理人（窓口）"),
    Option("agent", "任意代理人（窓口）"),
    Option("telephone", "電話（紛失のときだけ）"),
)


@get("/counter/residents/{resident_id:uuid}/card/report", opt=_OPT, include_in_schema=False)
async def report_form(
    request: AnyRequest,
    resident_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template:
    """An empty form."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        row = await People(keys, clock).person(tx, town, resident_id, by=principal.actor)
    return _form(request, row, {"kinds": []}, {})


@post("/counter/residents/{resident_id:uuid}/card/report", opt=_OPT, include_in_schema=False)
async def report(
    request: AnyRequest,
    resident_id: FromPath[UUID],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template | Redirect:
    """Send the report to the authorities."""
    town = principal.town()
    sent = await request.form()
    typed: dict[str, Any] = {name: str(value) for name, value in sent.items()}
    typed["kinds"] = [str(value) for value in sent.getall("kinds", [])]
    async with db.transaction(town=town) as tx:
        row = await People(keys, clock).person(tx, town, resident_id, by=principal.actor)
    problems = _wrong(typed)
    if problems:
        return _form(request, row, typed, problems, status=422)
    try:
        async with db.transaction(town=town) as tx:
            await Reports(writings_of(keys, clock)).report(
                tx,
                town,
                resident_id,
                cause=Cause(typed["cause"]),
                kinds=[CertificateKind(kind) for kind in typed["kinds"]],
                reported_by=typed["reported_by"],
                happened_at=clock.now(),
                by=principal.actor,
            )
    except NothingToReportError as refusal:
        return _form(request, row, typed, {"cause": refusal.detail}, status=409)
    return Redirect(f"/counter/residents/{resident_id}/card?reported=1", status_code=303)


def _wrong(typed: Mapping[str, Any]) -> dict[str, str]:
    problems = {}
    cause = str(typed.get("cause", ""))
    if cause not in {option.value for option in _CAUSES}:
        problems["cause"] = "届出の種類が選ばれていません。選んでください。"
    known = {kind.value for kind in CertificateKind}
    if cause == Cause.REQUEST and not (typed["kinds"] and set(typed["kinds"]) <= known):
        problems["kinds"] = (
            "やめる電子証明書が選ばれていません。カードは使い続けるので、やめるものだけを選んでください。"
        )
    reporter = str(typed.get("reported_by", ""))
    if reporter not in get_args(Reporter):
        problems["reported_by"] = "だれからの届出かが選ばれていません。選んでください。"
    elif reporter == "telephone" and cause != Cause.LOSS:
        problems["reported_by"] = (
            "電話で受け付けるのは紛失・盗難だけです。ほかの届出は窓口に来てもらってください。"
        )
    if typed.get("identity") != "1":
        problems["identity"] = (
            "届け出た人の確認に印がありません。確かめてから印を付けてください。失効は元に戻せません。"
        )
    return problems


def _form(
    request: AnyRequest,
    row: Resident,
    typed: Mapping[str, Any],
    problems: Mapping[str, str],
    *,
    status: int = 200,
) -> Template:
    context = {
        "row": row,
        "typed": typed,
        "errors": words.errors_of(problems),
        "causes": _CAUSES,
        "reporters": _REPORTERS,
        "kinds": words.KINDS,
    }
    return page(request, "counter_card/report.html", context, status=status)
