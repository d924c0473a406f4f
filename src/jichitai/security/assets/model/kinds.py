"""Closed sets: areas, ratings, forms, routes, methods."""

from enum import StrEnum
from typing import Final


class Area(StrEnum):
    """領域: where a system or segment stands.

    Source: ガイドライン 対策基準 3 (情報システム全体の強靭性の向上).
    """

    MYNUMBER = "mynumber"
    LGWAN = "lgwan"
    INTERNET = "internet"
    CLOUD = "cloud"

    @property
    def japanese(self) -> str:
        """The name that officials use."""
        return _AREAS[self]


_AREAS: Final = {
    Area.MYNUMBER: "マイナンバー利用事務系",
    Area.LGWAN: "LGWAN接続系",
    Area.INTERNET: "インターネット接続系",
    Area.CLOUD: "クラウド",
}
OWN_AREAS: Final = (Area.MYNUMBER, Area.LGWAN, Area.INTERNET)
"""The three areas; a system on a cloud is treated as part of one of them."""


class Answer(StrEnum):
    """Yes, no, or nobody has looked yet."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def japanese(self) -> str:
        """The answer in words."""
        return {"yes": "はい", "no": "いいえ", "unknown": "未確認"}[self.value]


class Confidentiality(StrEnum):
    """自治体機密性.

    Source: ガイドライン 対策基準 2(1) (令和6年10月2日改定).
    """

    TOP = "3A"
    STRICT = "3B"
    INTERNAL = "3C"
    LIMITED = "2"
    OPEN = "1"

    @property
    def important(self) -> bool:
        """Whether it is rated 2 or higher."""
        return self is not Confidentiality.OPEN


class Form(StrEnum):
    """How a system is run."""

    OWN = "own"
    DATA_CENTRE = "data-centre"
    GOVERNMENT_CLOUD = "government-cloud"
    CLOUD = "cloud"
    FIXED_TERMS = "fixed-terms"
    LGWAN_ASP = "lgwan-asp"

    @property
    def japanese(self) -> str:
        """The form in words."""
        return _FORMS[self]

    @property
    def on_cloud(self) -> bool:
        """Whether it is a cloud service."""
        return self in {Form.GOVERNMENT_CLOUD, Form.CLOUD, Form.FIXED_TERMS}


_FORMS: Final = {
    Form.OWN: "庁内",
    Form.DATA_CENTRE: "データセンター",
    Form.GOVERNMENT_CLOUD: "ガバメントクラウド",
    Form.CLOUD: "クラウドサービス（契約で条件を定める）",
    Form.FIXED_TERMS: "クラウドサービス（定型の約款）",
    Form.LGWAN_ASP: "LGWAN-ASP",
}


class SegmentUse(StrEnum):
    """What stands in a segment."""

    SERVERS = "servers"
    TERMINALS = "terminals"
    MAIN_TERMINALS = "main-terminals"
    RELAY = "relay"

    @property
    def japanese(self) -> str:
        """The use in words."""
        return _USES[self]


_USES: Final = {
    SegmentUse.SERVERS: "サーバ",
    SegmentUse.TERMINALS: "端末",
    SegmentUse.MAIN_TERMINALS: "主な業務端末",
    SegmentUse.RELAY: "中継（無害化・DMZなど）",
}


class Route(StrEnum):
    """What carries a link."""

    INTERNAL = "internal"
    DEDICATED = "dedicated"
    CLOSED = "closed"
    LGWAN = "lgwan"
    INTERNET = "internet"

    @property
    def japanese(self) -> str:
        """The route in words."""
        return _ROUTES[self]


_ROUTES: Final = {
    Route.INTERNAL: "庁内ネットワーク",
    Route.DEDICATED: "専用線",
    Route.CLOSED: "閉域網",
    Route.LGWAN: "LGWAN",
    Route.INTERNET: "インターネット",
}


class Sanitising(StrEnum):
    """無害化の方式.

    Source: ガイドライン 対策基準 3(2)①.
    """

    NONE = "none"
    MAIL = "mail"
    SCREEN = "screen"
    FILE = "file"

    @property
    def japanese(self) -> str:
        """The method in words."""
        return _SANITISING[self]


_SANITISING: Final = {
    Sanitising.NONE: "なし",
    Sanitising.MAIL: "メールテキスト化",
    Sanitising.SCREEN: "画面転送",
    Sanitising.FILE: "ファイル無害化",
}


class Limit(StrEnum):
    """What a link is limited by."""

    MAC = "mac"
    IP = "ip"
    PORT = "port"

    @property
    def japanese(self) -> str:
        """The limit in words."""
        return {"mac": "MACアドレス", "ip": "IPアドレス", "port": "ポート番号"}[self.value]
