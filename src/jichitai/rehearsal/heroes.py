"""Three synthetic people whom the story follows: somebody who moves, a newborn, a bereaved spouse."""

from dataclasses import dataclass

from jichitai.kernel.municipalities import municipality
from jichitai.rehearsal.plan.events import Kind, PlannedEvent, Year
from jichitai.rehearsal.population.people import Population


@dataclass(frozen=True, slots=True, kw_only=True)
class Hero:
    """A person of the story.

    Attributes:
        key: of the person in the plan.
        title: who this is in the story.
        name, birth, sex: as the registers hold them at the end.
        town: where the person is registered at the end.
        story: what happened, in one or two sentences.
        event: the event that the story tells.
    """

    key: int
    title: str
    name: str
    birth: str
    sex: str
    town: str
    story: str
    event: PlannedEvent


def cast_heroes(population: Population, year: Year) -> list[Hero]:
    """Choose the people of the story; the same population and year give the same people."""
    found = (_mover(population, year), _newborn(year), _bereaved(population, year))
    return [hero for hero in found if hero is not None]


def _mover(population: Population, year: Year) -> Hero | None:
    """An adult of the first day who moves to another prefecture and then stays."""
    for event in year.events:
        if event.kind is not Kind.MOVE_IN or event.previous[:2] == event.town[:2]:
            continue
        key = event.people[0]
        stays = year.expected[key].municipality == event.town
        if stays and key < len(population) and not population.people[key].nation:
            origin, target = municipality(event.previous), municipality(event.town)
            how = "カードを使う特例転入で" if event.special else "紙の転出証明書で"
            return _hero(
                year, key, event, "引っ越す人",
                f"{_day(event)}、{origin.full_name}から{target.full_name}へ{how}転入しました。",
            )  # fmt: skip
    return None


def _newborn(year: Year) -> Hero | None:
    """A child who still lives where it was born."""
    for event in year.events:
        if event.kind is Kind.BIRTH:
            key = event.people[0]
            if year.expected[key].municipality == event.town:
                body = municipality(event.town)
                return _hero(
                    year, key, event, "生まれた子",
                    f"{_day(event)}、{body.full_name}で出生の届出があり、"
                    "住民票コードと個人番号が付きました。",
                )  # fmt: skip
    return None


def _bereaved(population: Population, year: Year) -> Hero | None:
    """Somebody of pension age whose spouse, the head of the household, died."""
    households: dict[int, list[int]] = {}
    for key, person in enumerate(population.people):
        households.setdefault(person.household, []).append(key)
    for event in year.events:
        if event.kind is not Kind.DEATH:
            continue
        dead = population.people[event.people[0]] if event.people[0] < len(population) else None
        if dead is None or dead.relation != "世帯主" or year.expected[event.people[0]].municipality:
            continue
        for key in households[dead.household]:
            person = population.people[key]
            if (
                person.relation in {"妻", "夫"}
                and person.born.year < event.day.year - 65
                and year.expected[key].municipality == event.town
            ):
                body = municipality(event.town)
                return _hero(
                    year, key, event, "配偶者を亡くした人",
                    f"{_day(event)}、{body.full_name}で世帯主の死亡の届出があり、"
                    "年金の手続で生存と死亡が確認されます。",
                )  # fmt: skip
    return None


def _hero(year: Year, key: int, event: PlannedEvent, title: str, story: str) -> Hero:
    last = year.expected[key]
    return Hero(
        key=key, title=title, name=last.name, birth=last.birth, sex=last.sex,
        town=last.municipality, story=story, event=event,
    )  # fmt: skip


def _day(event: PlannedEvent) -> str:
    return f"{event.day.month}月{event.day.day}日"
