"""What the pages of the ministry's rounds share: addresses, words, forms."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency

from jichitai.correspondence.model.letters import sensible
from jichitai.infra.outbox import Outbox
from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.standardisation.survey.model import RoundStatus
from jichitai.web.components import Column, Crumb, DateInput, Status

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
"""Folder of the templates, to be added to the application's."""

HOME: Final = "/standardisation/rounds"
CONTACTS: Final = f"{HOME}/contacts"
LETTERS: Final = f"{HOME}/letters"
CALENDAR: Final = "/standardisation/calendar"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP: Final = "application/zip"

AnyRequest = Request[Any, Any, Any]
Outgoing = NamedDependency[Outbox]

STATUSES: Final[Mapping[RoundStatus, Status]] = {
    RoundStatus.DRAFT: Status("準備中", "grey", "まだ団体に届けていない"),
    RoundStatus.OPEN: Status("受付中", "blue", "団体に届け、回答を受け付けている"),
    RoundStatus.CLOSED: Status("締切", "green", "受付を終えた。後から届いた回答も残る"),
}
STANDINGS: Final[Mapping[str, Status]] = {
    "late": Status("期限を過ぎて未回答", "red", "回答の期限を過ぎたが、回答がない"),
    "missing": Status("未回答", "yellow", "期限の前で、まだ回答がない"),
    "returned": Status("差戻し", "orange", "都道府県が理由を付けて団体に戻した"),
    "answered": Status("回答あり", "blue", "回答があり、都道府県の確認を待っている"),
    "checked": Status("確認済み", "green", "都道府県が内容を確かめた"),
}
MAILS: Final[Mapping[str, Status]] = {
    "": Status(
        "送信なし", "orange", "メールアドレスが登録されていない。システムの通知だけを届けた"
    ),
    "waiting": Status("送信待ち", "yellow", "これから送る、または後でもう一度送る"),
    "sent": Status("送信済み", "green", "メールサーバーに渡した"),
    "failed": Status("送れませんでした", "red", "メールサーバーが受け付けなかった"),
}
READINGS: Final[Mapping[str, Status]] = {
    "reading": Status("読取り中", "blue", "調査票を読んで、誤りを確かめている"),
    "read": Status("確認待ち", "yellow", "読み取った。正しい行を取り込むか、人が決める"),
    "refused": Status("読取り不可", "red", "読み取れなかった。開くと理由が分かる"),
}
FAULTS: Final = (
    Column("row", "行"),
    Column("cell", "セル", head=True),
    Column("value", "入れた値"),
    Column("why", "なぜ", wide=True),
    Column("remedy", "どうする", wide=True),
    Column("repair", "直す"),
)


def crumbs(*more: Crumb) -> list[Crumb]:
    """The way from the rounds to a page."""
    return [Crumb("移行の調査", HOME), *more]


def address(path: str, values: Mapping[str, str]) -> str:
    """A path with its query."""
    return f"{path}?{urlencode(values)}" if values else path


def texts(form: Mapping[str, object]) -> dict[str, str]:
    """The fields of a form as the database can keep them: without NUL."""
    return {name: str(value).replace("\0", "") for name, value in form.items()}


def typed_date(form: Mapping[str, str], name: str, label: str) -> tuple[date | None, str]:
    """A date field of a form: the day, or what is wrong with it."""
    text = DateInput.of_form(form, name).text
    if not text:
        return None, f"{label}がありません。日付を入れてください。"
    try:
        return sensible(parse_date(text)), ""
    except InvalidError as refusal:
        return None, refusal.detail


async def uploaded(data: Mapping[str, Any]) -> tuple[bytes, str]:
    """The content and name of the file that was chosen; empty without one."""
    file = data.get("file")
    if not isinstance(file, UploadFile):
        return b"", ""
    return await file.read(), (file.filename or "file.xlsx").replace("\0", "")


def attached(data: bytes, name: str, media_type: str = XLSX) -> Response[bytes]:
    """A file to be kept."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=media_type, headers=headers)
