"""Plans a year: real rates and seasons, consistent lives, a known outcome."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date

from jichitai.kernel.business_days import business_days
from jichitai.rehearsal.dice import dice
from jichitai.rehearsal.plan.calendar import move_weight
from jichitai.rehearsal.plan.departures import Departures
from jichitai.rehearsal.plan.desk import Desk
from jichitai.rehearsal.plan.events import Kind, PlannedEvent, Year
from jichitai.rehearsal.plan.households import HouseholdEvents
from jichitai.rehearsal.plan.lives import Lives
from jichitai.rehearsal.plan.world import World
from jichitai.rehearsal.population.people import Population
from jichitai.rehearsal.population.sources import table

REGISTERED = 124_330_690
"""Residents of the nation on 2025-01-01, to which the yearly counts refer."""
PEOPLE_A_MOVE = 1.6
"""Persons who leave on one report (assumed); the yearly counts are of persons."""
HEAD_CHANGES = 0.5
"""Part of household changes that are changes of the head (assumed)."""

_ROWS = {
    "inter_municipal_move (person)": (Kind.MOVE_OUT, 1 / PEOPLE_A_MOVE),
    "move_in_from_abroad": (Kind.MOVE_IN_ABROAD, 1 / 1.2),
    "move_out_abroad": (Kind.MOVE_ABROAD, 1 / 1.3),
    "birth": (Kind.BIRTH, 1.0),
    "death": (Kind.DEATH, 1.0),
    "intra_municipal_move (tenkyo)": (Kind.MOVE_WITHIN, 1 / PEOPLE_A_MOVE),
    "name_or_sex_correction": (Kind.NAME_CORRECTION, 1.0),
    "minor_correction_batch (juukyo hyoji etc.)": (Kind.MINOR_CORRECTION, 1 / 2.2),
    "ex_officio_record_delete_cancel": (Kind.CANCELLATION, 1.0),
    "household_change (no net message)": (Kind.HEAD_CHANGE, HEAD_CHANGES),
}
_SEASONAL = frozenset({Kind.MOVE_OUT, Kind.MOVE_WITHIN, Kind.MOVE_IN_ABROAD, Kind.MOVE_ABROAD})


def yearly_reports() -> dict[Kind, float]:
    """Reports of each kind per resident and year. A move-in follows from its move-out."""
    return {
        _ROWS[row["event"]][0]: int(row["annual_nation"]) * _ROWS[row["event"]][1] / REGISTERED
        for row in table("juki_load_model.csv")
        if row["event"] in _ROWS
    }


def plan_year(
    population: Population,
    seed: int,
    start: date,
    end: date,
    outside: Sequence[str] = (),
) -> Year:
    """Everything that happens to the population between two days.

    Args:
        population: who lives where on the eve.
        seed: of the year; the same arguments give the same year.
        start: first day.
        end: last day.
        outside: towns without residents at first, to which some people move.

    Returns:
        Events in the order of entry (by day, no person twice on one day), and the state of every
        person that must stand once all of them are entered and departures due on `end` are done.
    """
    return _Planner(population, seed, start, end, outside).run()


class _Planner:
    def __init__(
        self, population: Population, seed: int, start: date, end: date, outside: Sequence[str]
    ) -> None:
        self.chance = dice(seed, "year", population.seed, start, end)
        self.size = len(population)
        self.start, self.end = start, end
        towns = sorted({p.municipality for p in population.people})
        self.desk = Desk(World(population), self.chance, start, end, towns, tuple(outside))
        lives = Lives(self.desk)
        departures = Departures(self.desk)
        homes = HouseholdEvents(self.desk)
        self.makers: dict[Kind, Callable[[date], None]] = {
            Kind.BIRTH: lives.birth,
            Kind.DEATH: lives.death,
            Kind.NAME_CORRECTION: lives.name_correction,
            Kind.CANCELLATION: lives.mistake,
            Kind.MOVE_IN_ABROAD: departures.from_abroad,
            Kind.MOVE_OUT: departures.move_out,
            Kind.MOVE_ABROAD: departures.move_abroad,
            Kind.MOVE_WITHIN: homes.move_within,
            Kind.MINOR_CORRECTION: homes.minor_correction,
            Kind.HEAD_CHANGE: homes.head_change,
        }

    def run(self) -> Year:
        schedule = self._schedule()
        for day in business_days(self.start, self.end):
            self.desk.follow_up(day)
            for kind in schedule.get(day, ()):
                self.makers[kind](day)
        events = tuple(self.desk.events)
        return Year(self.start, self.end, events, self.desk.outcome())

    def _schedule(self) -> dict[date, list[Kind]]:
        """Which kinds of reports come on which business day."""
        days = list(business_days(self.start, self.end))
        season = [move_weight(day) for day in days]
        length = ((self.end - self.start).days + 1) / 365.2425
        found: dict[date, list[Kind]] = defaultdict(list)
        for kind, rate in yearly_reports().items():
            seasonal = kind in _SEASONAL
            expected = self.size * rate * (sum(season) if seasonal else length)
            number = _rounded(expected, self.chance)
            weights = season if seasonal else None
            for day in self.chance.choices(days, weights, k=number) if days else ():
                found[day].append(kind)
        for kinds in found.values():
            self.chance.shuffle(kinds)
        return found


def _rounded(expected: float, chance: random.Random) -> int:
    whole = int(expected)
    return whole + (chance.random() < expected - whole)


def by_day(events: Sequence[PlannedEvent]) -> list[tuple[date, list[PlannedEvent]]]:
    """Events grouped by their day, in order."""
    found: dict[date, list[PlannedEvent]] = defaultdict(list)
    for event in events:
        found[event.day].append(event)
    return sorted(found.items())
