"""隔離した通知: refused messages, each until somebody decides on it; never a personal value."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from jichitai.infra import audit
from jichitai.infra import quarantine as quarantined
from jichitai.infra.clock import SystemClock
from jichitai.infra.keys import Keys
from jichitai.infra.messages import PublicKeys, open_one
from jichitai.infra.party_keys import KeyBook
from jichitai.infra.receiver import Receiver
from jichitai.jukinet.pages import board_queries as queries
from jichitai.jukinet.pages.board_queries import QuarantineRow
from jichitai.jukinet.pages.places import here
from jichitai.jukinet.pages.shapes import Member, shape_of
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.parties import NATION, Party
from jichitai.web.components import Column, FieldErrors
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys, Who
from jichitai.web.rights import Role

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
Incoming = NamedDependency[Receiver]

_OPT: Final[dict[str, Any]] = {"roles": frozenset({Role.NETWORK_OPERATOR})}
_PLACE: Final = "/network/quarantine"

QUARANTINE_COLUMNS: Final = (
    Column("message", "通知", head=True),
    Column("origin", "発信元"),
    Column("received", "受信"),
    Column("reason", "理由", wide=True),
    Column("owner", "担当"),
)


@get("/network/quarantine", opt=_OPT, include_in_schema=False)
async def quarantine_list(request: AnyRequest, db: Db) -> Template:
    """All refused messages that wait for a decision."""
    async with db.transaction(read_only=True) as tx:
        entries = await queries.quarantine(tx)
    context = {"entries": entries, "columns": QUARANTINE_COLUMNS}
    return page(request, "jukinet/quarantine.html", {"shell": here(request, _PLACE), **context})


@get("/network/quarantine/{entry:uuid}", opt=_OPT, include_in_schema=False)
async def quarantine_entry(
    request: AnyRequest, entry: FromPath[UUID], db: Db, keys: NodeKeys
) -> Template:
    """One refused message: why, from whom, and the shape of its content without any value."""
    return await _entry_page(request, entry, db, keys, FieldErrors(), {})


@post("/network/quarantine/{entry:uuid}", opt=_OPT, include_in_schema=False)
async def decide(
    request: AnyRequest,
    entry: FromPath[UUID],
    data: Form,
    principal: Who,
    db: Db,
    clock: LawClock,
    keys: NodeKeys,
    receiver: Incoming,
) -> Template | Redirect:
    """Take over, try again, or refuse for good; the last two need a reason."""
    decision, reason = data.get("decision", ""), data.get("reason", "").strip()
    if decision == "assign":
        async with db.transaction() as tx:
            await quarantined.assign(tx, entry, owner=principal.display)
        return Redirect(f"/network/quarantine/{entry}", status_code=303)
    if not reason:
        errors = FieldErrors.of(
            {"reason": "理由がありません。記録に残ります。なぜそう決めたかを書いてください。"}
        )
        return await _entry_page(request, entry, db, keys, errors, data)
    at, retry = clock.now(), decision == "retry"
    try:
        if retry:
            await receiver.retry(NATION, entry, by=principal.account_id, reason=reason)
        async with db.transaction() as tx:
            if not retry:
                found = await quarantined.lock_open(tx, entry)
                await quarantined.decide(
                    tx, found, state="rejected", by=principal.account_id, reason=reason, at=at
                )
            await audit.record(
                tx,
                by=principal.actor,
                action=f"infra.quarantine.{'retry' if retry else 'reject'}",
                subject=str(entry),
                reason=reason,
                at=at,
            )
    except JichitaiError as error:
        errors = FieldErrors.of({"reason": error.detail})
        return await _entry_page(request, entry, db, keys, errors, data)
    return Redirect("/network/quarantine", status_code=303)


async def _entry_page(
    request: AnyRequest,
    entry: UUID,
    db: Db,
    keys: Keys,
    errors: FieldErrors,
    typed: dict[str, str],
) -> Template:
    async with db.transaction(read_only=True) as tx:
        rows = await queries.quarantine(tx, quarantine_id=entry)
        if not rows:
            raise quarantined.UnknownQuarantineError(
                "この番号の隔離記録はないか、処理が済んでいます。一覧から選び直してください。"
            )
        content, part = await queries.content(tx, entry)
    members = _shape(rows[0], content, part, keys, await KeyBook(db, SystemClock()).current())
    context = {
        "row": rows[0],
        "members": members,
        "member_columns": (
            Column("path", "項目", head=True),
            Column("kind", "種類"),
            Column("length", "長さ", align="end"),
        ),
        "errors": errors,
        "typed": typed,
    }
    status = 422 if errors else 200
    return page(
        request,
        "jukinet/quarantine_entry.html",
        {"shell": here(request, _PLACE), **context},
        status=status,
    )


def _shape(
    row: QuarantineRow, content: bytes, part: int, keys: Keys, book: PublicKeys
) -> list[Member]:
    """Types and lengths of the content; nothing when signature or seal do not hold."""
    try:
        message = open_one(
            content,
            part,
            sender=Party.parse(row.sender),
            receiver=Party.parse(row.receiver),
            number=row.number or 0,
            keys=book,
            network=keys.network,
        )
    except JichitaiError:
        return []
    return shape_of(message.body)


ROUTES: Final = (quarantine_list, quarantine_entry, decide)
