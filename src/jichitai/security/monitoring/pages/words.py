"""Monitoring in the words of its pages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from litestar import Request

from jichitai.kernel.errors import JichitaiError
from jichitai.security.monitoring.model.alerts import AlertState
from jichitai.security.monitoring.model.rules import Severity
from jichitai.security.monitoring.model.schema import BY_NAME, Mark, Refusal
from jichitai.security.monitoring.model.sources import Area, Function, LogFormat
from jichitai.security.monitoring.store.batches import Batch
from jichitai.web.components import Colour, FieldErrors, NavItem, Option, Status

_SEVERITIES: Final[Mapping[Severity, Colour]] = {
    Severity.INFORMATIONAL: "grey",
    Severity.LOW: "grey",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "orange",
    Severity.CRITICAL: "red",
}
_STATES: Final[Mapping[AlertState, Colour]] = {
    AlertState.NEW: "red",
    AlertState.WORKING: "orange",
    AlertState.NOTIFIED: "blue",
    AlertState.INCIDENT: "purple",
    AlertState.FALSE: "grey",
    AlertState.CLOSED: "green",
    AlertState.SUPPRESSED: "grey",
}
_BATCHES: Final[Mapping[str, Status]] = {
    "waiting": Status("読込み待ち", "blue", "まだ記録になっていません"),
    "stored": Status("読込み済み", "green"),
    "failed": Status("読めない", "red", "まとまりごと読めませんでした。原文は残しています"),
}
_ACTIONS: Final = {
    "found": "検知",
    "take": "確認を始めた",
    "false": "誤検知とした",
    "close": "完了とした",
    "reopen": "確認に戻した",
    "notify": "団体に通知した",
    "incident": "事案にした",
}
_COLUMN_WORDS: Final = {
    "src": "送信元",
    "src_port": "送信元ポート",
    "dst": "宛先",
    "dst_port": "宛先ポート",
    "host": "機器・ホスト",
    "user": "利用者",
    "url": "URL",
    "method": "メソッド",
    "status_code": "状態コード",
    "file_name": "ファイル",
    "file_hash": "ハッシュ値",
    "process": "コマンド",
    "query": "問い合わせた名前",
    "signature": "検知装置の名",
    "outcome": "結果",
    "product": "取得元の機能",
    "bytes_out": "送信バイト数",
}
AREAS: Final = [Option(one.value, one.japanese) for one in Area]
FUNCTIONS: Final = [Option(one.value, f"{one.japanese}（{one.value}）") for one in Function]
FORMATS: Final = [Option(one.value, one.japanese) for one in LogFormat]


def severity(one: Severity) -> Status:
    """The chip of a severity."""
    return Status(one.japanese, _SEVERITIES[one])


def severity_of(word: str) -> Status:
    """The chip of a severity by its word in messages."""
    return severity(Severity(word))


def state(one: AlertState) -> Status:
    """The chip of an alert's state."""
    return Status(one.japanese, _STATES[one])


def batch_state(batch: Batch) -> Status:
    """The chip of a batch."""
    return _BATCHES[batch.state]


def action(word: str) -> str:
    """What was done with an alert, in words."""
    return _ACTIONS.get(word, word)


def column(name: str) -> str:
    """A column of events in a word."""
    known = BY_NAME.get(name)
    return _COLUMN_WORDS.get(name) or (known.meaning if known else name)


def area(code: str) -> str:
    """An area by its code."""
    return Area(code).japanese if code in set(Area) else code


def amiss(batch: Batch) -> str:
    """Why lines were set aside or marked, with counts."""
    refused = [f"{count:,}行：{_word(Refusal, name)}" for name, count in batch.refused.items()]
    marks = [f"{count:,}行：{_word(Mark, name)}" for name, count in batch.marks.items()]
    return "。".join(refused + marks)


def _word(kind: type[Refusal] | type[Mark], name: str) -> str:
    return kind(name).japanese if name in set(kind) else name


def tabs(request: Request[Any, Any, Any], waiting: int | None = None) -> list[NavItem]:
    """The places of monitoring."""
    places = (
        ("検知", "/security/monitoring"),
        ("検知ルール", "/security/monitoring/rules"),
        ("ログの取得元", "/security/monitoring/sources"),
        ("抑制", "/security/monitoring/suppressions"),
        ("脆弱性等の一覧", "/security/monitoring/findings"),
        ("腕試し", "/security/monitoring/trial"),
    )
    path = request.url.path
    return [
        NavItem(
            label,
            href,
            current=path == href,
            count=waiting if href == "/security/monitoring" else None,
        )
        for label, href in places
    ]


def errors_of(refusal: JichitaiError, otherwise: str) -> FieldErrors:
    """A refusal at the field that it names, else at `otherwise`."""
    field = refusal.facts.get("field")
    return FieldErrors.of({str(field) if field else otherwise: refusal.detail})


def body_options(names: Mapping[str, str]) -> list[Option]:
    """Member bodies to choose from."""
    return [Option(code, f"{name}（{code}）") for code, name in sorted(names.items())]


def key_text(key: Mapping[str, str]) -> str:
    """What tells an alert from others, in one line."""
    return "、".join(f"{column(name)} {value}" for name, value in key.items())


def joined(texts: Sequence[str]) -> str:
    """A list in one line."""
    return "、".join(texts)
