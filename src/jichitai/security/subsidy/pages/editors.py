"""The prefecture's editors: application and change, cost lines from a file, settlement."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.documents.sheets import LARGEST_FILE
from jichitai.infra.outbox import Outbox
from jichitai.kernel.errors import InvalidError, JichitaiError
from jichitai.security.cloud import catalogue
from jichitai.security.errors import StaleEditError
from jichitai.security.subsidy import checks, rules
from jichitai.security.subsidy.api import known
from jichitai.security.subsidy.books import read_lines
from jichitai.security.subsidy.checks import Fault
from jichitai.security.subsidy.errors import PaperRefusedError
from jichitai.security.subsidy.handed_in import Application, Settlement
from jichitai.security.subsidy.pages import plan as planning
from jichitai.security.subsidy.pages import settling, words
from jichitai.security.subsidy.pages.prefecture import API, HOME, OPT, SUBSIDIES
from jichitai.security.subsidy.papers import KINDS
from jichitai.security.subsidy.service import files
from jichitai.security.subsidy.service.applicant import Applicant, DraftBody, body_of
from jichitai.security.subsidy.service.files import Opened
from jichitai.security.subsidy.store import Draft
from jichitai.web.components import Crumb, FieldError, FieldErrors, Option
from jichitai.web.formats import yen_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, Given, LawClock, Who

AnyRequest = Request[Any, Any, Any]
_UPLOAD: Final = LARGEST_FILE + 64 * 1024


@get("/security/subsidies/{case_id:uuid}/edit/{kind:str}", opt=OPT, include_in_schema=False)
async def edit(
    request: AnyRequest,
    case_id: FromPath[UUID],
    kind: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template:
    """The draft in its editor."""
    desk = _Desk(request, principal.body_prefecture(), case_id, known(kind), clock.today())
    draft = await desk.load(db, Applicant(clock, outbox))
    return desk.show(draft, desk.fill(body_of(draft)), {})


@post("/security/subsidies/{case_id:uuid}/edit/{kind:str}", opt=OPT, include_in_schema=False)
async def save(
    request: AnyRequest,
    case_id: FromPath[UUID],
    kind: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template | Redirect:
    """保存する, 内訳を作る or 提出する; what was typed stays."""
    applicant = Applicant(clock, outbox)
    sent = await request.form()
    typed = {name: value for name, value in sent.items() if isinstance(value, str)}
    desk = _Desk(request, principal.body_prefecture(), case_id, known(kind), clock.today())
    draft = await desk.load(db, applicant)
    problems: dict[str, str] = {}
    functions = [str(code) for code in sent.getall("functions", [])]
    body = desk.read(body_of(draft), typed, functions, problems)
    if body is None or problems:
        return desk.show(draft, typed | {"functions": " ".join(functions)}, problems)
    try:
        async with db.transaction() as tx:
            draft = await applicant.save_draft(
                tx, desk.prefecture, case_id, body, revision=_number(typed), by=principal.actor
            )
    except StaleEditError as refusal:
        return desk.show(draft, typed, {"": refusal.detail})
    if typed.get("deed") != "submit":
        return Redirect(f"{desk.address}/edit/{kind}", status_code=303)
    try:
        async with db.transaction() as tx:
            await applicant.submit(tx, desk.prefecture, case_id, kind, by=principal.actor)
    except PaperRefusedError as refusal:
        problems = desk.field_errors(refusal.faults, body_of(draft))
    except InvalidError as refusal:
        problems = {"": refusal.detail}
    if problems:
        return desk.show(draft, desk.fill(body_of(draft)), problems)
    return Redirect(f"{desk.address}?sent=1", status_code=303)


@post("/security/subsidies/{case_id:uuid}/lines", opt=OPT, include_in_schema=False,
      request_max_body_size=_UPLOAD)  # fmt: skip
async def take_lines(
    request: AnyRequest,
    case_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> Template | Redirect:
    """Take cost lines from a spreadsheet; nothing changes while a cell is wrong."""
    applicant = Applicant(clock, outbox)
    desk = _Desk(request, principal.body_prefecture(), case_id, "application", clock.today())
    draft = await desk.load(db, applicant)
    before = body_of(draft)
    sent = (await request.form()).get("file")
    try:
        data = await sent.read() if isinstance(sent, UploadFile) else b""
        lines, faults = await read_lines(data, clock.today())
        if not faults and isinstance(before, Application):
            async with db.transaction() as tx:
                await applicant.save_draft(
                    tx,
                    desk.prefecture,
                    case_id,
                    msgspec.structs.replace(before, lines=lines),
                    revision=draft.revision,
                    by=principal.actor,
                )
    except JichitaiError as refusal:
        return desk.show(draft, desk.fill(before), {"file": refusal.detail})
    if faults:
        cells = [f"{one.cell}：{one.why}。{one.remedy}。" for one in faults[:20]]
        return desk.show(draft, desk.fill(before), {"file": " ".join(cells)})
    return Redirect(f"{desk.address}/edit/application", status_code=303)


def _number(typed: Mapping[str, str]) -> int:
    text = typed.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


class _Desk:
    """One draft in its editor."""

    def __init__(
        self, request: AnyRequest, prefecture: str, case_id: UUID, kind: str, today: date
    ) -> None:
        self.request, self.prefecture, self.case_id = request, prefecture, case_id
        self.kind, self.today = kind, today
        self.address = f"/security/subsidies/{case_id}"
        self.found: Opened | None = None
        self.faults: Sequence[Fault] = ()

    async def load(self, db: Db, applicant: Applicant) -> Draft:
        """The draft, the file it belongs to, and what is wrong with it still."""
        async with db.transaction(read_only=True) as tx:
            draft = await applicant.draft(tx, self.prefecture, self.case_id, self.kind)
            self.faults = await applicant.faults(tx, self.prefecture, draft)
            self.found = await files.open_file(tx, self.prefecture, self.case_id)
        return draft

    @property
    def plan(self) -> Application | None:
        return self.found.case.plan if self.found else None

    @property
    def granted(self) -> int:
        return self.found.case.granted if self.found else 0

    def fill(self, body: DraftBody) -> dict[str, str]:
        if isinstance(body, Settlement):
            return settling.fill(body, self.plan, self.today) if self.plan else {}
        codes = " ".join(planning.plan_of(body).functions)
        return planning.fill(body) | {"functions": codes}

    def read(
        self,
        before: DraftBody,
        typed: Mapping[str, str],
        functions: Sequence[str],
        problems: dict[str, str],
    ) -> DraftBody | None:
        if not isinstance(before, Settlement):
            return planning.read(before, typed, functions, problems)
        if self.plan is None:
            return None
        body = settling.read(typed, self.plan, self.today, problems)
        if body is not None and typed.get("deed") == "split":
            return settling.with_splits(body, self.granted, self.today)
        return body

    def field_errors(self, faults: Sequence[Fault], body: DraftBody) -> dict[str, str]:
        if isinstance(body, Settlement):
            return settling.field_errors(faults, self.plan, self.today) if self.plan else {}
        return planning.field_errors(faults, planning.plan_of(body))

    def show(self, draft: Draft, typed: Mapping[str, str], problems: Mapping[str, str]) -> Template:
        body = body_of(draft)
        title = KINDS[self.kind].title
        file_crumb = [Crumb("書類綴", self.address)] if self.found and self.found.rows else []
        context = {
            "title_of": title,
            "kind": self.kind,
            "typed": typed,
            "revision": typed.get("revision", draft.revision),
            "errors": FieldErrors(tuple(FieldError(*one) for one in problems.items())),
            "faults": words.fault_rows(self.faults),
            "action": f"{self.address}/edit/{self.kind}",
            "back": self.address if file_crumb else "/security/subsidies",
            "note": rules.UNVERIFIED_NOTE,
            "sent_back": self.found.case.reason if self.found else "",
            "crumbs": [HOME, SUBSIDIES, *file_crumb, Crumb(title)],
        }
        if isinstance(body, Settlement):
            context |= self._settlement(body, typed)
            template = "settlement.html"
        else:
            context |= self._plan(planning.plan_of(body), typed)
            template = "plan.html"
        status = 422 if problems else 200
        return page(self.request, f"security_subsidy/{template}", context, status=status)

    def _plan(self, plan: Application, typed: Mapping[str, str]) -> dict[str, Any]:
        base = checks.base_of(plan, self.today)
        chosen = typed.get("functions", "").split()
        return {
            "project_rows": planning.project_rows(typed),
            "line_rows": planning.line_rows(typed),
            "codes": words.code_options(self.today),
            "functions": [
                Option(one.code, one.name, hint=one.requirement)
                for one in catalogue.functions(self.today)
            ],
            "chosen": chosen,
            "functions_note": catalogue.FUNCTIONS_NOTE,
            "base": yen_text(base),
            "grant": yen_text(rules.rates(self.today).grant(base)),
            "upload": f"{self.address}/lines" if self.kind == "application" else "",
            "download": f"{API}/{self.case_id}/lines.xlsx",
        }

    def _settlement(self, body: Settlement, typed: Mapping[str, str]) -> dict[str, Any]:
        lines = self.plan.lines if self.plan else ()
        known_codes = rules.categories(self.today)
        return {
            "lines": [
                {
                    "number": one.number,
                    "name": f"{one.number}番　{one.item}",
                    "part": f"{one.project}・{known_codes[one.code].name}",
                    "planned": yen_text(one.amount),
                }
                for one in lines
                if one.code in known_codes
            ],
            "parts": [
                {
                    "key": f"{project}-{category}",
                    "name": f"事業{project}・{rules.CATEGORIES[category]}",
                }
                for project, category in (
                    settling.keys_of(self.plan, self.today) if self.plan else ()
                )
            ],
            "asset_rows": settling.asset_rows(typed),
            "asset_kinds": [
                Option(one.kind, one.name) for one in rules.disposals(self.today).values()
            ],
            "granted": yen_text(self.granted),
            "computed": yen_text(checks.settled_grant(body, self.granted, self.today)),
        }
