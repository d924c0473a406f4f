"""What a benchmark found, and how it is shown."""

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

_GIB = 1024**3


class Result(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One figure with its baseline.

    Attributes:
        name: which benchmark.
        unit: what is counted.
        per_second: ours.
        baseline: what ours is compared with, measured in the same run.
        baseline_per_second: its figure.
        ratio: ours divided by the baseline.
        p50_ms: half of the answers came within this time.
        p99_ms: 99 of 100 answers came within this time.
        cores: processors that the run could use.
        memory_gib: memory of the machine.
        details: further figures, by name.
    """

    name: str
    unit: str
    per_second: float
    baseline: str
    baseline_per_second: float
    ratio: float
    cores: int
    memory_gib: int
    p50_ms: float | None = None
    p99_ms: float | None = None
    details: dict[str, float | int] = {}


def result(
    name: str,
    unit: str,
    per_second: float,
    *,
    baseline: tuple[str, float],
    latencies: Sequence[float] = (),
    details: Mapping[str, float] | None = None,
) -> Result:
    """Make a result.

    Args:
        name: which benchmark.
        unit: what is counted.
        per_second: ours.
        baseline: its name and its figure.
        latencies: seconds of each answer.
        details: further figures.
    """
    said, its = baseline
    ordered = sorted(latencies)
    return Result(
        name=name,
        unit=unit,
        per_second=round(per_second, 1),
        baseline=said,
        baseline_per_second=round(its, 1),
        ratio=round(per_second / its, 4) if its else 0.0,
        cores=cores(),
        memory_gib=memory_gib(),
        p50_ms=_milliseconds(ordered, 0.5),
        p99_ms=_milliseconds(ordered, 0.99),
        details={key: _rounded(value) for key, value in (details or {}).items()},
    )


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def memory_gib() -> int:
    """Memory of the machine, or of the container when that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.exists() else "max"
    if text.isdigit():
        total = min(total, int(text))
    return round(total / _GIB)


def as_json(results: Sequence[Result]) -> str:
    """A JSON list of results."""
    return msgspec.json.format(msgspec.json.encode(list(results)), indent=2).decode()


def show(results: Sequence[Result], console: Console) -> None:
    """A table for people."""
    table = Table(title=f"性能測定（{cores()}コア、メモリ{memory_gib()} GiB）")
    table.add_column("測定")
    for heading in ("毎秒", "基準の毎秒", "比", "p50 ms", "p99 ms"):
        table.add_column(heading, justify="right")
    for one in results:
        table.add_row(
            f"{one.name}（{one.unit}）",
            f"{one.per_second:,.0f}",
            f"{one.baseline_per_second:,.0f}",
            f"{one.ratio:.2f}",
            "" if one.p50_ms is None else f"{one.p50_ms:.1f}",
            "" if one.p99_ms is None else f"{one.p99_ms:.1f}",
        )
    console.print(table)
    for one in results:
        figures = "、".join(f"{key} {value:,}" for key, value in one.details.items())
        console.print(f"{one.name}：基準は{one.baseline}。{figures}", highlight=False)


def _milliseconds(ordered: Sequence[float], share: float) -> float | None:
    if not ordered:
        return None
    place = min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))
    return round(ordered[place] * 1000, 2)


def _rounded(value: float) -> float | int:
    return round(value, 4) if isinstance(value, float) else value
