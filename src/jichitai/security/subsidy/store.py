"""SQL of the subsidy; the same tables at both tiers, with the prefecture first in every key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.security.subsidy.issued import Call
from jichitai.security.subsidy.ledger import Account, Balance, Posted, Transfer
from jichitai.security.subsidy.papers import Paper, call_of, paper_of

MINISTRY: Final = "00"
"""Stands in the key where a row is the ministry's own."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper as it is kept."""

    paper_id: UUID
    case_id: UUID
    prefecture: str
    content: str
    document_hash: str
    made_at: datetime
    same: bool

    @property
    def paper(self) -> Paper:
        """The paper."""
        return paper_of(self.content)


@dataclass(frozen=True, slots=True)
class Draft:
    """A paper of the prefecture in the making."""

    case_id: UUID
    kind: str
    call_id: UUID
    revision: int
    content: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """A paper of the ministry in the making."""

    prefecture: str
    case_id: UUID
    review_id: UUID
    kind: str
    follows: str
    content: str
    note: str
    drafted_by: str
    drafted_name: str
    drafted_at: datetime
    outcome: str | None
    ended_name: str | None
    ended_at: datetime | None
    reason: str


# --- calls ---------------------------------------------------------------------------------------


async def keep_call(tx: Tx, prefecture: str, call: Call, content: str, at: datetime) -> bool:
    """Keep a call; False when it is there already."""
    cursor = await tx.execute(
        "insert into security.subsidy_call (prefecture, call_id, content, told_at)"
        " values (%s, %s, %s, %s) on conflict do nothing",
        (prefecture, call.call_id, content, at),
    )
    return cursor.rowcount == 1


async def calls(tx: Tx, prefecture: str) -> list[Call]:
    """Calls, the newest first."""
    cursor = await tx.execute(
        "select content from security.subsidy_call where prefecture = %s"
        " order by told_at desc, call_id",
        (prefecture,),
    )
    return [call_of(content) for (content,) in await cursor.fetchall()]


async def call(tx: Tx, prefecture: str, call_id: UUID, *, lock: bool = False) -> Call | None:
    """One call; locked, so that decisions on its budget come one after the other."""
    if lock:
        key = f"security.subsidy_call.{call_id}"
        await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
    cursor = await tx.execute(
        "select content from security.subsidy_call where prefecture = %s and call_id = %s",
        (prefecture, call_id),
    )
    row = await cursor.fetchone()
    return call_of(row[0]) if row else None


# --- papers --------------------------------------------------------------------------------------

_PAPERS: Final = """
select paper_id, case_id, prefecture, content, document_hash, made_at,
       document_hash = encode(sha256(document), 'hex') as same
  from security.subsidy_paper
"""


async def papers(tx: Tx, prefecture: str, case_id: UUID) -> list[PaperRow]:
    """All papers of a case, crossed ones included, as they came."""
    cursor = tx.cursor(row_factory=class_row(PaperRow))
    query = f"{_PAPERS} where prefecture = %s and case_id = %s order by made_at, paper_id"
    return await (await cursor.execute(query, (prefecture, case_id))).fetchall()


async def all_papers(tx: Tx, prefecture: str | None) -> list[PaperRow]:
    """Papers of all cases of a prefecture, or of all prefectures."""
    cursor = tx.cursor(row_factory=class_row(PaperRow))
    query = (
        f"{_PAPERS} where (%(p)s::text is null or prefecture = %(p)s)"
        " order by prefecture, case_id, made_at, paper_id"
    )
    return await (await cursor.execute(query, {"p": prefecture})).fetchall()


async def lock_case(tx: Tx, prefecture: str, case_id: UUID) -> None:
    """Let papers of a case come one after the other, until the transaction ends."""
    key = f"security.subsidy_paper.{prefecture}.{case_id}"
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))


async def add_paper(
    tx: Tx,
    paper: Paper,
    *,
    document: bytes,
    document_hash: str,
    made_by: str,
    approved_by: str | None,
    at: datetime,
) -> bool:
    """Add a paper; False when its place in the file is taken."""
    cursor = await tx.execute(
        "insert into security.subsidy_paper (prefecture, case_id, paper_id, side, kind, number,"
        "  follows, fingerprint, content, document, document_hash, made_by, approved_by, made_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (
            paper.prefecture,
            paper.case_id,
            paper.paper_id,
            paper.side,
            paper.kind,
            paper.number,
            paper.after,
            paper.fingerprint,
            paper.text,
            document,
            document_hash,
            made_by,
            approved_by,
            at,
        ),
    )
    return cursor.rowcount == 1


