"""Files that were read and wait to be written (取込み)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from jichitai.correspondence.errors import UnknownUploadError
from jichitai.correspondence.model.areas import Area
from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """取込み: a file that was read. `content` is the JSON text of what was found."""

    upload_id: UUID
    subject: str
    name: str
    content: str
    uploaded_at: datetime
    applied_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUpload:
    """A file to be kept until somebody confirms it.

    Attributes:
        upload_id: its id.
        subject: what it belongs to; it is only found under this again.
        name: the file's name.
        digest: SHA-256 of the file.
        content: JSON text of what was found.
        at: when.
        by: the account.
    """

    upload_id: UUID
    subject: str
    name: str
    digest: bytes
    content: str
    at: datetime
    by: str


async def add_upload(tx: Tx, area: Area, overseer: str, new: NewUpload) -> None:
    """Keep what was read of a file until somebody confirms it."""
    await tx.execute(
        "insert into correspondence.upload (prefecture, area, upload_id, subject, name, digest,"
        "       content, uploaded_at, uploaded_by)"
        " values (%(overseer)s, %(area)s, %(upload_id)s, %(subject)s, %(name)s, %(digest)s,"
        "         %(content)s::jsonb, %(at)s, %(by)s)",
        {
            "overseer": overseer,
            "area": area.key,
            "upload_id": new.upload_id,
            "subject": new.subject,
            "name": new.name[:200],
            "digest": new.digest,
            "content": new.content,
            "at": new.at,
            "by": new.by,
        },
    )


async def upload_of(
    tx: Tx, area: Area, overseer: str, upload_id: UUID, *, subject: str, lock: bool = False
) -> Upload:
    """One file that was read.

    Raises:
        UnknownUploadError: none of this overseer for this subject.
    """
    cursor = tx.cursor(row_factory=class_row(Upload))
    await cursor.execute(
        "select upload_id, subject, name, content::text as content, uploaded_at, applied_at"
        "  from correspondence.upload"
        " where prefecture = %s and area = %s and upload_id = %s and subject = %s"
        + (" for update" if lock else ""),
        (overseer, area.key, upload_id, subject),
    )
    found = await cursor.fetchone()
    if found is None:
        raise UnknownUploadError(
            "このファイルの記録がありません。もう一度ファイルを選んでください。"
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwritten:
    """A file that was read and waits for somebody to look at it."""

    upload_id: UUID
    name: str
    uploaded_at: datetime


async def unwritten(tx: Tx, area: Area, overseer: str, *, subject: str) -> list[Unwritten]:
    """The newest files of a subject that were read and not written, twenty at most."""
    cursor = tx.cursor(row_factory=class_row(Unwritten))
    await cursor.execute(
        "select upload_id, name, uploaded_at from correspondence.upload"
        " where prefecture = %s and area = %s and subject = %s and applied_at is null"
        " order by uploaded_at desc limit 20",
        (overseer, area.key, subject),
    )
    return await cursor.fetchall()


async def mark_applied(tx: Tx, area: Area, overseer: str, upload_id: UUID, *, at: datetime) -> None:
    """Note that the file was written."""
    await tx.execute(
        "update correspondence.upload set applied_at = %s"
        " where prefecture = %s and area = %s and upload_id = %s",
        (at, overseer, area.key, upload_id),
    )
