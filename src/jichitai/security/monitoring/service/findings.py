"""脆弱性等の一覧: taken in, looked at, and passed on to the bodies concerned."""

from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal, get_args

from jichitai.infra import audit
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.kernel.parties import Party
from jichitai.security.messages import S04, Finding
from jichitai.security.monitoring.errors import FindingsRefusedError
from jichitai.security.monitoring.model.findings import (
    LARGEST,
    FindingList,
    FindingRow,
    read_list,
)
from jichitai.security.monitoring.service.places import check_member, members, own_body
from jichitai.security.monitoring.store import findings as store
from jichitai.web.rights import Principal

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """What was passed on: findings, and the bodies they went to."""

    findings: int
    bodies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """Weaknesses from outside."""

    clock: Clock
    outbox: Outbox

    async def look(
        self, tx: Tx, data: bytes, *, source: str, body: str | None, by: Principal
    ) -> FindingList:
        """What a list holds, without keeping any of it.

        Raises:
            FindingsRefusedError: the file is too large, or says not where it comes from.
            NotMemberError: the body that was named belongs to another prefecture.
        """
        if len(data) > LARGEST:
            raise FindingsRefusedError("一覧が大きすぎます（1 MBまで）。分けて取り込んでください。")
        if (
            not 1 <= len(source.strip()) <= 80 or not source.strip().isprintable()
        ):  # a word of the message
            raise FindingsRefusedError(
                "どこから来た一覧かが書かれていません。例：地方版ASM、脆弱性診断（令和8年度）",
                field="source",
            )
        prefecture = by.body_prefecture()
        if body:
            await check_member(tx, prefecture, body)
        known = await members(tx, prefecture)
        return read_list(
            data,
            source=source.strip(),
            today=self.clock.today(),
            body=body or None,
            member=known.__contains__,
        )

    async def take(
        self, tx: Tx, data: bytes, *, source: str, body: str | None, by: Principal
    ) -> tuple[FindingList, int]:
        """Keep a list without faults.

        Returns:
            The list, and how many of its findings are new.

        Raises:
            FindingsRefusedError: a cell has a fault; `faults` names them. Nothing is kept.
        """
        found = await self.look(tx, data, source=source, body=body, by=by)
        if found.faults:
            raise FindingsRefusedError(
                f"{len(found.faults)}か所に誤りがあるため、何も取り込んでいません。直してから取り込み"
                "直してください。",
                faults=[
                    {"row": one.row, "column": one.column, "why": one.why, "remedy": one.remedy}
                    for one in found.faults[:200]
                ],
            )
        prefecture = by.body_prefecture()
        new = await store.put(tx, prefecture, found.rows, at=self.clock.now(), by=by.account_id)
        await audit.record(
            tx,
            by=by.actor,
            action="security.monitoring.finding.import",
            facts={"rows": len(found.rows), "new": len(new), "source": source.strip()},
            at=self.clock.now(),
        )
        return found, len(new)

    async def send(self, tx: Tx, *, body: str | None, by: Principal) -> Sent:
        """Pass on what was not yet (S04), to one body or to all.

        Findings about the prefecture itself stay: they are not sent, and are shown as its own.
        """
        prefecture, at = by.body_prefecture(), self.clock.now()
        rows = [
            row
            for row in await store.unsent(tx, prefecture, body)
            if row.body != own_body(prefecture)
        ]
        bodies = []
        for code, group in groupby(rows, key=lambda row: row.body):
            bodies.append(code)
            await self._send(tx, prefecture, code, list(group))
        await store.mark_sent(tx, prefecture, [row.finding_id for row in rows], at)
        if rows:
            await audit.record(
                tx,
                by=by.actor,
                action="security.monitoring.finding.send",
                facts={"findings": len(rows), "bodies": bodies},
                at=at,
            )
        return Sent(len(rows), tuple(bodies))

    async def _send(self, tx: Tx, prefecture: str, code: str, rows: list[FindingRow]) -> None:
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            await self.outbox.send(
                tx,
                origin=Party.prefecture(prefecture),
                to=Party.town(code),
                kind="S04",
                version=1,
                body=S04(
                    body=code,
                    findings=tuple(map(_finding, part)),
                    sent_at=self.clock.now(),
                ),
            )


Level = Literal["informational", "low", "medium", "high", "critical"]


def _severity(text: str) -> Level:
    """The word of the message for a severity."""
    words: tuple[Level, ...] = get_args(Level)
    return next(word for word in words if word == text)


def _finding(row: FindingRow) -> Finding:
    return Finding(
        finding_id=row.finding_id,
        source=row.source,
        title=row.title,
        reference=row.reference,
        target=row.target,
        severity=_severity(row.severity),
        found_on=row.found_on,
        due_on=row.due_on,
        advice=row.advice,
    )
