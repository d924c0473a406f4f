"""Letters by e-mail: written in the transaction of their cause, handed over later, all of it logged.

A letter waits in `infra.letter` until a worker hands it to the mail server. What the server
refuses for now is tried again at growing intervals; what it refuses for good, or too often, is
marked as failed with the reason. Without a server letters wait and can be seen.

The channel is not secret: neither subject nor text may hold personal data, and the subject may not
even hold a number that could be a person's.
"""

import re
import ssl
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, Literal
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

import structlog
from anyio import to_thread
from psycopg.rows import class_row

from jichitai.infra import smtp
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.infra.settings import BadSettingError
from jichitai.infra.smtp import SENT, Outcome, Server
from jichitai.kernel.errors import ConflictError, InvalidError, NotFoundError

MINISTRY_OFFICE: Final = "ministry"
"""The writer of letters at the ministry; elsewhere it is the code of a body."""

RETRY_AFTER: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=24),
)
"""Waiting times between attempts; after the last one the letter has failed."""

_LEASE: Final = timedelta(minutes=15)
_BATCH: Final = 20
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"
)
_PERSONS_NUMBER = re.compile(r"(?<!\d)(?:\d[ -]?){11,12}(?!\d)")

log = structlog.get_logger(__name__)

State = Literal["waiting", "sent", "failed"]


class BadAddressError(InvalidError):
    """Not an address that a letter can go to."""

    type = "infra.bad-address"
    title = "メールアドレスの形が正しくありません"


class BadLetterError(InvalidError):
    """A letter that may not leave: too long, control characters, a person's number."""

    type = "infra.bad-letter"
    title = "このメールは送れません"


class UnknownLetterError(NotFoundError):
    """No such letter, or another office's."""

    type = "infra.unknown-letter"
    title = "メールの記録が見つかりません"


