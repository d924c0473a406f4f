"""ルールの管理: packaged rules, a prefecture's own, and which of them run."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from jichitai.infra import audit
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.security.monitoring.errors import (
    BadRuleError,
    FixedRuleError,
    ReasonMissingError,
    UnknownRuleError,
)
from jichitai.security.monitoring.model.rules import Rule, RuleFile
from jichitai.security.monitoring.rules.builtin import rule_files, samples_text
from jichitai.security.monitoring.rules.loading import load
from jichitai.security.monitoring.rules.samples import Verdict, examine, read_samples
from jichitai.security.monitoring.store import rules as store
from jichitai.security.monitoring.store.rules import RuleRow
from jichitai.web.rights import Principal

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{3,59}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A rule file with its switch."""

    file: RuleFile
    enabled: bool
    packaged: bool
    samples: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Rule files of the prefectures."""

    clock: Clock

    async def all(self, tx: Tx, prefecture: str) -> list[Kept]:
        """Every rule file, packaged ones first."""
        changes = {row.name: row for row in await store.every(tx, prefecture)}
        found = []
        for file in rule_files():
            change = changes.pop(file.name, None)
            enabled, reason = (change.enabled, change.reason) if change else (True, "")
            found.append(
                Kept(
                    file,
                    enabled=enabled,
                    packaged=True,
                    samples=samples_text(file.name),
                    reason=reason,
                )
            )
        for row in changes.values():
            file = _loaded(row.text or "", row.name)
            found.append(
                Kept(
                    file,
                    enabled=row.enabled,
                    packaged=False,
                    samples=row.samples,
                    reason=row.reason,
                )
            )
        return found

    async def get(self, tx: Tx, prefecture: str, name: str) -> Kept:
        """One rule file.

        Raises:
            UnknownRuleError: there is none of this name.
        """
        for one in await self.all(tx, prefecture):
            if one.file.name == name:
                return one
        raise UnknownRuleError("この名前の検知ルールはありません。一覧から選び直してください。")

    async def enabled(self, tx: Tx, prefecture: str) -> list[Rule]:
        """The rules that run, in the order in which courses need them."""
        return [
            rule
            for kept in await self.all(tx, prefecture)
            if kept.enabled
            for rule in kept.file.rules
        ]

    async def put(
        self, tx: Tx, name: str, text: str, samples: str, *, by: Principal
    ) -> list[Verdict]:
        """Add or replace a rule file of the prefecture's own, if its samples come out right.

        Returns:
            What each sample gave.

        Raises:
            BadRuleError: the rule cannot be used, has no samples, or a sample comes out wrong.
            FixedRuleError: a packaged rule has this name or one of its ids.
        """
        if not _NAME.fullmatch(name):
            raise BadRuleError(
                "ルールのファイル名は、小文字の英字で始まる4文字から60文字の英数字と _ で書いて"
                "ください。",
                field="name",
            )
        file = load(text, name=name)
        await self._check_ids(tx, file, by.body_prefecture())
        verdicts = examine(file, read_samples(samples, name=name))
        wrong = [one for one in verdicts if not one.right]
        if wrong or not {True, False} <= {one.expected for one in verdicts}:
            raise BadRuleError(
                f"試験が期待と違います（{'、'.join(one.title for one in wrong)}）。ルールか試験データを"
                "直してください。"
                if wrong
                else "試験データがありません。検知する例（match）と検知しない例（no_match）を1つ以上"
                "書いてください。",
                rule=name,
                field="samples",
            )
        await self._save(tx, by, file.name, text=text, samples=samples, enabled=True, reason="")
        return verdicts

    async def switch(self, tx: Tx, name: str, *, enabled: bool, reason: str, by: Principal) -> None:
        """Switch a rule file on or off.

        Raises:
            UnknownRuleError: there is none of this name.
            ReasonMissingError: switching off needs a reason.
        """
        kept = await self.get(tx, by.body_prefecture(), name)
        if not enabled and not reason.strip():
            raise ReasonMissingError(
                "理由がありません。止めている間は見逃しが起こり得ます。止める理由を書いてください。"
            )
        text = None if kept.packaged else kept.file.text
        samples = "" if kept.packaged else kept.samples
        await self._save(
            tx, by, name, text=text, samples=samples, enabled=enabled, reason=reason.strip()
        )

    async def _check_ids(self, tx: Tx, file: RuleFile, prefecture: str) -> None:
        ids = {rule.id for rule in file.rules}
        for other in await self.all(tx, prefecture):
            if other.packaged and other.file.name == file.name:
                raise FixedRuleError(
                    "標準のルールと同じ名前です。別の名前で登録し、標準のルールは止めてください。"
                )
            taken = ids & {rule.id for rule in other.file.rules}
            if taken and other.file.name != file.name:
                raise FixedRuleError(
                    f"ルールの id が「{other.file.head.title}」と同じです。新しい UUID を付けて"
                    "ください。"
                )

    async def _save(
        self,
        tx: Tx,
        by: Principal,
        name: str,
        *,
        text: str | None,
        samples: str,
        enabled: bool,
        reason: str,
    ) -> None:
        at = self.clock.now()
        row = RuleRow(
            name=name,
            text=text,
            samples=samples,
            enabled=enabled,
            reason=reason,
            changed_at=at,
            changed_by=by.account_id,
        )
        await store.save(tx, by.body_prefecture(), row)
        await audit.record(
            tx,
            by=by.actor,
            action="security.monitoring.rule.change",
            subject=name,
            reason=reason or None,
            facts={"enabled": enabled},
            at=at,
        )


@lru_cache(maxsize=500)
def _loaded(text: str, name: str) -> RuleFile:
    return load(text, name=name)
