"""今日の仕事: what waits for the clerk who is signed in."""

from typing import Any, Final
from uuid import UUID, uuid4

from litestar import Request, get
from litestar.response import Template

from jichitai.register.access import CLERKS
from jichitai.register.pages import starting, views
from jichitai.register.pages.approval import rows
from jichitai.register.service.entries import Entries
from jichitai.register.service.network import TownRegister
from jichitai.register.service.people import People
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, Who

AnyRequest = Request[Any, Any, Any]
_PAGE: Final = 200


@get("/counter", opt={"roles": CLERKS}, include_in_schema=False)
async def today(
    request: AnyRequest, principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> Template:
    """Own drafts and returned entries, and how much waits for approval."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        service, people = Entries(keys, clock), People(keys, clock)
        open_ones = await service.listed(tx, town, ["draft", "returned", "submitted"], limit=_PAGE)
        own = [entry for entry in open_ones if entry.entered_by == principal.account_id]
        ids = {i for i in views.subject_ids(own) if isinstance(i, UUID)}
        known = await people.names(tx, town, ids)
        counts = await service.counts(tx, town)
        register = TownRegister(keys, clock)
        low = await register.is_stock_low(tx, town)
        left = await register.pool_size(tx, town) if low else 0
    mine = [entry for entry in own if entry.state != "submitted"]
    handed = [entry for entry in own if entry.state == "submitted"]
    context = {
        "town": views.town_name(town),
        "mine": rows(mine, known),
        "handed": rows(handed, known),
        "low": low,
        "left": left,
        "waiting": counts.get("submitted", 0),
        "kinds": starting.FOR_ANYBODY,
        "new_ids": [uuid4() for _ in starting.FOR_ANYBODY],
        "kept": "kept" in request.query_params,
        "sent": "handed" in request.query_params,
    }
    return page(request, "register/work.html", context)
