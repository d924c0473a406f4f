"""Rounds: begin one with last year's answers, answer it, end it and report its counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import Body, BodyKind
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.security.access import own_body
from jichitai.security.assets.model.kinds import Area
from jichitai.security.checks.errors import CheckFormError, RoundClosedError, WrongStepError
from jichitai.security.checks.model import rounds as rules
from jichitai.security.checks.model.carrying import Between, stale_reasons
from jichitai.security.checks.model.counting import Part, by_law, by_spot
from jichitai.security.checks.model.rounds import Plan, Target, TargetKind
from jichitai.security.checks.service import systems
from jichitai.security.checks.store import answers, evidence, registers, rounds
from jichitai.security.checks.store.answers import NewAnswer
from jichitai.security.checks.store.rounds import Line, RoundRow
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.guideline import service as guideline
from jichitai.security.guideline.model import Catalogue
from jichitai.security.messages import S05, Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What beginning a round made.

    Attributes:
        round_id: its id.
        questions: how many are asked.
        carried: answers taken over from last time; somebody has to confirm each.
        stale: those of them that need a new look.
    """

    round_id: UUID
    questions: int
    carried: int
    stale: int


class Rounds:
    """Begin, end and reopen rounds of a body."""

    def __init__(self, clock: Clock, outbox: Outbox) -> None:
        """Take law time, and where the summary leaves."""
        self._clock = clock
        self._outbox = outbox

    async def open(self, tx: Tx, body: str, plan: Plan, *, by: Actor) -> Opened:
        """Begin a round; a self-check takes over the answers of the last one.

        Raises:
            NotYourPartError: an audit is begun by an auditor, a self-check by an officer.
            CheckFormError: the plan does not hold.

        Source: ガイドライン 対策基準 9.1(3), 9.2(1).
        """
        today = self._clock.today()
        rules.require_part(plan.sort, by.roles)
        rules.check_plan(plan, today)
        targets = await _targets(tx, body, plan)
        catalogue = await guideline.current(tx, on=today)
        items = catalogue.items_for(plan.network_model, cloud=plan.cloud)
        asked = rules.questions(targets, items, on=today)
        previous = await rounds.last_closed(tx, body, plan.sort)
        round_id = uuid4()
        number = await rounds.next_number(tx, body, f"{plan.sort}-{plan.fiscal_year}")
        await rounds.add_round(
            tx,
            {
                "municipality": body,
                "round_id": round_id,
                "sort": plan.sort,
                "fiscal_year": plan.fiscal_year,
                "number": number,
                "title": plan.title.strip() or _title(plan, number),
                "guideline_version": catalogue.version,
                "network_model": plan.network_model,
                "cloud": plan.cloud,
                "auditor": plan.auditor.strip(),
                "previous_id": None if previous is None else previous.round_id,
                "due_on": plan.due_on,
                "opened_by": by.id,
                "opened_by_name": by.display,
                "opened_at": self._clock.now(),
            },
        )
        await rounds.add_targets(tx, body, round_id, targets)
        await rounds.add_questions(tx, body, round_id, asked)
        carried: list[NewAnswer] = []
        if previous is not None and not plan.sort.audit:
            carried = await self._carry(tx, body, round_id, previous, plan, catalogue)
        await self._record(tx, body, round_id, "open", by, {"questions": len(asked)})
        return Opened(
            round_id=round_id,
            questions=len(asked),
            carried=len(carried),
            stale=sum(bool(one.stale) for one in carried),
        )

    async def close(self, tx: Tx, body: str, round_id: UUID, *, note: str, by: Actor) -> S05:
        """End a round and send its counts upwards (S05).

        Raises:
            UnknownDocumentError, RoundClosedError, NotYourPartError.
            NotReadyError: gaps without a plan, or open questions without a reason.

        Source: 地方自治法施行規則 第16条の3第1項第8号; ガイドライン 対策基準 9.1(5), 9.2(2).
        """
        row = await open_round(tx, body, round_id)
        rules.require_part(row.kind, by.roles)
        today = self._clock.today()
        lines = await rounds.lines(tx, body, round_id, today)
        rules.check_close(
            unanswered=sum(line.version is None for line in lines),
            unconfirmed=sum(line.confirmed is False for line in lines),
            uncovered=sum(line.uncovered for line in lines),
            note=note,
        )
        await rounds.change_round(
            tx,
            body,
            round_id,
            state="closed",
            closed_by=by.id,
            closed_by_name=by.display,
            closed_at=self._clock.now(),
            finished_on=today,
            note=note.strip()[:2_000],
            revision=row.revision + 1,
        )
        owner = await own_body(tx, body)
        summary = await self._summary(tx, owner, replace(row, revision=row.revision + 1), lines)
        await self._outbox.send(
            tx, origin=owner.party, to=_above(owner), kind=S05.kind, version=1, body=summary
        )
        await self._record(tx, body, round_id, "close", by, {"revision": summary.revision}, note)
        return summary

    async def reopen(self, tx: Tx, body: str, round_id: UUID, *, reason: str, by: Actor) -> None:
        """Correct a round that had ended; its next end is reported as a later revision.

        Raises:
            UnknownDocumentError, NotYourPartError.
            WrongStepError: it is open.
            CheckFormError: no reason.
        """
        row = await known_round(tx, body, round_id, lock=True)
        rules.require_part(row.kind, by.roles)
        if row.open:
            raise WrongStepError("この点検は終了していません。そのまま回答できます。")
        if not reason.strip():
            raise CheckFormError.of(
                {
                    "reason": "訂正する理由がありません。報告済みの結果が変わるため、理由を入力してください。"
                }
            )
        await rounds.change_round(tx, body, round_id, state="open", finished_on=None)
        await self._record(tx, body, round_id, "reopen", by, {}, reason)

    async def _summary(self, tx: Tx, owner: Body, row: RoundRow, lines: Sequence[Line]) -> S05:
        today = self._clock.today()
        corrections = await registers.corrections(tx, owner.code, states=("open", "doing", "done"))
        permitted = await registers.exceptions(tx, owner.code)
        tallies = [line.tally for line in lines]
        parts = [*by_spot(tallies, today), *by_law(tallies)]
        return S05(
            body=owner.code,
            check_id=row.round_id,
            revision=row.revision,
            sort=row.kind.value,
            fiscal_year=row.fiscal_year,
            guideline_version=row.guideline_version,
            finished_on=today,
            measures=tuple(map(_measure, parts)),
            open_corrections=sum(one.step.unfinished for one in corrections),
            late_corrections=sum(one.late(today) for one in corrections),
            open_exceptions=sum(one.in_force(today) for one in permitted),
            reported_at=self._clock.now(),
        )

    async def _carry(
        self,
        tx: Tx,
        body: str,
        round_id: UUID,
        previous: RoundRow,
        plan: Plan,
        catalogue: Catalogue,
    ) -> list[NewAnswer]:
        today = self._clock.today()
        before = {
            (line.item_id, line.target_key): line
            for line in await rounds.lines(tx, body, previous.round_id, today)
        }
        between = await _between(tx, body, previous, plan, catalogue, today)
        found: list[tuple[NewAnswer, Line]] = []
        for line in await rounds.lines(tx, body, round_id, today):
            old = before.get((line.item_id, line.target_key))
            standing = None if old is None else old.standing
            if old is None or standing is None or not standing.confirmed:
                continue
            answer = NewAnswer(
                target_id=line.target_id,
                item_id=line.item_id,
                version=1,
                given=standing.given,
                confirmed=False,
                carried_from=previous.round_id,
                stale=stale_reasons(line.item_id, standing, between),
            )
            found.append((answer, old))
        await answers.carry_answers(tx, body, round_id, found)
        return [answer for answer, _ in found]

    async def _record(
        self,
        tx: Tx,
        body: str,
        round_id: UUID,
        what: str,
        by: Actor,
        facts: dict[str, object],
        note: str = "",
    ) -> None:
        await registers.tell(
            tx,
            body,
            round_id,
            at=self._clock.now(),
            by_id=by.id,
            by_name=by.display,
            what=what,
            note=note.strip()[:2_000],
        )
        await audit.record(
            tx,
            by=by,
            action=f"security.check.{what}",
            subject=str(round_id),
            reason=note.strip() or None,
            facts=facts,
        )


