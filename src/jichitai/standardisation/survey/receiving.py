"""What reaches the ministry: answers with the signature of their body, findings of prefectures."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.inbox import Handler
from jichitai.infra.messages import Received
from jichitai.kernel.bodies import BodyKind, body
from jichitai.kernel.parties import Party
from jichitai.standardisation.messages import G03, decode
from jichitai.standardisation.progress.store import datasets
from jichitai.standardisation.survey.bodies.content import report_of
from jichitai.standardisation.survey.checking.receiving import answer_in
from jichitai.standardisation.survey.errors import ForeignAnswerError
from jichitai.standardisation.survey.model import CheckState
from jichitai.standardisation.survey.service.accepting import Accepting


@dataclass(frozen=True)
class Receiving:
    """The handlers of the ministry."""

    clock: Clock

    async def _accepting(self, tx: Tx, round_id: UUID) -> Accepting:
        """A round that was opened as a rehearsal stays one."""
        kept = await datasets.find(tx, f"round-{round_id}")
        return Accepting(self.clock, rehearsal=kept is not None and kept.rehearsal)

    async def answers(self, tx: Tx, batch: Sequence[Received]) -> None:
        """G02: an answer that its own body signed."""
        for received in batch:
            message = answer_in(received)
            work = await self._accepting(tx, message.round_id)
            await work.accept(
                tx,
                message.round_id,
                report_of(message),
                revision=message.revision,
                answered_at=message.answered_at,
            )

    async def checks(self, tx: Tx, batch: Sequence[Received]) -> None:
        """G03: what a prefecture found of its own member.

        Raises:
            ForeignAnswerError: another party signed it.
        """
        for received in batch:
            message = decode(received.kind, received.version, received.body)
            assert isinstance(message, G03)  # noqa: S101 - the kind says so
            whose = body(message.body)
            above = Party.prefecture(whose.prefecture_code)
            if whose.kind is BodyKind.PREFECTURE or received.origin != above:
                raise ForeignAnswerError(
                    "この団体の都道府県からの確認ではありません。受け取っていません。",
                    body=message.body,
                    origin=str(received.origin),
                )
            work = await self._accepting(tx, message.round_id)
            await work.check(
                tx,
                message.round_id,
                message.body,
                message.revision,
                state=CheckState(message.state),
                reason=message.reason,
                checked_at=message.checked_at,
            )


def ministry_handlers(clock: Clock) -> dict[str, Handler]:
    """What the ministry does with answers and findings."""
    work = Receiving(clock)
    return {"G02": work.answers, "G03": work.checks}
