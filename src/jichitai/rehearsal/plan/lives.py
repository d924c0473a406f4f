"""Births, deaths, names, and mistakes that are taken back."""

from datetime import date, timedelta

from jichitai.kernel.business_days import next_business_day
from jichitai.rehearsal.plan.desk import NEVER, Desk
from jichitai.rehearsal.plan.events import Kind, PlannedEvent
from jichitai.rehearsal.plan.world import HEAD, Human
from jichitai.rehearsal.population import names

_SPACE = "\u3000"


def mortality(age: int) -> float:
    """How likely people of this age die, in relation to others (Gompertz, assumed slope)."""
    return float(2.0 ** ((age - 100) / 7.5)) + 0.0002


def fertility(age: int) -> float:
    """How likely women of this age give birth, in relation to others (assumed)."""
    return {4: 0.2, 5: 1.0, 6: 1.6, 7: 0.8, 8: 0.12}.get(age // 5, 0.0) if age >= 20 else 0.0


class Lives:
    """Plans what happens to single persons."""

    def __init__(self, desk: Desk) -> None:
        """Weigh everybody once."""
        self.desk = desk
        self.dying = desk.pool(mortality)
        self.bearing = desk.pool(fertility)
        self.naming = desk.pool(lambda age: 1.0 if 20 <= age < 60 else 0.05)

    def birth(self, day: date) -> None:
        """A child joins the household of a plausible mother."""
        desk, world = self.desk, self.desk.world
        mother = desk.draw(self.bearing, day, self._may_bear)
        if mother is None:
            return
        home = world.home_of(mother.key)
        relation = {HEAD: "子", "妻": "子", "子の妻": "子の子"}[mother.relation]
        born = desk.recently(day, 13, [mother.key])
        sex = "1" if desk.chance.random() < 0.513 else "2"
        given, given_kana = names.given_name(sex, born.year, desk.chance)
        family, family_kana = (text.split(_SPACE)[0] for text in (mother.name, mother.kana))
        child = Human(
            key=len(world.humans),
            name=f"{family}{_SPACE}{given}",
            kana=f"{family_kana}{_SPACE}{given_kana}",
            birth=born.isoformat(),
            sex=sex,
            relation=relation,
            home=-1,
            code="",
            number="",
            foreign=False,
            settled=born,
            free_from=day + timedelta(days=8),
        )
        world.add(child)
        world.enter(home, [child.key], [relation])
        desk.busy(tuple(home.members), day + timedelta(days=8))
        self.desk.put(
            PlannedEvent(
                serial=0,
                day=day,
                kind=Kind.BIRTH,
                town=home.town,
                people=(child.key, mother.key),
                occurred_on=born,
                entering=(child.particulars(relation),),
                household=home.key,
            )
        )

    def _may_bear(self, human: Human) -> bool:
        if human.sex != "2" or human.foreign or human.relation not in {HEAD, "妻", "子の妻"}:
            return False
        home = self.desk.world.home_of(human.key)
        ages = [self.desk.world.humans[m].age(self.desk.start) for m in home.members]
        return len(ages) < 6 and min(ages) > 0

    def death(self, day: date) -> None:
        """Somebody dies; the family names a new head when two or more stay without one."""
        desk, world = self.desk, self.desk.world
        human = desk.draw(self.dying, day, self._leaves_adults)
        if human is None:
            return
        home = world.home_of(human.key)
        died = desk.recently(day, 6, [human.key])
        world.leave([human.key])
        human.free_from = NEVER
        desk.absent.add(human.key)
        desk.put(
            PlannedEvent(
                serial=0,
                day=day,
                kind=Kind.DEATH,
                town=home.town,
                people=(human.key,),
                occurred_on=died,
            )
        )
        desk.busy(tuple(home.members), day + timedelta(days=1))
        if world.headless(home):
            self._name_head_later(home.key, day)

    def _leaves_adults(self, human: Human) -> bool:
        rest = [
            self.desk.world.humans[m]
            for m in self.desk.world.home_of(human.key).members
            if m != human.key
        ]
        return not rest or any(other.age(self.desk.start) >= 18 for other in rest)

    def _name_head_later(self, household: int, day: date) -> None:
        desk, world = self.desk, self.desk.world
        home = world.homes[household]
        when = day + timedelta(days=1 + int(desk.chance.random() * 10))
        desk.busy(tuple(home.members), next_business_day(when) + timedelta(days=1))

        def act(today: date) -> None:
            head = world.successor(home, today)
            if head is not None and world.headless(home):
                put_head_change(desk, household, head, today)

        if not desk.later(when, act):
            desk.busy(tuple(home.members), NEVER)

    def name_correction(self, day: date) -> None:
        """A new surname, as after a marriage or a divorce."""
        desk = self.desk
        human = desk.draw(self.naming, day, lambda h: not h.foreign)
        if human is None:
            return
        human.name, human.kana = self._other_name(human)
        self._put_name(human, human.name, human.kana, day)
        desk.busy((human.key,), day + timedelta(days=1))

    def _other_name(self, human: Human) -> tuple[str, str]:
        family, family_kana = names.surnames().draw(self.desk.chance)
        given, given_kana = human.name.split(_SPACE)[1], human.kana.split(_SPACE)[1]
        return f"{family}{_SPACE}{given}", f"{family_kana}{_SPACE}{given_kana}"

    def _put_name(self, human: Human, name: str, kana: str, day: date) -> int:
        home = self.desk.world.home_of(human.key)
        return self.desk.put(
            PlannedEvent(
                serial=0,
                day=day,
                kind=Kind.NAME_CORRECTION,
                town=home.town,
                people=(human.key,),
                occurred_on=self.desk.recently(day, 10, [human.key]),
                name=name,
                kana=kana,
            )
        )

    def mistake(self, day: date) -> None:
        """An event that was wrong, and its cancellation some days later: nothing remains."""
        desk, chance = self.desk, self.desk.chance
        back = next_business_day(day + timedelta(days=1 + int(chance.random() * 5)))
        if back > desk.end:
            return
        wrong_death = chance.random() < 0.4
        human = desk.draw(
            self.dying if wrong_death else self.naming,
            day,
            lambda h: not h.foreign and (not wrong_death or h.relation != HEAD),
        )
        if human is None:
            return
        home = desk.world.home_of(human.key)
        if wrong_death:
            serial = desk.put(
                PlannedEvent(
                    serial=0,
                    day=day,
                    kind=Kind.DEATH,
                    town=home.town,
                    people=(human.key,),
                    occurred_on=desk.recently(day, 3, [human.key]),
                )
            )
        else:
            serial = self._put_name(human, *self._other_name(human), day)
        desk.busy(tuple(home.members), back + timedelta(days=1))

        def act(today: date) -> None:
            desk.put(
                PlannedEvent(
                    serial=0,
                    day=today,
                    kind=Kind.CANCELLATION,
                    town=home.town,
                    people=(human.key,),
                    occurred_on=today,
                    cause="誤った届書による入力",
                    cancels=serial,
                )
            )

        desk.later(back, act)


def put_head_change(desk: Desk, household: int, head: int, day: date) -> None:
    """Plan that a member becomes the head and every relation is written anew."""
    world = desk.world
    home = world.homes[household]
    relations = world.relations_to(head, home)
    for member, relation in relations.items():
        world.humans[member].relation = relation
    world.humans[head].relation = HEAD
    desk.put(
        PlannedEvent(
            serial=0,
            day=day,
            kind=Kind.HEAD_CHANGE,
            town=home.town,
            people=tuple(home.members),
            occurred_on=day,
            household=household,
            relations=((head, HEAD), *sorted(relations.items())),
        )
    )
    desk.busy(tuple(home.members), day + timedelta(days=1))
