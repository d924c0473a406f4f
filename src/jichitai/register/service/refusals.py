"""Findings as refusals, and as the `errors` of a problem document."""

from collections.abc import Iterable, Mapping

from jichitai.register import errors
from jichitai.register.model import findings
from jichitai.register.model.findings import Finding
from jichitai.register.model.situation import Decision


def described(found: Iterable[Finding]) -> list[dict[str, str]]:
    """Findings as the `errors` of a problem document."""
    return [
        {"field": f.field, "code": f.code, "level": f.level.value, "detail": f.text} for f in found
    ]


def refused(found: Iterable[Finding]) -> errors.FormRefusedError:
    """The refusal of a form with errors."""
    wrong = findings.errors(found)
    return errors.FormRefusedError(
        f"届出に{len(wrong)}件の誤りがあります。誤りがあるうちは本登録できません。"
        f"errors の項目を直してください。最初の誤り：{wrong[0].text}",
        errors=described(wrong),
    )


def check(decision: Decision, reasons: Mapping[str, str]) -> None:
    """Refuse a decision with errors, or with alerts that nobody explained.

    Raises:
        FormRefusedError: errors.
        AlertNeedsReasonError: alerts without a reason.
    """
    if decision.blocked:
        raise refused(decision.findings)
    if missing := findings.unanswered(decision.findings, reasons):
        raise errors.AlertNeedsReasonError(
            f"確認が必要な項目が{len(missing)}件あり、理由が書かれていません。"
            "確かめた内容を項目ごとに理由の欄に書いてください。",
            errors=described(missing),
        )
