"""異動事由: why the register changes, and how the network names it."""

from enum import StrEnum

from jichitai.kernel import change_reasons


class EventKind(StrEnum):
    """異動の種類: what happened, as the event log names it."""

    INITIAL = "initial"
    BIRTH = "birth"
    DEATH = "death"
    MOVE_IN = "move-in"
    MOVE_IN_ABROAD = "move-in-abroad"
    MOVE_WITHIN = "move-within"
    MOVE_OUT = "move-out"
    MOVE_ABROAD = "move-abroad"
    DEPARTURE = "departure"
    DEPARTURE_CONFIRMED = "departure-confirmed"
    HEAD_CHANGE = "head-change"
    NAME_CORRECTION = "name-correction"
    MINOR_CORRECTION = "minor-correction"
    CODE_CHANGE = "code-change"
    NUMBER_RECORD = "number-record"
    CANCELLATION = "cancellation"

    @property
    def japanese(self) -> str:
        """The word that clerks use."""
        return _WORDS[self]


_WORDS = {
    EventKind.INITIAL: "初期移行",
    EventKind.BIRTH: "出生",
    EventKind.DEATH: "死亡",
    EventKind.MOVE_IN: "転入",
    EventKind.MOVE_IN_ABROAD: "国外転入",
    EventKind.MOVE_WITHIN: "転居",
    EventKind.MOVE_OUT: "転出",
    EventKind.MOVE_ABROAD: "国外転出",
    EventKind.DEPARTURE: "転出による消除",
    EventKind.DEPARTURE_CONFIRMED: "転入通知の受理",
    EventKind.HEAD_CHANGE: "世帯主変更",
    EventKind.NAME_CORRECTION: "氏名等の修正",
    EventKind.MINOR_CORRECTION: "軽微な修正",
    EventKind.CODE_CHANGE: "住民票コードの変更",
    EventKind.NUMBER_RECORD: "個人番号の記載",
    EventKind.CANCELLATION: "異動の取消し",
}


class Reason(StrEnum):
    """異動事由. The names are the specification's; the codes are this project's own.

    Source: 住民記録システム標準仕様書 1.2.2 (異動事由).
    """

    ENTRY_FROM_TOWN = "A01"
    ENTRY_FROM_ABROAD = "A02"
    ENTRY_BIRTH = "A03"
    ENTRY_EX_OFFICIO = "A06"
    ENTRY_BY_CANCELLATION = "A09"
    DELETION_TO_TOWN = "D01"
    DELETION_ABROAD = "D02"
    DELETION_DEATH = "D03"
    DELETION_EX_OFFICIO = "D06"
    DELETION_BY_CANCELLATION = "D09"
    MOVE_WITHIN = "M01"
    MINOR = "M02"
    CORRECTION = "M03"
    NUMBER_CHANGED = "M05"
    NUMBER_ENTERED = "M07"
    CODE_CHANGED = "M08"
    HEAD_CHANGED = "M13"
    FORMER_NAME_ENTERED = "M14"
    FORMER_NAME_CHANGED = "M15"
    FORMER_NAME_REMOVED = "M16"
    ALIAS_ENTERED = "M17"
    ALIAS_REMOVED = "M18"
    CANCELLED_CORRECTION = "M19"
    FURIGANA_ENTERED = "M20"

    @property
    def net(self) -> str:
        """本人確認情報の異動事由, or empty where the network is told nothing."""
        return change_reasons.reason(self.value).net_reason

    @property
    def japanese(self) -> str:
        """The name in the standard."""
        return change_reasons.reason(self.value).name


class Basis(StrEnum):
    """Every entry rests on a report (届出) or is made ex officio (職権).

    Source: 住民基本台帳法 第8条.
    """

    REPORT = "report"
    EX_OFFICIO = "ex-officio"

    @property
    def japanese(self) -> str:
        """The word of the Act."""
        return "届出" if self is Basis.REPORT else "職権"
