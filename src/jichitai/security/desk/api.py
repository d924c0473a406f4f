"""What a body owes, for programs."""

from datetime import date, datetime
from typing import Annotated, Final

from litestar import get, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from jichitai.kernel.errors import NotFoundError
from jichitai.security.access import INSIDE, OFFICER, body_code
from jichitai.security.desk import service
from jichitai.security.obligations.model import Duty, duty, measures
from jichitai.security.organs import Organ
from jichitai.web.inject import Db, LawClock, Who


class UnknownOrganError(NotFoundError):
    """No organ has this name."""

    type = "security.unknown-organ"
    title = "この名前の機関はありません"


class OrganView(Struct, frozen=True):
    """One organ of the body."""

    organ: str
    name: str
    rule: str
    owes: bool
    said: bool | None
    reason: str
    said_at: datetime | None


class MeasureView(Struct, frozen=True):
    """One of the eight measures, and how it binds today."""

    number: int
    name: str
    duty: Duty
    grace: bool
    in_force_on: date
    source: str


class Owed(Struct, frozen=True):
    """What the body owes on a day."""

    body: str
    as_of: date
    organs: tuple[OrganView, ...]
    measures: tuple[MeasureView, ...]


class Saying(Struct, frozen=True, forbid_unknown_fields=True):
    """What the body says about an organ."""

    established: bool
    reason: Annotated[str, Meta(min_length=1, max_length=300)]


@get("/api/v1/security/obligations", opt={"roles": INSIDE})
async def show_owed(principal: Who, db: Db, clock: LawClock) -> Owed:
    """The organs that owe a policy, and the eight measures with their dates."""
    code, today = body_code(principal), clock.today()
    async with db.transaction(town=code, read_only=True) as tx:
        lines = await service.organs(tx, code, today)
    return Owed(code, today, tuple(map(_view, lines)), tuple(_measures(today)))


@put("/api/v1/security/organs/{organ:str}", opt={"roles": OFFICER}, status_code=204)
async def say_organ(
    organ: FromPath[str], data: JSONBody[Saying], principal: Who, db: Db, clock: LawClock
) -> None:
    """Say whether the body has an organ that the law leaves open."""
    code = body_code(principal)
    async with db.transaction(town=code) as tx:
        await service.say(
            tx,
            code,
            organ_named(organ),
            established=data.established,
            reason=data.reason,
            by=principal.actor,
            at=clock.now(),
        )


def organ_named(name: str) -> Organ:
    """The organ with this name in addresses.

    Raises:
        UnknownOrganError: there is none.
    """
    try:
        return Organ(name)
    except ValueError:
        known = "、".join(Organ)
        raise UnknownOrganError(
            f"この名前の機関はありません。次のどれかを指定してください：{known}"
        ) from None


def _view(line: service.OrganLine) -> OrganView:
    said = line.said
    return OrganView(
        organ=str(line.organ),
        name=line.organ.japanese,
        rule=str(line.rule),
        owes=line.owes,
        said=said.established if said else None,
        reason=said.reason if said else "",
        said_at=said.said_at if said else None,
    )


def _measures(today: date) -> list[MeasureView]:
    return [
        MeasureView(
            one.number, one.name, duty(one, on=today), one.grace, one.in_force_on, one.source
        )
        for one in measures()
    ]


API_ROUTES: Final = (show_owed, say_organ)
