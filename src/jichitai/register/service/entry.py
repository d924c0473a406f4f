"""An entry (受付) as the counter sees it, and how it is kept sealed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from jichitai.register import errors
from jichitai.register.model.forms import Form
from jichitai.register.model.reasons import EventKind
from jichitai.register.model.situation import Decision, Situation
from jichitai.register.store.entries import EntryRow
from jichitai.register.store.rows import Vault


class _Content(msgspec.Struct, frozen=True):
    """What an entry seals."""

    form: Form
    reasons: dict[str, str]


_DECODER = msgspec.json.Decoder(_Content)


def sealed_content(form: Form, reasons: Mapping[str, str]) -> bytes:
    """The same bytes for the same content; sorting needs keys that are text, also those of ids."""
    content = msgspec.to_builtins(_Content(form, dict(reasons)), str_keys=True)
    return msgspec.json.encode(content, order="sorted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """受付: one form on its way from the counter to the register.

    Attributes:
        id: given by the client, so that a repeated request makes no second entry.
        receipt: 受付番号 of the town.
        state: draft, submitted, approved, returned or withdrawn.
        revision: grows with every change; the approver names the one that was seen.
        form: what was entered.
        reasons: reason per alert code.
        event_number: the event that it became.
    """

    id: UUID
    receipt: int
    kind: EventKind
    state: str
    revision: int
    form: Form
    reasons: Mapping[str, str]
    errors: int
    alerts: int
    entered_by: str
    entered_name: str
    entered_at: datetime
    submitted_at: datetime | None
    decided_name: str | None
    decided_at: datetime | None
    return_reason: str | None
    event_number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """An entry, and what the rules say about it against the register as it stands.

    Attributes:
        repeated: the same request had come before; nothing new was made.
    """

    entry: Entry
    decision: Decision
    situation: Situation
    repeated: bool = False


def opened(row: EntryRow, vault: Vault) -> Entry:
    """The entry of a row."""
    content = _DECODER.decode(vault.open(row.form, row.entry_id.bytes))
    return Entry(
        id=row.entry_id,
        receipt=row.receipt_number,
        kind=EventKind(row.kind),
        state=row.state,
        revision=row.revision,
        form=content.form,
        reasons=content.reasons,
        errors=row.errors,
        alerts=row.alerts,
        entered_by=row.entered_by,
        entered_name=row.entered_name,
        entered_at=row.entered_at,
        submitted_at=row.submitted_at,
        decided_name=row.decided_name,
        decided_at=row.decided_at,
        return_reason=row.return_reason,
        event_number=row.event_number,
    )


_STATES = {
    "draft": "仮登録",
    "submitted": "審査待ち",
    "approved": "本登録済み",
    "returned": "差し戻し",
    "withdrawn": "取りやめ",
}


def state_word(state: str) -> str:
    """The word for a state of an entry."""
    return _STATES[state]


def expect(row: EntryRow, *states: str) -> None:
    """Refuse a step that the state does not allow.

    Raises:
        EntryStateError: another state.
    """
    if row.state not in states:
        needed = "または".join(f"「{_STATES[state]}」" for state in states)
        raise errors.EntryStateError(
            f"この受付は今「{_STATES[row.state]}」です。この操作は{needed}のときだけできます。"
            "受付の一覧で今の状態を確かめてください。",
            state=row.state,
        )
