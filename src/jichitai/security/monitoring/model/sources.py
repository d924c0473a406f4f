"""取得元: which device or program sends logs, in which format, and whose logs they are.

The body and the area of an event come from here and never from the log, so that nobody's log can be
put down to another body.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class LogFormat(StrEnum):
    """形式: how a source writes."""

    SYSLOG = "syslog"
    JSON = "json"
    OCSF = "ocsf"
    SURICATA = "suricata"
    ZEEK = "zeek"
    ZEEK_JSON = "zeek-json"
    SQUID = "squid"

    @property
    def japanese(self) -> str:
        """The format's name for people."""
        return _FORMATS[self]


_FORMATS: Final = {
    LogFormat.SYSLOG: "syslog（RFC 5424・3164）",
    LogFormat.JSON: "JSON Lines（端末・機器）",
    LogFormat.OCSF: "OCSF（JSON Lines）",
    LogFormat.SURICATA: "suricata eve.json",
    LogFormat.ZEEK: "zeek（表形式）",
    LogFormat.ZEEK_JSON: "zeek（JSON）",
    LogFormat.SQUID: "squid access.log",
}


class Area(StrEnum):
    """領域: where in the three layers a source stands (三層の対策)."""

    NUMBER = "MN"
    LGWAN = "LGWAN"
    INTERNET = "INT"
    CLOUD = "CLOUD"

    @property
    def japanese(self) -> str:
        """The area's name in the guideline."""
        return _AREAS[self]


_AREAS: Final = {
    Area.NUMBER: "マイナンバー利用事務系",
    Area.LGWAN: "LGWAN接続系",
    Area.INTERNET: "インターネット接続系",
    Area.CLOUD: "クラウド",
}


class Function(StrEnum):
    """機能: what of the security cloud a source belongs to. The list is our reconstruction."""

    WEB = "WEB"
    MAIL = "MTA"
    PROXY = "PRX"
    DNS = "DNS"
    LGWAN_FIREWALL = "LFW"
    FIREWALL = "FW"
    IPS = "IPS"
    ANTIVIRUS = "AV"
    SANDBOX = "SBX"
    URL_FILTER = "URL"
    MAIL_FILTER = "MFL"
    TAMPER = "TMP"
    SANITIZER = "SAN"
    REMOTE = "VPN"
    ENDPOINT = "EDR"
    SERVER = "SRV"

    @property
    def japanese(self) -> str:
        """The function's name."""
        return _FUNCTIONS[self]


_FUNCTIONS: Final = {
    Function.WEB: "ウェブサーバー・リバースプロキシ",
    Function.MAIL: "メールリレー",
    Function.PROXY: "プロキシ",
    Function.DNS: "外部DNS",
    Function.LGWAN_FIREWALL: "LGWAN接続ファイアウォール",
    Function.FIREWALL: "ファイアウォール",
    Function.IPS: "侵入検知・防止",
    Function.ANTIVIRUS: "マルウェア対策",
    Function.SANDBOX: "ふるまい検知",
    Function.URL_FILTER: "URLフィルタ",
    Function.MAIL_FILTER: "メール対策",
    Function.TAMPER: "WAF・改ざん検知",
    Function.SANITIZER: "無害化",
    Function.REMOTE: "リモートアクセス",
    Function.ENDPOINT: "端末の監視（EDR）",
    Function.SERVER: "サーバー",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One registered source.

    Attributes:
        prefecture: whose security cloud it is, two digits.
        source_id: its number.
        body: code of the body whose logs it sends.
        name: as the analysts call it.
        address: sender of its syslog over TCP (an address or a network), or None.
        heading: heading of zeek's tables, kept from the last batch.
    """

    prefecture: str
    source_id: UUID
    body: str
    area: Area
    function: Function
    format: LogFormat
    name: str
    address: str | None
    heading: str
    registered_at: datetime
    retired_at: datetime | None
