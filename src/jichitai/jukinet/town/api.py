"""HTTP calls of the network for the clerks of a town."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.infra.clock import Clock
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.jukinet.node import Node
from jichitai.jukinet.town import service, store
from jichitai.kernel.identifiers import JukiCode, LocalGovernmentCode
from jichitai.register.service.network import TownRegister
from jichitai.web.inject import Db, LawClock, NodeKeys, Who
from jichitai.web.rights import Role

CLERKS: Final = frozenset({Role.CLERK, Role.APPROVER})
OPERATORS: Final = frozenset({Role.TOWN_OPERATOR, Role.APPROVER})
_TAGS: Final = ["network"]

TownCode = Annotated[str, Meta(pattern=r"^\d{6}$")]
Code = Annotated[str, Meta(pattern=r"^\d{11}$")]


class Requested(Struct, frozen=True):
    """The id of what was asked for."""

    request_id: UUID


class TransferBody(Struct, frozen=True, forbid_unknown_fields=True):
    """People who report with a card, and the town they left."""

    previous_municipality: TownCode
    juki_codes: Annotated[list[Code], Meta(min_length=1, max_length=100)]

    def __repr__(self) -> str:
        """Hide the codes from logs and traces."""
        return "<TransferBody ・・・>"


class Report(Struct, frozen=True):
    """誤り・脱漏の通報 that a town received."""

    report_id: UUID
    kind: str
    detail: str
    reported_by: str
    reported_at: datetime
    state: str


@get(
    "/api/v1/network/error-reports",
    opt={"roles": CLERKS | OPERATORS},
    summary="誤り・脱漏の通報 received",
    tags=_TAGS,
)
async def list_reports(principal: Who, db: Db) -> list[Report]:
    """Errors in this town's records that prefecture or nation found."""
    town = principal.town()
    async with db.transaction(town=town, read_only=True) as tx:
        found = await store.reports(tx, town)
    return [
        Report(r.report_id, r.kind, r.detail, r.reported_by, r.reported_at, r.state) for r in found
    ]


@post(
    "/api/v1/network/error-reports/{report_id:uuid}/resend",
    opt={"roles": OPERATORS},
    status_code=204,
    summary="Send the last notice about the person again",
    tags=_TAGS,
)
async def resend(
    report_id: FromPath[UUID], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> None:
    """Mend a difference that was reported."""
    town = principal.town()
    async with db.transaction(town=town) as tx:
        await service.resend(tx, _node(keys, clock), town, report_id, by=principal.actor)


@post(
    "/api/v1/network/certificate-requests",
    opt={"roles": CLERKS},
    status_code=201,
    summary="Ask the departure town for 転出証明書情報 (特例転入)",
    tags=_TAGS,
)
async def request_certificates(
    data: JSONBody[TransferBody], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> Requested:
    """The answer is kept for the move-in of these people."""
    town = principal.town()
    previous = str(LocalGovernmentCode(data.previous_municipality))
    codes = [JukiCode(code) for code in data.juki_codes]
    async with db.transaction(town=town) as tx:
        request_id = await service.request_certificates(
            tx, _node(keys, clock), town, previous, codes, by=principal.actor
        )
    return Requested(request_id)


@post(
    "/api/v1/network/residents/{resident_id:uuid}/number-change",
    opt={"roles": CLERKS},
    status_code=202,
    summary="Ask for another 個人番号",
    tags=_TAGS,
)
async def request_number_change(
    resident_id: FromPath[UUID], principal: Who, db: Db, keys: NodeKeys, clock: LawClock
) -> None:
    """For a number that may be misused; the new one arrives as an event of the register."""
    town = principal.town()
    register = TownRegister(keys, clock)
    async with db.transaction(town=town) as tx:
        await service.request_number_change(
            tx, _node(keys, clock), register, town, resident_id, by=principal.actor
        )


def _node(keys: Keys, clock: Clock) -> Node:
    return Node(keys, Outbox(keys.network, clock), clock)


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    list_reports,
    resend,
    request_certificates,
    request_number_change,
)
