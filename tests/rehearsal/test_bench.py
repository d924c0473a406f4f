"""Every benchmark runs in small and tells its figures in the agreed form; times are not judged."""

import json

import pytest
from click.testing import CliRunner
from rich.console import Console

from jichitai.rehearsal.bench.cli import BENCHES, bench
from jichitai.rehearsal.bench.result import result, show

ALWAYS = {
    "name", "unit", "per_second", "baseline", "baseline_per_second", "ratio", "cores", "memory_gib",
}  # fmt: skip
LATENCIES = {"p50_ms", "p99_ms"}
SIZES = {
    "provision": ["--persons", "1200"],
    "intake": ["--persons", "200"],
    "load": ["--persons", "1500"],
    "digest": ["--persons", "1500"],
    "jpki": ["--persons", "200"],
    "logs": ["--rows", "20000"],
    "survey": [],
    "evaluation": [],
}
NAMES = {
    "provision": ["provision", "provision-batch"],
    "intake": ["intake", "intake-one-by-one"],
    "load": ["load"],
    "digest": ["digest"],
    "jpki": ["jpki-issue", "jpki-ocsp", "jpki-ocsp-nonce", "jpki-login"],
    "logs": ["logs-intake", "logs-rules"],
    "survey": ["survey"],
    "evaluation": ["evaluation"],
}
TIMED = {"provision", "provision-batch", "jpki-ocsp", "jpki-ocsp-nonce"}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", list(BENCHES))
def test_a_benchmark_tells_its_figures_beside_a_baseline(name: str) -> None:
    chosen = ["--quick", "--json", "--seconds", "0.5", *SIZES[name]]
    run = CliRunner().invoke(bench, [name, *chosen], catch_exceptions=False)
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert [one["name"] for one in found] == NAMES[name]
    for one in found:
        assert one.keys() >= ALWAYS
        assert one["per_second"] > 0
        assert one["baseline_per_second"] > 0
        assert one["ratio"] > 0
        assert (one.keys() >= LATENCIES) == (one["name"] in TIMED)


def test_the_ends_of_the_latencies_are_told_in_milliseconds() -> None:
    latencies = [n / 1000 for n in range(1, 101)]
    one = result("x", "件", 50.0, baseline=("y", 200.0), latencies=latencies)
    assert (one.p50_ms, one.p99_ms, one.ratio) == (50.0, 99.0, 0.25)


def test_the_table_for_people_names_the_baseline() -> None:
    console = Console(record=True, width=200)
    show([result("load", "人", 10.0, baseline=("ただの COPY", 20.0), details={"人数": 5})], console)
    text = console.export_text()
    assert "ただの COPY" in text
    assert "人数 5" in text
