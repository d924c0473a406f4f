"""Audit: who did what, when and why; a table that only grows, and a catalogue of its actions."""

import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or program that acts.

    Attributes:
        kind: staff, resident, organ, operator or system.
        id: opaque identifier; never a name or a personal number.
        display: how colleagues know them; shown on pages, not stored in the audit table.
        roles: their rights at the time.
    """

    kind: str
    id: str
    display: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)


SYSTEM = Actor("system", "system", "自動処理")


class UnknownActionError(LookupError):
    """An action that the catalogue does not list; a defect of the program."""


@cache
def catalogue() -> Mapping[str, str]:
    """Action name -> what it means."""
    text = (files("jichitai.infra") / "audit_actions.toml").read_text("utf-8")
    return {name: entry["meaning"] for name, entry in tomllib.loads(text).items()}


async def record(
    tx: Tx,
    *,
    by: Actor,
    action: str,
    subject: str | None = None,
    reason: str | None = None,
    facts: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Add one row in the running transaction.

    Args:
        tx: the transaction of the deed itself.
        by: who acts.
        action: a name of the catalogue.
        subject: opaque identifier of what it was done to.
        reason: the reason the person gave.
        facts: further facts, free of names and numbers of persons.
        at: the instant; now when left out.

    Raises:
        UnknownActionError: the catalogue lacks the action.
    """
    if action not in catalogue():
        raise UnknownActionError(action)
    await tx.execute(
        "insert into infra.audit"
        " (audit_id, recorded_at, actor_kind, actor_id, action, subject, reason, facts)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            uuid.uuid4(),
            at or datetime.now(UTC),
            by.kind,
            by.id,
            action,
            subject,
            reason,
            Jsonb(dict(facts or {})),
        ),
    )
