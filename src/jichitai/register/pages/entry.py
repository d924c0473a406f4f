"""異動入力: an event in steps, with the server keeping the draft."""

from typing import Any, Final
from uuid import UUID, uuid4

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.database import Tx
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.identifiers import HouseholdNumber, JukiCode
from jichitai.register import errors
from jichitai.register.access import CLERKS, actor
from jichitai.register.model import findings, forms
from jichitai.register.model.masking import masked, unmasked
from jichitai.register.model.reasons import EventKind
from jichitai.register.pages import starting, views
from jichitai.register.pages.reading import Draft, date_input, draft_of, form_of, read_step
from jichitai.register.pages.steps import (
    CHILD_FIELDS,
    CONFIRM,
    FROM_ABROAD_FIELDS,
    PERSON_FIELDS,
    PLACE_FIELDS,
    StepSpec,
    step_of_field,
    steps_of,
)
from jichitai.register.service.entries import Entries
from jichitai.register.service.entry import Assessed
from jichitai.register.service.network import TownRegister
from jichitai.register.service.people import People
from jichitai.web.components import DateInput, FieldError, FieldErrors, Step
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, Who

AnyRequest = Request[Any, Any, Any]
_OPT: Final = {"roles": CLERKS}


class Values:
    """What stands in the fields, by name, for the templates."""

    def __init__(self, draft: Draft) -> None:
        """Take the nested plain values of a form."""
        self._draft = draft

    def _at(self, name: str) -> Any:
        found: Any = self._draft
        for part in name.split("."):
            if isinstance(found, (list, tuple)):
                found = found[int(part)] if part.isdigit() and int(part) < len(found) else None
            else:
                found = found.get(part) if isinstance(found, dict) else None
        return found

    def text(self, name: str) -> str:
        """The text of a field; empty when there is none."""
        value = self._at(name)
        return "" if value is None else str(value)

    def date(self, name: str, *, uncertain: bool = False) -> DateInput:
        """The parts of a date field."""
        return date_input(self.text(name), uncertain=uncertain)

    def checked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self._at(name) is True

    def chosen(self, name: str) -> tuple[str, ...]:
        """What is ticked of a list."""
        return tuple(self._at(name) or ())


@get("/counter/entries/new", opt=_OPT, include_in_schema=False)
async def choose_event(request: AnyRequest) -> Template:
    """Which event to enter for somebody who is not in the register yet."""
    context = {"kinds": starting.FOR_ANYBODY, "entry_id": uuid4()}
    return page(request, "register/new.html", context)


