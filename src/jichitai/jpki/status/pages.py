"""同意の一覧: a holder's own page of consents: see what was given away, go on, or withdraw."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.jpki.status.consent import service, store
from jichitai.jpki.status.consent.model import Consent, ConsentState
from jichitai.web.components import Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Role

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Template folder of this package, for `create_app(templates=...)`."""

AnyRequest = Request[Any, Any, Any]
_OPT: Final[dict[str, Any]] = {"roles": frozenset({Role.RESIDENT})}
_NO_STORE: Final = {"cache-control": "no-store"}
_DONE: Final = {
    "withdrawn": (
        "同意を取り消しました",
        "これから先、このサービスにあなたの情報は提供されません。",
    ),
    "continued": ("同意を続けます", "1年たったら、もう一度たずねます。"),
}


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent as its holder sees it on a day."""

    consent: Consent
    day: date

    @property
    def href(self) -> str:
        """Where its own page is."""
        return f"/me/consents/{self.consent.consent_id}"

    @property
    def items(self) -> str:
        """The items in words."""
        return "、".join(item.japanese for item in self.consent.items)

    @property
    def stands(self) -> bool:
        """Whether it is good today."""
        return self.consent.stands_on(self.day)

    @property
    def review(self) -> bool:
        """Whether to ask if it shall go on."""
        return self.consent.wants_review_on(self.day)

    @property
    def status(self) -> Status:
        """The state in a word."""
        match self.consent.state:
            case ConsentState.WITHDRAWN:
                return Status("取り消しました", "grey")
            case ConsentState.RETURNED:
                return Status("相手が終わりにしました", "grey")
            case ConsentState.GIVEN if self.stands:
                return Status("同意しています", "green")
            case _:
                return Status("期限が過ぎました", "grey")


@get("/me/consents", opt=_OPT, include_in_schema=False)
async def my_consents(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """What I consented to."""
    today = clock.today()
    async with db.transaction(read_only=True) as tx:
        found = await store.of_holder(tx, principal.person())
    views = [ConsentView(one, today) for one in found]
    context = {
        "standing": [one for one in views if one.stands],
        "ended": [one for one in views if not one.stands],
        "done": _DONE.get(request.query_params.get("done", "")),
    }
    return page(request, "jpki_status/consents.html", context, headers=_NO_STORE)


@get("/me/consents/{consent_id:uuid}", opt=_OPT, include_in_schema=False)
async def my_consent(
    request: AnyRequest, consent_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One consent: its wording, what was given under it, and how to end it."""
    async with db.transaction(read_only=True) as tx:
        consent = await service.of_holder(tx, principal.person(), consent_id)
        given = await store.given(tx, consent)
    context = {"one": ConsentView(consent, clock.today()), "given": given}
    return page(request, "jpki_status/consent.html", context, headers=_NO_STORE)


@post("/me/consents/{consent_id:uuid}/withdrawal", opt=_OPT, include_in_schema=False)
async def withdraw(consent_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock) -> Redirect:
    """Take the consent back, at once."""
    async with db.transaction() as tx:
        person = principal.person()
        await service.withdraw(tx, person, consent_id, clock=clock, by=principal.actor)
    return Redirect("/me/consents?done=withdrawn", status_code=303)


@post("/me/consents/{consent_id:uuid}/continuation", opt=_OPT, include_in_schema=False)
async def go_on(consent_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock) -> Redirect:
    """Let the consent go on for another year."""
    async with db.transaction() as tx:
        person = principal.person()
        await service.go_on(tx, person, consent_id, clock=clock, by=principal.actor)
    return Redirect("/me/consents?done=continued", status_code=303)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (my_consents, my_consent, withdraw, go_on)
