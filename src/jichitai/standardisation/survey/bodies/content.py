"""An answer as it travels, and as it is kept."""

from collections.abc import Sequence

from jichitai.standardisation.messages import G02, Cost, System
from jichitai.standardisation.progress.costs import Basis, CostItem, Phase
from jichitai.standardisation.progress.reports import (
    BodyReport,
    Cloud,
    DeadlineClass,
    SystemReport,
)


def systems_of(report: BodyReport) -> tuple[System, ...]:
    """The systems of an answer as parts of a message."""
    return tuple(
        System(
            business=one.business,
            states=one.states,
            late=one.late,
            reason_class=one.reason_class,
            target_on=one.target_on,
            target_reason=one.target_reason,
            deadline_class=one.deadline_class.value,
            vendor=one.vendor,
            contract=one.contract,
            cloud=one.cloud.value,
            risks=one.risks,
            reason=one.reason,
        )
        for one in report.systems
    )


def costs_of(report: BodyReport) -> tuple[Cost, ...]:
    """The costs of an answer as parts of a message."""
    return tuple(
        Cost(
            phase=one.phase.value,
            item=one.item,
            fiscal_year=one.fiscal_year,
            yen=one.yen,
            months=one.months,
            basis=one.basis.value,
            usd_rate=one.usd_rate,
            note=one.note,
        )
        for one in report.costs
    )


def report_of(message: G02) -> BodyReport:
    """The answer that a message carries."""
    return BodyReport(
        body=message.body,
        systems=told_systems(message.systems),
        costs=told_costs(message.costs),
        note=message.note,
    )


def told_systems(told: Sequence[System]) -> tuple[SystemReport, ...]:
    """Parts of a message as systems of an answer."""
    return tuple(_system(one) for one in told)


def told_costs(told: Sequence[Cost]) -> tuple[CostItem, ...]:
    """Parts of a message as costs of an answer."""
    return tuple(_cost(one) for one in told)


def _system(one: System) -> SystemReport:
    return SystemReport(
        business=one.business,
        states=one.states,
        late=one.late,
        reason_class=one.reason_class,
        target_on=one.target_on,
        target_reason=one.target_reason,
        deadline_class=DeadlineClass(one.deadline_class),
        vendor=one.vendor,
        contract=one.contract,
        cloud=Cloud(one.cloud),
        risks=one.risks,
        reason=one.reason,
    )


def _cost(one: Cost) -> CostItem:
    return CostItem(
        phase=Phase(one.phase),
        item=one.item,
        fiscal_year=one.fiscal_year,
        yen=one.yen,
        months=one.months,
        basis=Basis(one.basis),
        usd_rate=one.usd_rate,
        note=one.note,
    )