@post("/counter/entries", opt=_OPT, include_in_schema=False)
async def start(
    request: AnyRequest, principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> Redirect:
    """Make the draft; the same form sent twice makes one."""
    sent = await request.form()
    kind = _kind(str(sent.get("kind", "")))
    entry_id = starting.parse_id(str(sent.get("entry_id", "")))
    if kind is None or entry_id is None:
        raise errors.FormRefusedError(
            "入力する異動が選ばれていません。人の画面または「異動を入力する」から選び直してください。"
        )
    town, people = principal.town(), People(keys, clock)
    resident_id = starting.parse_id(str(sent.get("resident_id", "")))
    number = str(sent.get("event_number", "0"))
    async with db.transaction(town=town) as tx:
        found = await people.names(tx, town, {resident_id} if resident_id else set())
        resident = found.get(resident_id) if resident_id else None
        members = await people.members(tx, town, resident.household_id) if resident else ()
        form = starting.first_form(
            kind,
            resident=resident,
            members=members,
            event_number=int(number) if number.isascii() and number.isdigit() else 0,
        )
        await Entries(keys, clock).enter(
            tx, town, entry_id, form, reasons={}, by=actor(principal), keep_draft=True
        )
    return Redirect(_address(entry_id, steps_of(kind)[0]), status_code=303)


@get("/counter/entries/{entry_id:uuid}/{step:str}", opt=_OPT, include_in_schema=False)
async def show_step(
    request: AnyRequest,
    entry_id: FromPath[UUID],
    step: FromPath[str],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template | Redirect:
    """One step of an entry of one's own; others see the entry as it stands."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        assessed = await Entries(keys, clock).get(tx, town, entry_id)
    if assessed.entry.entered_by != principal.account_id or assessed.entry.state not in _OPEN:
        return Redirect(f"/counter/approvals/{entry_id}", status_code=303)
    spec = _spec(assessed.entry.kind, step)
    return _step_page(request, assessed, spec, draft_of(masked(assessed.entry.form)), {})


@post("/counter/entries/{entry_id:uuid}/{step:str}", opt=_OPT, include_in_schema=False)
async def take_step(
    request: AnyRequest,
    entry_id: FromPath[UUID],
    step: FromPath[str],
    principal: Who,
    db: Db,
    keys: NodeKeys,
    clock: LawClock,
) -> Template | Redirect:
    """Keep what was typed, then go on, go back, or say what is wrong."""
    sent = await request.form()
    action = str(sent.get("action", "next"))
    town, service, by = principal.town(), Entries(keys, clock), actor(principal)
    async with db.transaction(town=town) as tx:
        before = await service.get(tx, town, entry_id)
        spec = _spec(before.entry.kind, step)
        if spec is CONFIRM and action == "withdraw":
            await service.withdraw(tx, town, entry_id, by=by)
            return Redirect("/counter", status_code=303)
        reasons = {**before.entry.reasons, **_reasons(sent)}
        draft, wrong = read_step(draft_of(masked(before.entry.form)), spec, sent)
        draft = _people(draft, action)
        await _household(tx, People(keys, clock), town, draft, spec, sent, wrong)
        form = unmasked(form_of(draft), before.entry.form)
        if action == "load-certificate" and isinstance(form, forms.MoveIn):
            register = TownRegister(keys, clock)
            form = await _certificate(tx, register, town, form, str(sent.get("lookup", "")), wrong)
        after = await service.amend(tx, town, entry_id, form, reasons=reasons, by=by)
        problems = _problems(after, spec, wrong) if action in _CHECKED else wrong
        if not problems and spec is CONFIRM and action == "submit":
            await service.submit(tx, town, entry_id, by=by)
            return Redirect("/counter?handed=1", status_code=303)
    if problems:
        return _step_page(request, after, spec, draft_of(masked(form)), problems, status=422)
    return Redirect(_onward(after, spec, action), status_code=303)


_OPEN: Final = frozenset({"draft", "returned"})
_CHECKED: Final = frozenset({"next", "submit"})


def _kind(text: str) -> EventKind | None:
    known = (*starting.FOR_ANYBODY, *starting.FOR_PERSON, EventKind.CANCELLATION)
    return next((kind for kind in known if kind.value == text), None)


def _address(entry_id: UUID, step: StepSpec) -> str:
    return f"/counter/entries/{entry_id}/{step.key}"


def _spec(kind: EventKind, key: str) -> StepSpec:
    for step in steps_of(kind):
        if step.key == key:
            return step
    raise errors.UnknownEntryError(
        "この異動にその段階はありません。受付の一覧から開き直してください。"
    )


def _onward(assessed: Assessed, spec: StepSpec, action: str) -> str:
    steps = steps_of(assessed.entry.kind)
    at = steps.index(spec)
    if action == "save":
        return "/counter?kept=1"
    if action == "next":
        return _address(assessed.entry.id, steps[min(at + 1, len(steps) - 1)])
    if action == "back":
        return _address(assessed.entry.id, steps[max(at - 1, 0)])
    return _address(assessed.entry.id, spec)


def _reasons(sent: FormMultiDict) -> dict[str, str]:
    return {
        name.removeprefix("reason."): str(value).strip()
        for name, value in sent.items()
        if name.startswith("reason.")
    }


def _people(draft: Draft, action: str) -> Draft:
    """Add an empty person, or take one away."""
    people = list(draft.get("people") or ())
    verb, _, index = action.partition(":")
    if verb == "add-person":
        people.append({})
    elif verb == "remove-person" and index.isdigit() and int(index) < len(people) > 1:
        del people[int(index)]
    else:
        return draft
    return {**draft, "people": people}


async def _household(
    tx: Tx,
    people: People,
    town: str,
    draft: Draft,
    spec: StepSpec,
    sent: FormMultiDict,
    wrong: dict[str, str],
) -> None:
    """Turn the 世帯番号 that was typed into the household that is meant."""
    if not spec.place or "household_id" not in draft:
        return
    text = str(sent.get("household_id", "")).strip()
    draft["household_id"] = None
    if not text:
        return
    try:
        found = await people.household_id(tx, town, HouseholdNumber.parse(text))
    except InvalidError as refusal:
        wrong["household_id"] = refusal.detail
        return
    if found is None:
        wrong["household_id"] = (
            "この世帯番号の世帯がありません。番号を確かめるか、空欄にして新しい世帯にしてください。"
        )
        return
    draft["household_id"] = str(found)


async def _certificate(
    tx: Tx,
    register: TownRegister,
    town: str,
    form: forms.MoveIn,
    code: str,
    wrong: dict[str, str],
) -> forms.MoveIn:
    """Fill the form in from the departure certificate of a 住民票コード."""
    try:
        found = await register.received_certificate(tx, town, JukiCode.parse(code))
    except InvalidError as refusal:
        wrong["lookup"] = refusal.detail
        return form
    if found is None:
        wrong["lookup"] = (
            "この住民票コードの転出証明書情報は届いていません。少し待つか、前の市区町村に送信を依頼してください。"
            "紙の転出証明書があれば、書かれたとおりに入力できます。（住民基本台帳法 第24条の2）"
        )
        return form
    return starting.from_certificate(form, found)


def _problems(assessed: Assessed, spec: StepSpec, wrong: dict[str, str]) -> dict[str, str]:
    """Errors that block this step, by field."""
    found = dict(wrong)
    wrongs = findings.errors(assessed.decision.findings)
    for finding in wrongs if spec is CONFIRM else (f for f in wrongs if spec.covers(f.field)):
        found.setdefault(finding.field, finding.text)
    if spec is CONFIRM:
        open_ones = findings.unanswered(assessed.decision.findings, assessed.entry.reasons)
        for finding in open_ones:
            found.setdefault(
                f"reason.{finding.code}", "理由が書かれていません。確かめた内容を書いてください。"
            )
    order = [field.name for field in spec.fields]
    names = sorted(found, key=lambda name: order.index(name) if name in order else len(order))
    return {name: found[name] for name in names}


def _step_page(
    request: AnyRequest,
    assessed: Assessed,
    spec: StepSpec,
    draft: Draft,
    problems: dict[str, str],
    *,
    status: int = 200,
) -> Template:
    entry, decision, situation = assessed.entry, assessed.decision, assessed.situation
    steps = steps_of(entry.kind)
    members = _members(assessed)
    home = situation.households.get(getattr(entry.form, "household_id", None))  # type: ignore[arg-type]
    context = {
        "entry": entry,
        "spec": spec,
        "confirm": spec is CONFIRM,
        "position": steps.index(spec) + 1,
        "total": len(steps),
        "steps": _shown_steps(assessed, spec, bool(problems)),
        "values": Values(draft),
        "errors": FieldErrors(tuple(FieldError(name, text) for name, text in problems.items())),
        "person_fields": (
            FROM_ABROAD_FIELDS if entry.kind is EventKind.MOVE_IN_ABROAD else PERSON_FIELDS
        ),
        "child_fields": CHILD_FIELDS,
        "place_fields": PLACE_FIELDS,
        "people_count": len(draft.get("people") or ()),
        "members": members,
        "household_number": home.number.value if home else "",
        "decision": decision,
        "alerts": [f for f in decision.findings if f.level is findings.Level.ALERT],
        "error_links": [
            (_address(entry.id, _spec(entry.kind, step_of_field(entry.kind, f.field))), f.text)
            for f in findings.errors(decision.findings)
        ],
        "compared": [(c.after.name.text, views.compared(c)) for c in decision.changes],
        "previous": steps.index(spec) > 0,
        "certificate": spec.key == "report" and entry.kind is EventKind.MOVE_IN,
    }
    return page(request, "register/step.html", context, status=status)


def _members(assessed: Assessed) -> tuple[Any, ...]:
    """Who can be chosen: everybody in the household that the form is about."""
    form, situation = assessed.entry.form, assessed.situation
    home = getattr(form, "household_id", None) if isinstance(form, forms.HeadChange) else None
    ids = getattr(form, "resident_ids", ()) or (getattr(form, "resident_id", None),)
    row = next((situation.residents[i] for i in ids if i and i in situation.residents), None)
    if home is None and row is not None:
        home = row.household_id
    return situation.members(home) if home else ()


def _shown_steps(assessed: Assessed, spec: StepSpec, wrong: bool) -> list[Step]:  # noqa: FBT001
    steps = steps_of(assessed.entry.kind)
    bad = {
        step_of_field(assessed.entry.kind, f.field)
        for f in findings.errors(assessed.decision.findings)
    }
    at = steps.index(spec)
    shown = []
    for number, step in enumerate(steps):
        if step is spec:
            state = "error" if wrong else "current"
        elif number > at:
            state = "waiting"
        else:
            state = "error" if step.key in bad else "done"
        shown.append(
            Step(
                step.label,
                state,  # type: ignore[arg-type]
                href=_address(assessed.entry.id, step) if number < at else "",
                current=step is spec,
            )
        )
    return shown