async def document(tx: Tx, prefecture: str, case_id: UUID, paper_id: UUID) -> bytes | None:
    """The PDF of a paper."""
    cursor = await tx.execute(
        "select document from security.subsidy_paper"
        " where prefecture = %s and case_id = %s and paper_id = %s",
        (prefecture, case_id, paper_id),
    )
    row = await cursor.fetchone()
    return bytes(row[0]) if row else None


async def next_number(tx: Tx, prefecture: str, fiscal_year: int) -> int:
    """The next 文書番号 of a fiscal year."""
    cursor = await tx.execute(
        "insert into security.subsidy_number (prefecture, fiscal_year, last) values (%s, %s, 1)"
        " on conflict (prefecture, fiscal_year) do update set last = subsidy_number.last + 1"
        " returning last",
        (prefecture, fiscal_year),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


# --- drafts of a prefecture ----------------------------------------------------------------------

_DRAFT: Final = """
select case_id, kind, call_id, revision, content, changed_at from security.subsidy_draft
 where prefecture = %s
"""


async def draft(tx: Tx, prefecture: str, case_id: UUID, kind: str) -> Draft | None:
    """One draft."""
    cursor = tx.cursor(row_factory=class_row(Draft))
    await cursor.execute(f"{_DRAFT} and case_id = %s and kind = %s", (prefecture, case_id, kind))
    return await cursor.fetchone()


async def drafts(tx: Tx, prefecture: str) -> list[Draft]:
    """All drafts of a prefecture, the latest first."""
    cursor = tx.cursor(row_factory=class_row(Draft))
    await cursor.execute(f"{_DRAFT} order by changed_at desc, case_id, kind", (prefecture,))
    return await cursor.fetchall()


async def save_draft(
    tx: Tx,
    prefecture: str,
    case_id: UUID,
    kind: str,
    call_id: UUID,
    content: str,
    *,
    revision: int,
    by: str,
    at: datetime,
) -> bool:
    """Save a draft made on a revision (0 for a new one); False when somebody was first."""
    cursor = await tx.execute(
        "insert into security.subsidy_draft as draft"
        " (prefecture, case_id, kind, call_id, revision, content, changed_by, changed_at)"
        " values (%(prefecture)s, %(case)s, %(kind)s, %(call)s, %(revision)s + 1, %(content)s,"
        "         %(by)s, %(at)s)"
        " on conflict (prefecture, case_id, kind) do update"
        "    set revision = draft.revision + 1, content = excluded.content,"
        "        changed_by = excluded.changed_by, changed_at = excluded.changed_at"
        "  where draft.revision = %(revision)s",
        {
            "prefecture": prefecture,
            "case": case_id,
            "kind": kind,
            "call": call_id,
            "revision": revision,
            "content": content,
            "by": by,
            "at": at,
        },
    )
    return cursor.rowcount == 1


async def drop_draft(tx: Tx, prefecture: str, case_id: UUID, kind: str) -> None:
    """Forget a draft."""
    await tx.execute(
        "delete from security.subsidy_draft where prefecture = %s and case_id = %s and kind = %s",
        (prefecture, case_id, kind),
    )


# --- reviews of the ministry ---------------------------------------------------------------------

_REVIEW: Final = """
select prefecture, case_id, review_id, kind, follows, content, note, drafted_by, drafted_name,
       drafted_at, outcome, ended_name, ended_at, reason
  from security.subsidy_review
"""


async def add_review(tx: Tx, review: Review) -> bool:
    """Add a draft of the ministry; False when the case has one that waits."""
    cursor = await tx.execute(
        "insert into security.subsidy_review (prefecture, case_id, review_id, kind, follows,"
        "  content, note, drafted_by, drafted_name, drafted_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (
            review.prefecture,
            review.case_id,
            review.review_id,
            review.kind,
            review.follows,
            review.content,
            review.note,
            review.drafted_by,
            review.drafted_name,
            review.drafted_at,
        ),
    )
    return cursor.rowcount == 1


async def review(tx: Tx, review_id: UUID) -> Review | None:
    """One draft of the ministry, locked."""
    cursor = tx.cursor(row_factory=class_row(Review))
    await cursor.execute(f"{_REVIEW} where review_id = %s for update", (review_id,))
    return await cursor.fetchone()


