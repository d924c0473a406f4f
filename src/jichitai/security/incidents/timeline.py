"""経緯: an append-only line of entries, each bound to the one before it by a hash."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from jichitai.security.incidents.errors import TimelineBrokenError

START: Final = bytes(32)
"""What the first entry of a line is bound to."""


class EntryKind(StrEnum):
    """What an entry tells of."""

    RECEIVED = "received"
    NOTE = "note"
    TRIAGED = "triaged"
    AMENDED = "amended"
    MOVED = "moved"
    PHOTO = "photo"
    REPORTED = "reported"
    WAIVED = "waived"
    NOTIFIED = "notified"
    ALERT = "alert"
    INJECT = "inject"

    @property
    def japanese(self) -> str:
        """In words."""
        return _KINDS[self]


_KINDS: Final = {
    EntryKind.RECEIVED: "受付",
    EntryKind.NOTE: "記録",
    EntryKind.TRIAGED: "トリアージ",
    EntryKind.AMENDED: "内容の更新",
    EntryKind.MOVED: "状態の変更",
    EntryKind.PHOTO: "写真",
    EntryKind.REPORTED: "報告",
    EntryKind.WAIVED: "報告不要の判断",
    EntryKind.NOTIFIED: "通知",
    EntryKind.ALERT: "検知の通知",
    EntryKind.INJECT: "訓練の状況付与",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry.

    Attributes:
        sequence: from 1, without gaps.
        at: when it was written.
        kind: what it tells of.
        author_id: account that wrote it.
        author: how colleagues know the author.
        text: what happened.
        facts: canonical JSON of what changed.
        previous_hash: hash of the entry before it.
        hash: of this entry.
    """

    sequence: int
    at: datetime
    kind: EntryKind
    author_id: str
    author: str
    text: str
    facts: str
    previous_hash: bytes
    hash: bytes


def canonical(facts: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces, so that equal facts are equal texts.

    >>> canonical({"b": 1, "a": "あ"})
    '{"a":"あ","b":1}'

    Source: after RFC 8785.
    """
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def entry_hash(incident_id: UUID, entry: Entry) -> bytes:
    """SHA-256 over everything that an entry says, its place and the hash before it.

    Source: ours; the chain is that of RFC 6962 section 2 without its tree.
    """
    said = [
        str(incident_id),
        entry.sequence,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.kind.value,
        entry.author_id,
        entry.author,
        entry.text,
        entry.facts,
        entry.previous_hash.hex(),
    ]
    return hashlib.sha256(
        json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    ).digest()


def append(
    incident_id: UUID,
    previous: Entry | None,
    *,
    at: datetime,
    kind: EntryKind,
    author_id: str,
    author: str,
    text: str,
    facts: Mapping[str, Any] | None = None,
) -> Entry:
    """The next entry of a line.

    Source: ours.
    """
    entry = Entry(
        sequence=previous.sequence + 1 if previous else 1,
        at=at.astimezone(UTC),
        kind=kind,
        author_id=author_id,
        author=author,
        text=text,
        facts=canonical(facts or {}),
        previous_hash=previous.hash if previous else START,
        hash=b"",
    )
    return _sealed(incident_id, entry)


def _sealed(incident_id: UUID, entry: Entry) -> Entry:
    return Entry(
        sequence=entry.sequence,
        at=entry.at,
        kind=entry.kind,
        author_id=entry.author_id,
        author=entry.author,
        text=entry.text,
        facts=entry.facts,
        previous_hash=entry.previous_hash,
        hash=entry_hash(incident_id, entry),
    )


def verify(incident_id: UUID, entries: Sequence[Entry], *, last: bytes | None = None) -> None:
    """Check a whole line, oldest first.

    Args:
        incident_id: whose line it is.
        entries: all of them.
        last: the hash of the newest entry as somebody else knows it, such as from a report that
            left; the line must contain it. Without it a cut at the end goes unseen.

    Raises:
        TimelineBrokenError: an entry was changed, taken out, put in or moved.

    Source: ours.
    """
    previous, seen = START, {START}
    for expected, entry in enumerate(entries, start=1):
        good = (
            entry.sequence == expected
            and entry.previous_hash == previous
            and entry_hash(incident_id, entry) == entry.hash
        )
        if not good:
            raise TimelineBrokenError(
                f"経緯の{expected}番目の記録が、書かれた時と違います。書き換え・削除・差し込みの"
                "おそれがあります。データの復元元と、報告に添えた値を確かめてください。",
                sequence=expected,
            )
        previous = entry.hash
        seen.add(previous)
    if last is not None and last not in seen:
        raise TimelineBrokenError(
            "報告に添えた時点の記録が、今の経緯にありません。終わりの部分が消されたおそれがあります。"
            "データの復元元を確かめてください。",
            sequence=len(entries) + 1,
        )
