"""Tallies of parts added up."""

from collections.abc import Iterable
from dataclasses import fields

from jichitai.standardisation.progress.model import Tally


def sum_of(tallies: Iterable[Tally]) -> Tally:
    """Several tallies of one data set as one.

    >>> sum_of([Tally(systems=1, late=1), Tally(systems=2)])
    Tally(systems=3, done_steps=0, complete=0, late=1, unknown=0, outside=0, bodies=0, late_bodies=0, unanswered=0)
    """
    every = list(tallies)
    names = [one.name for one in fields(Tally)]
    return Tally(**{name: sum(getattr(tally, name) for tally in every) for name in names})
