"""Workbooks of systems that come in: read whole, shown, and taken over only when all is right."""

from typing import Any

from anyio import to_thread
from litestar import Request
from litestar.datastructures import UploadFile

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.infra.documents.sheets import LARGEST_FILE
from jichitai.kernel.errors import TooLargeError
from jichitai.security.assets import sheet, store
from jichitai.security.assets.service import Assets
from jichitai.security.assets.sheet import Upload
from jichitai.security.errors import BadUploadError


async def sent_file(request: Request[Any, Any, Any]) -> bytes:
    """The part `file` of a multipart body.

    Raises:
        BadUploadError: there is none, or it is empty.
        TooLargeError: it is larger than a workbook may be.
    """
    sent = (await request.form()).get("file")
    data = await sent.read(LARGEST_FILE + 1) if isinstance(sent, UploadFile) else b""
    if len(data) > LARGEST_FILE:
        raise TooLargeError(
            f"ファイルが大きすぎます。{LARGEST_FILE // 1024**2}MBまでの表にしてください。"
        )
    if not data:
        raise BadUploadError(
            "ファイルが選ばれていません。システム一覧の表（.xlsx）を選んでください。"
        )
    return data


async def import_systems(
    tx: Tx, body: str, data: bytes, assets: Assets, *, by: Actor, commit: bool
) -> tuple[Upload, bool]:
    """Read a workbook; with `commit` take over its rows, all or none.

    Returns:
        What was read, and whether it was taken over.

    Raises:
        WorkbookRefusedError: it is no such workbook, or has macros.
        AssetRefusedError: too many rows.
    """
    systems, segments = await store.systems(tx, body), await store.segments(tx, body)
    upload = await to_thread.run_sync(sheet.taken, data, systems, segments)
    if not commit or upload.faults:
        return upload, False
    for one in upload.planned:
        if one.system is None:
            await assets.enter_system(tx, body, one.draft, by=by)
        else:
            await assets.change_system(
                tx, body, one.system.id, one.system.revision, one.draft, by=by
            )
    facts = {"rows": len(upload.planned), "same": upload.same}
    await audit.record(tx, by=by, action="security.asset.import", subject=body, facts=facts)
    return upload, True