class LetterNotFailedError(ConflictError):
    """Only a letter that failed can be sent again."""

    type = "infra.letter-not-failed"
    title = "このメールは送り直せません"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter to be written.

    Attributes:
        to: an office's address.
        subject: one line without personal data.
        text: plain text without personal data.
        purpose: why, as a word of the writer's domain: `security.reminder`.
        reference: opaque identifier of what it is about, or a body's code.
    """

    to: str
    subject: str
    text: str
    purpose: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter and where it stands. `decided_at` is when it was sent or given up."""

    municipality: str
    letter_id: UUID
    recipient: str
    subject: str
    body: str
    purpose: str
    reference: str
    state: State
    attempts: int
    written_at: datetime
    next_at: datetime | None
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand a letter over."""

    attempt: int
    tried_at: datetime
    outcome: Literal["sent", "deferred", "refused"]
    reason: str


def server_of(url: str) -> Server | None:
    """Read `mail_url`; None when it is empty.

    Raises:
        BadSettingError: not such a URL.
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise BadSettingError(
            "設定 JICHITAI_MAIL_URL を読み取れません。smtp://利用者:パスワード@サーバー:587 または "
            "smtps://… の形で書いてください。",
            setting="mail_url",
        )
    implicit = parts.scheme == "smtps"
    return Server(
        parts.hostname,
        port or (465 if implicit else 587),
        "implicit" if implicit else "starttls",
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def address(text: str) -> str:
    """An address that a letter can go to, without spaces around it.

    Raises:
        BadAddressError: not one plain address.
    """
    found = unicodedata.normalize("NFKC", text).strip()
    if len(found) > 254 or _ADDRESS.fullmatch(found) is None or len(found.split("@")[0]) > 64:
        raise BadAddressError(
            "メールアドレスの形が正しくありません。このままでは督促や通知が届きません。"
            "soumu@town.example.lg.jp のような形で、1つだけ入れてください。"
        )
    return found


def _checked(draft: Draft) -> Draft:
    subject = draft.subject.strip()
    if not subject or len(subject) > 120 or any(ord(c) < 32 or ord(c) == 127 for c in subject):
        raise BadLetterError("件名は改行のない120文字以内の1行にしてください。")
    if _PERSONS_NUMBER.search(unicodedata.normalize("NFKC", subject)):
        raise BadLetterError(
            "件名に11桁または12桁の数字があります。住民票コードや個人番号かもしれないため送れません。"
            "数字を消してください。"
        )
    if not draft.text.strip() or len(draft.text) > 20_000 or "\0" in draft.text:
        raise BadLetterError("本文は1文字以上、20,000文字以内にしてください。")
    return Draft(
        to=address(draft.to),
        subject=subject,
        text=draft.text,
        purpose=draft.purpose,
        reference=draft.reference,
    )


async def write(tx: Tx, *, office: str, draft: Draft, at: datetime) -> UUID:
    """Write one letter; a worker hands it over after the transaction.

    Args:
        tx: the transaction of what causes the letter; at a town or prefecture, of the office.
        office: code of the body that writes, or `MINISTRY_OFFICE`.
        draft: the letter.
        at: when it was written.

    Raises:
        BadAddressError: the address has no such form.
        BadLetterError: the letter may not leave.
    """
    (letter_id,) = await write_many(tx, office=office, drafts=[draft], at=at)
    return letter_id


async def write_many(
    tx: Tx, *, office: str, drafts: Sequence[Draft], at: datetime
) -> tuple[UUID, ...]:
    """Write letters in one statement; all or none."""
    checked = [_checked(draft) for draft in drafts]
    letters = tuple(uuid4() for _ in checked)
    await tx.execute(
        "insert into infra.letter (municipality, letter_id, recipient, subject, body, purpose,"
        "                          reference, state, written_at, next_at)"
        " select %(office)s, letter_id, recipient, subject, body, purpose, reference,"
        "        'waiting', %(at)s, %(at)s"
        "   from unnest(%(ids)s::uuid[], %(to)s::text[], %(subjects)s::text[], %(texts)s::text[],"
        "               %(purposes)s::text[], %(references)s::text[])"
        "     as written (letter_id, recipient, subject, body, purpose, reference)",
        {
            "office": office,
            "at": at,
            "ids": list(letters),
            "to": [draft.to for draft in checked],
            "subjects": [draft.subject for draft in checked],
            "texts": [draft.text for draft in checked],
            "purposes": [draft.purpose for draft in checked],
            "references": [draft.reference for draft in checked],
        },
    )
    return letters


_LETTERS = """
select municipality, letter_id, recipient, subject, body, purpose, reference, state, attempts,
       written_at, next_at, decided_at, reason
  from infra.letter
"""


async def letters(
    tx: Tx,
    *,
    office: str,
    purpose: str | None = None,
    reference: str | None = None,
    state: State | None = None,
    before: datetime | None = None,
    limit: int = 100,
) -> list[Letter]:
    """An office's letters, newest first."""
    cursor = tx.cursor(row_factory=class_row(Letter))
    await cursor.execute(
        _LETTERS + " where municipality = %(office)s"
        "   and (%(purpose)s::text is null or purpose = %(purpose)s)"
        "   and (%(reference)s::text is null or reference = %(reference)s)"
        "   and (%(state)s::text is null or state = %(state)s)"
        "   and (%(before)s::timestamptz is null or written_at < %(before)s)"
        " order by written_at desc, letter_id limit %(limit)s",
        {
            "office": office,
            "purpose": purpose,
            "reference": reference,
            "state": state,
            "before": before,
            "limit": limit,
        },
    )
    return await cursor.fetchall()


async def attempts(tx: Tx, *, office: str, letter_id: UUID) -> list[Attempt]:
    """Every try to hand one letter over, oldest first."""
    cursor = tx.cursor(row_factory=class_row(Attempt))
    await cursor.execute(
        "select attempt, tried_at, outcome, reason from infra.letter_attempt"
        " where municipality = %s and letter_id = %s order by attempt",
        (office, letter_id),
    )
    return await cursor.fetchall()


async def send_again(tx: Tx, *, office: str, letter_id: UUID, at: datetime) -> None:
    """Let a letter that failed wait for the worker once more.

    Raises:
        UnknownLetterError: no such letter of this office.
        LetterNotFailedError: it waits, or was sent.
    """
    cursor = await tx.execute(
        "select state from infra.letter where municipality = %s and letter_id = %s for update",
        (office, letter_id),
    )
    row = await cursor.fetchone()
    if row is None:
        raise UnknownLetterError
    if row[0] != "failed":
        raise LetterNotFailedError(
            "このメールは送信待ちか送信済みです。二重に送らないため、送り直せるのは"
            "「送れませんでした」のメールだけです。"
        )
    await tx.execute(
        "update infra.letter set state = 'waiting', next_at = %s, decided_at = null"
        " where municipality = %s and letter_id = %s",
        (at, office, letter_id),
    )


class Post:
    """Hands waiting letters to the mail server; one per process.

    Args:
        database: the tier's database.
        clock: the time.
        server: None: letters wait.
        sender: address that letters come from.
        trust: certificates that the server's is checked against; the system's when left out.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        server: Server | None,
        sender: str,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Take the server apart from its letters.

        Raises:
            BadSettingError: a server without an address to send from.
        """
        self._database = database
        self._clock = clock
        self._server = server
        self._trust = trust or ssl.create_default_context()
        try:
            self._sender = address(sender) if server is not None else ""
        except BadAddressError:
            raise BadSettingError(
                "設定 JICHITAI_MAIL_SENDER に、差出人のメールアドレスを入れてください。",
                setting="mail_sender",
            ) from None

    async def deliver(self) -> bool:
        """Hand over the letters that are due, at most a batch.

        Returns:
            Whether there was any; call again at once.
        """
        if self._server is None:
            return False
        due = await self._claim()
        if not due:
            return False
        connection, trouble = await to_thread.run_sync(smtp.connect, self._server, self._trust)
        try:
            for letter in due:
                if connection is None:
                    outcome = trouble
                else:
                    outcome = await to_thread.run_sync(
                        smtp.hand_over, connection, self._message(letter)
                    )
                await self._note(letter, outcome)
        finally:
            if connection is not None:
                await to_thread.run_sync(smtp.close, connection)
        return True

    async def _claim(self) -> list[Letter]:
        """Take due letters for a while, so that no second worker sends them too."""
        now = self._clock.now()
        async with self._database.transaction(all_towns=True) as tx:
            cursor = tx.cursor(row_factory=class_row(Letter))
            await cursor.execute(
                _LETTERS + " where state = 'waiting' and next_at <= %s"
                " order by next_at, letter_id limit %s for update skip locked",
                (now, _BATCH),
            )
            due = await cursor.fetchall()
            await tx.execute(
                "update infra.letter set next_at = %s, attempts = attempts + 1"
                "  from unnest(%s::text[], %s::uuid[]) as due (municipality, letter_id)"
                " where letter.municipality = due.municipality"
                "   and letter.letter_id = due.letter_id",
                (
                    now + _LEASE,
                    [letter.municipality for letter in due],
                    [letter.letter_id for letter in due],
                ),
            )
        return due

    async def _note(self, letter: Letter, outcome: Outcome) -> None:
        now, attempt = self._clock.now(), letter.attempts + 1
        tries = attempt % (len(RETRY_AFTER) + 1)
        again = outcome.outcome == "deferred" and tries != 0
        state: State = "waiting" if again else "sent" if outcome is SENT else "failed"
        async with self._database.transaction(town=letter.municipality) as tx:
            await tx.execute(
                "insert into infra.letter_attempt"
                " (municipality, letter_id, attempt, tried_at, outcome, reason)"
                " values (%s, %s, %s, %s, %s, %s)",
                (
                    letter.municipality,
                    letter.letter_id,
                    attempt,
                    now,
                    outcome.outcome,
                    outcome.reason,
                ),
            )
            await tx.execute(
                "update infra.letter set state = %s, next_at = %s, decided_at = %s, reason = %s"
                " where municipality = %s and letter_id = %s",
                (
                    state,
                    now + RETRY_AFTER[tries - 1] if again else None,
                    None if again else now,
                    outcome.reason,
                    letter.municipality,
                    letter.letter_id,
                ),
            )
        log.info("letter", letter=str(letter.letter_id), purpose=letter.purpose, state=state)

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = letter.recipient
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(letter.written_at)
        message["Message-ID"] = f"<{letter.letter_id}@{self._sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body, charset="utf-8", cte="base64")
        return message
