"""Use cases of adding: data sets, and what bodies report in them."""

from collections.abc import Sequence
from datetime import datetime

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, body
from jichitai.standardisation.errors import DatasetTakenError, InvalidReportError
from jichitai.standardisation.progress.model import Dataset, SourceKind, body_class
from jichitai.standardisation.progress.reports import (
    BodyReport,
    check_forward,
    check_report,
    runs_as_told,
)
from jichitai.standardisation.progress.store import datasets, reports
from jichitai.standardisation.progress.store.reports import NewReport


async def open_dataset(tx: Tx, dataset: Dataset) -> Dataset:
    """Add a data set, such as one for a survey round; the one kept, if it is there already.

    Raises:
        DatasetTakenError: its name is taken by a data set of another kind, day or title.
    """
    if await datasets.add(tx, dataset):
        return dataset
    kept = await datasets.find(tx, dataset.dataset_id)
    if kept is None or (kept.source_kind, kept.as_of, kept.title) != (
        dataset.source_kind,
        dataset.as_of,
        dataset.title,
    ):
        raise DatasetTakenError(
            "この番号の資料は、別の時点か別の出所で登録されています。別の番号にしてください。",
            dataset=dataset.dataset_id,
        )
    return kept


async def record_reports(
    tx: Tx, dataset: Dataset, told: Sequence[BodyReport], *, at: datetime, by: str
) -> dict[str, int]:
    """Keep what bodies report, each as its next edition; earlier ones stay.

    What a later edition of the same data set does not tell is carried over from the edition
    before. Changes of target dates are kept one by one.

    Args:
        tx: the running transaction.
        dataset: where it belongs; added when it is new.
        told: one report of each body at most.
        at: when it becomes known.
        by: who adds it, as the audit log names people.

    Returns:
        The edition of each body, by code.

    Raises:
        InvalidReportError: a report contradicts itself.
        BackwardsError: fewer steps are done than before, and no reason is given; what others
            published is taken as it is.
        DatasetTakenError: the name of the data set is taken.
    """
    codes = [one.body for one in told]
    if len(set(codes)) < len(codes):
        raise InvalidReportError("一つの団体の報告が二つあります。一つにまとめてください。")
    for one in told:
        check_report(one)
    kept = await open_dataset(tx, dataset)
    await reports.lock(tx)
    if kept.source_kind is not SourceKind.OPEN:
        await _check_forward(tx, kept, told)
    last = await reports.editions(tx, kept.dataset_id, codes)
    new = [_new(kept, one, body(one.body), last.get(one.body, 0) + 1) for one in told]
    await reports.add(tx, kept.dataset_id, new, at=at, by=by)
    await reports.carry(tx, kept.dataset_id, new)
    await reports.tally(tx, kept.dataset_id, new)
    dated = [
        (one.body, system)
        for one in told
        for system in one.systems
        if system.target_on is not None or system.target_reason
    ]
    await reports.add_targets(tx, kept.dataset_id, kept.source_kind, dated, at=at)
    return {one.body: one.edition for one in new}


async def _check_forward(tx: Tx, dataset: Dataset, told: Sequence[BodyReport]) -> None:
    codes = [one.body for one in told]
    before = await reports.done_before(tx, dataset.dataset_id, dataset.source_kind, codes)
    for one in told:
        for system in one.systems:
            check_forward(system, before.get((one.body, system.business)))


async def record_report(
    tx: Tx, dataset: Dataset, told: BodyReport, *, at: datetime, by: str
) -> int:
    """Keep what one body reports; the number of its edition.

    Raises:
        InvalidReportError: the report contradicts itself.
        BackwardsError: fewer steps are done than before, and no reason is given.
        DatasetTakenError: the name of the data set is taken.
    """
    return (await record_reports(tx, dataset, [told], at=at, by=by))[told.body]


def _new(dataset: Dataset, told: BodyReport, found: Body, edition: int) -> NewReport:
    return NewReport(
        body=found.code,
        edition=edition,
        prefecture=found.prefecture_code,
        body_class=body_class(found),
        population=found.population,
        origin=told.origin,
        note=told.note,
        systems=[(one, runs_as_told(found, one, on=dataset.as_of)) for one in told.systems],
        costs=told.costs,
    )
