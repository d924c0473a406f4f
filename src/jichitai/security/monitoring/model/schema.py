"""The one table that every log becomes: a small selection of OCSF, flat, in Parquet.

Times are UTC without a zone. The text as it arrived is a column of its own, so that an alert can
show its evidence; a scan by rules does not read it.

Source: Open Cybersecurity Schema Framework 1.x (class_uid, severity_id, activity).
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class EventClass(IntEnum):
    """class_uid of OCSF, as far as our log formats reach."""

    OTHER = 0
    FILE = 1001
    PROCESS = 1007
    EVENT_LOG = 1008
    FINDING = 2004
    ACCOUNT = 3001
    LOGON = 3002
    GROUP = 3006
    NETWORK = 4001
    HTTP = 4002
    DNS = 4003
    MAIL = 4009

    @property
    def japanese(self) -> str:
        """What such an event is about."""
        return _CLASSES[self]


_CLASSES: Final = {
    EventClass.OTHER: "その他",
    EventClass.FILE: "ファイルの操作",
    EventClass.PROCESS: "プログラムの実行",
    EventClass.EVENT_LOG: "監査ログの操作",
    EventClass.FINDING: "検知装置の検知",
    EventClass.ACCOUNT: "アカウントの変更",
    EventClass.LOGON: "サインイン",
    EventClass.GROUP: "グループの変更",
    EventClass.NETWORK: "通信",
    EventClass.HTTP: "ウェブの通信",
    EventClass.DNS: "名前解決",
    EventClass.MAIL: "メール",
}


@dataclass(frozen=True, slots=True)
class EventColumn:
    """A column of the table.

    Attributes:
        name: as rules and SQL say it.
        kind: type in DuckDB and Parquet.
        meaning: for the reference page.
        longest: characters that are kept of a text.
        parsed: whether a log format fills it; the others come from the source and the intake.
    """

    name: str
    kind: str
    meaning: str
    longest: int = 512
    parsed: bool = True

    @property
    def text(self) -> bool:
        """Whether it holds text."""
        return self.kind == "varchar"


COLUMNS: Final = (
    EventColumn("time", "timestamp", "発生時刻（UTC）", parsed=False),
    EventColumn("claimed_time", "timestamp", "ログに書かれていた時刻（UTC）"),
    EventColumn("received_at", "timestamp", "受信時刻（UTC）", parsed=False),
    EventColumn("class_uid", "integer", "OCSF の class_uid"),
    EventColumn("activity", "varchar", "行為（logon, rename, query など）", 40),
    EventColumn("severity", "utinyint", "OCSF の severity_id（1 情報 から 5 緊急）"),
    EventColumn("body_code", "varchar", "団体コード。登録した取得元から決まる", parsed=False),
    EventColumn("area", "varchar", "領域（MN, LGWAN, INT, CLOUD）", parsed=False),
    EventColumn("source_id", "varchar", "取得元の番号", parsed=False),
    EventColumn("product", "varchar", "取得元の機能（PRX, FW, IPS など）", parsed=False),
    EventColumn("src", "varchar", "送信元アドレス", 64),
    EventColumn("src_port", "integer", "送信元ポート"),
    EventColumn("dst", "varchar", "宛先アドレス", 64),
    EventColumn("dst_port", "integer", "宛先ポート"),
    EventColumn("host", "varchar", "宛先のホスト名、または記録した機器の名", 255),
    EventColumn("user", "varchar", "利用者の識別子", 128),
    EventColumn("url", "varchar", "URL", 2048),
    EventColumn("method", "varchar", "HTTP のメソッド", 16),
    EventColumn("user_agent", "varchar", "HTTP の User-Agent"),
    EventColumn("status_code", "integer", "HTTP の状態コード"),
    EventColumn("bytes_in", "bigint", "受信したバイト数"),
    EventColumn("bytes_out", "bigint", "送信したバイト数"),
    EventColumn("file_name", "varchar", "ファイル名（パスを含む）", 1024),
    EventColumn("file_hash", "varchar", "ファイルのハッシュ値", 128),
    EventColumn("process", "varchar", "実行したコマンド", 2048),
    EventColumn("query", "varchar", "問い合わせた名前（DNS）", 255),
    EventColumn("signature", "varchar", "検知装置が付けた名", 255),
    EventColumn("outcome", "varchar", "結果（success, failure, blocked, unknown）", 16),
    EventColumn("message", "varchar", "本文", 1000),
    EventColumn("marks", "varchar", "印（broken-utf8, clock-ahead, late, no-time）", parsed=False),
    EventColumn("raw_id", "bigint", "原文の番号（受付番号×2^24＋行）", parsed=False),
    EventColumn("raw", "varchar", "届いたままの1行", 65_536, parsed=False),
)
"""All columns, in the order of the Parquet files."""

BY_NAME: Final = {column.name: column for column in COLUMNS}
LINES_IN_BATCH: Final = 2**24
"""A batch holds fewer lines than this, so that batch and line make one number."""


def batch_of(raw_id: int) -> int:
    """The batch that a line arrived in.

    >>> batch_of(3 * 2**24 + 5)
    3

    Source: our own numbering.
    """
    return raw_id // LINES_IN_BATCH


class Mark(StrEnum):
    """What was amiss with a line that was kept all the same."""

    BROKEN_UTF8 = "broken-utf8"
    CLOCK_AHEAD = "clock-ahead"
    LATE = "late"
    NO_TIME = "no-time"

    @property
    def japanese(self) -> str:
        """What it means."""
        return _MARKS[self]


_MARKS: Final = {
    Mark.BROKEN_UTF8: "文字コードが壊れているため、読めない文字を置き換えました",
    Mark.CLOCK_AHEAD: "機器の時計が進んでいるため、受信時刻を使いました",
    Mark.LATE: "発生から1日より遅れて届きました",
    Mark.NO_TIME: "時刻がないか読めないため、受信時刻を使いました",
}


class Refusal(StrEnum):
    """Why a line was set aside (隔離) instead of becoming an event."""

    TOO_LONG = "too-long"
    UNREADABLE = "unreadable"
    OTHER_BODY = "other-body"
    NO_HEADER = "no-header"
    UNKNOWN_SENDER = "unknown-sender"
    NOT_TEXT = "not-text"

    @property
    def japanese(self) -> str:
        """What it means and what to do."""
        return _REFUSALS[self]


_REFUSALS: Final = {
    Refusal.TOO_LONG: "1行が64 KiBを超えています。機器の出力の設定を確かめてください",
    Refusal.UNREADABLE: "登録した形式として読めません。取得元の形式を確かめてください",
    Refusal.OTHER_BODY: "ほかの団体のログだと書かれています。取得元の登録を確かめてください",
    Refusal.NO_HEADER: "見出し行（#fields）がありません。先頭から送り直してください",
    Refusal.UNKNOWN_SENDER: "登録していない機器から届きました。取得元を登録してください",
    Refusal.NOT_TEXT: "圧縮を展開できないか、展開すると大きすぎます。送り方を確かめてください",
}
