"""Codes and numbers of invented people: unique by construction, quick for millions.

A serial is mapped one to one onto the ten or eleven digits before the check digit, so no list of
used numbers is needed. The text is what `JukiCode.from_body` and `MyNumber.from_body` make.
"""

from collections.abc import Iterator
from functools import cache

_CODES, _NUMBERS = 10**10, 10**11
_STEP_CODES, _STEP_NUMBERS = 6_180_339_887, 61_803_398_877
"""Odd and not divisible by 5, so that a step visits every body before it returns."""
_HALF = 100_000


@cache
def _sums(shift: int) -> tuple[int, ...]:
    """Weighted digit sums (weights 2..7 from the right) of five digits that stand `shift` left."""
    return tuple(
        sum(int(digit) * (2 + (place + shift) % 6) for place, digit in enumerate(f"{n:05d}"[::-1]))
        for n in range(_HALF)
    )


def juki_codes(seed: int) -> Iterator[str]:
    """Codes (住民票コード) without end; bodies without a certain check digit are skipped."""
    low, high = _sums(0), _sums(5)
    body = seed * 7_919 % _CODES
    while True:
        body = (body + _STEP_CODES) % _CODES
        front, back = divmod(body, _HALF)
        remainder = (high[front] + low[back]) % 11
        if remainder > 1:
            yield f"{body:010d}{11 - remainder}"


def my_numbers(seed: int) -> Iterator[str]:
    """Numbers (個人番号) without end."""
    low, high = _sums(0), _sums(5)
    body = seed * 104_729 % _NUMBERS
    while True:
        body = (body + _STEP_NUMBERS) % _NUMBERS
        rest, back = divmod(body, _HALF)
        first, front = divmod(rest, _HALF)
        remainder = (high[front] + low[back] + first * 6) % 11
        yield f"{body:011d}{0 if remainder <= 1 else 11 - remainder}"
