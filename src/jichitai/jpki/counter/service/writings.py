"""What all who act on a writing share: finding it, closing it, its trace in the audit log."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.jpki.counter import store
from jichitai.jpki.counter.errors import UnknownWritingError
from jichitai.jpki.counter.model import Stage
from jichitai.jpki.counter.store import Writing
from jichitai.jpki.kinds import Cause
from jichitai.jpki.messages import J02, J03
from jichitai.jukinet.node import Node
from jichitai.kernel.parties import NATION, Party
from jichitai.register.service.network import TownRegister

IN_WORK: Final = (Stage.OPEN, Stage.WAITING, Stage.ANSWERED)
"""Stages at which a terminal may still do something."""
FORGET: Final[Mapping[str, Any]] = {"sealed": None, "answer": None, "ticket_hash": None}
"""What is kept for the writing alone."""
_answer = msgspec.json.Decoder(J02)


class Writings:
    """Writings of the towns of one process; every method works in the caller's transaction."""

    def __init__(self, node: Node, register: TownRegister) -> None:
        """Take the town's node and the register's service."""
        self.node = node
        self.register = register

    async def get(self, tx: Tx, town: str, request_id: UUID) -> Writing:
        """One writing, locked.

        Raises:
            UnknownWritingError: none of this town.
        """
        writing = await store.writing(tx, town, request_id, lock=True)
        if writing is None:
            raise UnknownWritingError(
                "この市区町村に、この書込みの手続はありません。今日の仕事から開き直してください。"
            )
        return writing

    def answer_of(self, writing: Writing) -> J02 | None:
        """The authority's answer, while it is kept."""
        if writing.answer is None:
            return None
        context = writing.request_id.bytes
        return _answer.decode(self.node.keys.columns.open(bytes(writing.answer), context))

    async def close(self, tx: Tx, writing: Writing, stage: Stage, **values: str) -> None:
        """End a writing before its hand-over; its certificates end with it."""
        if writing.stage in {Stage.ANSWERED, Stage.WRITTEN}:
            await self.end_unwritten(tx, writing)
        await store.change_writing(
            tx,
            writing.municipality,
            writing.request_id,
            state=stage,
            closed_at=self.node.clock.now(),
            **FORGET,
            **values,
        )

    async def end_unwritten(self, tx: Tx, writing: Writing) -> None:
        """Have certificates ended that are in no card anybody has (交付前の廃棄).

        Source: CPS of the real service 4.9.9 (unspecified: destroyed before hand-over).
        """
        record = await self.register.resident(tx, writing.municipality, writing.resident_id)
        report = J03(
            request_id=uuid4(),
            municipality=writing.municipality,
            juki_code=record.juki_code.reveal(),
            cause=Cause.NOT_HANDED_OVER,
            kinds=writing.certificates,
            chip_number=writing.chip_number,
            at=self.node.clock.now(),
        )
        await self.node.send(tx, Party.town(writing.municipality), NATION, report)

    async def record(
        self,
        tx: Tx,
        by: Actor,
        action: str,
        subject: UUID,
        facts: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        """Leave a trace in the audit log."""
        await audit.record(
            tx,
            by=by,
            action=action,
            subject=str(subject),
            reason=reason,
            facts=facts,
            at=self.node.clock.now(),
        )


def real_now() -> datetime:
    """Now by the machine's clock: tickets do not live in law time."""
    return datetime.fromtimestamp(time.time(), UTC)