async def known_round(tx: Tx, body: str, round_id: UUID, *, lock: bool = False) -> RoundRow:
    """A round of this body.

    Raises:
        UnknownDocumentError: there is none.
    """
    row = await rounds.round_of(tx, body, round_id, lock=lock)
    if row is None:
        raise UnknownDocumentError(
            "この団体に、その点検・監査はありません。一覧から開き直してください。"
        )
    return row


async def open_round(tx: Tx, body: str, round_id: UUID) -> RoundRow:
    """A round whose answers may change; held until the transaction ends.

    Raises:
        UnknownDocumentError: there is none.
        RoundClosedError: it has ended.
    """
    row = await known_round(tx, body, round_id, lock=True)
    if not row.open:
        raise RoundClosedError(
            "この点検は終了し、結果を報告しています。訂正するときは、理由を付けて訂正を始めてください。"
        )
    return row


def _title(plan: Plan, number: int) -> str:
    again = f"（{number}回目）" if number > 1 else ""
    return f"{plan.fiscal_year}年度 {plan.sort.japanese}{again}"


def _above(owner: Body) -> Party:
    """To whom a body reports: a prefecture to the ministry, the rest to their prefecture."""
    if owner.kind is BodyKind.PREFECTURE:
        return MINISTRY
    return Party.prefecture(owner.prefecture_code)


