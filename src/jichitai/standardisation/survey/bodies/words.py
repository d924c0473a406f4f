"""Words and choices that the pages of bodies and prefectures share."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from jichitai.standardisation.progress.reports import Cloud, DeadlineClass
from jichitai.standardisation.survey.bodies.store import Request
from jichitai.standardisation.survey.model import CheckState
from jichitai.web.components import Option, Status

CHECKS: Final[Mapping[CheckState, Status]] = {
    CheckState.NONE: Status("確認待ち", "yellow", "都道府県がまだ確かめていない"),
    CheckState.OK: Status("確認済み", "green", "都道府県が内容を確かめた"),
    CheckState.RETURNED: Status("差戻し", "red", "都道府県が理由を付けて戻した"),
}
CLOUDS: Final = [Option(one.value, one.japanese) for one in Cloud if one.value]
CLASSES: Final = [Option(one.value, one.japanese) for one in DeadlineClass if one.value]
LATES: Final = [Option("yes", "はい"), Option("no", "いいえ")]


def standing(request: Request, *, prefecture: bool, today: date) -> Status:
    """Where a body stands with a request."""
    if request.sent:
        if request.checked is not CheckState.NONE:
            return CHECKS[request.checked]
        return Status("回答済み", "green" if prefecture else "blue", "送った。直すこともできる")
    if not request.open:
        return Status("受付終了", "grey", "回答しないまま受付が終わった")
    if request.due_on < today:
        return Status("期限を過ぎた", "red", "まだ受け付けている。早めに送る")
    if request.drafted:
        return Status("下書きあり", "yellow", "まだ送っていない")
    return Status("未回答", "yellow", "まだ送っていない")
