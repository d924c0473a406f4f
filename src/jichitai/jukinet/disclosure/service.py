"""What a resident sees and may ask, and what everybody may count."""

import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from jichitai.infra.audit import SYSTEM, Actor, record
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Draft, Outbox
from jichitai.infra.transparency import proof
from jichitai.infra.transparency import store as log
from jichitai.infra.transparency.errors import LogDamagedError, ProofError
from jichitai.infra.transparency.proof import Proof
from jichitai.jukinet import affairs, tree_heads
from jichitai.jukinet.affairs import Affair
from jichitai.jukinet.disclosure import model, store
from jichitai.jukinet.disclosure.errors import (
    InquiryAnsweredError,
    InvalidPeriodError,
    NoSuchEntryError,
    NoSuchInquiryError,
)
from jichitai.jukinet.disclosure.model import InquiryKind
from jichitai.jukinet.disclosure.store import Inquiry
from jichitai.jukinet.errors import WrongOriginError
from jichitai.jukinet.provision.messages import P01, CountRow, decode_counts
from jichitai.jukinet.provision.model import LOG, Entry, Result, record_of
from jichitai.jukinet.provision.store import entries
from jichitai.jukinet.provision.store.entries import Window
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import MINISTRY, NATION

FIRST_DAY = date(2002, 8, 5)
"""First day of the network; nothing can be older."""

