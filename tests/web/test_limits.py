"""Token buckets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.web import limits
from jichitai.web.limits import Limiter, Rate, RateLimitError


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def allowed(limiter: Limiter, rate: Rate, key: str = "k") -> bool:
    try:
        limiter.take(key, rate)
    except RateLimitError:
        return False
    return True


@given(st.lists(st.floats(0, 30), max_size=200))
def test_no_pattern_of_calls_gets_more_than_the_bucket_and_its_refill(waits: list[float]) -> None:
    ticks, rate = Ticks(), Rate(10, 60)
    limiter = Limiter(ticks)
    passed = 0
    for wait in waits:
        ticks.now += wait
        passed += allowed(limiter, rate)
    assert passed <= 10 + ticks.now * 10 / 60 + 1e-6


def test_waiting_as_told_is_enough() -> None:
    ticks, rate = Ticks(), Rate(3, 60)
    limiter = Limiter(ticks)
    assert [allowed(limiter, rate) for _ in range(4)] == [True, True, True, False]
    with pytest.raises(RateLimitError) as refusal:
        limiter.take("k", rate)
    wait = refusal.value.facts["retry_after"]
    assert isinstance(wait, int)
    ticks.now += wait
    assert allowed(limiter, rate)


def test_callers_do_not_share_a_bucket() -> None:
    limiter, rate = Limiter(Ticks()), Rate(1, 60)
    assert allowed(limiter, rate, "a")
    assert allowed(limiter, rate, "b")
    assert not allowed(limiter, rate, "a")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_REMEMBERED", 10)
    limiter = Limiter(Ticks())
    for number in range(100):
        limiter.take(number, Rate(1, 60))
    assert len(limiter._buckets) == 10
