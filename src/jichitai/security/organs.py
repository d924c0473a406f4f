"""Organs of a body that adopt security policies.

Source: 地方自治法 第138条の4, 第180条の5, 第244条の6第1項.
"""

from enum import StrEnum
from typing import Final


class Organ(StrEnum):
    """方針を定める機関: an organ that adopts a policy for the systems that it manages.

    Source: 地方自治法 第244条の6第1項; 第180条の5 (執行機関).
    """

    ASSEMBLY = "assembly"
    HEAD = "head"
    EDUCATION = "education"
    ELECTION = "election"
    AUDIT = "audit"
    PERSONNEL = "personnel"
    EQUITY = "equity"
    AGRICULTURE = "agriculture"
    PROPERTY_TAX = "property-tax"
    PUBLIC_SAFETY = "public-safety"
    LABOUR = "labour"
    EXPROPRIATION = "expropriation"
    SEA_FISHERIES = "sea-fisheries"
    INLAND_FISHERIES = "inland-fisheries"

    @property
    def japanese(self) -> str:
        """The organ's name in the law."""
        return _ORGANS[self]


_ORGANS: Final = {
    Organ.ASSEMBLY: "議会",
    Organ.HEAD: "長",
    Organ.EDUCATION: "教育委員会",
    Organ.ELECTION: "選挙管理委員会",
    Organ.AUDIT: "監査委員",
    Organ.PERSONNEL: "人事委員会",
    Organ.EQUITY: "公平委員会",
    Organ.AGRICULTURE: "農業委員会",
    Organ.PROPERTY_TAX: "固定資産評価審査委員会",
    Organ.PUBLIC_SAFETY: "公安委員会",
    Organ.LABOUR: "労働委員会",
    Organ.EXPROPRIATION: "収用委員会",
    Organ.SEA_FISHERIES: "海区漁業調整委員会",
    Organ.INLAND_FISHERIES: "内水面漁場管理委員会",
}
