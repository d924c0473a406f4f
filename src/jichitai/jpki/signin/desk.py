"""The operators' desk: relying parties, what ends soon, how far each is with its rehearsal."""

from typing import Any, Final

from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.jpki.signin import parties
from jichitai.jpki.signin.claims import ordered
from jichitai.jpki.signin.errors import NotRehearsedError, UnknownPartyError
from jichitai.jpki.signin.parties import Fault, PartyState, Step
from jichitai.jpki.signin.service import registry
from jichitai.jpki.signin.store import parties as store
from jichitai.jpki.signin.views import PARTY_STATES, ending_rows, key_rows, party_rows
from jichitai.web.components import FieldErrors, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, Who
from jichitai.web.rights import Role
from jichitai.web.sessions import instant

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]

_OPT: Final[dict[str, Any]] = {"roles": frozenset({Role.NETWORK_OPERATOR})}
_PLACE: Final = "/network/relying-parties"


@get(_PLACE, opt=_OPT, include_in_schema=False)
async def parties_page(request: AnyRequest, db: Db) -> Template:
    """All relying parties, with what ends soon on top."""
    async with db.transaction(read_only=True) as tx:
        found = await store.everyone(tx)
    now = instant()
    context = {
        "parties": party_rows(found, now),
        "endings": ending_rows(parties.endings(found, now), found),
        "count": len(found),
    }
    return page(request, "signin/parties.html", context)


@get(f"{_PLACE}/{{client_id:str}}", opt=_OPT, include_in_schema=False)
async def party_page(request: AnyRequest, client_id: FromPath[str], db: Db) -> Template:
    """One relying party: registration, keys, rehearsal, state."""
    return await _party(request, client_id, db, FieldErrors(), {})


@post(f"{_PLACE}/{{client_id:str}}/state", opt=_OPT, include_in_schema=False)
async def change_state(
    request: AnyRequest, client_id: FromPath[str], data: Form, principal: Who, db: Db
) -> Template | Redirect:
    """Open, stop or close a party, or send it back to rehearse."""
    state, reason = data.get("state", ""), data.get("reason", "").strip()
    problems = {}
    if state not in set(PartyState):
        problems["state"] = "状態が選ばれていません。新しい状態を選んでください。"
    if not reason or len(reason) > 200 or not reason.isprintable():
        problems["reason"] = (
            "理由がないか、長すぎます。あとで経緯を確かめられるように、200文字までで書いてください。"
        )
    if not problems:
        try:
            async with db.transaction() as tx:
                await registry.set_state(
                    tx,
                    client_id,
                    PartyState(state),
                    now=instant(),
                    by=principal.actor,
                    reason=reason,
                )
            return Redirect(f"{_PLACE}/{client_id}?changed=1", status_code=303)
        except NotRehearsedError as error:
            problems["state"] = error.detail
    return await _party(request, client_id, db, FieldErrors.of(problems), data)


@post(f"{_PLACE}/{{client_id:str}}/fault", opt=_OPT, include_in_schema=False)
async def plan_fault(client_id: FromPath[str], data: Form, principal: Who, db: Db) -> Redirect:
    """Plan what the next ID token of a rehearsal has wrong."""
    text = data.get("fault", "")
    fault = Fault(text) if text in set(Fault) else None
    async with db.transaction() as tx:
        await registry.plan_fault(tx, client_id, fault, by=principal.actor)
    return Redirect(f"{_PLACE}/{client_id}?planned=1", status_code=303)


ROUTES: Final = (parties_page, party_page, change_state, plan_fault)


async def _party(
    request: AnyRequest, client_id: str, db: Db, errors: FieldErrors, typed: dict[str, str]
) -> Template:
    now = instant()
    async with db.transaction(read_only=True) as tx:
        party = await store.find(tx, client_id)
        if party is None:
            raise UnknownPartyError(
                "この client_id の相手先は登録されていません。一覧で確かめてください。"
            )
        progress = await registry.rehearsal(tx, party)
    context = {
        "party": party,
        "status": PARTY_STATES[party.state],
        "items": [item.japanese for item in ordered(party.items)],
        "keys": key_rows(party, now),
        "progress": progress,
        "steps": [(step, step in progress.seen, step in parties.NEEDED) for step in Step],
        "faults": [
            (fault, fault in progress.refused, fault in progress.fell_for) for fault in Fault
        ],
        "fault_options": [Option(str(fault), fault.japanese) for fault in Fault],
        "state_options": [
            Option(str(one), one.japanese) for one in PartyState if one != party.state
        ],
        "errors": errors,
        "typed": typed,
        "changed": request.query_params.get("changed") == "1",
        "planned": request.query_params.get("planned") == "1",
    }
    return page(request, "signin/party.html", context, status=422 if errors else 200)
