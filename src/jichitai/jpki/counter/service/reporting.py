"""失効申請・届出 at the counter: losses, wishes, cards that are given back (J03)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID, uuid4

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.jpki.counter import model, store
from jichitai.jpki.counter.errors import NothingToReportError
from jichitai.jpki.counter.model import ChipState
from jichitai.jpki.counter.service.writings import Writings
from jichitai.jpki.kinds import Cause, CertificateKind, CertificateState
from jichitai.jpki.lifecycle.errors import UnreportableCauseError
from jichitai.jpki.messages import J03
from jichitai.kernel.parties import NATION, Party

Reporter: TypeAlias = Literal["holder", "representative", "agent", "telephone"]


class Reports:
    """Use cases of the clerk who takes a report."""

    def __init__(self, writings: Writings) -> None:
        """Take the writings of the process."""
        self._writings = writings

    async def report(
        self,
        tx: Tx,
        town: str,
        resident_id: UUID,
        *,
        cause: Cause,
        kinds: Sequence[CertificateKind],
        reported_by: Reporter,
        happened_at: datetime,
        by: Actor,
    ) -> UUID:
        """Report to the nation; the card's own state changes at once.

        Args:
            tx: a transaction of the town.
            town: its code.
            resident_id: whose certificates.
            cause: one of `model.AT_COUNTER`.
            kinds: which certificates; all of the card where the card itself is concerned.
            reported_by: who told the counter.
            happened_at: when the counter was told; certificates end from then on.
            by: the clerk.

        Raises:
            UnreportableCauseError: a cause that is none of the counter's.
            NothingToReportError: there is nothing in force, or no kind was named.

        Source: 公的個人認証法 第9条, 第10条, 第28条, 第29条; 番号法 第17条第5項 (紛失の届出).
        """
        if cause not in model.AT_COUNTER:
            raise UnreportableCauseError(
                "窓口で受け付ける届出ではありません。理由を選び直してください。"
            )
        chips = await store.chips_of(tx, town, resident_id)
        in_use = [chip for chip in chips if chip.status is not ChipState.LAPSED]
        known = await store.certificates_of(tx, town, resident_id)
        alive = {row.kind for row in known if row.state != CertificateState.REVOKED}
        wanted = tuple(kinds if cause is Cause.REQUEST else CertificateKind)
        if not wanted or (known and not alive & set(wanted) and not in_use):
            raise NothingToReportError(
                "この人には、届出の対象になる有効な電子証明書がありません。届出の種類を確かめてください。"
            )
        record = await self._writings.register.resident(tx, town, resident_id)
        request_id = uuid4()
        at = self._writings.node.clock.now()
        body = J03(
            request_id=request_id,
            municipality=town,
            juki_code=record.juki_code.reveal(),
            cause=cause,
            kinds=wanted,
            at=min(happened_at, at),
        )
        await self._writings.node.send(tx, Party.town(town), NATION, body)
        await store.add_report(
            tx,
            town,
            request_id=request_id,
            resident_id=resident_id,
            chip_number=in_use[0].chip_number if in_use else None,
            cause=cause,
            kinds=wanted,
            reported_by=reported_by,
            happened_at=body.at,
            at=at,
        )
        after = model.chip_after(cause)
        if after is not None:
            for chip in in_use:
                await store.set_chip(tx, town, chip.chip_number, after, at)
        facts = {"cause": cause, "kinds": [*wanted], "reported_by": reported_by}
        await self._writings.record(tx, by, "jpki.certificate.report", resident_id, facts)
        return request_id