async def reviews(
    tx: Tx, *, prefecture: str | None = None, case_id: UUID | None = None, waiting: bool = False
) -> list[Review]:
    """Drafts of the ministry, the latest first."""
    cursor = tx.cursor(row_factory=class_row(Review))
    await cursor.execute(
        f"{_REVIEW} where (%(prefecture)s::text is null or prefecture = %(prefecture)s)"
        "  and (%(case)s::uuid is null or case_id = %(case)s)"
        "  and (not %(waiting)s or outcome is null)"
        " order by drafted_at desc, review_id limit 500",
        {"prefecture": prefecture, "case": case_id, "waiting": waiting},
    )
    return await cursor.fetchall()


async def end_review(
    tx: Tx, review: Review, outcome: str, *, by: str, name: str, at: datetime, reason: str = ""
) -> None:
    """Close a draft of the ministry."""
    await tx.execute(
        "update security.subsidy_review set outcome = %s, ended_by = %s, ended_name = %s,"
        "       ended_at = %s, reason = %s"
        " where prefecture = %s and case_id = %s and review_id = %s and outcome is null",
        (outcome, by, name, at, reason, review.prefecture, review.case_id, review.review_id),
    )


# --- ledger --------------------------------------------------------------------------------------


async def post(
    tx: Tx,
    prefecture: str,
    case_id: UUID,
    paper_id: UUID,
    call_id: UUID,
    on: date,
    moved: Sequence[Transfer],
    *,
    first: int = 1,
    reverses: bool = False,
) -> None:
    """Write the transfers of one paper."""
    if not moved:
        return
    columns = [
        [first + at for at in range(len(moved))],
        [str(one.debit) for one in moved],
        [str(one.credit) for one in moved],
        [one.amount for one in moved],
        [one.project for one in moved],
        [one.category for one in moved],
    ]
    await tx.execute(
        "insert into security.subsidy_transfer (prefecture, case_id, paper_id, call_id, posted_on,"
        "  reverses, line, debit, credit, amount, project, category)"
        " select %s, %s, %s, %s, %s, %s, line, debit, credit, amount, project, category"
        "   from unnest(%s::integer[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[])"
        "     as moved (line, debit, credit, amount, project, category)",
        (prefecture, case_id, paper_id, call_id, on, reverses, *columns),
    )


async def posted(
    tx: Tx, *, prefecture: str | None = None, case_id: UUID | None = None, limit: int = 5_000
) -> list[Posted]:
    """Rows of the ledger, the latest first."""
    cursor = await tx.execute(
        "select prefecture, case_id, paper_id, line, posted_on, debit, credit, amount, project,"
        "       category"
        "  from security.subsidy_transfer"
        " where (%(prefecture)s::text is null or prefecture = %(prefecture)s)"
        "   and (%(case)s::uuid is null or case_id = %(case)s)"
        " order by posted_on desc, prefecture, case_id, paper_id, line limit %(limit)s",
        {"prefecture": prefecture, "case": case_id, "limit": limit},
    )
    return [
        Posted(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            Transfer(Account(row[5]), Account(row[6]), row[7], row[8], row[9]),
        )
        for row in await cursor.fetchall()
    ]


async def reversible(
    tx: Tx, prefecture: str, case_id: UUID, paper_ids: Iterable[UUID]
) -> list[Posted]:
    """Rows of papers that have not been reversed yet."""
    wanted = set(paper_ids)
    rows = await posted(tx, prefecture=prefecture, case_id=case_id)
    cursor = await tx.execute(
        "select distinct paper_id from security.subsidy_transfer"
        " where prefecture = %s and case_id = %s and reverses",
        (prefecture, case_id),
    )
    done = {paper_id for (paper_id,) in await cursor.fetchall()}
    return [row for row in rows if row.paper_id in wanted - done]


async def balances(
    tx: Tx, *, prefecture: str | None = None, call_id: UUID | None = None
) -> list[Balance]:
    """合計残高試算表, added up in the database."""
    cursor = await tx.execute(
        "select account, coalesce(sum(amount) filter (where side = 'debit'), 0)::bigint,"
        "       coalesce(sum(amount) filter (where side = 'credit'), 0)::bigint"
        "  from (select debit as account, 'debit' as side, amount, prefecture, call_id"
        "          from security.subsidy_transfer"
        "        union all"
        "        select credit, 'credit', amount, prefecture, call_id"
        "          from security.subsidy_transfer) as moved"
        " where (%(prefecture)s::text is null or prefecture = %(prefecture)s)"
        "   and (%(call)s::uuid is null or call_id = %(call)s)"
        " group by account",
        {"prefecture": prefecture, "call": call_id},
    )
    found = {account: (debit, credit) for account, debit, credit in await cursor.fetchall()}
    return [
        Balance(account=account, debit=found[account][0], credit=found[account][1])
        for account in Account
        if account in found
    ]
