"""Errors and alerts (エラー・アラート) that the rules find in an entry."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from jichitai.kernel.errors import InvalidError

_Value = TypeVar("_Value")


class Level(StrEnum):
    """Whether a finding blocks 本登録 or asks for a reason.

    Source: 住民記録システム標準仕様書 11.1 (エラー・アラート項目).
    """

    ERROR = "error"
    ALERT = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One error or alert, ready to be shown.

    Attributes:
        level: an error blocks 本登録, an alert needs a reason.
        code: permanent name; reasons are given per code.
        field: where in the form, such as `persons.0.birth_date`; empty for the whole.
        message: what is wrong, why, what to do. Free of personal data.
        source: the item of the standard specification or the article of the Act.
    """

    level: Level
    code: str
    field: str
    message: str
    source: str

    @property
    def text(self) -> str:
        """The message with its source in brackets."""
        return f"{self.message}（{self.source}）"


@dataclass(slots=True)
class Findings:
    """The findings of one decision, collected while it is made."""

    found: list[Finding] = field(default_factory=list)

    def error(self, code: str, where: str, message: str, source: str) -> None:
        """Add an error."""
        self.found.append(
            Finding(level=Level.ERROR, code=code, field=where, message=message, source=source)
        )

    def alert(self, code: str, where: str, message: str, source: str) -> None:
        """Add an alert."""
        self.found.append(
            Finding(level=Level.ALERT, code=code, field=where, message=message, source=source)
        )

    def read(
        self, where: str, parse: Callable[[str], _Value], text: str, source: str
    ) -> _Value | None:
        """Parse one field; a refusal becomes an error at that field and gives None."""
        try:
            return parse(text)
        except InvalidError as refusal:
            self.error(refusal.type, where, refusal.detail, source)
            return None

    @property
    def blocked(self) -> bool:
        """Whether an error was found."""
        return any(finding.level is Level.ERROR for finding in self.found)


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that block 本登録.

    Source: 住民記録システム標準仕様書 11.1 (エラー・アラート項目).
    """
    return tuple(finding for finding in findings if finding.level is Level.ERROR)


def unanswered(findings: Iterable[Finding], reasons: Mapping[str, str]) -> tuple[Finding, ...]:
    """The alerts for which nobody has written a reason.

    Args:
        findings: all findings of a decision.
        reasons: reason per finding code.

    Source: 住民記録システム標準仕様書 11.1 (エラー・アラート項目).
    """
    return tuple(
        finding
        for finding in findings
        if finding.level is Level.ALERT and not reasons.get(finding.code, "").strip()
    )
