"""Moves between towns and over the border: the departure, and the arrival that follows."""

from datetime import date, timedelta

from jichitai.kernel.business_days import next_business_day
from jichitai.kernel.municipalities import municipality
from jichitai.rehearsal.plan.desk import NEVER, Desk
from jichitai.rehearsal.plan.events import Kind, PlannedEvent
from jichitai.rehearsal.plan.households import mobility
from jichitai.rehearsal.plan.world import HEAD, Human
from jichitai.rehearsal.population import foreigners, names

_SPACE = "\u3000"
SPECIAL_SHARE = 0.4
"""Departures with the card, without a paper certificate (assumed)."""
_COUNTRIES = ("アメリカ合衆国", "オーストラリア", "タイ", "シンガポール", "ドイツ", "カナダ")


class Departures:
    """Plans moves out of and into towns."""

    def __init__(self, desk: Desk) -> None:
        """Weigh everybody once."""
        self.desk = desk
        self.moving = desk.pool(mobility)

    def move_out(self, day: date) -> None:
        """A report of moving out, with a planned day that may come later; then the arrival."""
        desk, world = self.desk, self.desk.world
        people = desk.group(self.moving, day)
        if not people:
            return
        home = world.home_of(people[0])
        origin, left = home.town, home.spot
        planned = day + timedelta(days=int(desk.chance.random() * 22))
        target = desk.destination(origin)
        special = desk.chance.random() < SPECIAL_SHARE
        spot = desk.spot(target)
        relations = [world.humans[p].relation for p in people]
        if HEAD not in relations:
            relations = [HEAD]
        staying = [m for m in home.members if m not in people]
        desk.busy(tuple(staying), planned + timedelta(days=3))
        desk.put(
            PlannedEvent(
                serial=0,
                day=day,
                kind=Kind.MOVE_OUT,
                town=origin,
                people=tuple(people),
                occurred_on=planned,
                destination=target,
                destination_text=spot.text,
                special=special,
            )
        )
        desk.busy(tuple(people), NEVER)
        moved = max(day, planned + timedelta(days=desk.chance.choice((-1, 0, 0, 0, 0, 1, 3))))
        reported = max(moved, day + timedelta(days=1))
        reported += timedelta(days=int(desk.chance.random() * 11))

        def arrive(today: date) -> None:
            world.leave(people)
            new_home = world.open_home(target, spot)
            world.enter(new_home, people, relations)
            for key in people:
                human = world.humans[key]
                human.settled, human.free_from = moved, today + timedelta(days=4)
            desk.put(
                PlannedEvent(
                    serial=0,
                    day=today,
                    kind=Kind.MOVE_IN,
                    town=target,
                    people=tuple(people),
                    occurred_on=moved,
                    entering=tuple(
                        world.humans[p].particulars(r)
                        for p, r in zip(people, relations, strict=True)
                    ),
                    place=spot,
                    household=new_home.key,
                    previous=origin,
                    previous_text=municipality(origin).full_name + left.text,
                    special=special,
                )
            )

        if not desk.later(reported, arrive) and planned <= desk.end:
            desk.absent.update(people)

    def move_abroad(self, day: date) -> None:
        """A report of leaving the country."""
        desk = self.desk
        people = desk.group(self.moving, day)
        if not people:
            return
        home = desk.world.home_of(people[0])
        planned = day + timedelta(days=int(desk.chance.random() * 15))
        desk.busy(tuple(home.members), planned + timedelta(days=3))
        desk.busy(tuple(people), NEVER)
        country = desk.chance.choice(_COUNTRIES)
        desk.put(
            PlannedEvent(
                serial=0,
                day=day,
                kind=Kind.MOVE_ABROAD,
                town=home.town,
                people=tuple(people),
                occurred_on=planned,
                destination_text=country,
            )
        )
        if planned <= desk.end:
            desk.absent.update(people)
            desk.later(planned, lambda _: desk.world.leave(people))

    def from_abroad(self, day: date) -> None:
        """Somebody enters the country who was never registered here."""
        desk, world = self.desk, self.desk.world
        town = desk.any_town()
        spot = desk.spot(town)
        arrived = day - timedelta(days=int(desk.chance.random() * 14))
        home = world.open_home(town, spot)
        humans = [self._newcomer(day, arrived, offset) for offset in range(self._party())]
        relations = [HEAD, "同居人"][: len(humans)]
        for human in humans:
            world.add(human)
        world.enter(home, [h.key for h in humans], relations)
        desk.put(
            PlannedEvent(
                serial=0,
                day=day,
                kind=Kind.MOVE_IN_ABROAD,
                town=town,
                people=tuple(h.key for h in humans),
                occurred_on=arrived,
                entering=tuple(h.particulars(r) for h, r in zip(humans, relations, strict=True)),
                place=spot,
                household=home.key,
                previous_text=desk.chance.choice(_COUNTRIES),
            )
        )

    def _party(self) -> int:
        return 2 if self.desk.chance.random() < 0.2 else 1

    def _newcomer(self, day: date, arrived: date, offset: int) -> Human:
        chance = self.desk.chance
        born = day - timedelta(days=int((19 + chance.expovariate(1 / 8)) * 365.2425))
        sex = "1" if chance.random() < 0.52 else "2"
        foreign = chance.random() < 0.8
        if foreign:
            nation = foreigners.NATIONS.draw(chance)
            family, given = (
                foreigners.family_name(nation, chance),
                foreigners.given_name(nation, sex, chance),
            )
        else:
            family = names.surnames().draw(chance)
            given = names.given_name(sex, born.year, chance)
        return Human(
            key=len(self.desk.world.humans) + offset,
            name=f"{family[0]}{_SPACE}{given[0]}",
            kana=f"{family[1]}{_SPACE}{given[1]}",
            birth=born.isoformat(),
            sex=sex,
            relation=HEAD,
            home=-1,
            code="",
            number="",
            foreign=foreign,
            settled=arrived,
            free_from=next_business_day(day) + timedelta(days=8),
        )
