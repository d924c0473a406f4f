"""照合: a message's signature and content, checked again against what is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from jichitai.evaluation.figures import arrivals, evidence
from jichitai.evaluation.figures.arrivals import Line
from jichitai.evaluation.figures.evidence import Verified
from jichitai.evaluation.messages import Covered, Figure
from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.messages import claimed_signer
from jichitai.infra.party_keys import KeyBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A message and the statements that came with it.

    Attributes:
        verified: the frame, checked again.
        kid: the key that signed it.
        lines: the statements that are kept under its number.
        different: of those, (measure, day, revision) of the ones that it does not say.
        covered: how far it says that measures were counted.
    """

    verified: Verified
    kid: str
    lines: list[Line]
    different: frozenset[tuple[str, str, int]]
    covered: tuple[Covered, ...]

    def same(self, line: Line) -> bool:
        """Whether the signed content says exactly what is kept."""
        return (
            self.verified.body is not None
            and (line.measure, str(line.day), line.revision) not in self.different
        )


async def inspected(db: Database, keys: Keys, message_id: str) -> Inspected:
    """Open and verify the frame of a message, and compare it with the kept figures.

    Raises:
        UnknownStatementError: no message came under this id.
    """
    public = await KeyBook(db, SystemClock()).with_retired()
    async with db.transaction(read_only=True) as tx:
        piece = await evidence.piece(tx, message_id)
        signed = await evidence.signed_text(tx, piece)
        lines = await arrivals.of_message(tx, message_id)
        kept = await arrivals.figures_of(tx, message_id)
    verified = evidence.verify(piece, signed, keys, public)
    said = {
        (one.measure, one.day, one.revision): one.figures
        for one in (verified.body.statements if verified.body else ())
    }
    different = frozenset(
        (line.measure, str(line.day), line.revision)
        for line in lines
        if not _says(said.get((line.measure, line.day, line.revision)), line, kept)
    )
    return Inspected(
        verified=verified,
        kid=claimed_signer(signed),
        lines=lines,
        different=different,
        covered=verified.body.covered if verified.body else (),
    )


def _says(
    said: tuple[Figure, ...] | None,
    line: Line,
    kept: Mapping[tuple[str, date, int], Mapping[tuple[str, ...], int]],
) -> bool:
    """Whether signed figures are those that are kept, with their sum."""
    if said is None:
        return False
    figures = {one.parts: one.value for one in said}
    same = figures == kept.get((line.measure, line.day, line.revision), {})
    return same and line.total == sum(figures.values()) and line.figures == len(figures)
