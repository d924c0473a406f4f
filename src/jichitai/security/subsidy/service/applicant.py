"""The prefecture's part: drafts, papers handed in, and what the ministry sends back."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID, uuid4

import msgspec

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.inbox import Handlers
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Outbox
from jichitai.jukinet.errors import InvalidMessageError
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.security.cloud import store as clouds
from jichitai.security.cloud.model import Have
from jichitai.security.errors import NotYourBodyError, StaleEditError
from jichitai.security.messages import S08, S09, decode
from jichitai.security.subsidy import checks, store
from jichitai.security.subsidy.checks import Fault
from jichitai.security.subsidy.errors import PaperRefusedError, UnknownCaseError, WrongStepError
from jichitai.security.subsidy.handed_in import Application, ChangeRequest, Settlement
from jichitai.security.subsidy.issued import Call
from jichitai.security.subsidy.papers import (
    KINDS,
    Paper,
    PrefectureBody,
    call_of,
    kind_of,
    paper_of,
    text_of,
)
from jichitai.security.subsidy.service import files
from jichitai.security.subsidy.store import Draft

DraftBody = Application | ChangeRequest | Settlement
DRAFTS: Final = ("application", "change", "settlement")
"""Kinds of paper that are worked on before they are handed in."""
_bodies = msgspec.json.Decoder(DraftBody)


class Applicant:
    """Use cases of a prefecture; every method works in the caller's transaction."""

    def __init__(self, clock: Clock, outbox: Outbox) -> None:
        """Take law time and the way to the ministry."""
        self._clock = clock
        self._outbox = outbox

    async def call(self, tx: Tx, prefecture: str, call_id: UUID) -> Call:
        """One call.

        Raises:
            UnknownCaseError: it has not come to this prefecture.
        """
        found = await store.call(tx, prefecture, call_id)
        if found is None:
            raise UnknownCaseError("この公募は届いていません。一覧から選び直してください。")
        return found

    async def start(self, tx: Tx, prefecture: str, call_id: UUID, *, by: Actor) -> Draft:
        """Begin an application; functions that the cloud's record says are met are filled in.

        Raises:
            UnknownCaseError: no such call.
        """
        call = await self.call(tx, prefecture, call_id)
        version = await clouds.current(tx, prefecture, call.generation)
        met = version.cloud.functions if version else ()
        body = Application(
            call_id=call.call_id,
            fiscal_year=call.fiscal_year,
            generation=call.generation,
            functions=tuple(one.code for one in met if one.have is Have.MET),
        )
        draft = await self._save(tx, prefecture, uuid4(), call_id, body, revision=0, by=by)
        await audit.record(
            tx,
            by=by,
            action="security.subsidy.start",
            subject=str(draft.case_id),
            facts={"prefecture": prefecture, "call": str(call_id)},
            at=self._clock.now(),
        )
        return draft

    async def draft(self, tx: Tx, prefecture: str, case_id: UUID, kind: str) -> Draft:
        """A draft; a new one of a change begins with the plan as it stands.

        Raises:
            UnknownCaseError: there is neither a draft nor a case to begin one from.
            WrongStepError: this paper cannot come next.
        """
        found = await store.draft(tx, prefecture, case_id, kind)
        if found is not None:
            return found
        case = (await files.known_file(tx, prefecture, case_id)).case
        body = self._begun(kind, case.plan)
        if body is None or kind not in case.next_kinds("prefecture") or case.plan is None:
            raise WrongStepError(
                f"今は「{case.state.japanese}」の段階のため、この書類は作れません。"
                "書類綴で、次に出せる書類を確かめてください。"
            )
        now = self._clock.now()
        return Draft(case_id, kind, case.plan.call_id, 0, text_of(body), now)

    def _begun(self, kind: str, plan: Application | None) -> DraftBody | None:
        if plan is None:
            return None
        match kind:
            case "application":
                return plan
            case "change":
                return ChangeRequest(reason="（理由を書いてください）", plan=plan)
            case "settlement":
                return Settlement(finished_on=self._clock.today())
            case _:
                return None

    async def save_draft(
        self, tx: Tx, prefecture: str, case_id: UUID, body: DraftBody, *, revision: int, by: Actor
    ) -> Draft:
        """Save a draft; the amount applied for is worked out anew.

        Args:
            tx: a transaction of the prefecture's tier.
            prefecture: whose case.
            case_id: which one.
            body: the draft as it is to be.
            revision: the one it was made on; 0 for a new draft.
            by: who changes it.

        Raises:
            UnknownCaseError: no such case or draft.
            StaleEditError: somebody else changed it meanwhile.
        """
        before = await self.draft(tx, prefecture, case_id, kind_of(body))
        today = self._clock.today()
        return await self._save(
            tx, prefecture, case_id, before.call_id, filled(body, today), revision=revision, by=by
        )

    async def _save(
        self,
        tx: Tx,
        prefecture: str,
        case_id: UUID,
        call_id: UUID,
        body: DraftBody,
        *,
        revision: int,
        by: Actor,
    ) -> Draft:
        at, kind = self._clock.now(), kind_of(body)
        saved = await store.save_draft(
            tx,
            prefecture,
            case_id,
            kind,
            call_id,
            text_of(body),
            revision=revision,
            by=by.id,
            at=at,
        )
        if not saved:
            raise StaleEditError(
                "開いている間に、ほかの人がこの下書きを変更しました。開き直して、変更を入れ直してください。"
            )
        found = await store.draft(tx, prefecture, case_id, kind)
        if found is None:
            raise UnknownCaseError("この下書きはありません。一覧から開き直してください。")
        return found

    async def faults(self, tx: Tx, prefecture: str, draft: Draft) -> list[Fault]:
        """What is wrong with a draft still; none when it may be handed in."""
        call = await store.call(tx, prefecture, draft.call_id)
        body, today = body_of(draft), self._clock.today()
        if isinstance(body, Application):
            return [*_period_faults(call, today), *checks.application_faults(body, call, today)]
        if isinstance(body, ChangeRequest):
            return checks.application_faults(body.plan, call, today)
        case = (await files.known_file(tx, prefecture, draft.case_id)).case
        if case.plan is None:
            return []
        return checks.settlement_faults(body, case.plan, case.granted, today)

    async def submit(
        self, tx: Tx, prefecture: str, case_id: UUID, kind: str, *, by: Actor
    ) -> Paper:
        """提出する: hand a draft in; it is a draft no longer.

        Raises:
            UnknownCaseError: no such draft.
            PaperRefusedError: something is wrong with it.
            WrongStepError: this paper cannot come next.
        """
        draft = await self.draft(tx, prefecture, case_id, kind)
        return await self.issue(tx, prefecture, case_id, body_of(draft), by=by)

    async def issue(
        self, tx: Tx, prefecture: str, case_id: UUID, body: PrefectureBody, *, by: Actor
    ) -> Paper:
        """Put a paper into the file and send it.

        Raises:
            UnknownCaseError: no such case.
            PaperRefusedError: something is wrong with it.
            WrongStepError: this paper cannot come next.
        """
        today, at, kind = self._clock.today(), self._clock.now(), kind_of(body)
        before = await files.open_file(tx, prefecture, case_id, lock=True)
        if isinstance(body, Application):
            await self._check_call(tx, prefecture, body, first=not before.rows)
        elif not before.rows:
            raise UnknownCaseError("この番号の案件はありません。一覧から開き直してください。")
        year = today.year - (today.month < 4)
        serial = await store.next_number(tx, prefecture, year)
        paper = Paper(
            prefecture=prefecture,
            case_id=case_id,
            paper_id=uuid4(),
            number=files.number_of(prefecture, year, serial),
            after=before.file.head,
            on=today,
            body=body,
        )
        _, document_hash = await files.add(tx, "prefecture", paper, at=at, by=by)
        await store.drop_draft(tx, prefecture, case_id, kind)
        message = S08(
            prefecture=prefecture,
            case_id=case_id,
            paper_id=paper.paper_id,
            paper=kind,
            number=paper.number,
            content=paper.text,
            document_hash=document_hash,
            sent_at=at,
        )
        await self._outbox.send(
            tx,
            origin=Party.prefecture(prefecture),
            to=MINISTRY,
            kind="S08",
            version=1,
            body=message,
        )
        return paper

    async def _check_call(self, tx: Tx, prefecture: str, body: Application, *, first: bool) -> None:
        call, today = await self.call(tx, prefecture, body.call_id), self._clock.today()
        found = checks.application_faults(body, call, today)
        if first:
            found = [*_period_faults(call, today), *found]
        if found:
            raise PaperRefusedError(found)


