"""The ministry's part: calls, papers drafted by one and approved by another, the budget."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

import msgspec

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.inbox import Handlers
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Draft as Outgoing
from jichitai.infra.outbox import Outbox
from jichitai.jukinet.errors import InvalidMessageError
from jichitai.kernel.municipalities import prefectures
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.security.errors import NotYourBodyError
from jichitai.security.messages import S08, S09, decode
from jichitai.security.subsidy import ledger, store
from jichitai.security.subsidy.case import Case
from jichitai.security.subsidy.documents import blocks_of
from jichitai.security.subsidy.errors import (
    BudgetExceededError,
    FileChangedError,
    PaperRefusedError,
    SamePersonError,
    UnknownCaseError,
)
from jichitai.security.subsidy.issued import Call
from jichitai.security.subsidy.ledger import Account
from jichitai.security.subsidy.papers import (
    MinistryBody,
    Paper,
    kind_of,
    text_of,
)
from jichitai.security.subsidy.service import files
from jichitai.security.subsidy.service.applicant import read_paper
from jichitai.security.subsidy.steps import after, call_faults
from jichitai.security.subsidy.store import Review

_bodies = msgspec.json.Decoder(MinistryBody)
OWN: Final = store.MINISTRY


class Granting:
    """Use cases of the ministry; every method works in the caller's transaction."""

    def __init__(self, clock: Clock, outbox: Outbox) -> None:
        """Take law time and the way to the prefectures."""
        self._clock = clock
        self._outbox = outbox

    async def open_call(self, tx: Tx, call: Call, *, by: Actor) -> Call:
        """公募する: allot the budget and tell all 47 prefectures; the number is given here.

        Raises:
            PaperRefusedError: its days contradict each other.
        """
        if faults := call_faults(call):
            raise PaperRefusedError(faults)
        at, today = self._clock.now(), self._clock.today()
        serial = await store.next_number(tx, OWN, call.fiscal_year)
        number = files.number_of("国", call.fiscal_year, serial)
        call = msgspec.structs.replace(call, number=number)
        content = text_of(call)
        if not await store.keep_call(tx, OWN, call, content, at):
            raise FileChangedError("この公募は登録済みです。一覧を確かめてください。")
        moved = ledger.opening(call)
        await store.post(tx, OWN, call.call_id, call.call_id, call.call_id, today, moved)
        messages = [
            Outgoing(
                MINISTRY,
                Party.prefecture(one.prefecture_code),
                "S09",
                1,
                S09(
                    prefecture=one.prefecture_code,
                    case_id=call.call_id,
                    paper_id=call.call_id,
                    paper="call",
                    number=number,
                    content=content,
                    sent_at=at,
                ),
            )
            for one in prefectures()
        ]
        await self._outbox.send_many(tx, messages)
        await audit.record(
            tx,
            by=by,
            action="security.subsidy.call",
            subject=str(call.call_id),
            facts={"budget": call.budget},
            at=at,
        )
        return call

    async def propose(
        self,
        tx: Tx,
        prefecture: str,
        case_id: UUID,
        body: MinistryBody,
        *,
        by: Actor,
        note: str = "",
    ) -> Review:
        """起案する: draft a paper; another person approves it.

        Raises:
            UnknownCaseError: no such case.
            WrongStepError: this paper cannot come next.
            PaperRefusedError: its figures do not fit the case.
            BudgetExceededError: the call has not that much left.
            FileChangedError: a draft waits already.
        """
        found = await files.known_file(tx, prefecture, case_id, lock=True)
        await self._check(tx, found.case, body)
        blocks_of(body, self._clock.today())  # what cannot be printed is refused now
        review = Review(
            prefecture=prefecture,
            case_id=case_id,
            review_id=uuid4(),
            kind=kind_of(body),
            follows=found.file.head,
            content=text_of(body),
            note=_without_controls(note),
            drafted_by=by.id,
            drafted_name=by.display,
            drafted_at=self._clock.now(),
            outcome=None,
            ended_name=None,
            ended_at=None,
            reason="",
        )
        if not await store.add_review(tx, review):
            raise FileChangedError(
                "この案件には決裁を待つ起案があります。先にその起案を決裁するか、取り下げてください。"
            )
        await self._trace(tx, review, "security.subsidy.propose", by)
        return review

    async def approve(self, tx: Tx, review_id: UUID, *, by: Actor) -> Paper:
        """決裁する: the second person lets the paper go out.

        Raises:
            UnknownCaseError: no such draft waits.
            SamePersonError: the one who drafted it.
            FileChangedError: a paper came in since it was drafted.
            WrongStepError, PaperRefusedError, BudgetExceededError: as when it was drafted.
        """
        review = await self._waiting(tx, review_id)
        if review.drafted_by == by.id:
            raise SamePersonError(
                "起案した人は、自分の起案を決裁できません。ほかの担当者に決裁を依頼してください。"
            )
        found = await files.known_file(tx, review.prefecture, review.case_id, lock=True)
        if found.file.head != review.follows:
            raise FileChangedError(
                "起案のあとに書類が届きました。起案を取り下げ、書類綴を見て起案し直してください。"
            )
        body = review_body(review)
        await self._check(tx, found.case, body)
        paper = await self._issue(tx, review, body, found.file.head, by)
        at = self._clock.now()
        await store.end_review(tx, review, "approved", by=by.id, name=by.display, at=at)
        await self._trace(tx, review, "security.subsidy.approve", by)
        return paper

    async def decline(self, tx: Tx, review_id: UUID, *, by: Actor, reason: str) -> None:
        """起案を取り下げる, or 差し戻す: the draft goes nowhere.

        Raises:
            UnknownCaseError: no such draft waits.
            PaperRefusedError: without a reason.
        """
        review = await self._waiting(tx, review_id)
        reason = _without_controls(reason)
        if not reason.strip():
            raise PaperRefusedError([("reason", "理由がありません。理由を書いてください。")])
        at = self._clock.now()
        await store.end_review(
            tx, review, "declined", by=by.id, name=by.display, at=at, reason=reason[:2000]
        )
        await self._trace(tx, review, "security.subsidy.decline", by, reason=reason[:2000])

    async def _waiting(self, tx: Tx, review_id: UUID) -> Review:
        review = await store.review(tx, review_id)
        if review is None or review.outcome is not None:
            raise UnknownCaseError(
                "決裁を待つ起案の中に、この番号はありません。案件の画面で確かめてください。"
            )
        return review

    async def _check(self, tx: Tx, case: Case, body: MinistryBody) -> None:
        done = after(case, body, on=self._clock.today())
        more = done.granted - case.granted
        if more <= 0 or done.plan is None:
            return
        call = await store.call(tx, OWN, done.plan.call_id, lock=True)
        if call is None:
            raise UnknownCaseError("申請の公募が見つかりません。都道府県に確かめてください。")
        rows = await store.balances(tx, call_id=call.call_id)
        left = -sum(row.balance for row in rows if row.account is Account.AVAILABLE)
        if more > left:
            raise BudgetExceededError(
                f"この公募の予算の残りは{left:,}円です。{more:,}円の決定はできません。"
                "額を見直すか、予算を確かめてください。",
                left=left,
            )

    async def _issue(
        self, tx: Tx, review: Review, body: MinistryBody, head: str, by: Actor
    ) -> Paper:
        at, today = self._clock.now(), self._clock.today()
        year = today.year - (today.month < 4)
        serial = await store.next_number(tx, OWN, year)
        paper = Paper(
            prefecture=review.prefecture,
            case_id=review.case_id,
            paper_id=uuid4(),
            number=files.number_of("国", year, serial),
            after=head,
            on=today,
            body=body,
        )
        drafter = Actor("staff", review.drafted_by)
        _, document_hash = await files.add(tx, "ministry", paper, at=at, by=drafter, approved_by=by)
        message = S09(
            prefecture=paper.prefecture,
            case_id=paper.case_id,
            paper_id=paper.paper_id,
            paper=paper.kind,
            number=paper.number,
            content=paper.text,
            document_hash=document_hash,
            sent_at=at,
        )
        await self._outbox.send(
            tx,
            origin=MINISTRY,
            to=Party.prefecture(paper.prefecture),
            kind="S09",
            version=1,
            body=message,
        )
        return paper

    async def _trace(
        self, tx: Tx, review: Review, action: str, by: Actor, reason: str | None = None
    ) -> None:
        await audit.record(
            tx,
            by=by,
            action=action,
            subject=str(review.review_id),
            reason=reason,
            facts={"kind": review.kind, "case": str(review.case_id)},
            at=self._clock.now(),
        )


def _without_controls(text: str) -> str:
    return "".join(one for one in text if one.isprintable())


def review_body(review: Review) -> MinistryBody:
    """What a draft of the ministry says."""
    found: MinistryBody = _bodies.decode(review.content)
    return found


def ministry_handlers(clock: Clock) -> Handlers:
    """What the ministry does with papers of the prefectures."""

    async def receive(tx: Tx, batch: Sequence[Received]) -> None:
        for received in batch:
            body = decode(received.kind, received.version, received.body)
            if not isinstance(body, S08):
                raise InvalidMessageError("補助金の書類の電文ではありません。")
            if received.origin != Party.prefecture(body.prefecture):
                raise NotYourBodyError("ほかの都道府県の書類です。差出人の設定を確かめてください。")
            paper = read_paper(body.content, body, "prefecture")
            await files.add(tx, "ministry", paper, at=clock.now(), sent_hash=body.document_hash)

    return {"S08": receive}
