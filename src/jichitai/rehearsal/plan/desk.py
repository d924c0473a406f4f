"""What all planners of events share: the world, the list of events, and what is still to come."""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from jichitai.kernel.business_days import next_business_day
from jichitai.rehearsal.dice import Weighted
from jichitai.rehearsal.plan.events import Expected, PlannedEvent, Spot
from jichitai.rehearsal.plan.world import HEAD, SPOUSES, Human, World
from jichitai.rehearsal.population.sources import streets

NEVER = date.max
_TRIES = 60


class Desk:
    """The planner's desk.

    Args:
        world: who lives where.
        chance: the dice of the year.
        start: first day of the year.
        end: last day of the year.
        towns: towns with residents.
        outside: towns that have none at first.
    """

    def __init__(
        self,
        world: World,
        chance: random.Random,
        start: date,
        end: date,
        towns: list[str],
        outside: tuple[str, ...],
    ) -> None:
        """Start with an empty list."""
        self.world = world
        self.chance = chance
        self.start, self.end = start, end
        self.towns, self.outside = towns, outside
        self.events: list[PlannedEvent] = []
        self.absent: set[int] = set()
        self._later: dict[date, list[Callable[[date], None]]] = defaultdict(list)
        people: dict[str, int] = defaultdict(int)
        for home in world.homes.values():
            people[home.town] += len(home.members)
        self._by_people = Weighted(towns, [people[t] for t in towns]) if towns else None

    def put(self, event: PlannedEvent) -> int:
        """Add an event (its serial is given here); return the serial."""
        serial = len(self.events) + 1
        self.events.append(replace(event, serial=serial))
        return serial

    def later(self, day: date, action: Callable[[date], None]) -> bool:
        """Do something on the first business day from `day`; False when the year ends before."""
        when = next_business_day(day)
        if when > self.end:
            return False
        self._later[when].append(action)
        return True

    def follow_up(self, day: date) -> None:
        """Do what was put off to this day."""
        for action in self._later.pop(day, ()):
            action(day)

    def busy(self, keys: list[int] | tuple[int, ...], until: date) -> None:
        """Nothing else may concern these people before `until`."""
        for key in keys:
            human = self.world.humans[key]
            human.free_from = max(human.free_from, until)

    def free(self, key: int, day: date) -> bool:
        """Whether the person is registered and may have an event on this day."""
        human = self.world.humans[key]
        return human.home >= 0 and human.free_from <= day

    def household_free(self, key: int, day: date) -> bool:
        """Whether the whole household of a person is free, and has a head."""
        if not self.free(key, day):
            return False
        home = self.world.home_of(key)
        return not self.world.headless(home) and all(self.free(m, day) for m in home.members)

    def draw(self, pool: Weighted[int], day: date, fits: Callable[[Human], bool]) -> Human | None:
        """A person of the pool whose household is free and who fits; None after many tries."""
        for _ in range(_TRIES):
            human = self.world.humans[pool.draw(self.chance)]
            if self.household_free(human.key, day) and fits(human):
                return human
        return None

    def group(self, pool: Weighted[int], day: date) -> list[int]:
        """Who moves together: a grown member of a household alone, or all of it; or nobody."""
        human = self.draw(pool, day, lambda h: h.settled < day)
        if human is None:
            return []
        if human.relation in SPOUSES or human.relation == HEAD:
            return list(self.world.home_of(human.key).members)
        return [human.key]

    def pool(self, weight: Callable[[int], float]) -> Weighted[int]:
        """Everybody of the first day, weighted by age."""
        humans = self.world.humans
        weights = [weight(h.age(self.start)) for h in humans]
        return Weighted([h.key for h in humans], weights if any(weights) else [1.0] * len(weights))

    def destination(self, origin: str) -> str:
        """Where people of a town move: mostly to another town with residents, by its size."""
        if self.outside and (self.chance.random() < 0.08 or len(self.towns) < 2):
            return self.chance.choice(self.outside)
        for _ in range(_TRIES):
            town = self._by_people.draw(self.chance) if self._by_people else origin
            if town != origin:
                return town
        return next((t for t in (*self.towns, *self.outside) if t != origin), origin)

    def any_town(self) -> str:
        """A town with residents, by its size."""
        return self._by_people.draw(self.chance) if self._by_people else self.towns[0]

    def spot(self, town: str) -> Spot:
        """A new address in a town."""
        chance = self.chance
        street, postal = chance.choice(streets(town))
        number = 1 + int(chance.random() * 60)
        side = 1 + int(chance.random() * 30)
        lot = f"{number}番{side}号" if street.endswith("丁目") else f"{number * 17}番地{side}"
        building = f"青葉荘{side}号室" if chance.random() < 0.4 else ""
        return Spot(street, lot, building, postal)

    def recently(self, day: date, days: int, people: list[int]) -> date:
        """A day at most `days` before, not before these people settled where they live."""
        settled = max((self.world.humans[p].settled for p in people), default=self.start)
        return max(day - timedelta(days=int(self.chance.random() * (days + 1))), min(settled, day))

    def outcome(self) -> tuple[Expected, ...]:
        """What must stand at the end, person by person."""
        return tuple(
            self.world.expected(h.key, absent=h.key in self.absent) for h in self.world.humans
        )