def _period_faults(call: Call | None, on: date) -> list[Fault]:
    if call is None or call.opens_on <= on <= call.closes_on:
        return []
    return [
        (
            "call_id",
            f"受付は{call.opens_on}から{call.closes_on}までです。今日は申請できません。",
        )
    ]


def body_of(draft: Draft) -> DraftBody:
    """What a draft says."""
    found: DraftBody = _bodies.decode(draft.content)
    return found


def filled(body: DraftBody, on: date) -> DraftBody:
    """The draft with the amount that the rules give."""
    replaced = msgspec.structs.replace
    match body:
        case Application():
            return replaced(body, amount=checks.grant_of(body, on))
        case ChangeRequest():
            return replaced(body, plan=replaced(body.plan, amount=checks.grant_of(body.plan, on)))
        case _:
            return body


def prefecture_handlers(clock: Clock) -> Handlers:
    """What a prefecture does with papers of the ministry."""

    async def receive(tx: Tx, batch: Sequence[Received]) -> None:
        for received in batch:
            body = decode(received.kind, received.version, received.body)
            if not isinstance(body, S09):
                raise InvalidMessageError("補助金の書類の電文ではありません。")
            if received.origin != MINISTRY or received.receiver.code != body.prefecture:
                raise NotYourBodyError(
                    "府省から自分の都道府県への書類ではありません。差出人の設定を確かめてください。"
                )
            if body.paper == "call":
                await _keep_call(tx, body, clock)
            else:
                paper = read_paper(body.content, body, "ministry")
                await files.add(
                    tx, "prefecture", paper, at=clock.now(), sent_hash=body.document_hash
                )

    return {"S09": receive}


async def _keep_call(tx: Tx, body: S09, clock: Clock) -> None:
    try:
        call = call_of(body.content)
    except msgspec.MsgspecError as error:
        raise InvalidMessageError(
            "公募の内容を読めません。府省に送り直しを依頼してください。"
        ) from error
    await store.keep_call(tx, body.prefecture, call, body.content, clock.now())


def read_paper(content: str, envelope: S08 | S09, side: str) -> Paper:
    """The paper in a message.

    Raises:
        InvalidMessageError: it has another form, or is not what its envelope says.
    """
    try:
        paper = paper_of(content)
    except msgspec.MsgspecError as error:
        raise InvalidMessageError(
            "補助金の書類の内容を読めません。差出人に送り直しを依頼してください。"
        ) from error
    outside = (envelope.prefecture, envelope.case_id, envelope.paper_id, envelope.paper)
    if (paper.prefecture, paper.case_id, paper.paper_id, paper.kind) != outside:
        raise InvalidMessageError("封の記載と中の書類が違います。差出人に確かめてください。")
    if paper.side != side or paper.kind not in KINDS or paper.text != content:
        raise InvalidMessageError("この差出人の書類ではないか、書き方が違います。")
    return paper