_ROWS = 500
GROUPS = 2000
_RECEIPT = re.compile(r"(\d{4})(0[1-9]|1[0-2])-(\d{1,15})")
_MARK = re.compile(r"([0-9a-f]{32})-(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as the resident sees it: with names, without the operator's."""

    entry: Entry
    organ_name: str
    affair: Affair


@dataclass(frozen=True, slots=True)
class Page:
    """Records newest first; `next_mark` leads to the older ones, None at the end."""

    shown: list[Shown]
    next_mark: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a resident wants to see.

    Attributes:
        since: first day; the beginning of the network when None.
        until: last day; today when None.
        organ_id: one body only.
        mark: where the page before ended.
    """

    since: date | None = None
    until: date | None = None
    organ_id: str | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class PublicCount:
    """A published count with its names."""

    month: date
    organ_id: str
    organ_name: str
    affair_id: str
    affair_name: str
    result: str
    provided: int
    replaces_copy: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """Published counts of a period.

    Attributes:
        rows: by month, body, affair and result.
        provided: all answered look-ups.
        attachments_saved: answers that took the place of a paper 住民票の写し.
        up_to_index: how far in the log they reach.
    """

    rows: list[PublicCount]
    provided: int
    attachments_saved: int
    up_to_index: int


async def page_of(tx: Tx, person_id: UUID, wanted: Wanted, *, on: date) -> Page:
    """One page of the records about a person (提供の記録の開示).

    Args:
        tx: the running transaction at the nation.
        person_id: of the resident who asks.
        wanted: period, body and page.
        on: today in Japan; records with a delay are left out by it.

    Raises:
        InvalidPeriodError: the period or the mark is wrong.
    """
    since, until = wanted.since or FIRST_DAY, wanted.until or on
    if since > until:
        raise InvalidPeriodError(
            "期間の初めの日が終わりの日より後になっています。日付を入れ替えてください。"
        )
    window = Window(
        since=since,
        until=date.fromordinal(min(until, on).toordinal() + 1),
        organ_id=wanted.organ_id,
        before=_read_mark(wanted.mark),
        limit=model.PAGE + 1,
        delays=model.hidden_from(on),
    )
    found = await entries.of_person(tx, person_id, window)
    names = await store.organ_names(tx)
    page = found[: model.PAGE]
    more = len(found) > model.PAGE
    mark = f"{page[-1][1][0].hex}-{page[-1][1][1]}" if more else None
    return Page([_shown(entry, names) for entry, _ in page], mark)


async def entry_of(tx: Tx, person_id: UUID, receipt: str, *, on: date) -> Shown:
    """One record about a person by its 提供番号.

    Raises:
        NoSuchEntryError: it does not exist, is another person's, or is not shown yet.
    """
    entry = await _entry(tx, person_id, receipt, on)
    return _shown(entry, await store.organ_names(tx))


async def proof_of(tx: Tx, person_id: UUID, receipt: str, keys: Keys, *, on: date) -> Proof:
    """The proof that a record stands in the log, under a head signed now.

    Raises:
        NoSuchEntryError: it does not exist, is another person's, or is not shown yet.
        LogDamagedError: record and log disagree; `check` names the proof that failed.
    """
    entry = await _entry(tx, person_id, receipt, on)
    checkpoint, signed = await tree_heads.fresh(tx, keys)
    path = await log.inclusion_path(tx, LOG, entry.log_index, checkpoint.size)
    made = proof.make_proof(record_of(entry), entry.log_index, path, checkpoint, signed)
    try:
        proof.verify(made, [tree_heads.verifier_key(keys)])
    except ProofError as error:
        raise LogDamagedError(
            "この記録と公開のログが一致しないため、証明を作れません。"
            "記録が書き換えられたおそれがあります。機構の窓口に提供番号を知らせてください。",
            check=error.type,
            receipt=receipt,
        ) from error
    return made


async def inquire(
    tx: Tx,
    person_id: UUID,
    kind: InquiryKind,
    words: str,
    *,
    receipt: str | None,
    keys: Keys,
    clock: Clock,
    by: Actor,
) -> Inquiry:
    """Take an inquiry of a resident; it must be answered within 30 days.

    Raises:
        InvalidInquiryError: nothing written, or too much.
        NoSuchEntryError: the record it is about is not theirs.

    Source: 住民基本台帳法 第30条の33, 第30条の35.
    """
    words = model.check_words(words)
    today = clock.today()
    entry = None if receipt is None else await _entry(tx, person_id, receipt, today)
    inquiry_id = uuid.uuid4()
    inquiry = Inquiry(
        person_id=person_id,
        inquiry_id=inquiry_id,
        kind=kind,
        log_index=None if entry is None else entry.log_index,
        words=keys.columns.seal(words.encode(), inquiry_id.bytes),
        asked_at=clock.now(),
        due_on=model.due(today),
        extended_on=None,
        extension_reason=None,
        state="open",
        answer=None,
        answered_at=None,
    )
    await store.add_inquiry(tx, inquiry)
    await _audit(tx, inquiry, "jukinet.disclosure.inquire", by, clock)
    return inquiry


async def extend(
    tx: Tx, inquiry_id: UUID, until: date, reason: str, *, by: Actor, clock: Clock
) -> Inquiry:
    """Extend the time for an answer, with the reason that the resident is told.

    Raises:
        NoSuchInquiryError: no such inquiry.
        InquiryAnsweredError: it was answered.
        InvalidExtensionError: no reason, or not later.

    Source: 住民基本台帳法 第30条の33第2項.
    """
    inquiry = await _open_inquiry(tx, inquiry_id)
    model.check_extension(inquiry.extended_on or inquiry.due_on, until, reason)
    await store.extend_inquiry(tx, inquiry, until, reason.strip())
    await _audit(tx, inquiry, "jukinet.disclosure.extend", by, clock, reason)
    return replace(inquiry, extended_on=until, extension_reason=reason.strip())


async def answer(
    tx: Tx, inquiry_id: UUID, words: str, *, keys: Keys, by: Actor, clock: Clock
) -> None:
    """Answer an inquiry.

    Raises:
        NoSuchInquiryError: no such inquiry.
        InquiryAnsweredError: it was answered.
        InvalidInquiryError: nothing written, or too much.
    """
    inquiry = await _open_inquiry(tx, inquiry_id)
    sealed = keys.columns.seal(model.check_words(words).encode(), inquiry_id.bytes)
    await store.answer_inquiry(tx, inquiry, sealed, clock.now(), by.id)
    await _audit(tx, inquiry, "jukinet.disclosure.answer", by, clock)


def words_of(inquiry: Inquiry, keys: Keys) -> tuple[str, str | None]:
    """What the resident wrote and what was answered."""
    context = inquiry.inquiry_id.bytes
    written = keys.columns.open(inquiry.words, context).decode()
    if inquiry.answer is None:
        return written, None
    return written, keys.columns.open(inquiry.answer, context).decode()


async def roll_up(tx: Tx) -> bool:
    """Count the next stretch of the log; whether it was full, so that more may wait.

    While questions come in there is always something new to count: to go on at once for a few
    would count for ever and take the time from those who ask.
    """
    return await store.roll_up(tx, GROUPS) == GROUPS


async def counts(tx: Tx, first: date, end: date) -> Counts:
    """Published counts of the months from `first` to before `end` (第30条の16)."""
    names = await store.organ_names(tx)
    rows = [_public(one, names) for one in await store.counts(tx, first, end)]
    return Counts(
        rows=rows,
        provided=sum(row.provided for row in rows),
        attachments_saved=attachments_saved(rows),
        up_to_index=await store.counted_to(tx),
    )


def attachments_saved(rows: Iterable[PublicCount]) -> int:
    """Answers that took the place of a paper copy, by the definition `attachments-saved`.

    Source: data/provision_measures.csv (an assumption, with its basis).
    """
    return sum(row.provided for row in rows if row.replaces_copy and row.result == Result.HIT)


async def report(tx: Tx, outbox: Outbox, clock: Clock, first: date, end: date) -> int:
    """Send the counts of a period to the ministry (P01); returns the number of rows sent."""
    published = await counts(tx, first, end)
    rows = [
        CountRow(
            month=row.month,
            organ_id=row.organ_id,
            organ_name=row.organ_name,
            affair_id=row.affair_id,
            affair_name=row.affair_name,
            result=row.result,
            provided=row.provided,
            replaces_copy=row.replaces_copy,
        )
        for row in published.rows
    ]
    drafts = []
    for at in range(0, len(rows), _ROWS):
        part = rows[at : at + _ROWS]
        body = P01(rows=part, up_to_index=published.up_to_index, counted_at=clock.now())
        drafts.append(Draft(NATION, MINISTRY, body.kind, body.version, body))
    if drafts:
        await outbox.send_many(tx, drafts)
        facts = {"rows": len(rows), "up_to_index": published.up_to_index}
        await record(tx, by=SYSTEM, action="jukinet.counts.report", facts=facts, at=clock.now())
    return len(rows)


def ministry_handler(clock: Clock) -> Callable[[Tx, Sequence[Received]], Awaitable[None]]:
    """The handler of P01 at the ministry."""

    async def handle(tx: Tx, batch: Sequence[Received]) -> None:
        for message in batch:
            if message.origin != NATION:
                raise WrongOriginError(
                    "提供状況の報告は全国のセンターだけが送れます。送信元を確かめてください。",
                    origin=str(message.origin),
                )
            body = decode_counts(message.body)
            rows = [
                (
                    row.month,
                    row.organ_id,
                    row.organ_name,
                    row.affair_id,
                    row.affair_name,
                    row.result,
                    row.provided,
                    row.replaces_copy,
                )
                for row in body.rows
            ]
            await store.save_published(tx, rows, body.up_to_index, clock.now())

    return handle


async def reported_names(tx: Tx) -> dict[str, str]:
    """Names of the bodies that counts were reported of, at the ministry."""
    return await store.published_names(tx)


async def _entry(tx: Tx, person_id: UUID, receipt: str, on: date) -> Entry:
    parts = _RECEIPT.fullmatch(receipt)
    entry = None
    if parts is not None and int(parts[1]) > 0:
        month = date(int(parts[1]), int(parts[2]), 1)
        entry = await entries.of_person_at(tx, person_id, month, int(parts[3]))
    if entry is None or model.is_hidden(
        entry.affair_id, entry.reason, entry.at.astimezone(JST).date(), on
    ):
        raise NoSuchEntryError(
            "この提供番号の記録は、あなたの記録の中にありません。番号を確かめてください。"
        )
    return entry


async def _open_inquiry(tx: Tx, inquiry_id: UUID) -> Inquiry:
    inquiry = await store.lock_inquiry(tx, inquiry_id)
    if inquiry is None:
        raise NoSuchInquiryError("この番号の申出はありません。番号を確かめてください。")
    if inquiry.state != "open":
        raise InquiryAnsweredError("この申出には既に回答しているため、変えられません。")
    return inquiry


async def _audit(
    tx: Tx, inquiry: Inquiry, action: str, by: Actor, clock: Clock, reason: str | None = None
) -> None:
    await record(
        tx,
        by=by,
        action=action,
        subject=str(inquiry.inquiry_id),
        reason=reason,
        facts={"kind": str(inquiry.kind)},
        at=clock.now(),
    )


def _shown(entry: Entry, names: dict[str, str]) -> Shown:
    affair = affairs.affair(entry.affair_id)
    return Shown(entry, names.get(entry.organ_id, affair.organ_name), affair)


def _public(one: store.Count, names: dict[str, str]) -> PublicCount:
    affair = affairs.affair(one.affair_id)
    return PublicCount(
        month=one.month,
        organ_id=one.organ_id,
        organ_name=names.get(one.organ_id, affair.organ_name),
        affair_id=one.affair_id,
        affair_name=affair.name,
        result=one.result,
        provided=one.provided,
        replaces_copy=affair.replaces_copy,
    )


def _read_mark(mark: str | None) -> tuple[UUID, int] | None:
    if mark is None:
        return None
    parts = _MARK.fullmatch(mark)
    if parts is None:
        raise InvalidPeriodError(
            "続きのページの印が正しくありません。最初のページから開き直してください。"
        )
    return UUID(parts[1]), int(parts[2])
