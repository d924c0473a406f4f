"""審査・決裁: entering (仮登録), handing in, returning, and approval by another person (本登録).

Source: 住民記録システム標準仕様書 4.0.8 (審査・決裁), 4.0.9 (入力確認・修正), 11.1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.register import errors
from jichitai.register.model import findings
from jichitai.register.model.deciding import decide, wanted
from jichitai.register.model.forms import Form, kind_of
from jichitai.register.model.situation import Decision, Situation
from jichitai.register.service import situations
from jichitai.register.service.entry import Assessed, Entry, expect, opened, sealed_content
from jichitai.register.service.refusals import check, described, refused
from jichitai.register.service.writing import LOW_STOCK, Origin, write
from jichitai.register.store import entries as store
from jichitai.register.store import log, pool
from jichitai.register.store.entries import EntryRow
from jichitai.register.store.log import Counter
from jichitai.register.store.rows import Vault


class Entries:
    """Use cases of the counter's two phases; every method works in the caller's `tx`."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        """Take the tier's keys and the law's clock."""
        self._vault = Vault(keys)
        self._clock = clock

    async def assess(self, tx: Tx, municipality: str, form: Form) -> tuple[Decision, Situation]:
        """What the rules say about a form now. Nothing is written."""
        counter = await log.peek(tx, municipality)
        return await self._judge(tx, municipality, form, counter)

    async def enter(
        self,
        tx: Tx,
        municipality: str,
        entry_id: UUID,
        form: Form,
        *,
        reasons: Mapping[str, str],
        by: Actor,
        keep_draft: bool = False,
    ) -> Assessed:
        """仮登録: keep a form. The same request again gives the same entry.

        Args:
            tx: the transaction.
            municipality: code of the clerk's town.
            entry_id: made by the client.
            form: as entered.
            reasons: reason per alert code.
            by: the clerk.
            keep_draft: keep it although it has errors (the counter's unfinished drafts).

        Raises:
            FormRefusedError: errors, and it is not to be kept as a draft.
            EntryReusedError: the id was used for another form.
            BeingEditedError: another open entry holds one of the persons.
        """
        decision, situation = await self.assess(tx, municipality, form)
        content = sealed_content(form, reasons)
        known = await store.get(tx, municipality, entry_id)
        if known is None and decision.blocked and not keep_draft:
            raise refused(decision.findings)
        counter = await log.lock(tx, municipality)
        row = self._row(municipality, entry_id, form, content, counter, decision, by)
        if known is None and not await store.insert(tx, row):
            known = await self._get(tx, municipality, entry_id)
        if known is not None:
            self._same(known, content, by)
            entry = self._entry(known)
            return Assessed(entry=entry, decision=decision, situation=situation, repeated=True)
        await log.advance(tx, municipality, replace(counter, receipt_number=row.receipt_number))
        await self._hold(tx, row, form)
        await self._record(tx, row, by, "register.entry.enter")
        return Assessed(entry=self._entry(row), decision=decision, situation=situation)

    async def amend(
        self,
        tx: Tx,
        municipality: str,
        entry_id: UUID,
        form: Form,
        *,
        reasons: Mapping[str, str],
        by: Actor,
    ) -> Assessed:
        """Change an entry before it is handed in, or after it was returned.

        Raises:
            NotYourEntryError: somebody else entered it.
            EntryStateError: it was handed in or decided.
            BeingEditedError: another open entry holds one of the persons.
        """
        row = await self._own(tx, municipality, entry_id, by)
        decision, situation = await self.assess(tx, municipality, form)
        content = sealed_content(form, reasons)
        row = replace(
            row,
            kind=kind_of(form).value,
            form=self._vault.seal(content, entry_id.bytes),
            revision=row.revision + 1,
            errors=len(findings.errors(decision.findings)),
            alerts=len(decision.findings) - len(findings.errors(decision.findings)),
            changed_at=self._clock.now(),
        )
        await store.update(tx, row)
        await self._hold(tx, row, form)
        await self._record(tx, row, by, "register.entry.amend")
        return Assessed(entry=self._entry(row), decision=decision, situation=situation)

    async def submit(self, tx: Tx, municipality: str, entry_id: UUID, *, by: Actor) -> Entry:
        """審査に回す. Handing in twice changes nothing.

        Raises:
            FormRefusedError: errors block it.
            AlertNeedsReasonError: an alert has no reason.
        """
        known = await self._get(tx, municipality, entry_id, lock=True)
        if known.state == "submitted" and known.entered_by == by.id:
            return self._entry(known)
        row = self._owned(known, by)
        entry = self._entry(row)
        decision, _ = await self.assess(tx, municipality, entry.form)
        check(decision, entry.reasons)
        row = replace(
            row,
            state="submitted",
            revision=row.revision + 1,
            errors=0,
            alerts=len(decision.findings),
            submitted_at=self._clock.now(),
            return_reason=None,
        )
        await store.update(tx, row)
        await self._record(tx, row, by, "register.entry.submit")
        return self._entry(row)

    async def return_with_reason(
        self, tx: Tx, municipality: str, entry_id: UUID, reason: str, *, by: Actor
    ) -> Entry:
        """差し戻す: give it back to the one who entered it.

        Raises:
            FormRefusedError: no reason is written.
            EntryStateError: it does not wait for approval.
        """
        if not reason.strip():
            raise errors.FormRefusedError(
                "差し戻しの理由が書かれていません。入力した人が直せるように、理由を書いてください。"
                "（住民記録標準仕様 4.0.8）"
            )
        row = await self._get(tx, municipality, entry_id, lock=True)
        expect(row, "submitted")
        row = replace(
            row,
            state="returned",
            revision=row.revision + 1,
            decided_by=by.id,
            decided_name=by.display,
            decided_at=self._clock.now(),
            return_reason=reason.strip(),
        )
        await store.update(tx, row)
        await self._record(tx, row, by, "register.entry.return", reason=reason.strip())
        return self._entry(row)

    async def withdraw(self, tx: Tx, municipality: str, entry_id: UUID, *, by: Actor) -> Entry:
        """取りやめる: close an entry of one's own without effect."""
        row = await self._own(tx, municipality, entry_id, by)
        row = replace(
            row, state="withdrawn", revision=row.revision + 1, changed_at=self._clock.now()
        )
        await store.update(tx, row)
        await store.release(tx, municipality, entry_id)
        await self._record(tx, row, by, "register.entry.withdraw")
        return self._entry(row)

    async def approve(
        self, tx: Tx, municipality: str, entry_id: UUID, *, revision: int, by: Actor
    ) -> int:
        """本登録: write the event. Approving twice gives the same number.

        The rules are asked again against the register as it stands under the town's lock.

        Args:
            tx: the transaction.
            municipality: code of the approver's town.
            entry_id: the entry.
            revision: the one that the approver saw.
            by: somebody other than the one who entered.

        Returns:
            Number of the event.

        Raises:
            OwnEntryError: the approver entered it.
            EntryStateError: it does not wait for approval.
            EntryChangedError: it, or the register, changed since it was opened.

        Source: 住民記録システム標準仕様書 4.0.8 (本登録).
        """
        row = await self._get(tx, municipality, entry_id, lock=True)
        if row.entered_by == by.id:
            raise errors.OwnEntryError(
                "自分が入力した届出です。誤りを見つけるため、本登録は入力した人以外が行います。"
                "ほかの審査担当者に依頼してください。（住民記録標準仕様 4.0.8）"
            )
        if row.state == "approved" and row.event_number is not None:
            return row.event_number
        expect(row, "submitted")
        if row.revision != revision:
            raise errors.EntryChangedError(
                "開いた後に届出の内容が変わりました。古い内容で本登録しないよう止めています。"
                "もう一度開いて、変わった所を確かめてください。",
                revision=row.revision,
            )
        entry = self._entry(row)
        counter = await log.lock(tx, municipality)
        decision, situation = await self._judge(tx, municipality, entry.form, counter)
        if decision.blocked or findings.unanswered(decision.findings, entry.reasons):
            raise errors.EntryChangedError(
                "審査に回した後に台帳の内容が変わり、このままでは本登録できません。errors の項目を確かめ、"
                "入力した人に差し戻してください。",
                errors=described(decision.findings),
            )
        now = self._clock.now()
        number = await write(
            tx,
            self._vault,
            counter,
            situation,
            decision,
            origin=Origin(entered_by=row.entered_by, approved_by=by.id, entry_id=entry_id),
            at=now,
        )
        row = replace(
            row,
            state="approved",
            revision=row.revision + 1,
            decided_by=by.id,
            decided_name=by.display,
            decided_at=now,
            event_number=number,
        )
        await store.update(tx, row)
        await store.release(tx, municipality, entry_id)
        await self._record(tx, row, by, "register.event.approve", event=number)
        if situation.supply.codes and (left := await pool.size(tx, municipality)) < LOW_STOCK:
            await audit.record(tx, by=by, action="register.stock.low", facts={"left": left}, at=now)
        return number

    async def get(self, tx: Tx, municipality: str, entry_id: UUID) -> Assessed:
        """An entry with what the rules say now; an approved one is not judged again."""
        row = await self._get(tx, municipality, entry_id)
        entry = self._entry(row)
        decision, situation = await self.assess(tx, municipality, entry.form)
        return Assessed(entry=entry, decision=decision, situation=situation)

    async def listed(
        self,
        tx: Tx,
        municipality: str,
        states: Iterable[str],
        *,
        after: int = 0,
        limit: int = 50,
    ) -> list[Entry]:
        """Entries in these states by receipt number."""
        rows = await store.listed(tx, municipality, list(states), after=after, limit=limit)
        return [self._entry(row) for row in rows]

    async def counts(self, tx: Tx, municipality: str) -> dict[str, int]:
        """How many entries are open in each state."""
        return await store.counts(tx, municipality)

    def _same(self, known: EntryRow, content: bytes, by: Actor) -> None:
        if bytes(known.form_index) != self._vault.digest(content) or known.entered_by != by.id:
            raise errors.EntryReusedError(
                "この受付の識別子は、内容の違う届出に既に使われています。二重の登録を防ぐため受け付けていません。"
                "新しい受付として入力し直してください。"
            )

    async def _judge(
        self, tx: Tx, town: str, form: Form, counter: Counter
    ) -> tuple[Decision, Situation]:
        situation = await situations.load(
            tx, self._vault, town, wanted(form), counter, today=self._clock.today()
        )
        return decide(form, situation), situation

    def _row(
        self,
        town: str,
        entry_id: UUID,
        form: Form,
        content: bytes,
        counter: Counter,
        decision: Decision,
        by: Actor,
    ) -> EntryRow:
        wrong = len(findings.errors(decision.findings))
        return EntryRow(
            municipality=town,
            entry_id=entry_id,
            receipt_number=counter.receipt_number + 1,
            kind=kind_of(form).value,
            state="draft",
            revision=1,
            form=self._vault.seal(content, entry_id.bytes),
            form_index=self._vault.digest(content),
            errors=wrong,
            alerts=len(decision.findings) - wrong,
            entered_by=by.id,
            entered_name=by.display,
            entered_at=self._clock.now(),
            changed_at=self._clock.now(),
            submitted_at=None,
            decided_by=None,
            decided_name=None,
            decided_at=None,
            return_reason=None,
            event_number=None,
        )

    async def _get(self, tx: Tx, town: str, entry_id: UUID, *, lock: bool = False) -> EntryRow:
        row = await store.get(tx, town, entry_id, lock=lock)
        if row is None:
            raise errors.UnknownEntryError(
                "この市区町村に該当する受付がありません。取りやめられたか、識別子の誤りです。"
                "受付の一覧から開き直してください。"
            )
        return row

    async def _own(self, tx: Tx, town: str, entry_id: UUID, by: Actor) -> EntryRow:
        return self._owned(await self._get(tx, town, entry_id, lock=True), by)

    def _owned(self, row: EntryRow, by: Actor) -> EntryRow:
        if row.entered_by != by.id:
            raise errors.NotYourEntryError(
                "ほかの人が入力した届出です。入力と審査を別の人が行うため、内容は入力した人だけが変えられます。"
                "入力した人に依頼するか、自分の受付として入力し直してください。"
            )
        expect(row, "draft", "returned")
        return row

    def _entry(self, row: EntryRow) -> Entry:
        return opened(row, self._vault)

    async def _hold(self, tx: Tx, row: EntryRow, form: Form) -> None:
        others = await store.hold(tx, row, wanted(form).residents, at=self._clock.now())
        if others:
            raise errors.BeingEditedError(
                f"{others[0].held_name}さんがこの人の異動を入力中です。同じ人の異動が食い違わないよう止めています。"
                "終わるのを待つか、入力中の人に確かめてください。（住民記録標準仕様 10.3）",
                since=others[0].since.isoformat(),
            )

    async def _record(
        self,
        tx: Tx,
        row: EntryRow,
        by: Actor,
        action: str,
        *,
        reason: str | None = None,
        event: int | None = None,
    ) -> None:
        await audit.record(
            tx,
            by=by,
            action=action,
            subject=str(row.entry_id),
            reason=reason,
            facts={"kind": row.kind, "revision": row.revision}
            | ({"event": event} if event is not None else {}),
            at=self._clock.now(),
        )
