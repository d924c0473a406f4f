"""整合性確認 (M23): roots first, then buckets, then the rows of buckets that differ.

Channels keep order and a digest is computed while its channel is held, so the receiver's records
must equal the sender's at the moment the message is handled: every difference is a real one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

from jichitai.infra.database import Tx
from jichitai.infra.messages import Received
from jichitai.jukinet.digest import cases, model, store
from jichitai.jukinet.digest.cases import NewCase
from jichitai.jukinet.digest.model import Difference
from jichitai.jukinet.digest.store import Holder
from jichitai.jukinet.errors import InvalidMessageError, UnknownTownError, WrongOriginError
from jichitai.jukinet.messages import M23, M23Q, M23R, Body, decode
from jichitai.jukinet.network.scope import Scope
from jichitai.jukinet.node import Node, draft
from jichitai.kernel.parties import NATION, Party, Tier

B = TypeVar("B", bound=Body)


async def run_digest(
    tx: Tx, node: Node, municipality: str, *, digest_id: UUID | None = None
) -> UUID:
    """In the town: send the digest of its identity file to the prefecture.

    Args:
        tx: of this town.
        node: this process.
        municipality: the town.
        digest_id: of the request it answers; otherwise a new one.

    Returns:
        The id under which the comparison is reported.

    Source: 住民記録システム標準仕様書 v1.0 7.1.1.2 (整合性確認).
    """
    town = Party.town(municipality)
    above = Party.prefecture(town.prefecture_code)
    await node.outbox.hold(tx, origin=town, to=above)
    root = await Holder(town, municipality).root(tx)
    digest_id, at = digest_id or uuid4(), node.clock.now()
    number = await store.event_number(tx, municipality)
    await store.note_sent(tx, municipality, digest_id, root, number, at)
    await node.send(tx, town, above, _m23(digest_id, municipality, number, root, at))
    return digest_id


async def compare_roots(tx: Tx, node: Node, batch: Sequence[Received]) -> None:
    """At prefecture and nation: compare roots (M23); ask further where they differ."""
    for received in batch:
        body = _body(received, M23)
        _check_origin(received, body.municipality)
        await _compare_root(tx, node, received, body)


async def answer(tx: Tx, node: Node, batch: Sequence[Received]) -> None:
    """At town and prefecture: answer M23Q with bucket digests, or with rows."""
    for received in batch:
        body = _body(received, M23Q)
        us, above = received.receiver, received.sender
        if body.fresh:
            await _renew(tx, node, us, body)
            continue
        await node.outbox.hold(tx, origin=us, to=above)
        holder = Holder(us, body.municipality)
        if body.buckets:
            parts = model.in_messages(await holder.rows(tx, body.buckets))
            answers = [_rows_answer(body, part, last=part is parts[-1]) for part in parts]
        else:
            packed = model.pack_buckets(await holder.buckets(tx))
            answers = [
                M23R(
                    digest_id=body.digest_id,
                    municipality=body.municipality,
                    part="buckets",
                    buckets=[],
                    packed=packed,
                )
            ]
        await node.send(tx, us, above, *answers)


async def ask_digests(
    tx: Tx, node: Node, scope: Scope, municipalities: Sequence[str]
) -> dict[str, UUID]:
    """At prefecture and nation: ask for new digests of these towns; returns their ids.

    Raises:
        UnknownTownError: not a town of this scope.
    """
    ids = {town: uuid4() for town in municipalities}
    known = {str(town.code) for town in scope.towns()}
    drafts = []
    for town, digest_id in ids.items():
        if town not in known:
            raise UnknownTownError(
                "該当する市区町村がありません。団体コードを確かめてください。", municipality=town
            )
        below = Party.prefecture(town[:2]) if scope.is_nation else Party.town(town)
        question = M23Q(digest_id=digest_id, municipality=town, fresh=True)
        drafts.append(draft(scope.party, below, question))
    if drafts:
        await node.outbox.send_many(tx, drafts)
    return ids


async def compare_parts(tx: Tx, node: Node, batch: Sequence[Received]) -> None:
    """At prefecture and nation: compare buckets or rows that were asked for (M23R)."""
    for received in batch:
        body = _body(received, M23R)
        _check_origin(received, body.municipality)
        if body.part == "buckets":
            await _compare_buckets(tx, node, received, body)
        else:
            await _compare_rows(tx, node, received, body)


async def _renew(tx: Tx, node: Node, us: Party, question: M23Q) -> None:
    """A new digest is wanted: the town makes it, a prefecture passes the wish down."""
    if us.tier is Tier.TOWN:
        if us.code == question.municipality:
            await run_digest(tx, node, us.code, digest_id=question.digest_id)
    else:
        await node.send(tx, us, Party.town(question.municipality), question)


async def _compare_root(tx: Tx, node: Node, received: Received, body: M23) -> None:
    us, scope, at = received.receiver, Scope.of(received.receiver), node.clock.now()
    if not scope.is_nation:
        await node.outbox.hold(tx, origin=us, to=NATION)
    here = await Holder(us, body.municipality).root(tx)
    equal = (body.rows, body.root) == (here.rows, here.digest)
    await store.save_state(
        tx,
        scope,
        body.municipality,
        digest_id=body.digest_id,
        state="equal" if equal else "comparing",
        below=body.rows,
        here=here.rows,
        at=at,
    )
    if equal:
        await cases.settle_unseen(tx, scope, body.municipality, body.digest_id, at)
    else:
        question = M23Q(digest_id=body.digest_id, municipality=body.municipality)
        await node.send(tx, us, received.sender, question)
    if not scope.is_nation:
        ours = _m23(body.digest_id, body.municipality, body.event_number, here, at)
        await node.send(tx, us, NATION, ours)


async def _compare_buckets(tx: Tx, node: Node, received: Received, body: M23R) -> None:
    us, scope, at = received.receiver, Scope.of(received.receiver), node.clock.now()
    below = model.unpack_buckets(body.packed)
    here = await Holder(us, body.municipality).buckets(tx)
    unequal = model.differing(below, here)
    await store.save_state(
        tx,
        scope,
        body.municipality,
        digest_id=body.digest_id,
        state="comparing" if unequal else "equal",
        below=sum(one.rows for one in below.values()),
        here=sum(one.rows for one in here.values()),
        buckets=len(unequal),
        at=at,
    )
    if not unequal:
        await cases.settle_unseen(tx, scope, body.municipality, body.digest_id, at)
        return
    question = M23Q(
        digest_id=body.digest_id,
        municipality=body.municipality,
        buckets=model.worth_opening(unequal, below, here),
    )
    await node.send(tx, us, received.sender, question)


async def _compare_rows(tx: Tx, node: Node, received: Received, body: M23R) -> None:
    us, scope, at = received.receiver, Scope.of(received.receiver), node.clock.now()
    below = model.unpack_rows(body.packed)
    here: dict[bytes, bytes] = {}
    for rows in (await Holder(us, body.municipality).rows(tx, body.buckets)).values():
        here |= rows
    found = [
        _case(body, received.sender, difference) for difference in model.differences(below, here)
    ]
    await report(tx, node, us, await cases.open_cases(tx, scope, found, at), at)
    if not body.last:
        return
    await cases.settle_unseen(tx, scope, body.municipality, body.digest_id, at)
    count = await cases.count_open(tx, scope, body.municipality)
    rows_below, rows_here, buckets = await store.state_of(tx, scope, body.municipality)
    await store.save_state(
        tx,
        scope,
        body.municipality,
        digest_id=body.digest_id,
        state="differs" if count else "equal",
        below=rows_below,
        here=rows_here,
        buckets=buckets if count else 0,
        differences=count,
        at=at,
    )


async def report(
    tx: Tx, node: Node, us: Party, opened: Sequence[tuple[UUID, NewCase]], at: datetime
) -> None:
    """Tell the town of differences (M15); the nation by way of the prefecture."""
    drafts = []
    for case_id, case in opened:
        town = Party.town(case.municipality)
        to = town if us.tier is Tier.PREFECTURE else Party.prefecture(town.prefecture_code)
        drafts.append(draft(us, to, cases.report_of(case_id, case, at)))
    if drafts:
        await node.outbox.send_many(tx, drafts)


def _case(body: M23R, below: Party, difference: Difference) -> NewCase:
    return NewCase(
        municipality=body.municipality,
        kind=difference.kind,
        code_hash=difference.code_hash,
        owner=str(below),
        digest_id=body.digest_id,
    )


def _rows_answer(question: M23Q, part: dict[int, dict[bytes, bytes]], *, last: bool) -> M23R:
    rows = {code: row for bucket in part.values() for code, row in bucket.items()}
    return M23R(
        digest_id=question.digest_id,
        municipality=question.municipality,
        part="rows",
        buckets=sorted(part),
        packed=model.pack_rows(rows),
        last=last,
    )


def _m23(digest_id: UUID, municipality: str, number: int, root: model.Sum, at: datetime) -> M23:
    return M23(
        digest_id=digest_id,
        municipality=municipality,
        event_number=number,
        rows=root.rows,
        root=root.digest,
        computed_at=at,
    )


def _body(received: Received, expected: type[B]) -> B:
    body = decode(received.kind, received.version, received.body)
    if not isinstance(body, expected):
        raise InvalidMessageError("電文の種類が処理と合いません。", kind=received.kind)
    return body


def _check_origin(received: Received, municipality: str) -> None:
    """A town speaks for itself, a prefecture for its towns."""
    origin = received.origin
    allowed = municipality if origin.tier is Tier.TOWN else municipality[:2]
    if origin.tier not in (Tier.TOWN, Tier.PREFECTURE) or origin.code != allowed:
        raise WrongOriginError(
            "署名した団体と、整合性確認の市区町村が違います。", origin=str(origin)
        )