def _measure(part: Part) -> Measure:
    return Measure(
        key=part.key,
        met=part.count.met,
        partly=part.count.partly,
        unmet=part.count.unmet,
        not_applicable=part.count.not_applicable,
        unanswered=part.count.unanswered,
    )


async def _targets(tx: Tx, body: str, plan: Plan) -> list[Target]:
    known = {one.system_id: one for one in await systems.known(tx, body)}
    missing = [one for one in plan.systems if one not in known]
    if missing:
        raise CheckFormError.of(
            {
                "systems": "台帳にない情報システムが選ばれています。システムの一覧を見て選び直してください。"
            }
        )
    found = [Target(id=uuid4(), kind=TargetKind.WHOLE, name=TargetKind.WHOLE.japanese)]
    found += [
        Target(id=uuid4(), kind=TargetKind.AREA, name=area.japanese, area=area)
        for area in Area
        if area in plan.areas
    ]
    for system_id in dict.fromkeys(plan.systems):
        system = known[system_id]
        found.append(
            Target(
                id=uuid4(),
                kind=TargetKind.SYSTEM,
                name=system.name,
                area=system.area,
                cloud=system.cloud,
                ref=str(system_id),
            )
        )
    return found


async def _between(
    tx: Tx, body: str, previous: RoundRow, plan: Plan, catalogue: Catalogue, today: date
) -> Between:
    changed: dict[str, str] = {}
    if previous.guideline_version != catalogue.version:
        step = await guideline.difference(tx, previous.guideline_version, catalogue.version)
        named = f"{previous.guideline_version}から{catalogue.version}"
        for item in step.stale:
            reasons = "、".join(reason.what for reason in step.reasons(item)) or named
            changed[item] = reasons
    since = previous.closed_at or previous.opened_at
    return Between(
        items=changed,
        expired=frozenset(await evidence.expired(tx, body, today)),
        conditions=(previous.model, previous.cloud) != (plan.network_model, plan.cloud),
        exceptions=frozenset(await rounds.ended_exceptions(tx, body, since, today)),
    )
