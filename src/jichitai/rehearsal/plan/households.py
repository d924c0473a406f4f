"""Events of whole households: moves inside the town, addresses written anew, a new head."""

from dataclasses import replace
from datetime import date, timedelta

from jichitai.rehearsal.plan.desk import Desk
from jichitai.rehearsal.plan.events import Kind, PlannedEvent
from jichitai.rehearsal.plan.lives import put_head_change
from jichitai.rehearsal.plan.world import HEAD


def mobility(age: int) -> float:
    """How likely people of this age move, in relation to others (assumed)."""
    if age < 18:
        return 0.0
    return next(w for below, w in ((30, 1.0), (40, 0.55), (65, 0.18), (200, 0.08)) if age < below)


class HouseholdEvents:
    """Plans what happens to households inside their town."""

    def __init__(self, desk: Desk) -> None:
        """Weigh everybody once."""
        self.desk = desk
        self.moving = desk.pool(mobility)
        self.any = desk.pool(lambda age: 1.0 if age >= 18 else 0.0)

    def move_within(self, day: date) -> None:
        """A household, or one grown member of it, moves to another house of the town."""
        desk, world = self.desk, self.desk.world
        people = desk.group(self.moving, day)
        if not people:
            return
        home = world.home_of(people[0])
        moved = desk.recently(day, 13, people)
        spot = desk.spot(home.town)
        relations: tuple[tuple[int, str], ...] = ()
        if len(people) == len(home.members):
            home.spot = spot
        else:
            world.leave(people)
            world.enter(world.open_home(home.town, spot), people, [HEAD])
            relations = ((people[0], HEAD),)
        for key in people:
            world.humans[key].settled = moved
        desk.put(
            PlannedEvent(
                serial=0,
                day=day,
                kind=Kind.MOVE_WITHIN,
                town=home.town,
                people=tuple(people),
                occurred_on=moved,
                place=spot,
                relations=relations,
            )
        )
        desk.busy((*people, *home.members), day + timedelta(days=1))

    def minor_correction(self, day: date) -> None:
        """The address of a household is written otherwise; nobody moves."""
        desk, world = self.desk, self.desk.world
        human = desk.draw(self.any, day, lambda _: True)
        if human is None:
            return
        home = world.home_of(human.key)
        number = 1 + int(desk.chance.random() * 90)
        if desk.chance.random() < 0.5:
            spot, cause = replace(home.spot, building=f"新青葉荘{number}号室"), "building"
        else:
            spot, cause = (
                replace(home.spot, lot=f"{number}番{number + 1}号"),
                "residence-indication",
            )
        home.spot = spot
        desk.put(
            PlannedEvent(
                serial=0,
                day=day,
                kind=Kind.MINOR_CORRECTION,
                town=home.town,
                people=tuple(home.members),
                occurred_on=desk.recently(day, 5, list(home.members)),
                place=spot,
                cause=cause,
            )
        )
        desk.busy(tuple(home.members), day + timedelta(days=1))

    def head_change(self, day: date) -> None:
        """The spouse becomes the head."""
        desk, world = self.desk, self.desk.world
        human = desk.draw(self.any, day, lambda h: h.relation in {"夫", "妻"})
        if human is not None:
            put_head_change(desk, human.home, human.key, day)
            desk.busy(tuple(world.homes[human.home].members), day + timedelta(days=1))
