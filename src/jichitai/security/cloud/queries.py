"""All 47 prefectures on one generation, as the ministry reads them."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from msgspec import Struct

from jichitai.infra.database import Tx
from jichitai.kernel.municipalities import prefectures
from jichitai.security.cloud import catalogue, store
from jichitai.security.cloud.model import Step
from jichitai.security.cloud.store import Report

COLUMNS: Final = {
    "prefecture": "都道府県コード",
    "name": "都道府県",
    "step": "段階",
    "required_met": "必須機能（満たす）",
    "required": "必須機能",
    "migrated": "移行済み団体",
    "joining": "参加団体",
    "late": "予定を過ぎた段階",
    "live_on": "運用開始日",
    "contract_until": "契約の終わり",
    "reported_at": "報告日時",
}


class Row(Struct, frozen=True, kw_only=True):
    """Where one prefecture stands; nothing but its name before its first report."""

    prefecture: str
    name: str
    step: Step | None = None
    required_met: int | None = None
    required: int = 0
    migrated: int | None = None
    joining: int | None = None
    late: tuple[Step, ...] = ()
    live_on: date | None = None
    contract_until: date | None = None
    broken: int = 0
    reported_at: datetime | None = None

    def cells(self) -> Iterator[tuple[str, str | int]]:
        """The values of `COLUMNS`, as a table outside of pages says them."""
        for key in COLUMNS:
            match getattr(self, key):
                case None:
                    yield key, ""
                case Step() as step:
                    yield key, step.japanese
                case tuple() as steps:
                    yield key, "、".join(one.japanese for one in steps)
                case datetime() as at:
                    yield key, at.isoformat(timespec="seconds")
                case date() as day:
                    yield key, day.isoformat()
                case value:
                    yield key, value


async def overview(tx: Tx, generation: int, on: date) -> list[Row]:
    """One row for each prefecture, by code."""
    reports = await store.latest_reports(tx, generation)
    required = sum(one.required for one in catalogue.functions(on))
    return [
        _row(one.prefecture_code, one.name, reports.get(one.prefecture_code), required, on)
        for one in prefectures()
    ]


def _row(prefecture: str, name: str, report: Report | None, required: int, on: date) -> Row:
    if report is None:
        return Row(prefecture=prefecture, name=name, required=required)
    cloud = report.cloud
    return Row(
        prefecture=prefecture,
        name=name,
        step=cloud.step,
        required_met=required - len(cloud.missing(on)),
        required=required,
        migrated=cloud.migrated,
        joining=len(cloud.joining),
        late=tuple(one.step for one in cloud.late_steps(on)),
        live_on=cloud.live_on,
        contract_until=cloud.contract_until,
        broken=len(cloud.broken()),
        reported_at=report.reported_at,
    )
