"""Reports of bodies, with defaults."""

from datetime import date, datetime

from jichitai.infra.clock import JST
from jichitai.standardisation.progress.model import Dataset, MeasureKind, SourceKind, businesses
from jichitai.standardisation.progress.reports import BodyReport, SystemReport

SAPPORO = "011002"
HAKODATE = "012025"


def day_end(year: int, month: int, day: int) -> datetime:
    """The end of a day in Japan."""
    return datetime(year, month, day, 23, 59, 59, 999999, tzinfo=JST)


def round_dataset(
    dataset_id: str = "round-2026-10",
    as_of: date = date(2026, 10, 31),
    *,
    source_kind: SourceKind = SourceKind.SURVEY,
) -> Dataset:
    """The data set of a survey round."""
    return Dataset(
        dataset_id=dataset_id,
        title=f"移行状況の調査（{as_of:%Y-%m}）",
        source_kind=source_kind,
        as_of=as_of,
        recorded_at=datetime(as_of.year, as_of.month, as_of.day, tzinfo=JST),
        holds=frozenset(MeasureKind),
        source="団体の回答",
        confidence="reported",
    )


def system(business: str = "residents", done: int = 20, **facts: object) -> SystemReport:
    """One system with this many steps done."""
    states = "2" * done + "0" * (40 - done)
    given: dict[str, object] = {"states": states, "late": False, **facts}
    if given["states"] is None:
        given["done"] = done
    return SystemReport(business=business, **given)  # type: ignore[arg-type]


def report(body: str = SAPPORO, *systems: SystemReport, done: int = 20) -> BodyReport:
    """A body with all 21 systems, or with these."""
    whole = tuple(system(one.key, done) for one in businesses())
    return BodyReport(body=body, systems=systems or whole)
